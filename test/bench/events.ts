import type { Redis } from 'ioredis';
import { isJsonObject } from '../../src/shared/json.js';
import { lanePrefix } from './rig.js';

/** One turn, as the event stream tells it: the time of its commit is Redis' own. */
export interface CommittedTurn {
  conversationId: string;
  acceptedMs: number;
  committedMs: number;
}

/** A place in a lane's event stream: what comes later is behind it. */
export async function bookmark(redis: Redis, phoneNumberId: string): Promise<string> {
  const [last] = await redis.xrevrange(`${lanePrefix(phoneNumberId)}ev`, '+', '-', 'COUNT', 1);
  return last?.[0] ?? '0-0';
}

/** All turns committed since, in the order of their commits. */
export async function turnsSince(redis: Redis, phoneNumberId: string, place: string): Promise<CommittedTurn[]> {
  const turns: CommittedTurn[] = [];
  for (const [id, [, text = '']] of await redis.xrange(`${lanePrefix(phoneNumberId)}ev`, `(${place}`, '+')) {
    const event: unknown = JSON.parse(text);
    if (!isJsonObject(event) || event.k !== 'turn') continue;
    turns.push({
      conversationId: String(event.c),
      acceptedMs: Number(event.at) - Number(event.tookMs) - Number(event.waitedMs),
      committedMs: Number(id.split('-')[0]),
    });
  }
  return turns;
}

/** Resolves when no conversation of the number waits, inbound and outbound. */
export async function drained(redis: Redis, phoneNumberId: string, withinMs = 120_000): Promise<void> {
  const deadlineMs = Date.now() + withinMs;
  const prefix = lanePrefix(phoneNumberId);
  while ((await redis.zcard(`${prefix}pend`)) + (await redis.zcard(`${prefix}opend`)) > 0) {
    if (Date.now() > deadlineMs) throw new Error(`number ${phoneNumberId} still has work after ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
