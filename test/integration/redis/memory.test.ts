import { Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Core, LANE, ownerOf, startCore } from '../../support/core.js';
import { person, textFrom } from '../../support/events.js';

/** What things cost in a Redis that holds nothing else. Averages over many, since Redis grows in steps. */
let core: Core;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
afterEach(() => core.client.flushall());

const P = LANE.prefix;

/** Bytes of the keys that match, as Redis counts them, and how many there are. */
async function bytesOf(pattern: string): Promise<{ bytes: number; keys: number }> {
  const keys = await core.client.keys(pattern);
  let bytes = 0;
  for (const key of keys) bytes += Number(await core.client.call('MEMORY', 'USAGE', key, 'SAMPLES', '0'));
  return { bytes, keys: keys.length };
}

it('a remembered message costs at most 12 bytes', async () => {
  // As full as a busy day's shard: some 256 entries each.
  const shards = 64;
  const entries = 256;
  const pipeline = core.client.pipeline();
  for (let shard = 0; shard < shards; shard++) {
    const hashes = Array.from({ length: entries }, (_, i) => core.ids.update('1', `${shard}.${i}`).hash);
    pipeline.sadd(`${P}d:20000:${shard}`, ...hashes);
    pipeline.expire(`${P}d:20000:${shard}`, 9 * 86_400);
  }
  await pipeline.exec();
  const { bytes } = await bytesOf(`${P}d:*`);
  console.log(`dedupe entry: ${(bytes / (shards * entries)).toFixed(1)} B`);
  expect(await core.client.object('ENCODING', `${P}d:20000:0`)).toBe('intset');
  expect(bytes / (shards * entries)).toBeLessThanOrEqual(12);
});

const COUNT = 2_000;

it('an idle conversation with a session of 300 bytes costs at most 500 bytes', async () => {
  const empty = JSON.stringify(sessionOf(''));
  const session = sessionOf('x'.repeat(300 - empty.length));
  expect(JSON.stringify(session)).toHaveLength(300);
  for (let from = 0; from < COUNT; from += 100) {
    const { messages } = await core.accept(
      Array.from({ length: 100 }, (_, i) => textFrom(person(from + i), 'hi')),
      'any',
    );
    for (const { conversationId } of messages) {
      const owner = await ownerOf(core.client, conversationId);
      await core.store.commit(
        owner,
        {
          seq: String(owner.epoch),
          mode: 'done',
          items: 1,
          checkpoints: 0,
          session,
          sessionGcSec: 30 * 86_400,
          contactSet: [
            ['@waId', '351910000001'],
            ['@bsuid', 'PT.1234567890123456'],
            ['@name', 'Rita Alves'],
          ],
          contactUnset: [],
          contactAppend: [],
          timers: [{ token: 'x', dueMs: core.clock.nowMs() + 1_800_000 }],
          cancelTimers: [],
          replies: [],
          effects: [],
          events: [],
          hadFailed: false,
          next: 0,
        },
        core.clock.nowMs(),
      );
    }
  }
  const per = async (pattern: string) => (await bytesOf(pattern)).bytes / COUNT;
  const sessionBytes = await per(`${P}s:*`);
  const [contact, aliases, timer] = [await per(`${P}c:*`), await per(`${P}a:*`), await per(`${P}tm`)];
  console.log(
    `idle conversation: session ${sessionBytes.toFixed(0)} B; beside it contact ${contact.toFixed(0)} B, ` +
      `identities ${aliases.toFixed(0)} B, timer ${timer.toFixed(0)} B`,
  );
  // An idle conversation has its session, and nothing of the queue: neither lists nor jobs nor marks.
  expect((await bytesOf(`${P}s:*`)).keys).toBe(COUNT);
  for (const pattern of ['i:*', 'o:*', 'f:*', 'rs:*', 'ls:*', 'pend', 'opend', 'att', 'ck']) {
    expect(await core.client.keys(`${P}${pattern}`)).toEqual([]);
  }
  expect(sessionBytes).toBeLessThanOrEqual(500);
}, 60_000);

it('a short text that waits alone in its conversation costs at most 900 bytes', async () => {
  // As every process opens its queues: of BullMQ's own event log only the last thousand are kept.
  const queue = new Queue('in', {
    connection: core.client,
    prefix: LANE.bullPrefix,
    streams: { events: { maxLen: 1_000 } },
  });
  await queue.waitUntilReady();
  for (let from = 0; from < COUNT; from += 100) {
    const texts = Array.from({ length: 100 }, (_, i) => textFrom(person(from + i), 'When do you open?'));
    await core.accept(texts, 'any');
  }
  const per = async (pattern: string) => (await bytesOf(pattern)).bytes / COUNT;
  const parts = {
    inbox: await per(`${P}i:*`),
    owner: await per(`${P}pend`),
    job: (await per(`${P}in:*`)) - (await per(`${P}in:events`)),
  };
  const each = parts.inbox + parts.owner + parts.job + 12;
  const itemBytes = async () => {
    const [key = ''] = await core.client.keys(`${P}i:*`);
    return (await core.client.lindex(key, 0))?.length;
  };
  console.log(
    `lone queued message: ${each.toFixed(0)} B: an item of ${await itemBytes()} B in its list ${parts.inbox.toFixed(0)}, job ${parts.job.toFixed(0)}, ` +
      `owner ${parts.owner.toFixed(0)}, dedupe entry 12`,
  );
  expect(each).toBeLessThanOrEqual(900);
  expect(await core.client.xlen(`${P}in:events`)).toBeLessThan(1_200);
  await queue.close();
}, 60_000);

function sessionOf(filling: string) {
  return {
    version: 'c0ffee12',
    touchedMs: 1_780_315_200_000,
    flow: {
      id: 'AbCdEfGhIjKlMnOp',
      startedMs: 1_780_315_200_000,
      context: { filling },
      state: {},
      timers: [],
      handover: false,
    },
  };
}
