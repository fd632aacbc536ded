import { createHash } from 'node:crypto';
import { BotError } from '../shared/errors.js';
import { startThread } from '../shared/start-thread.js';
import { type Inspection, type PackedInspection, unpack } from './inspection.js';
import type { FlowSource } from './store.js';

export interface InspectorLimits {
  /** of one inspection, from the start of its thread */
  timeMs: number;
  /** heap of its thread */
  memoryMb: number;
  /** that may wait while another one is under way */
  waiting: number;
}

/** Looks at flow files in a thread, so that a server goes on answering while a large bot is deployed. */
export interface Inspector {
  /**
   * The same files again are not looked at again, while they are among the last few.
   *
   * @throws InspectionRefused
   */
  inspect(files: readonly FlowSource[]): Promise<Inspection>;
  /** ends what is under way */
  close(): Promise<void>;
}

/** The flows are not wrong, but they could not be looked at within the limits, or not now. */
export class InspectionRefused extends BotError {
  override readonly name = 'InspectionRefused';
  readonly code = 'inspection_refused';
  constructor(
    readonly reason: 'too_heavy' | 'busy',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A dry run and the deploy behind it, the versions that sessions are on. */
const KEPT = 16;

export function createInspector(limits: InspectorLimits): Inspector {
  const kept = new Map<string, Promise<Inspection>>();
  const ends = new Set<() => Promise<unknown>>();
  /** one thread at a time: a deploy may take its time, and other work needs the processors */
  let last: Promise<unknown> = Promise.resolve();
  let open = 0;
  let closed = false;

  function run(files: readonly FlowSource[]): Promise<Inspection> {
    return new Promise((resolve, reject) => {
      if (closed) return reject(busy('The server is stopping.'));
      const thread = startThread(new URL('./inspect-thread.js', import.meta.url), {
        workerData: files,
        resourceLimits: { maxOldGenerationSizeMb: limits.memoryMb },
      });
      const end = () => thread.terminate();
      ends.add(end);
      const timer = setTimeout(() => {
        reject(tooHeavy(`Reading the flows took more than ${limits.timeMs / 1000} s.`));
        void end();
      }, limits.timeMs);
      thread.once('message', (packed: PackedInspection) => {
        resolve(unpack(packed));
        void end();
      });
      thread.once('error', (err) => {
        const isMemory = 'code' in err && err.code === 'ERR_WORKER_OUT_OF_MEMORY';
        reject(isMemory ? tooHeavy(`Reading the flows took more than ${limits.memoryMb} MiB of memory.`) : err);
      });
      thread.once('exit', () => {
        clearTimeout(timer);
        ends.delete(end);
        reject(busy('The server is stopping.'));
      });
    });
  }

  function inTurn(files: readonly FlowSource[]): Promise<Inspection> {
    if (open > limits.waiting) return Promise.reject(busy('Other deploys are being looked at. Try again in a moment.'));
    open += 1;
    const mine = last
      .then(() => run(files))
      .finally(() => {
        open -= 1;
      });
    last = mine.catch(() => undefined);
    return mine;
  }

  return {
    inspect(files) {
      const key = digestOf(files);
      const known = kept.get(key);
      kept.delete(key);
      const inspection = known ?? inTurn(files);
      kept.set(key, inspection);
      for (const [oldest] of kept) {
        if (kept.size <= KEPT) break;
        kept.delete(oldest);
      }
      // What could not be looked at now may be later.
      inspection.catch(() => kept.delete(key));
      return inspection;
    },
    async close() {
      closed = true;
      await Promise.all([...ends].map((end) => end()));
    },
  };
}

const busy = (message: string) => new InspectionRefused('busy', message);
const tooHeavy = (why: string) =>
  new InspectionRefused('too_heavy', `${why} Take texts out of them, or split the bot in two; nothing was deployed.`);

function digestOf(files: readonly FlowSource[]): string {
  const sum = createHash('sha256');
  for (const { path, text } of files) sum.update(JSON.stringify(path)).update(`${text.length}:`).update(text);
  return sum.digest('hex');
}
