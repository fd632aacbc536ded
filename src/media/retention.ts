import type { Logger } from 'pino';
import type { Clock } from '../shared/clock.js';
import { dayOf, type MediaStore } from './store.js';

const DAY_MS = 86_400_000;
const EVERY_MS = 3_600_000;

/**
 * Deletes what contacts sent and nobody needs to keep: at the start and every hour. Any number of processes may do so
 * at once.
 */
export function keepRetention(
  store: Pick<MediaStore, 'deleteBefore'>,
  { days, clock, log }: { days: number; clock: Clock; log: Logger },
): { stop(): Promise<void> } {
  let working = sweep();
  const timer = setInterval(() => {
    working = working.then(sweep);
  }, EVERY_MS);
  timer.unref();

  async function sweep(): Promise<void> {
    try {
      // A day's files go when the last of them is old enough.
      const files = await store.deleteBefore(dayOf(clock.nowMs() - days * DAY_MS));
      if (files > 0) log.info({ files }, 'old files of contacts deleted');
    } catch (err) {
      log.warn({ err }, 'old files of contacts could not be deleted, trying again in an hour');
    }
  }

  return {
    async stop() {
      clearInterval(timer);
      await working;
    },
  };
}
