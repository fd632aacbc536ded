import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { Redis } from 'ioredis';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { reload } from '../../src/cli/reload.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { createFleet } from '../../src/fleet/fleet.js';
import { systemClock } from '../../src/shared/clock.js';
import { silent } from '../support/core.js';
import { deploy } from '../support/deployment.js';
import {
  ECHO_FLOW,
  signatureOf,
  startParlance,
  type TestParlance,
  textsBody,
  WEBHOOK_PATH,
} from '../support/parlance.js';
import { freePort } from '../support/ports.js';
import { WHATSAPP_ENV, WHATSAPP_YAML } from '../support/project.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import { createSignal } from '../support/signal.js';
import { createSimulator, type Simulator, saidIn } from '../support/simulator.js';

const KEY = 'an-operator-key-of-tests';
const SHOP_PHONE = '106540352242999';
const SHOP_YAML = WHATSAPP_YAML.replace('flow: welcome', 'flow: shop')
  .replace('${WHATSAPP_PHONE_NUMBER_ID}', `"${SHOP_PHONE}"`)
  .replace('${WHATSAPP_URL_TOKEN}', 'another-url-nobody-guesses');
const SHOP_FLOW = 'spec: 1\nflow: shop\nsteps:\n  - say: "Shop: {{ input.text }}"\n';

/** Web and a worker, each with files of its own, as on two machines. */
let redis: TestRedis;
let client: Redis;
let simulator: Simulator;
let web: TestParlance;
let worker: TestParlance;
let out: string;
let notes: string;
beforeAll(async () => {
  redis = await startTestRedis();
  client = new Redis(redis.url);
  simulator = await createSimulator();
  simulator.setNumbers([
    {
      phoneNumberId: WHATSAPP_ENV.WHATSAPP_PHONE_NUMBER_ID,
      displayPhoneNumber: '+351 21 000 0001',
      wabaId: '102290129340398',
      name: 'Bot',
    },
    { phoneNumberId: SHOP_PHONE, displayPhoneNumber: '+351 21 000 0002', wabaId: '102290129340398', name: 'Shop' },
  ]);
});
afterAll(async () => {
  client?.disconnect();
  await simulator?.stop();
  await redis?.stop();
});
beforeEach(async () => {
  out = notes = '';
  const common = { redisUrl: redis.url, env: { GRAPH_API_URL: simulator.url, PARLANCE_OPS_OPERATOR_KEY: KEY } };
  const files = { 'config/flows/welcome.yaml': ECHO_FLOW, 'config/flows/shop.yaml': SHOP_FLOW };
  worker = await startParlance({ ...common, role: 'worker', files });
  web = await startParlance({ ...common, role: 'web', files });
  simulator.setWebhookUrl(`${web.url}${WEBHOOK_PATH}`);
});
afterEach(async () => {
  await web.stop();
  await worker.stop();
  simulator.reset();
  await client.flushall();
});

const terminal = (): Terminal => ({
  cwd: web.dir,
  env: { PARLANCE_SERVER: web.url, PARLANCE_OPERATOR_KEY: KEY },
  color: false,
  write: (text) => {
    out += text;
  },
  note: (text) => {
    notes += text;
  },
  ask: undefined,
});
const endpointFile = (of: TestParlance, name: string) => join(of.dir, 'config/endpoints', `${name}.yaml`);
function save(name: string, yaml: string, of: readonly TestParlance[] = [web, worker]): void {
  for (const one of of) writeFileSync(endpointFile(one, name), yaml);
}
async function says(text: string, phoneNumberId = WHATSAPP_ENV.WHATSAPP_PHONE_NUMBER_ID): Promise<string> {
  simulator.send('rita', text, { phoneNumberId });
  return saidIn(await simulator.nextBotMessage('rita', { timeoutMs: 15_000, phoneNumberId }));
}

