import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRedisConversationStore } from '../../../src/conversation/store.js';
import { createRedisOutbox } from '../../../src/outbound/outbox.js';
import { createSender } from '../../../src/outbound/send.js';
import { connectFailFast, connectPatient, type RedisClient, whenReady } from '../../../src/redis/connections.js';
import type { Lane } from '../../../src/redis/lane.js';
import { assignLanes, distinctLanes } from '../../../src/redis/lanes.js';
import { createWakeWorker } from '../../../src/redis/wake-worker.js';
import { systemClock } from '../../../src/shared/clock.js';
import { acceptorOn, ENDPOINT, quietDraft, replyOf, silent, wakeRig } from '../../support/core.js';
import { person, textFrom } from '../../support/events.js';
import { startTestCluster, type TestCluster } from '../../support/redis.js';
import { createSignal } from '../../support/signal.js';

let cluster: TestCluster;
let patient: RedisClient;
let failFast: RedisClient;
beforeAll(async () => {
  cluster = await startTestCluster(3);
  const url = `redis-cluster://${cluster.nodes.map(({ host, port }) => `${host}:${port}`).join(',')}`;
  patient = connectPatient({ url });
  failFast = connectFailFast({ url }, 1_500);
  await Promise.all([whenReady(patient), whenReady(failFast)]);
});
afterAll(async () => {
  patient?.disconnect();
  failFast?.disconnect();
  await cluster?.stop();
});

it('four numbers on three nodes: webhook to send, nothing crosses a slot, every node has its share', async () => {
  const numbers = ['101', '102', '103', '104'];
  const perNumber = 50;
  const laneOf = await assignLanes(patient, numbers);
  expect(await assignLanes(patient, numbers)).toEqual(laneOf);
  const lanes = distinctLanes(laneOf);
  expect(lanes.map(({ name }) => name)).toEqual(['0', '1', '2', '3']);

  const sent: string[] = [];
  const failures: unknown[] = [];
  const done = createSignal();
  const store = createRedisConversationStore(patient, 100);
  const { handleWake } = wakeRig(
    store,
    systemClock,
    async ({ contact, conversation }) =>
      quietDraft(contact, {
        outcome: 'answered',
        session: {
          version: 'v1',
          touchedMs: 0,
          flow: { id: 's', startedMs: 0, context: {}, state: {}, timers: [], handover: false },
        },
        contactSet: [['city', '"Porto"']],
        timers: [{ token: 't', dueMs: Date.now() + 60_000 }],
        replies: [replyOf(conversation.id)],
      }),
    { endpointOf: () => ENDPOINT },
  );
  const handleSend = createSender({
    outbox: createRedisOutbox(patient, {
      uncertainGraceMs: 15_000,
      pauseProbeMs: 30_000,
      statusSec: 60,
      parkedSec: 60,
      eventsPerLane: 100,
    }),
    endpointOf: () => ({ id: 'e', messageDelayMs: 0, throughputPerSec: 1_000 }),
    async send(_endpoint, { content }) {
      if (content.type === 'text') sent.push(content.text);
      if (sent.length === numbers.length * perNumber) done.reach();
      return { outcome: 'sent', wamid: 'wamid.x' };
    },
    onLeaving: () => undefined,
    onMoreToCome: () => undefined,
    isMarketing: async () => false,
    onTimer: () => undefined,
    observe: () => undefined,
    clock: systemClock,
    log: silent,
    pairBudget: { pairIntervalMs: 6_000, pairBurst: 45 },
    limits: { maxAttempts: 3, uncertainGraceMs: 15_000, pauseProbeMs: 30_000 },
  });
  const workers = lanes.flatMap((lane: Lane) =>
    (['in', 'out'] as const).map((queue) => {
      const worker = createWakeWorker({
        connection: patient,
        lane,
        queue,
        concurrency: 10,
        lockMs: 15_000,
        stalledCheckMs: 5_000,
        log: silent,
        handle: ({ crashedBefore, ...owner }) =>
          queue === 'in' ? handleWake(owner, crashedBefore) : handleSend(owner),
      });
      worker.on('failed', (_job, err) => failures.push(err));
      return worker;
    }),
  );

  const accept = acceptorOn(failFast, { clock: systemClock, laneOf: (number) => laneOf.get(number) });
  const events = numbers.flatMap((phoneNumberId) =>
    Array.from({ length: perNumber }, (_, i) => textFrom(person(i), 'hi', { phoneNumberId })),
  );
  const report = await accept(events, 'any');
  expect(report.messages).toHaveLength(events.length);
  await done.reached;
  await Promise.all(workers.map((worker) => worker.close()));

  expect(failures).toEqual([]);
  expect(new Set(sent)).toEqual(new Set(report.messages.map(({ conversationId }) => conversationId)));
  expect((await accept(events, 'any')).duplicates).toBe(events.length);
  const lastAcked = await Promise.all(lanes.map((lane) => patient.exists(`${lane.prefix}opend`)));
  expect(lastAcked).toEqual([0, 0, 0, 0]);
  const keysOf = 'nodes' in patient ? patient.nodes('master').map((node) => node.dbsize()) : [];
  const shares = await Promise.all(keysOf);
  expect(shares).toHaveLength(3);
  for (const share of shares) expect(share).toBeGreaterThan(perNumber);
});
