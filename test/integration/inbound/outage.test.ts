import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Accept } from '../../../src/inbound/accept.js';
import { connectFailFast, type RedisClient, whenReady } from '../../../src/redis/connections.js';
import { watchMemory } from '../../../src/redis/memory-guard.js';
import { acceptorOn, LANE, silent, snapshot } from '../../support/core.js';
import { person, textFrom } from '../../support/events.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';

/** What the webhook meets when Redis is not there: a quick no, and nothing half stored. */
const COMMAND_TIMEOUT_MS = 1_500;
let redis: TestRedis;
let client: RedisClient;
let accept: Accept;

beforeEach(async () => {
  redis = await startTestRedis({ aof: 'everysec', config: { maxmemory: '20mb' } });
  client = connectFailFast({ url: redis.url }, COMMAND_TIMEOUT_MS);
  client.on('error', () => undefined);
  await whenReady(client);
  accept = acceptorOn(client);
});
afterEach(async () => {
  client.disconnect();
  await redis.stop();
});

async function failureMs(events = [textFrom(person(1), 'x')]): Promise<number> {
  const startedMs = performance.now();
  await expect(accept(events, 'any')).rejects.toThrow();
  return performance.now() - startedMs;
}

it('a dead Redis is told within 50 ms, and a message sent again after its return is stored once', async () => {
  const event = textFrom(person(1), 'x');
  await accept([event], 'any');
  const closed = new Promise((resolve) => client.once('close', resolve));
  await redis.kill();
  await closed;
  for (let i = 0; i < 5; i++) expect(await failureMs()).toBeLessThan(50);
  const lost = textFrom(person(1), 'y');
  await expect(accept([lost], 'any')).rejects.toThrow();
  const ready = new Promise((resolve) => client.once('ready', resolve));
  await redis.restart();
  await ready;
  const report = await accept([event, lost], 'any');
  expect([report.duplicates, report.messages.length]).toEqual([1, 1]);
});

it('a frozen Redis is told within 2 s, and what it applies on waking is met as a duplicate', async () => {
  await accept([textFrom(person(1), 'the script is known')], 'any');
  const event = textFrom(person(1), 'frozen');
  redis.pause();
  const ms = await failureMs([event]);
  expect(ms).toBeLessThan(2_000);
  redis.resume();
  // The server does what it was asked before it froze, then answers this.
  const report = await accept([event], 'any');
  expect(report.duplicates).toBe(1);
  expect(await client.llen(`${LANE.prefix}i:${(await conversations())[0]}`)).toBe(2);
});

it('a Redis over its memory refuses whole calls: nothing of them is stored', async () => {
  const direct = new Redis(redis.url);
  await accept([textFrom(person(0), 'the script is known')], 'any');
  await direct.config('SET', 'maxmemory', '1');
  const before = await snapshot(direct);
  const news = { kind: 'account' as const, field: 'security', wabaId: '1', phoneNumberId: undefined, raw: {} };
  for (const events of [
    Array.from({ length: 150 }, (_, i) => textFrom(person(i % 3), `m${i}`)),
    [textFrom(person(1), 'x', { phoneNumberId: 'unknown' })],
    [news],
  ]) {
    await expect(accept(events, 'any')).rejects.toThrow(/OOM/);
  }
  expect(await snapshot(direct)).toEqual(before);
  await direct.config('SET', 'maxmemory', '0');
  const { messages } = await accept([textFrom(person(0), 'after')], 'any');
  expect(messages).toHaveLength(1);
  direct.disconnect();
});

it('memory is watched, so that webhooks are refused while work can still be finished', async () => {
  const direct = new Redis(redis.url);
  const guard = watchMemory(client, 85, silent);
  expect(guard.hasRoom()).toBe(true);
  await direct.config('SET', 'maxmemory', '1000000');
  await expect.poll(() => guard.hasRoom(), { timeout: 5_000 }).toBe(false);
  await direct.config('SET', 'maxmemory', '0');
  await expect.poll(() => guard.hasRoom(), { timeout: 5_000 }).toBe(true);
  guard.stop();
  direct.disconnect();
});

function conversations(): Promise<string[]> {
  return client.zrange(`${LANE.prefix}pend`, 0, '-1');
}
