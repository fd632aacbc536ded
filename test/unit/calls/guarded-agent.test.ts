import type { LookupAddress } from 'node:dns';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMayConnect } from '../../../src/calls/allowed-hosts.js';
import { exchange } from '../../../src/calls/exchange.js';
import { createGuardedAgent } from '../../../src/calls/guarded-agent.js';
import { http, type RawServer, startRawServer } from '../cloud-api/raw-server.js';

let server: RawServer;
beforeAll(async () => {
  server = await startRawServer((socket) => socket.write(http(200, 'reached')));
});
afterAll(() => server.close());

/** GETs a URL through an agent of its own. @returns what came of it, in a word */
async function get(url: string, allowed: string[] = [], addresses?: LookupAddress[]): Promise<string> {
  const mayConnect = createMayConnect(allowed);
  const resolve = (_host: string, done: (err: null, found: LookupAddress[]) => void) => done(null, addresses ?? []);
  const agent = createGuardedAgent({ mayConnect, connections: 1, ...(addresses === undefined ? {} : { resolve }) });
  const request = { url: new URL(url), method: 'GET', headers: {}, body: undefined, timeoutMs: 2000, maxBytes: 1000 };
  const exchanged = await exchange(agent, request);
  await agent.destroy();
  return exchanged.ended === 'answered' ? exchanged.answer.body.toString() : exchanged.fault;
}

// Every spelling that ends at this machine, the networks around it or a metadata service.
it.each([
  '127.0.0.1',
  'localhost',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::7f00:1]',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0177.0.0.1',
  '127.1',
  '0.0.0.0',
  '0',
  '[::]',
  '①②⑦.⓪.⓪.①',
  '169.254.169.254',
  '10.0.0.1',
  '192.168.0.1',
  '172.16.0.1',
  '100.64.0.1',
  '[fd00::1]',
  '[fe80::1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
])('goes nowhere: http://%s', async (host) => {
  const { requests } = server;
  const before = requests.length;
  expect(await get(`http://${host}:${server.port}/`)).toBe('privateAddress');
  expect(await get(`https://${host}:${server.port}/`)).toBe('privateAddress');
  expect(requests.length).toBe(before);
});

it('asks what a name means where it connects, and takes only what it may of the answer', async () => {
  const loopback = { address: '127.0.0.1', family: 4 };
  const url = `http://orders.example:${server.port}/`;
  expect(await get(url, [], [loopback])).toBe('privateAddress');
  expect(await get(url, [], [loopback, { address: '::1', family: 6 }])).toBe('privateAddress');
  expect(await get(url, [], [])).toBe('privateAddress');
  expect(await get(url, [`orders.example:${server.port}`], [loopback])).toBe('reached');
  expect(await get(url, ['127.0.0.0/8'], [{ address: '10.0.0.1', family: 4 }, loopback])).toBe('reached');
});

it('judges each connection anew: a name that means another address the second time gains nothing', async () => {
  let asked = 0;
  const agent = createGuardedAgent({
    mayConnect: createMayConnect([`127.0.0.1:${server.port}`]),
    connections: 1,
    resolve: (_host, done) => done(null, [{ address: asked++ === 0 ? '127.0.0.1' : '127.0.0.2', family: 4 }]),
  });
  const url = new URL(`http://rebind.example:${server.port}/`);
  // The server is asked to hang up, so that the second request needs a connection of its own.
  const headers = { connection: 'close' };
  const request = { url, method: 'GET', headers, body: undefined, timeoutMs: 2000, maxBytes: 1000 };
  expect(await exchange(agent, request)).toMatchObject({ ended: 'answered' });
  expect(await exchange(agent, request)).toEqual({ ended: 'failed', fault: 'privateAddress', written: false });
  expect(asked).toBe(2);
  await agent.destroy();
});
