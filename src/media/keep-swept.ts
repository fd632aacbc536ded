import type { Logger } from 'pino';

const EVERY_MS = 3_600_000;

/** Something that is swept, as the log calls it. */
export interface Sweep {
  /** e.g. `old files of contacts` */
  what: string;
  /**
   * @param stopping what takes long ends when it is aborted: a process that stops waits for it
   * @returns how many files are gone. @throws when some had to stay
   */
  sweep(stopping: AbortSignal): Promise<number>;
}

/**
 * Sweeps at the start and every hour, one after the other. Any number of processes may do so at once.
 */
export function keepSwept(sweeps: readonly Sweep[], log: Logger): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let working = sweepAll();
  const timer = setInterval(() => {
    working = working.then(sweepAll);
  }, EVERY_MS);
  timer.unref();

  async function sweepAll(): Promise<void> {
    for (const { what, sweep } of sweeps) {
      if (stopping.signal.aborted) return;
      try {
        const files = await sweep(stopping.signal);
        if (files > 0) log.info({ what, files }, 'files deleted');
      } catch (err) {
        if (stopping.signal.aborted) return;
        log.warn({ what, err }, 'files could not be deleted, trying again in an hour');
      }
    }
  }

  return {
    async stop() {
      stopping.abort();
      clearInterval(timer);
      await working;
    },
  };
}
