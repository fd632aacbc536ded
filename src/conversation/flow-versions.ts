import type { FlowVersion } from '../flow/definition.js';
import type { RedisClient } from '../redis/connections.js';
import { OPS } from '../redis/lane.js';
import { isJsonObject } from '../shared/json.js';

/** One flow file as it was deployed. */
export interface FlowSource {
  path: string;
  text: string;
}

/**
 * Every version of the flows that was ever deployed, by its hash. A session keeps the version it began with, so a worker
 * must be able to run versions that its own files do not have any more.
 */
export interface FlowVersions {
  /** makes this the version that new sessions take; the same files again make no new version */
  deploy(version: FlowVersion, sources: readonly FlowSource[]): Promise<{ number: number; isNew: boolean }>;
  current(): { hash: string; version: FlowVersion };
  get(hash: string): Promise<FlowVersion | undefined>;
  fate(): 'keep';
}

export interface FlowVersionsDeps {
  redis: RedisClient;
  /** undefined when the sources hold errors, which a deployed version does not */
  compile(sources: readonly FlowSource[]): FlowVersion | undefined;
}

export function createFlowVersions({ redis, compile }: FlowVersionsDeps): FlowVersions {
  const compiled = new Map<string, FlowVersion>();
  let current: FlowVersion | undefined;
  const key = (hash: string) => `${OPS.prefix}flows:${hash}`;

  return {
    async deploy(version, sources) {
      const isNew = (await redis.set(key(version.hash), JSON.stringify(sources), 'NX')) === 'OK';
      // Versions are numbered in the order they first came; two processes that start with the same files agree.
      await redis.zadd(`${OPS.prefix}flow-versions`, 'NX', Date.now(), version.hash);
      const rank = await redis.zrank(`${OPS.prefix}flow-versions`, version.hash);
      compiled.set(version.hash, version);
      current = version;
      return { number: (rank ?? 0) + 1, isNew };
    },

    current() {
      if (current === undefined) throw new Error('no flows are deployed');
      return { hash: current.hash, version: current };
    },

    fate: () => 'keep',

    async get(hash) {
      const known = compiled.get(hash);
      if (known !== undefined) return known;
      const stored = await redis.get(key(hash));
      const version = stored === null ? undefined : compile(readSources(stored));
      if (version !== undefined) compiled.set(hash, version);
      return version;
    },
  };
}

function readSources(stored: string): FlowSource[] {
  const value: unknown = JSON.parse(stored);
  if (!Array.isArray(value)) return [];
  return value.flatMap((file: unknown) =>
    isJsonObject(file) && typeof file.path === 'string' && typeof file.text === 'string'
      ? [{ path: file.path, text: file.text }]
      : [],
  );
}
