import { type Job, Queue, QueueEvents, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { laneNamed, OPS } from '../../../src/redis/lane.js';
import { script } from '../../../src/redis/script.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';

/**
 * Our scripts add wake-ups by themselves, or with BullMQ's script text and our own arguments: its workers must not be able
 * to tell.
 */
let redis: TestRedis;
let client: Redis;

beforeAll(async () => {
  redis = await startTestRedis();
  client = new Redis(redis.url, { maxRetriesPerRequest: null });
});
afterAll(async () => {
  client.disconnect();
  await redis.stop();
});

const CONV = '106540352242922.AbCdEfGhIjKlMnOp';
const NOW = Date.UTC(2026, 5, 1, 12);
const BACKOFF = { type: 'exponential', delay: 500 };

/**
 * All of a queue that workers look at: job hashes, lists, sorted sets; without the prefix. `meta` holds a Queue object's
 * version, `id` counts jobs for those without an id of their own, `events` tells listeners, of which we have none.
 */
async function contentsOf(base: string): Promise<Record<string, unknown>> {
  const contents: Record<string, unknown> = {};
  for (const key of (await client.keys(`${base}*`)).sort()) {
    const name = key.slice(base.length);
    if (['meta', 'id', 'events'].includes(name)) continue;
    const type = await client.type(key);
    if (type === 'hash') contents[name] = readJob(await client.hgetall(key));
    else if (type === 'list') contents[name] = await client.lrange(key, 0, -1);
    else if (type === 'zset') contents[name] = await client.zrange(key, 0, '-1', 'WITHSCORES');
    else if (type === 'stream') contents[name] = (await client.xrange(key, '-', '+')).map(([, fields]) => fields);
    else contents[name] = await client.get(key);
  }
  return contents;
}

/** Queue.add repeats the job's id and time among its options, where nothing reads them. */
function readJob({ opts = '{}', ...fields }: Record<string, string>): Record<string, unknown> {
  const { jobId: _jobId, timestamp: _timestamp, ...meant } = JSON.parse(opts);
  return { ...fields, opts: meant };
}

it('an inbound wake-up of ours is the one Queue.add makes', async () => {
  const lane = laneNamed('1');
  await script('requeue').run(client, lane.prefix, ['in', CONV, '{}', NOW, 'key-1']);
  const queue = new Queue('in', { connection: client, prefix: '{theirs}' });
  await queue.add('wake', {}, { jobId: `${CONV}-1`, attempts: 6, backoff: BACKOFF, timestamp: NOW });
  const [ours, theirs] = [await contentsOf(`${lane.prefix}in:`), await contentsOf('{theirs}:in:')];
  expect(ours[`${CONV}-1`]).toMatchObject({ data: '{}', name: 'wake' });
  expect(ours).toEqual(theirs);
  await queue.close();
});

it('a delayed wake-up of ours is the one Queue.add makes', async () => {
  const lane = laneNamed('2');
  await client.set(`${lane.prefix}ls:${CONV}`, 1, 'PX', 600_000);
  await client.zadd(`${lane.prefix}pend`, 7, CONV);
  await client.rpush(`${lane.prefix}i:${CONV}`, '7|{}');
  await script('postpone').run(client, lane.prefix, [CONV, 7, '7', NOW, 1500, 1]);
  const queue = new Queue('in', { connection: client, prefix: '{theirs-delayed}' });
  await queue.add('wake', {}, { jobId: `${CONV}-1`, attempts: 6, backoff: BACKOFF, delay: 1500, timestamp: NOW });
  const [ours, theirs] = [await contentsOf(`${lane.prefix}in:`), await contentsOf('{theirs-delayed}:in:')];
  expect(ours[`${CONV}-1`]).toMatchObject({ delay: '1500' });
  expect(Object.keys(ours)).toContain('delayed');
  expect(ours).toEqual(theirs);
  await queue.close();
});

it('a quarantined item of ours is the one Queue.add makes', async () => {
  await script('quarantine').run(client, OPS.prefix, [NOW, 'q-1', '{"at":1}']);
  const queue = new Queue('quarantine', { connection: client, prefix: '{theirs-q}' });
  await queue.add('item', { at: 1 }, { jobId: 'q-1', attempts: 1, timestamp: NOW });
  const [ours, theirs] = [await contentsOf(`${OPS.prefix}quarantine:`), await contentsOf('{theirs-q}:quarantine:')];
  expect(ours).toEqual(theirs);
  await queue.close();
});

it('wake-ups of ours run like those of Queue.add, in the same order, delayed ones when they are due', async () => {
  const lane = laneNamed('3');
  const queue = new Queue('in', { connection: client, prefix: lane.bullPrefix });
  const events = new QueueEvents('in', { connection: { url: redis.url }, prefix: lane.bullPrefix });
  await events.waitUntilReady();
  const add = (conv: string) =>
    script('requeue').run(client, lane.prefix, ['in', conv, '{}', Date.now(), `key-${conv}`]);
  await add('1.a');
  await queue.add('wake', {}, { jobId: '1.b-2' });
  await add('1.c');
  const own = await client.zscore(`${lane.prefix}pend`, '1.a');
  // Due after the others, though it was added before the worker began.
  await script('postpone').run(client, lane.prefix, ['1.a', own ?? '', own ?? '', Date.now(), 300, 1]);

  const ran: string[] = [];
  let finished: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    finished = resolve;
  });
  const worker = new Worker(
    'in',
    async (job: Job) => {
      ran.push(job.id ?? '');
      expect(job.opts.attempts ?? 6).toBe(6);
      if (ran.length === 4) finished();
    },
    { connection: client, prefix: lane.bullPrefix, concurrency: 1 },
  );
  await done;
  await worker.close();
  await events.close();
  await queue.close();
  expect(ran).toEqual(['1.a-1', '1.b-2', '1.c-2', '1.a-3']);
});