describe('parlance reload', () => {
  it('takes on a new number: webhooks are taken, its lane is listened to, its flow answers', async () => {
    expect(await says('hi')).toBe('You said hi');
    save('shop', SHOP_YAML);
    expect(await reload({}, terminal())).toBe(0);
    expect(out).toMatch(/^web on .+: shop added\nworker on .+: shop added\n$/);
    expect(await says('cake', SHOP_PHONE)).toBe('Shop: cake');
    expect(await client.hlen('{p:ops}:lanes')).toBe(2);
    const ready = await request(web.url).get('/health/ready');
    expect(ready.body.checks).toContainEqual(expect.objectContaining({ name: 'endpoint shop', ok: true }));
    const board = await request(web.url).get('/ops/queues/api/queues').auth('', KEY);
    expect(board.text).toContain('shop: to answer');
    // The first one goes on as before.
    expect(await says('still there?')).toBe('You said still there?');
  });

  it('takes on a changed one: its secrets, its flow, and whether it is switched off', async () => {
    expect(await says('hi')).toBe('You said hi');
    save('whatsapp', `${WHATSAPP_YAML.replace('flow: welcome', 'flow: shop')}messageDelayMs: 0\n`);
    const post = (secret: string) => {
      const body = JSON.stringify(textsBody([['351910000001', 'hi']]));
      return request(web.url)
        .post(WEBHOOK_PATH)
        .set({ 'content-type': 'application/json', 'x-hub-signature-256': signatureOf(body, secret) })
        .send(body);
    };
    expect(await reload({}, terminal())).toBe(0);
    expect(out).toMatch(/^web .+: whatsapp changed\nworker .+: whatsapp changed\n$/);
    expect(await says('now?')).toBe('Shop: now?');

    save('whatsapp', WHATSAPP_YAML.replace('${WHATSAPP_APP_SECRET}', '["${WHATSAPP_APP_SECRET}", "${NEXT_SECRET}"]'));
    for (const one of [web, worker]) writeFileSync(join(one.dir, '.env'), 'NEXT_SECRET=hush-next-secret\n');
    expect((await post('hush-next-secret')).status).toBe(401);
    expect(await reload({}, terminal())).toBe(0);
    expect((await post('hush-next-secret')).status).toBe(200);
    expect((await post('hush-app-secret')).status).toBe(200);
    expect(`${out}${notes}${web.logText()}${worker.logText()}`).not.toContain('hush-');
  });

  it('takes off a removed one: what still waits for it is kept until it is there again', async () => {
    save('shop', SHOP_YAML);
    await reload({}, terminal());
    for (const one of [web, worker]) rmSync(endpointFile(one, 'shop'));
    out = '';
    expect(await reload({}, terminal())).toBe(0);
    expect(out).toMatch(/^web .+: shop removed\nworker .+: shop removed\n$/);
    simulator.send('rita', 'anybody?', { phoneNumberId: SHOP_PHONE });
    await simulator.webhooksSettled();
    await expect.poll(() => web.logText(), { timeout: 10_000 }).toContain('quarantined');
    expect(await says('hi')).toBe('You said hi');
  });

  it('changes nothing anywhere while one process finds something wrong, and says where', async () => {
    save('shop', SHOP_YAML);
    save('shop', SHOP_YAML.replace('flow: shop', 'flow: shop\nmessageDelay: 3'), [worker]);
    expect(await reload({}, terminal())).toBe(1);
    expect(out).toMatch(/web .+: shop would be added\n/);
    expect(out).toMatch(
      /worker .+: refused\. one setting needs your attention before anything is taken on:\n\n {2}config\/endpoints\/shop\.yaml:2\n/,
    );
    expect(notes).toBe('Nothing was taken on, anywhere.\n');
    save('shop', SHOP_YAML.replace('flow: shop', 'flow: nowhere'), [worker]);
    out = '';
    expect(await reload({}, terminal())).toBe(1);
    expect(out).toContain('endpoint shop begins with the flow "nowhere", and no file declares it');
    expect(await client.hlen('{p:ops}:lanes')).toBe(1);
    expect(await says('hi')).toBe('You said hi');
  });

  it('tells what it would do, what waits for a restart, and that there is nothing to do', async () => {
    expect(await reload({}, terminal())).toBe(0);
    expect(out).toMatch(/^web .+: its endpoints are as they were\nworker .+: its endpoints are as they were\n$/);
    save('shop', SHOP_YAML);
    writeFileSync(join(web.dir, '.env'), 'PARLANCE_CONVERSATION_CONCURRENCY=7\n');
    out = '';
    expect(await reload({ dryRun: true }, terminal())).toBe(0);
    expect(out).toMatch(/web .+: shop would be added; for the next restart: conversation\.concurrency\n/);
    expect(notes).toContain('--dry-run');
    expect(await client.hlen('{p:ops}:lanes')).toBe(1);
  });

  it('needs the key, and a request it knows', async () => {
    expect((await request(web.url).post('/ops/reload')).status).toBe(401);
    const wrong = await request(web.url).post('/ops/reload').auth('', KEY).send({ force: true });
    expect([wrong.status, wrong.body.error]).toEqual([400, 'bad_request']);
  });
});

