import { createFlowCache, type FlowCache } from '../flow-versions/cache.js';
import { compile } from '../flow-versions/compile.js';
import { createInspector } from '../flow-versions/inspector.js';
import { countSessions } from '../flow-versions/live-sessions.js';
import { namedFiles } from '../flow-versions/named-files.js';
import { createFlowService, type FlowService } from '../flow-versions/service.js';
import { createFlowStore, type FlowStore } from '../flow-versions/store.js';
import type { Sweep } from '../media/keep-swept.js';
import { createOwnFileCleaner } from '../media/own-file-cleaner.js';
import { createOwnFileStore, type OwnFileStore } from '../media/own-file-store.js';
import type { MediaStore } from '../media/store.js';
import { OPS } from '../redis/lane.js';
import { arrivingDir } from './media.js';
import type { Platform } from './platform.js';

/** The versions of the flows: what turns run, and what operators do to them. */
export interface Flows {
  store: FlowStore;
  /** of this process */
  cache: FlowCache;
  service: FlowService;
  /** what flows send with `file:` */
  ownFiles: OwnFileStore;
  /** of files that only versions out of use have */
  cleaning: Sweep;
  close(): Promise<void>;
}

/** A switch reaches every process within this time and a moment. */
const POLL_MS = 500;
/** Counting the sessions of an operator's question. */
const COUNT_WITHIN_MS = 5_000;
/** The same before files are deleted, when nobody waits. */
const COUNT_ALL_WITHIN_MS = 120_000;
/** One process of all looks at the files once in this time. */
const CLEAN_EVERY_SEC = 86_000;
const CLEANED = `${OPS.prefix}media:cleaned`;

/**
 * One look at flows. Compiling takes 3 ms a kilobyte and some 50 bytes of heap a byte, so the largest upload stays well
 * within; what does not is no bot.
 */
const INSPECTION_LIMITS = { timeMs: 90_000, memoryMb: 2_048, waiting: 8 };

/** @param runsTurns whether this process runs what it switches to */
export function openFlows(
  { redis, config, endpoints, clock, log }: Platform,
  mediaStore: MediaStore,
  runsTurns: boolean,
): Flows {
  const store = createFlowStore(redis);
  const cache = createFlowCache({ store, compile, log: log.child({ component: 'flow' }), pollMs: POLL_MS });
  const ownFiles = createOwnFileStore(mediaStore, arrivingDir(config));
  const cleaner = createOwnFileCleaner({ store: mediaStore, redis, clock, days: config.retention.flowFileDays });
  const inspector = createInspector(INSPECTION_LIMITS);
  const service = createFlowService({
    store,
    inspect: inspector.inspect,
    async missingFiles(files) {
      await cleaner.claim(files.map(({ sha256 }) => sha256));
      return ownFiles.missing(files);
    },
    endpoints: () => endpoints.all,
    countSessions: () => countSessions(redis, COUNT_WITHIN_MS),
    onChanged: async () => (runsTurns ? cache.refresh() : undefined),
    clock,
  });
  const cleaning: Sweep = {
    what: 'files of flow versions out of use',
    async sweep(stopping) {
      if ((await redis.set(CLEANED, '1', 'EX', CLEAN_EVERY_SEC, 'NX')) === null) return 0;
      try {
        // The time is up when the process stops, too.
        const nowMs = () => (stopping.aborted ? Number.POSITIVE_INFINITY : performance.now());
        return await cleaner.clean(await namedFiles(store, () => countSessions(redis, COUNT_ALL_WITHIN_MS, nowMs)));
      } catch (err) {
        // The next hour's look is not held up by this one.
        await redis.del(CLEANED);
        throw err;
      }
    },
  };
  return { store, cache, service, ownFiles, cleaning, close: inspector.close };
}
