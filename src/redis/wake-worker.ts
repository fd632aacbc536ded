import { type Job, Worker } from 'bullmq';
import type { Logger } from 'pino';
import { createCarryOn } from './carry-on.js';
import type { RedisClient } from './connections.js';
import type { Lane } from './lane.js';

export interface WakeWorkerOptions {
  connection: RedisClient;
  lane: Lane;
  queue: 'in' | 'out';
  concurrency: number;
  /** how long a killed worker's conversations wait: this and two `stalledCheckMs` at most */
  lockMs: number;
  stalledCheckMs: number;
  log: Logger;
  handle(wake: Wake): Promise<void>;
}

export interface Wake {
  lane: Lane;
  conversationId: string;
  epoch: number;
  /** this job was started before and neither finished nor failed: its process died */
  crashedBefore: boolean;
}

/** Runs the wake-ups of one lane, inbound or outbound. Its jobs carry no message, only a conversation's name. */
export function createWakeWorker(options: WakeWorkerOptions): Worker {
  let busy = 0;
  const handle = (job: Pick<Job, 'attemptsStarted' | 'attemptsMade'> & { id?: string | undefined }) =>
    options.handle({ lane: options.lane, ...ownerNamedBy(job), crashedBefore: isSuspect(job) });
  const onFailed = (job: { id?: string | undefined } | undefined, err: unknown) => {
    options.log.error(
      { err, lane: options.lane.name, queue: options.queue, ...(job && ownerNamedBy(job)) },
      'wake-up failed',
    );
  };
  const carryOn = createCarryOn({ ...options, handle, onFailed });
  const worker = new Worker(
    options.queue,
    async (job: Job, token = '') => {
      busy += 1;
      try {
        await handle(job);
        // Nobody beside it: then nothing waits, and looking costs more than BullMQ's own way.
        if (busy > 1 && !isSuspect(job)) await carryOn(token, () => worker.closing === undefined);
      } finally {
        busy -= 1;
      }
    },
    {
      connection: options.connection,
      prefix: options.lane.bullPrefix,
      concurrency: options.concurrency,
      lockDuration: options.lockMs,
      stalledInterval: options.stalledCheckMs,
      // With the default of 1 a conversation whose worker is killed twice stands still for good. We count ourselves.
      maxStalledCount: 2 ** 31 - 1,
      // Keeping finished wake-ups doubles the cost of finishing them, and they tell nothing.
      removeOnComplete: { count: 0 },
      removeOnFail: { age: 14 * 86_400, count: 1_000 },
    },
  );
  // Redis away: BullMQ repeats what failed, and says so for each command; one line a second is enough to see it.
  let quietUntilMs = 0;
  worker.on('error', (err) => {
    if (Date.now() < quietUntilMs) return;
    quietUntilMs = Date.now() + 1_000;
    options.log.error({ err, lane: options.lane.name, queue: options.queue }, 'queue worker lost Redis');
  });
  worker.on('failed', onFailed);
  return worker;
}

/** It was started before and neither finished nor failed: its process died. */
function isSuspect({ attemptsStarted, attemptsMade }: Pick<Job, 'attemptsStarted' | 'attemptsMade'>): boolean {
  return attemptsStarted - attemptsMade > 1;
}

/** The job's id is `<conversation>-<epoch>`: a wake-up says nothing else. */
function ownerNamedBy({ id = '' }: { id?: string | undefined }): { conversationId: string; epoch: number } {
  const dash = id.lastIndexOf('-');
  return { conversationId: id.slice(0, dash), epoch: Number(id.slice(dash + 1)) };
}
