import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisClient } from '../redis/connections.js';
import { OPS } from '../redis/lane.js';
import type { Clock } from '../shared/clock.js';
import { FLOW_FILES, flowFileKey, type MediaStore } from './store.js';

/** Deletes the bots' own files that no version in use names, some time after the last one did. */
export interface OwnFileCleaner {
  /** Somebody is about to use these: their time begins anew. What is just being deleted is gone when it resolves. */
  claim(hashes: readonly string[]): Promise<void>;
  /**
   * Looks at all files. @param named hashes of what the versions in use name: these stay, whatever their age
   * @returns how many were deleted. @throws when the store or Redis fails
   */
  clean(named: ReadonlySet<string>): Promise<number>;
}

/** hash of a file -> epoch ms at which it was first seen without a name */
const KEY = `${OPS.prefix}media:unnamed`;
/** there while a file is deleted */
const DELETING = `${OPS.prefix}media:deleting`;
/** A process that dies with it holds up nobody for longer; no store takes so long for one. */
const DELETING_SEC = 60;
const LOOK_AGAIN_MS = 50;
const DAY_MS = 86_400_000;

/**
 * A file is sent before the version that names it, so what nobody names may be what is just coming; and a version that
 * was left yesterday may be wanted back tomorrow. Both have `days`, counted from the first look that found it unnamed.
 */
export function createOwnFileCleaner({
  store,
  redis,
  clock,
  days,
}: {
  store: Pick<MediaStore, 'flowFiles' | 'remove'>;
  redis: RedisClient;
  clock: Clock;
  days: number;
}): OwnFileCleaner {
  return {
    async claim(hashes) {
      if (hashes.length === 0) return;
      await redis.hdel(KEY, ...hashes);
      // What it took from the list before us it takes from the store: only then can it be seen that it is gone.
      while ((await redis.exists(DELETING)) === 1) await sleep(LOOK_AGAIN_MS);
    },
    async clean(named) {
      const nowMs = clock.nowMs();
      const since = new Map(Object.entries(await redis.hgetall(KEY)));
      let files = 0;
      for await (const { key } of store.flowFiles()) {
        const sha256 = key.slice(FLOW_FILES.length + 1);
        if (named.has(sha256)) continue;
        const sinceMs = since.get(sha256);
        since.delete(sha256);
        if (sinceMs === undefined) await redis.hset(KEY, sha256, nowMs);
        else if (Number(sinceMs) <= nowMs - days * DAY_MS) {
          await redis.set(DELETING, sha256, 'EX', DELETING_SEC);
          try {
            // Only one deletes it, and nobody who has claimed it meanwhile loses it.
            if ((await redis.hdel(KEY, sha256)) === 0) continue;
            await store.remove(flowFileKey(sha256));
            files += 1;
          } finally {
            await redis.del(DELETING);
          }
        }
      }
      // What is left is named again, or is not there.
      if (since.size > 0) await redis.hdel(KEY, ...since.keys());
      return files;
    },
  };
}
