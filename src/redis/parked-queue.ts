import { type Job, Queue, UnrecoverableError, Worker } from 'bullmq';
import type { Logger } from 'pino';
import type { RedisClient } from './connections.js';
import { OPS } from './lane.js';

/** Queues that only people empty: `dead` holds what was given up, `quarantine` what could not be read. */
export type ParkedQueueName = 'dead' | 'quarantine';

export function createParkedQueue(connection: RedisClient, name: ParkedQueueName): Queue {
  const queue = new Queue(name, { connection, prefix: OPS.bullPrefix, streams: { events: { maxLen: 1_000 } } });
  queue.on('error', () => {
    // Each command that fails says so itself, where it was given.
  });
  return queue;
}

export interface ParkedWorkerOptions {
  connection: RedisClient;
  name: ParkedQueueName;
  keepDays: number;
  log: Logger;
  /** a fixed word: why the item lies here */
  reasonOf(data: unknown): string;
  /**
   * Puts the item back where it belongs. May run twice for one retry.
   *
   * @throws with the reason when it cannot: the item stays
   */
  replay(data: unknown, jobId: string, attempt: number): Promise<void>;
}

/**
 * Makes "Retry" of a queue board mean "replay": the first run of a job only fails with the reason it is here for, so that
 * it lies among the failed ones where people see it; a retry runs it again, and then it goes back to work.
 */
export function createParkedWorker(options: ParkedWorkerOptions): Worker {
  const worker = new Worker(
    options.name,
    async (job: Job) => {
      if (job.attemptsMade === 0) throw new UnrecoverableError(options.reasonOf(job.data));
      await options.replay(job.data, job.id ?? '', job.attemptsMade);
      options.log.info({ queue: options.name, jobId: job.id }, 'item replayed');
    },
    {
      connection: options.connection,
      prefix: OPS.bullPrefix,
      concurrency: 1,
      // A replayed item's id must stay known for a while, or a mover that was interrupted could add it again.
      removeOnComplete: { age: 86_400, count: 10_000 },
      removeOnFail: { age: options.keepDays * 86_400, count: 100_000 },
      maxStalledCount: 2 ** 31 - 1,
    },
  );
  worker.on('error', () => {
    // As above.
  });
  return worker;
}
