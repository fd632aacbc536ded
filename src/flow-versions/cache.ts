import type { Logger } from 'pino';
import type { TurnVersions } from '../conversation/session-version.js';
import type { FlowVersion } from '../flow/definition.js';
import { fateOf, type Pointer, versionFor } from './pointer.js';
import type { FlowSource, FlowState, FlowStore } from './store.js';

export interface FlowCacheDeps {
  store: FlowStore;
  /** undefined for what this program cannot run */
  compile(files: readonly FlowSource[]): Promise<FlowVersion | undefined>;
  log: Logger;
  /** how often to look whether something was switched, ms */
  pollMs: number;
}

/** The versions one process runs: pointers as of a moment ago, versions compiled. */
export interface FlowCache extends TurnVersions {
  /** looks now; what this process itself has changed is in force when it returns */
  refresh(): Promise<void>;
  /** looks from now on */
  start(): void;
  stop(): Promise<void>;
}

/** Compiled versions kept beside those in use, for sessions that began with an older one. */
const MOST_OLD = 12;

/**
 * A switch reaches every process by asking for a counter twice a second: one small read, whatever the traffic, and none
 * in a turn. A version is compiled before the process uses it; one it cannot compile (written for a newer program) is
 * reported, and the process stays with what it has until it is replaced itself.
 */
export function createFlowCache({ store, compile, log, pollMs }: FlowCacheDeps): FlowCache {
  /** in the order of use, the latest last */
  const compiled = new Map<string, Promise<FlowVersion | undefined>>();
  let pointers: ReadonlyMap<string, Pointer> = new Map();
  let inUse: ReadonlyMap<string, FlowVersion> = new Map();
  let seenEpoch = -1;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let stopped = false;

  function get(hash: string): Promise<FlowVersion | undefined> {
    const used = inUse.get(hash);
    if (used !== undefined) return Promise.resolve(used);
    const known = compiled.get(hash) ?? read(hash);
    compiled.delete(hash);
    compiled.set(hash, known);
    for (const [oldest] of compiled) {
      if (compiled.size <= MOST_OLD) break;
      compiled.delete(oldest);
    }
    return known;
  }

  function read(hash: string): Promise<FlowVersion | undefined> {
    const made = store.sources(hash).then((sources) => (sources === undefined ? undefined : compile(sources)));
    // What Redis failed to give is asked for again.
    made.catch(() => compiled.delete(hash));
    return made;
  }

  async function look(): Promise<void> {
    const epoch = await store.epoch();
    if (epoch === seenEpoch) return;
    await take(await store.read());
    seenEpoch = epoch;
  }

  async function take({ pointers: read, versions }: FlowState): Promise<void> {
    const next = new Map<string, Pointer>();
    const used = new Map<string, FlowVersion>();
    for (const [endpoint, pointer] of read) {
      const wanted = [pointer.version, ...(pointer.canary === undefined ? [] : [pointer.canary.version])];
      const found = await Promise.all(wanted.map(async (hash) => [hash, await get(hash)] as const));
      const missing = found.find(([, version]) => version === undefined)?.[0];
      const kept = missing === undefined ? pointer : pointers.get(endpoint);
      if (missing !== undefined) {
        const number = versions.find(({ hash }) => hash === missing)?.number;
        log.error({ endpoint, version: number }, 'flow version cannot be run by this program, the one before stays');
      }
      if (kept === undefined) continue;
      next.set(endpoint, kept);
      if (kept.revision !== pointers.get(endpoint)?.revision) {
        const numberOf = (hash: string | undefined) => versions.find((one) => one.hash === hash)?.number;
        log.info(
          { endpoint, version: numberOf(kept.version), canary: numberOf(kept.canary?.version) },
          'flow version is in use',
        );
      }
      for (const hash of [kept.version, kept.canary?.version]) {
        const version = hash === undefined ? undefined : await get(hash);
        if (version !== undefined) used.set(version.hash, version);
      }
    }
    for (const hash of used.keys()) compiled.delete(hash);
    // Sessions of what was in use until now will ask for it.
    for (const [hash, version] of inUse) if (!used.has(hash)) compiled.set(hash, Promise.resolve(version));
    pointers = next;
    inUse = used;
  }

  /** One look at a time; whoever asks during a look gets one that began afterwards. */
  async function refresh(): Promise<void> {
    while (looking !== undefined) await looking.catch(() => undefined);
    looking = look().finally(() => {
      looking = undefined;
    });
    await looking;
  }

  function schedule(): void {
    if (stopped) return;
    timer = setTimeout(() => {
      refresh()
        .catch((err: unknown) => log.warn({ err }, 'flow versions could not be looked up, trying again'))
        .finally(schedule);
    }, pollMs);
    timer.unref();
  }

  return {
    get,
    refresh,
    start: schedule,
    current(endpointId, contactId) {
      const pointer = pointers.get(endpointId);
      const hash = pointer === undefined ? '' : versionFor(pointer, contactId);
      const version = inUse.get(hash);
      if (version === undefined) throw new Error('this endpoint has no flow version that this process can run');
      return { hash, version };
    },
    fate(endpointId, hash) {
      const pointer = pointers.get(endpointId);
      return pointer === undefined ? 'keep' : fateOf(pointer, hash);
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await looking?.catch(() => undefined);
    },
  };
}