it('a message that reaches the web before the workers know its number waits, and is answered when they do', async () => {
  save('shop', SHOP_YAML);
  expect(await web.app.reload(true)).toMatchObject({ outcome: 'taken', added: ['shop'] });
  simulator.send('rita', 'early', { phoneNumberId: SHOP_PHONE });
  await simulator.webhooksSettled();
  expect(simulator.botMessages('rita', { phoneNumberId: SHOP_PHONE })).toEqual([]);
  expect(await worker.app.reload(true)).toMatchObject({ outcome: 'taken', added: ['shop'] });
  const answer = await simulator.nextBotMessage('rita', { phoneNumberId: SHOP_PHONE, timeoutMs: 15_000 });
  expect(saidIn(answer)).toBe('Shop: early');
});

/** A process of which nothing is there but its answers; `did` is what it was asked for. */
function processOf(pid: number, pollMs: number, sinceMs = Date.now(), done = Promise.resolve()) {
  const did: boolean[] = [];
  const fleet = createFleet({
    redis: client,
    facts: { role: 'worker', host: 'elsewhere', pid },
    async reload(apply) {
      did.push(apply);
      await done;
      return { outcome: apply ? 'taken' : 'possible', added: [], changed: [], removed: [], later: [] };
    },
    clock: systemClock,
    log: silent,
    pollMs,
    answersWithinMs: 900,
    sinceMs,
  });
  return { fleet, did };
}

it('of two operators who ask at the same moment each gets an answer, and a dry run does not undo a real one', async () => {
  const [one, two] = [processOf(1, 300), processOf(2, 300)];
  await one.fleet.start();
  await two.fleet.start();
  const outcomes = async (asking: typeof one, apply: boolean) =>
    (await asking.fleet.reloadAll(apply)).processes
      .filter(({ host }) => host === 'elsewhere')
      .map(({ reloading }) => reloading?.outcome);
  const real = outcomes(one, true);
  const dry = outcomes(two, false);
  expect(await real).toEqual(['taken', 'taken']);
  expect(await dry).toEqual(['possible', 'possible']);
  await one.fleet.stop();
  await two.fleet.stop();
});

it('a process that is at it for long is named as silent, also to the next who asks, and not taken for gone', async () => {
  const held = createSignal();
  const asking = processOf(1, 100);
  const busy = processOf(2, 50, Date.now(), held.reached);
  await asking.fleet.start();
  await busy.fleet.start();
  const silentOnes = async () =>
    (await asking.fleet.reloadAll(true)).processes
      .filter(({ reloading }) => reloading === undefined)
      .map(({ pid }) => pid);
  expect(await silentOnes()).toContain(2);
  // Longer than ten of its looks, counted from the asking process, too.
  expect(await silentOnes()).toContain(2);
  expect(await silentOnes()).toContain(2);
  held.reach();
  await asking.fleet.stop();
  await busy.fleet.stop();
});

it('a process that had read its files when they were changed, and was not among the others yet, hears of it', async () => {
  const asking = processOf(1, 100);
  await asking.fleet.start();
  const readMs = Date.now();
  await asking.fleet.reloadAll(true);
  const late = processOf(2, 100, readMs);
  await late.fleet.start();
  await expect.poll(() => late.did, { timeout: 5_000 }).toEqual([true]);
  const later = processOf(3, 100, Date.now() + 60_000);
  await later.fleet.start();
  await asking.fleet.reloadAll(false);
  expect(later.did).toEqual([false]);
  for (const { fleet } of [asking, late, later]) await fleet.stop();
});

