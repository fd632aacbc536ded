import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createCarryOn, type Taken } from '../../../src/redis/carry-on.js';
import { laneNamed } from '../../../src/redis/lane.js';
import { script } from '../../../src/redis/script.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';
import { createSignal } from '../../support/signal.js';

/** Jobs that are taken beside BullMQ, and BullMQ's own worker on the same queue: neither may notice the other. */
const LANE = laneNamed('0');
const LOCK_MS = 400;
let redis: TestRedis;
let client: Redis;
const workers: Worker[] = [];

beforeAll(async () => {
  redis = await startTestRedis();
  client = new Redis(redis.url, { maxRetriesPerRequest: null });
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close()));
  await client.flushall();
});
afterAll(async () => {
  client.disconnect();
  await redis.stop();
});

async function wake(...conversations: string[]): Promise<void> {
  for (const id of conversations) await script('requeue').run(client, LANE.prefix, ['in', id, '{}', Date.now(), id]);
}

function carryOnWith(handle: (taken: Taken) => Promise<void>, onFailed: (taken: Taken) => void = () => undefined) {
  return createCarryOn({ connection: client, lane: LANE, queue: 'in', lockMs: LOCK_MS, handle, onFailed });
}

/** BullMQ's worker, and what it is given. */
function watchingWorker(): { seen: Taken[]; first: Promise<void> } {
  const seen: Taken[] = [];
  const first = createSignal();
  const worker = new Worker(
    'in',
    async ({ id = '', attemptsStarted, attemptsMade }) => {
      seen.push({ id, attemptsStarted, attemptsMade });
      first.reach();
    },
    {
      connection: client,
      prefix: LANE.bullPrefix,
      lockDuration: LOCK_MS,
      stalledInterval: 100,
      removeOnComplete: { count: 0 },
    },
  );
  worker.on('error', () => undefined);
  workers.push(worker);
  return { seen, first: first.reached };
}

/** All that BullMQ keeps of jobs: their hashes and locks, and the lists they are in. */
const jobKeys = async () =>
  (await client.keys('{p:0}:in:*'))
    .map((key) => key.slice('{p:0}:in:'.length))
    .filter((name) => /-\d|active|stalled$/.test(name));

describe('a handler that goes on', () => {
  it('does what waits, in its order, and leaves nothing of it behind', async () => {
    await wake('a', 'b', 'c');
    const done: Taken[] = [];
    await carryOnWith(async (taken) => void done.push(taken))('token', () => true);
    expect(done).toEqual(['a-1', 'b-2', 'c-3'].map((id) => ({ id, attemptsStarted: 1, attemptsMade: 0 })));
    expect(await jobKeys()).toEqual([]);
  });

  it('stops when it is to end, with what it had taken done and the rest waiting', async () => {
    await wake('a', 'b');
    const done: string[] = [];
    await carryOnWith(async ({ id }) => void done.push(id))('token', () => false);
    expect(done).toEqual(['a-1']);
    expect(await client.lrange('{p:0}:in:wait', 0, -1)).toEqual(['b-2']);
    expect(await client.exists('{p:0}:in:active')).toBe(0);
  });

  it.each([
    ['paused', 'paused', '1'],
    ['limited to some at a time', 'concurrency', '3'],
    ['limited to some in a time', 'max', '10'],
  ])('leaves a queue alone that an operator has %s', async (_what, field, value) => {
    await wake('a');
    await client.hset('{p:0}:in:meta', field, value);
    await carryOnWith(() => Promise.reject(new Error('must not be called')))('token', () => true);
    expect(await client.lrange('{p:0}:in:wait', 0, -1)).toEqual(['a-1']);
  });

  it('passes over a job that somebody deleted', async () => {
    await wake('a');
    await client.del('{p:0}:in:a-1');
    await carryOnWith(() => Promise.reject(new Error('must not be called')))('token', () => true);
    expect(await jobKeys()).toEqual([]);
  });
});

describe('a job that was taken', () => {
  it('comes to another worker when its process dies, and is known as one that was started before', async () => {
    await wake('a');
    // What a process that is killed now leaves behind.
    await script('take').run(client, LANE.prefix, ['in', '', 'dead', 50, Date.now(), '1']);
    const { seen, first } = watchingWorker();
    await first;
    expect(seen).toEqual([{ id: 'a-1', attemptsStarted: 2, attemptsMade: 0 }]);
  });

  it('goes back when it fails, and the next worker takes it for new', async () => {
    await wake('a', 'b');
    const failed: string[] = [];
    const failing = carryOnWith(
      () => Promise.reject(new Error('Redis is full')),
      ({ id }) => failed.push(id),
    );
    await failing('token', () => true);
    expect(failed).toEqual(['a-1']);
    expect(await client.lrange('{p:0}:in:wait', 0, -1)).toEqual(['b-2', 'a-1']);
    const { seen, first } = watchingWorker();
    await first;
    expect(seen[0]).toEqual({ id: 'a-1', attemptsStarted: 1, attemptsMade: 0 });
  });

  it('stays with its worker for as long as that is at it', async () => {
    await wake('a');
    const { seen } = watchingWorker();
    for (const worker of workers) await worker.pause();
    await client.hdel('{p:0}:in:meta', 'paused');
    const checks = createSignal();
    let renewals = 0;
    await carryOnWith(async () => {
      // A lock that is renewed has more time left than before.
      let before = await client.pttl('{p:0}:in:a-1:lock');
      const look = setInterval(async () => {
        const now = await client.pttl('{p:0}:in:a-1:lock');
        if (now > before) renewals += 1;
        before = now;
        if (renewals === 3) checks.reach();
      }, 20);
      await checks.reached;
      clearInterval(look);
    })('token', () => true);
    expect(seen).toEqual([]);
    expect(await jobKeys()).toEqual([]);
  });

  it('is let go when another worker has it by now', async () => {
    await wake('a', 'b');
    const done: string[] = [];
    await carryOnWith(async ({ id }) => {
      done.push(id);
      await client.set(`{p:0}:in:${id}:lock`, 'another');
    })('token', () => true);
    expect(done).toEqual(['a-1']);
    expect(await client.lrange('{p:0}:in:active', 0, -1)).toEqual(['a-1']);
    expect(await client.lrange('{p:0}:in:wait', 0, -1)).toEqual(['b-2']);
  });
});
