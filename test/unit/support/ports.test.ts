import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createPorts, type Ports } from '../../support/ports.js';

/** A range of its own, below the one tests use: three blocks of four, of which one port is the guard. */
const FIRST = 10_900;
const open: Ports[] = [];
const portsOfAProcess = (): Ports => {
  const ports = createPorts(FIRST, 3, 4);
  open.push(ports);
  return ports;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((ports) => ports.release()));
});

const take = async (ports: Ports, count: number): Promise<number[]> => {
  const taken: number[] = [];
  while (taken.length < count) taken.push(await ports.next());
  return taken;
};

it('gives no port twice, to whomever asks, also at once', async () => {
  const [one, two] = [portsOfAProcess(), portsOfAProcess()];
  const given = (await Promise.all([one.next(), take(one, 3), two.next(), two.next(), one.next()])).flat();
  expect(new Set(given).size).toBe(7);
  for (const port of given) expect(given).not.toContain(port + 10_000);
});

it('says so when there are none, and what is given back can be had again', async () => {
  const [one, two, three] = [portsOfAProcess(), portsOfAProcess(), portsOfAProcess()];
  const held = await take(one, 6);
  await take(two, 3);
  await expect(three.next()).rejects.toThrow('all 3 blocks of test ports are taken');
  await one.release();
  for (const port of await take(three, 6)) expect(held).toContain(port);
});

it('passes over a port that somebody uses, or whose bus port somebody uses', async () => {
  const used = [FIRST + 1, FIRST + 4 + 2 + 10_000, FIRST + 8 + 3];
  const servers = used.map((port) => createServer().listen(port, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const given = await take(portsOfAProcess(), 6);
  for (const port of given) expect([...used, FIRST + 4 + 2]).not.toContain(port);
  for (const server of servers) server.close();
});

it('a process that is killed holds nothing any more', async () => {
  const url = new URL('../../support/ports.ts', import.meta.url).href;
  const script = `
    const { createPorts } = await import('${url}');
    const ports = createPorts(${FIRST}, 3, 4);
    const given = [];
    while (given.length < 9) given.push(await ports.next());
    process.stdout.write(JSON.stringify(given));
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [told] = await once(child.stdout, 'data');
  expect(new Set(JSON.parse(String(told))).size).toBe(9);
  const other = portsOfAProcess();
  await expect(other.next()).rejects.toThrow('are taken');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await take(other, 9)).toHaveLength(9);
});