it('a process that died is not waited for; one that is silent is named; one that stopped is gone', async () => {
  const [one, two, silentOne] = [processOf(1, 300).fleet, processOf(2, 300).fleet, processOf(3, 60_000).fleet];
  const dead = { role: 'worker', host: 'elsewhere', pid: 4, seenMs: Date.now() - 60_000 };
  await client.hset('{p:ops}:processes', 'dead', JSON.stringify(dead));
  for (const fleet of [one, two, silentOne]) await fleet.start();
  const ofPid = async (apply: boolean) =>
    new Map(
      (await one.reloadAll(apply)).processes
        .filter(({ host }) => host === 'elsewhere')
        .map(({ pid, reloading }) => [pid, reloading?.outcome]),
    );
  expect(await ofPid(false)).toEqual(
    new Map([
      [1, 'possible'],
      [2, 'possible'],
      [3, undefined],
    ]),
  );
  expect(await client.hexists('{p:ops}:processes', 'dead')).toBe(0);
  await two.stop();
  expect(await ofPid(true)).toEqual(
    new Map([
      [1, 'taken'],
      [3, undefined],
    ]),
  );
  await one.stop();
  await silentOne.stop();
});

describe('in development', () => {
  it('a saved endpoint file is taken on at once; one with faults leaves all as it was', async () => {
    await worker.stop();
    worker = await startParlance({
      redisUrl: redis.url,
      role: 'worker',
      files: { 'config/flows/welcome.yaml': ECHO_FLOW, 'config/flows/shop.yaml': SHOP_FLOW },
      env: { GRAPH_API_URL: simulator.url, PARLANCE_FLOWS_WATCH: 'true' },
    });
    save('whatsapp', 'flow: [', [worker]);
    await expect.poll(() => worker.logText(), { timeout: 10_000 }).toContain('endpoints not taken on');
    save('whatsapp', WHATSAPP_YAML.replace('flow: welcome', 'flow: shop'), [worker]);
    await expect.poll(() => worker.logText(), { timeout: 10_000 }).toContain('endpoints taken on');
    expect(await says('saved')).toBe('Shop: saved');
  });
});

it('SIGHUP does it in one process, which goes on; what came of it stands in its log', async () => {
  const deployment = deploy({ 'config/endpoints/whatsapp.yaml': WHATSAPP_YAML });
  const one = deployment.start('web', { port: await freePort(), env: { ...WHATSAPP_ENV, REDIS_URL: redis.url } });
  try {
    await one.ready();
    const file = join(deployment.dir, 'config/endpoints/shop.yaml');
    writeFileSync(file, 'flow: [');
    // Ready means that it listens; signals are listened to a moment later.
    await expect.poll(() => deployment.logText(), { timeout: 10_000 }).toContain('web started');
    one.signal('SIGHUP');
    await expect.poll(() => deployment.logText(), { timeout: 10_000 }).toContain('endpoints not taken on');
    writeFileSync(file, SHOP_YAML);
    one.signal('SIGHUP');
    await expect.poll(() => deployment.logText(), { timeout: 10_000 }).toContain('"added":["shop"]');
    expect(one.hasEnded()).toBe(false);
    expect(await one.stop()).toBe(true);
  } finally {
    await one.stop();
    deployment.remove();
  }
}, 60_000);

it('SIGHUP to a process that still waits for Redis does it when that is there, and does not end it', async () => {
  const deployment = deploy({ 'config/endpoints/whatsapp.yaml': WHATSAPP_YAML });
  const [asked, opened] = [createSignal(), createSignal()];
  // Takes connections, and lets nothing through until it is opened.
  const door = createServer((socket) => {
    asked.reach();
    void opened.reached.then(() => {
      const inside = connect(Number(new URL(redis.url).port), '127.0.0.1');
      pipeline(socket, inside, socket, () => undefined);
    });
  });
  const redisPort = await freePort();
  await once(door.listen(redisPort, '127.0.0.1'), 'listening');
  const env = { ...WHATSAPP_ENV, REDIS_URL: `redis://127.0.0.1:${redisPort}` };
  const one = deployment.start('web', { port: await freePort(), env });
  try {
    await asked.reached;
    writeFileSync(join(deployment.dir, 'config/endpoints/shop.yaml'), SHOP_YAML);
    one.signal('SIGHUP');
    // As long as a signal takes to end a process.
    await Promise.race([one.ended, new Promise((resolve) => setTimeout(resolve, 500))]);
    expect(one.hasEnded()).toBe(false);
    opened.reach();
    await expect.poll(() => deployment.logText(), { timeout: 20_000 }).toContain('"added":["shop"]');
  } finally {
    await one.stop();
    door.close();
    deployment.remove();
  }
}, 60_000);
