import type { RedisClient } from '../redis/connections.js';
import { OPS } from '../redis/lane.js';
import type { MediaStoreError } from '../shared/media-types.js';

/** Whether files can be stored, as the processes that store them last saw it: probes of all roles tell it. */
export interface StoreTrouble {
  note(err: MediaStoreError): Promise<void>;
  over(): Promise<void>;
  /** what the last failure was, undefined since a file was stored, and after a day without any */
  read(): Promise<string | undefined>;
}

const KEY = `${OPS.prefix}media:trouble`;
const KEPT_SEC = 86_400;

export function createStoreTrouble(redis: RedisClient): StoreTrouble {
  return {
    async note({ message }) {
      await redis.set(KEY, message, 'EX', KEPT_SEC);
    },
    async over() {
      await redis.del(KEY);
    },
    async read() {
      return (await redis.get(KEY)) ?? undefined;
    },
  };
}
