import { Redis } from 'ioredis';

/** Where a server listens: a unix socket or a TCP port, as ioredis takes it. */
export type RedisAddress = { path: string } | { host: string; port: number };

/** `loading`: it is up and reads its data; `down`: nothing answers there. */
export type ServerState = 'ready' | 'loading' | 'down';

/** One short-lived connection that tries once and gives up after `timeoutMs`; the caller asks again. */
export async function withConnection<T>(address: RedisAddress, timeoutMs: number, ask: (redis: Redis) => Promise<T>) {
  const redis = new Redis({
    ...address,
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    retryStrategy: () => null,
  });
  // Without a listener ioredis prints; the promise below carries the same error.
  redis.on('error', () => {});
  try {
    await redis.connect();
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

/** Asks once. Never throws. */
export async function pingRedis(address: RedisAddress, timeoutMs = 1_000): Promise<ServerState> {
  try {
    await withConnection(address, timeoutMs, (redis) => redis.ping());
    return 'ready';
  } catch (err) {
    return err instanceof Error && err.message.startsWith('LOADING') ? 'loading' : 'down';
  }
}

/**
 * Waits until the server answers, also while it loads its data.
 *
 * @param hasEnded asked between two tries; true ends the wait
 * @param graceMs how long it may be `down` before that counts as failed; loading has no limit, large files take minutes
 * @returns false when it ended or never came up
 */
export async function waitUntilReady(address: RedisAddress, hasEnded: () => boolean, graceMs = 10_000) {
  let patienceEndsMs = Date.now() + graceMs;
  for (;;) {
    const state = await pingRedis(address);
    if (state === 'ready') return !hasEnded();
    if (hasEnded()) return false;
    const nowMs = Date.now();
    if (state === 'loading') patienceEndsMs = nowMs + graceMs;
    if (nowMs > patienceEndsMs) return false;
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}
