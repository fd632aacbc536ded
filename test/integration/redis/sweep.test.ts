import { Queue } from 'bullmq';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asList, script } from '../../../src/redis/script.js';
import { createWakeWorker } from '../../../src/redis/wake-worker.js';
import { systemClock } from '../../../src/shared/clock.js';
import { acceptorOn, type Core, LANE, quietDraft, silent, startCore, wakeRig } from '../../support/core.js';
import { person, textFrom } from '../../support/events.js';
import { outboxRig } from '../../support/outbox-rig.js';
import { createSignal } from '../../support/signal.js';

let core: Core;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());

const sweep = async () =>
  asList(await script('sweep').run(core.client, LANE.prefix, [Date.now(), 1_000, 0, 0]))
    .map(Number)
    .slice(0, 2);

it('conversations whose wake-ups an operator threw away are woken, once, and all are handled', async () => {
  const count = 200;
  const accept = acceptorOn(core.client, { clock: systemClock });
  await accept(
    Array.from({ length: count }, (_, i) => textFrom(person(i), 'hi')),
    'any',
  );
  const rig = outboxRig(core.client, systemClock);
  rig.endpoint.throughputPerSec = 1_000;
  for (let i = 0; i < count; i++) await rig.queueUp(`c${i}`, 'x');
  expect(await sweep()).toEqual([0, 0]);

  for (const name of ['in', 'out']) {
    const queue = new Queue(name, { connection: core.client, prefix: LANE.bullPrefix });
    await queue.obliterate({ force: true });
    await queue.close();
  }
  expect(await core.client.llen(`${LANE.prefix}in:wait`)).toBe(0);
  expect(await sweep()).toEqual([count, count]);
  expect(await sweep()).toEqual([0, 0]);

  const heard = new Set<string>();
  const done = createSignal();
  const isDone = () => heard.size === count && rig.calls.length === count && done.reach();
  const { handleWake } = wakeRig(core.store, systemClock, async ({ conversation, contact }) => {
    heard.add(conversation.id);
    return quietDraft(contact);
  });
  const common = { connection: core.client, lane: LANE, concurrency: 20, lockMs: 15_000, stalledCheckMs: 5_000 };
  const workers = [
    createWakeWorker({
      ...common,
      queue: 'in',
      log: silent,
      async handle({ crashedBefore, ...owner }) {
        await handleWake(owner, crashedBefore);
        isDone();
      },
    }),
    createWakeWorker({
      ...common,
      queue: 'out',
      log: silent,
      async handle(wake) {
        await rig.handleSend(wake);
        isDone();
      },
    }),
  ];
  await done.reached;
  await Promise.all(workers.map((worker) => worker.close()));
  expect(await core.client.exists(`${LANE.prefix}pend`, `${LANE.prefix}opend`)).toBe(0);
  expect(await sweep()).toEqual([0, 0]);
});

it('a wake-up that failed for good is replaced; a conversation without work is struck off', async () => {
  await core.client.flushall();
  const { messages } = await core.accept([textFrom(person(1), 'hi')], 'any');
  const id = `${messages[0]?.conversationId}-1`;
  await core.client.lrem(`${LANE.prefix}in:wait`, 0, id);
  await core.client.zadd(`${LANE.prefix}in:failed`, Date.now(), id);
  await core.client.zadd(`${LANE.prefix}pend`, 77, '1.ghost');
  await core.client.zadd(`${LANE.prefix}opend`, 77, '1.ghost');
  expect(await sweep()).toEqual([1, 0]);
  expect(await core.client.zscore(`${LANE.prefix}pend`, '1.ghost')).toBeNull();
  expect(await core.client.zscore(`${LANE.prefix}opend`, '1.ghost')).toBeNull();
  expect(await core.client.lrange(`${LANE.prefix}in:wait`, 0, -1)).toEqual([`${messages[0]?.conversationId}-2`]);
});

it('more conversations than one look takes are looked at in turn', async () => {
  await core.client.flushall();
  const waiting = Array.from({ length: 25 }, (_, i) => textFrom(person(i), 'hi'));
  await core.accept(waiting, 'any');
  // The last one is the orphan.
  const conversationId = (await core.client.zrange(`${LANE.prefix}pend`, 24, '24'))[0];
  await core.client.del(`${LANE.prefix}in:${conversationId}-25`);
  const look = async (from: number) =>
    asList(await script('sweep').run(core.client, LANE.prefix, [Date.now(), 10, from, 0])).map(Number);
  expect(await look(0)).toEqual([0, 0, 10, 0]);
  expect(await look(10)).toEqual([0, 0, 20, 0]);
  expect(await look(20)).toEqual([1, 0, 0, 0]);
});
