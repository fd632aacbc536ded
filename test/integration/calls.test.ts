import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Role } from '../../src/app.js';
import { startParlance, type TestParlance } from '../support/parlance.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import { createSignal, type Signal } from '../support/signal.js';
import { createSimulator, type Simulator, saidIn } from '../support/simulator.js';
import { http, type RawServer, startRawServer } from '../unit/cloud-api/raw-server.js';

const FLOW = `spec: 1
flow: welcome
steps:
  - say: One moment, {{ input.text }}.
  - http:
      url: "{{ env.SHOP_URL }}/orders/{{ input.text }}"
      method: POST
      body: { by: "{{ profile.name }}" }
      auth: { bearer: { secret: SHOP_TOKEN } }
      timeout: 60s
      into: context.order
      onError: [{ say: "error {{ context.order.error }}" }]
  - say: "status {{ context.order.body.status }}"
`;
const LOCK_MS = 1_000;

/** The whole path with workers of its own, and the system that flows call. */
let redis: TestRedis;
let simulator: Simulator;
let shop: RawServer;
let apps: TestParlance[];
let start: (role: Role) => Promise<TestParlance>;
let asked: Signal;
let answer: (socket: Socket) => void;

beforeAll(async () => {
  redis = await startTestRedis({ aof: 'everysec' });
  simulator = await createSimulator();
});
afterAll(async () => {
  await simulator?.stop();
  await redis?.stop();
});

beforeEach(async () => {
  asked = createSignal();
  shop = await startRawServer((socket) => {
    asked.reach();
    answer(socket);
  });
  apps = [];
  start = async (role) => {
    const app = await startParlance({
      redisUrl: redis.url,
      role,
      files: { 'config/flows/welcome.yaml': FLOW },
      env: {
        GRAPH_API_URL: simulator.url,
        PARLANCE_CONVERSATION_LOCK_MS: String(LOCK_MS),
        PARLANCE_CONVERSATION_STALLED_CHECK_MS: '200',
        PARLANCE_CALLS_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${shop.port}`,
        PARLANCE_FLOWS_ENV: 'SHOP_URL',
        SHOP_URL: shop.url,
        PARLANCE_FLOWS_SECRETS: 'SHOP_TOKEN',
        SHOP_TOKEN: 'hunter2-hunter2',
      },
    });
    apps.push(app);
    return app;
  };
  const web = await start('web');
  simulator.setWebhookUrl(`${web.url}/webhook/a-url-nobody-guesses`);
});
afterEach(async () => {
  await Promise.all(apps.map((app) => app.stop()));
  await shop.close();
  simulator.reset();
});

const shipped = (socket: Socket) =>
  void socket.write(http(200, '{"status":"shipped"}', ['content-type: application/json']));
const nextSaid = async (contact: string) => saidIn(await simulator.nextBotMessage(contact, { timeoutMs: 15_000 }));

it('a reply leaves before the call, and a call that outlasts the lock stays with its worker', async () => {
  const workers = [await start('worker'), await start('worker')];
  let open: Socket | undefined;
  answer = (socket) => {
    open = socket;
  };
  simulator.send('rita', '100');
  await asked.reached;
  expect(await nextSaid('rita')).toBe('One moment, 100.');
  // Time itself is what is tested: several locks and checks for stalled jobs, with another worker waiting for just that.
  await new Promise((resolve) => setTimeout(resolve, 3.5 * LOCK_MS));
  expect(shop.requests).toHaveLength(1);
  if (open !== undefined) shipped(open);
  expect(await nextSaid('rita')).toBe('status shipped');
  expect(shop.requests).toMatchObject([
    { requestLine: 'POST /orders/100 HTTP/1.1', headers: { authorization: 'Bearer hunter2-hunter2' } },
  ]);
  const logs = workers.map((worker) => worker.logText()).join('');
  expect(logs).toContain('"kind":"http","outcome":"ok"');
  expect(logs).not.toMatch(/hunter2|orders\/100/);
});

it('a worker that stops in the middle of a call leaves it to another, which makes it with the same key', async () => {
  const first = await start('worker');
  answer = () => undefined;
  simulator.send('rita', '200');
  await asked.reached;
  expect(await nextSaid('rita')).toBe('One moment, 200.');
  answer = shipped;
  await start('worker');
  await first.stop();
  expect(await nextSaid('rita')).toBe('status shipped');
  expect(simulator.botMessages('rita').map(saidIn)).toEqual(['One moment, 200.', 'status shipped']);
  const keys = shop.requests.map(({ headers }) => headers['idempotency-key']);
  expect(keys).toEqual([keys[0], keys[0]]);
  expect(keys[0]).toMatch(/:\d+:0$/);
});
