import type { Queue } from 'bullmq';
import type { RedisClient } from '../redis/connections.js';
import { laneNamed } from '../redis/lane.js';
import { script } from '../redis/script.js';
import type { Clock } from '../shared/clock.js';
import type { DeadLetter } from '../shared/dead-letter.js';
import { isJsonObject } from '../shared/json.js';

/** Adds a letter to the operators' queue; the same letter again adds nothing. */
export function createDeadLetterOffice(queue: Queue): (letter: DeadLetter) => Promise<void> {
  return async (letter) => {
    await queue.add(letter.queue === 'in' ? 'inbound' : 'outbound', letter, {
      jobId: `${letter.lane}-${letter.queue}-${letter.place}`,
      attempts: 1,
    });
  };
}

/**
 * Puts a dead letter back at the tail of its conversation: what came after it has gone before it by then.
 *
 * @throws when the data are not a dead letter
 */
export function createDeadLetterReplay(
  redis: RedisClient,
  clock: Clock,
): (data: unknown, jobId: string, attempt: number) => Promise<void> {
  const requeue = script('requeue');
  return async (data, jobId, attempt) => {
    if (!isDeadLetter(data)) throw new TypeError('not a dead letter');
    const { queue, lane, conversationId, payload } = data;
    const key = `${jobId}-${attempt}`;
    await requeue.run(redis, laneNamed(lane).prefix, [queue, conversationId, payload, clock.nowMs(), key]);
  };
}

export function isDeadLetter(value: unknown): value is DeadLetter {
  return (
    isJsonObject(value) &&
    value.effect === 'dead' &&
    (value.queue === 'in' || value.queue === 'out') &&
    ['lane', 'conversationId', 'payload', 'reason'].every((key) => typeof value[key] === 'string')
  );
}
