import type { Logger } from 'pino';
import type { RedisClient } from './connections.js';

export interface MemoryGuard {
  /** false while Redis uses more of its memory than allowed: what is left is for finishing what was accepted */
  hasRoom(): boolean;
  stop(): void;
}

const LOOK_EVERY_MS = 1_000;

/** Watches `used_memory` against `maxmemory`. Without a `maxmemory` there is always room, as far as Redis knows. */
export function watchMemory(client: RedisClient, maxPercent: number, log: Logger): MemoryGuard {
  let hasRoom = true;
  let looking = false;
  const timer = setInterval(async () => {
    if (looking || client.status !== 'ready') return;
    looking = true;
    try {
      const info = await client.info('memory');
      const [used, max] = ['used_memory', 'maxmemory'].map((name) =>
        Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0),
      );
      const before = hasRoom;
      hasRoom = !max || (used ?? 0) <= (max * maxPercent) / 100;
      if (before !== hasRoom)
        log[hasRoom ? 'info' : 'error'](
          { used, max },
          hasRoom ? 'redis has room again' : 'redis is short of memory, webhooks are refused',
        );
    } catch {
      // Redis away: the webhook finds out by itself.
    } finally {
      looking = false;
    }
  }, LOOK_EVERY_MS);
  timer.unref();
  return { hasRoom: () => hasRoom, stop: () => clearInterval(timer) };
}
