import { createHash } from 'node:crypto';
import type { RedisClient } from '../redis/connections.js';
import { OPS } from '../redis/lane.js';
import { asList, script } from '../redis/script.js';
import { isJsonObject } from '../shared/json.js';
import { decodePointer, encodePointer, type Pointer } from './pointer.js';

/** One flow file as it was deployed: its name below the flows folder, and its text. */
export interface FlowSource {
  path: string;
  text: string;
}

/** What is kept of a version beside its files. */
export interface VersionRecord {
  /** 1, 2, … in the order they came, for ever */
  number: number;
  hash: string;
  createdMs: number;
  /** who deployed it, as they said; `folder` or `watch` when it came from the disk */
  by: string;
  message: string;
  flows: readonly string[];
  files: number;
  bytes: number;
}

/** Something that was done to versions, for people. */
export interface FlowLogEntry {
  atMs: number;
  by: string;
  did: 'deployed' | 'canary' | 'rolled back' | 'withdrawn';
  /** hash of the version */
  version: string;
  endpoints: readonly string[];
  message: string;
}

/** All but the files, as it stood at one moment. */
export interface FlowState {
  /** by endpoint */
  pointers: ReadonlyMap<string, Pointer>;
  versions: readonly VersionRecord[];
  /** hashes out of use */
  withdrawn: ReadonlySet<string>;
  /** hash of the folder that the last start applied */
  folder: string | undefined;
}

/** A change, decided on a state that may be old by now. */
export interface FlowChange {
  version?: { record: Omit<VersionRecord, 'number'>; sources: readonly FlowSource[] };
  pointers: readonly { endpoint: string; before: Pointer | undefined; after: Pointer }[];
  withdraw?: readonly string[];
  reinstate?: readonly string[];
  folder?: string;
  log?: FlowLogEntry;
}

export interface FlowStore {
  read(): Promise<FlowState>;
  /** grows with every change of pointers */
  epoch(): Promise<number>;
  /** undefined for a version nobody deployed */
  sources(hash: string): Promise<FlowSource[] | undefined>;
  /** one file of a version; undefined when it has none of this name */
  text(hash: string, path: string): Promise<string | undefined>;
  /** newest first */
  log(entries: number): Promise<FlowLogEntry[]>;
  /**
   * `changed`: somebody else was faster, and only the version was stored. The same version again is stored once.
   */
  change(change: FlowChange): Promise<{ outcome: 'ok' | 'changed'; number: number; isNew: boolean }>;
}

const LOG_ENTRIES = 1_000;
const KEY = `${OPS.prefix}flows:`;

/** Texts are stored once however many versions have them, so a version costs what is new in it. */
export function createFlowStore(redis: RedisClient): FlowStore {
  const changeFlows = script('change-flows');
  return {
    async read() {
      // One transaction: pointers and the versions they name are of the same moment.
      const [pointers, list, withdrawn, folder] = results(
        await redis
          .multi()
          .hgetall(`${KEY}pointers`)
          .lrange(`${KEY}list`, 0, -1)
          .smembers(`${KEY}withdrawn`)
          .get(`${KEY}folder`)
          .exec(),
      );
      const byEndpoint = Object.entries(isJsonObject(pointers) ? pointers : {});
      return {
        pointers: new Map(byEndpoint.map(([endpoint, text]) => [endpoint, decodePointer(String(text))])),
        versions: asList(list).map((text, index) => readRecord(String(text), index + 1)),
        withdrawn: new Set(asList(withdrawn).map(String)),
        folder: typeof folder === 'string' ? folder : undefined,
      };
    },

    async epoch() {
      return Number((await redis.get(`${KEY}epoch`)) ?? 0);
    },

    async sources(hash) {
      const stored = await redis.get(`${KEY}sources:${hash}`);
      if (stored === null) return undefined;
      const files = readFiles(stored);
      if (files.length === 0) return [];
      const texts = await redis.hmget(`${KEY}texts`, ...files.map(({ digest }) => digest));
      return files.map(({ path }, index) => ({ path, text: texts[index] ?? '' }));
    },

    async text(hash, path) {
      const stored = await redis.get(`${KEY}sources:${hash}`);
      const file = stored === null ? undefined : readFiles(stored).find((one) => one.path === path);
      return file === undefined ? undefined : ((await redis.hget(`${KEY}texts`, file.digest)) ?? undefined);
    },

    async log(entries) {
      const lines = await redis.lrange(`${KEY}log`, 0, entries - 1);
      return lines.map((line) => JSON.parse(line) as FlowLogEntry);
    },

    async change({ version, pointers, withdraw = [], reinstate = [], folder = '', log }) {
      const files = (version?.sources ?? []).map(({ path, text }) => ({ path, text, digest: digestOf(text) }));
      const args: (string | number)[] = [
        version?.record.hash ?? '',
        version === undefined ? '' : JSON.stringify(version.record),
        JSON.stringify(files.map(({ path, digest }) => [path, digest])),
        log === undefined ? '' : JSON.stringify(log),
        LOG_ENTRIES,
        folder,
      ];
      const threes = pointers.flatMap(({ endpoint, before, after }) => [
        endpoint,
        before === undefined ? '' : encodePointer(before),
        encodePointer(after),
      ]);
      const texts = files.flatMap(({ digest, text }) => [digest, text]);
      for (const list of [texts, threes, withdraw, reinstate]) {
        args.push(list.length, ...list);
      }
      const [outcome, number, isNew] = asList(await changeFlows.run(redis, OPS.prefix, args));
      return { outcome: outcome === 'ok' ? 'ok' : 'changed', number: Number(number), isNew: isNew === 1 };
    },
  };
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** @throws the first error of a transaction */
function results(replies: [error: Error | null, result: unknown][] | null): unknown[] {
  return (replies ?? []).map(([error, result]) => {
    if (error !== null) throw error;
    return result;
  });
}

function readRecord(text: string, number: number): VersionRecord {
  return { ...(JSON.parse(text) as Omit<VersionRecord, 'number'>), number };
}

function readFiles(stored: string): { path: string; digest: string }[] {
  const value: unknown = JSON.parse(stored);
  if (!Array.isArray(value)) return [];
  return value.flatMap((file: unknown) =>
    Array.isArray(file) ? [{ path: String(file[0]), digest: String(file[1]) }] : [],
  );
}
