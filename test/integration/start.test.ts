import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, on, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/shared/json.js';
import { freePort } from '../support/ports.js';
import { saidIn } from '../support/simulator.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

interface Started {
  child: ChildProcess;
  phoneUrl: string;
  healthUrl: string;
  greeting: string;
}

/** `npm start` as it was built, with its own Redis, on free ports. */
async function start(dataDir: string, ports: { http: number; simulator: number }): Promise<Started> {
  const child = run([], {
    DATA_DIR: dataDir,
    PORT: String(ports.http),
    PARLANCE_SIMULATOR_PORT: String(ports.simulator),
  });
  let greeting = '';
  for await (const chunk of child.stderr ?? []) {
    greeting += String(chunk);
    if (/Data .*\n/.test(greeting)) break;
  }
  child.stderr?.resume();
  child.stdout?.resume();
  const [phoneUrl = '', healthUrl = ''] = [/Talk to the bot +(\S+)/, /Health +(\S+)/].map(
    (it) => it.exec(greeting)?.[1] ?? '',
  );
  return { child, phoneUrl, healthUrl, greeting };
}

async function said(child: ChildProcess, words: string): Promise<void> {
  let text = '';
  for await (const [chunk] of on(child.stdout ?? new EventEmitter(), 'data')) {
    text += String(chunk);
    if (text.includes(words)) return;
  }
}

function run(args: string[], env: { [name: string]: string }): ChildProcess {
  const { REDIS_URL: _url, ...inherited } = process.env;
  return spawn(process.execPath, [MAIN, ...args], { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function outputOf(
  args: string[],
  env: { [name: string]: string },
): Promise<{ code: number | null; out: string; err: string }> {
  const child = run(args, env);
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    out += String(chunk);
  });
  child.stderr?.on('data', (chunk) => {
    err += String(chunk);
  });
  const [code] = await once(child, 'close');
  return { code, out, err };
}

/** Says something as a contact and waits for what the bot says last. */
async function talk(phoneUrl: string, contactId: string, bot: string, text: string): Promise<string[]> {
  const base = phoneUrl.replace('/phone', '');
  const { numbers } = await getJson<{ numbers: { name: string; phoneNumberId: string }[] }>(`${base}/sim/state`);
  const number = numbers.find(({ name }) => name === bot)?.phoneNumberId;
  const said = async (): Promise<string[]> => {
    const url = `${base}/sim/contacts/${contactId}/messages?phoneNumberId=${number}&by=bot`;
    const { data } = await getJson<{ data: { message: JsonObject }[] }>(url);
    return data.map(saidIn);
  };
  const before = (await said()).length;
  await fetch(`${base}/sim/contacts/${contactId}/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'text', text, phoneNumberId: number }),
  });
  await expect.poll(async () => (await said()).length, { timeout: 10_000 }).toBeGreaterThan(before);
  return (await said()).slice(before);
}

async function getJson<T>(url: string): Promise<T> {
  const answer: T = JSON.parse(await (await fetch(url)).text());
  return answer;
}

async function stop(started: Started): Promise<number> {
  const startedAt = performance.now();
  started.child.kill('SIGINT');
  await once(started.child, 'exit');
  return performance.now() - startedAt;
}

describe('npm start', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'parlance-start-'));
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  it('needs nothing but itself: three lines, two bots, and it stops and finds its data again', async () => {
    const ports = { http: await freePort(), simulator: await freePort() };
    const first = await start(dataDir, ports);
    expect(first.greeting).toContain(`http://127.0.0.1:${ports.simulator}/phone`);
    expect(first.greeting).toContain(dataDir);
    expect(first.greeting).toMatch(/Operator key +\S{20,}/);
    expect((await getJson<{ status: string }>(first.healthUrl)).status).toBe('ready');

    expect((await talk(first.phoneUrl, 'rita', 'Welcome bot', 'Hello')).join(' ')).toContain('Crumb & Co.');
    expect((await talk(first.phoneUrl, 'samira', 'Order status bot', 'Hello')).join(' ')).toContain('order number');

    // Clients that keep their connection open do not hold it up.
    const stream = await fetch(`${first.phoneUrl.replace('/phone', '')}/sim/events`);
    expect(await stop(first)).toBeLessThan(4_000);
    await stream.body?.cancel().catch(() => undefined);

    const second = await start(dataDir, ports);
    expect(second.greeting).not.toContain('Operator key');
    // Samira was asked for her number before the stop: the question is still open.
    expect((await talk(second.phoneUrl, 'samira', 'Order status bot', 'not a number')).join(' ')).toContain(
      'Six digits',
    );
    // Under npm a Ctrl-C comes twice: from the terminal, and passed on.
    second.child.kill('SIGINT');
    await said(second.child, '"msg":"stopping"');
    second.child.kill('SIGINT');
    const [code] = await once(second.child, 'exit');
    expect(code).toBe(0);
  }, 60_000);

  it('prints its settings without secrets', async () => {
    const env = {
      WHATSAPP_PHONE_NUMBER_ID: '106540352242922',
      WHATSAPP_WABA_ID: '102290129340398',
      WHATSAPP_APP_ID: '670843887433847',
      WHATSAPP_APP_SECRET: 'hush-app-secret',
      WHATSAPP_ACCESS_TOKEN: 'hush-access-token',
      WHATSAPP_VERIFY_TOKEN: 'hush-verify-token',
      WHATSAPP_URL_TOKEN: 'a-url-nobody-guesses',
    };
    const { code, out, err } = await outputOf(['--print-config'], env);
    expect(code).toBe(0);
    expect(out).toContain('messageDelayMs: 500');
    expect(out + err).not.toContain('hush-');
  });

  it('names every wrong setting at once and does not start', async () => {
    const { code, err } = await outputOf([], { PORT: 'eighty', PARLANCE_OUTBOUND_CONCURENCY: '5', DATA_DIR: dataDir });
    expect(code).toBe(1);
    expect(err).toContain('PORT');
    expect(err).toContain('PARLANCE_OUTBOUND_CONCURRENCY');
    expect(err).not.toContain('    at ');
  });

  it('knows its roles', async () => {
    const { code, err } = await outputOf(['wroker'], {});
    expect(code).toBe(2);
    expect(err).toContain('all (default), web, worker or simulator');
  });
});
