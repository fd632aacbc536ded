import { Cluster, Redis, type RedisOptions } from 'ioredis';

import { joinWrites } from './join-writes.js';

export type RedisClient = Redis | Cluster;

/** Where Redis is: a URL (`redis://`, `rediss://`), a socket path, or the nodes of a cluster. */
export type RedisTarget = { url: string } | { socketPath: string };

/** `redis-cluster://host:port,host:port` names a cluster by some of its nodes; `rediss-cluster://` the same over TLS. */
const CLUSTER_URL = /^(rediss?)-cluster:\/\/(?:([^:@]*):([^@]*)@)?(.+)$/;

/**
 * For BullMQ and for turns: commands wait while Redis is away and go through when it is back.
 * BullMQ insists on `maxRetriesPerRequest: null`.
 */
export function connectPatient(target: RedisTarget): RedisClient {
  return connect(target, { maxRetriesPerRequest: null });
}

/**
 * For the webhook: a dead or frozen Redis fails a command within `timeoutMs`, so that Meta hears 503 in time and sends
 * again. A command that was applied after all is met by its dedupe entry when Meta does.
 */
export function connectFailFast(target: RedisTarget, timeoutMs: number): RedisClient {
  return connect(target, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: timeoutMs,
    connectTimeout: 1_000,
    // Back within half a second of Redis being back: until then every webhook is refused.
    retryStrategy: (attempt) => Math.min(50 * attempt, 500),
  });
}

/** How a client behaves; `replyMapping` stays ioredis' own, whose type cannot be passed through. */
type Behaviour = Omit<RedisOptions, 'replyMapping'>;

function connect(target: RedisTarget, options: Behaviour): RedisClient {
  const cluster = 'url' in target ? CLUSTER_URL.exec(target.url) : null;
  if (cluster === null) {
    const client =
      'url' in target
        ? new Redis<'legacy'>(target.url, options)
        : new Redis<'legacy'>({ path: target.socketPath, ...options });
    joinWrites(client);
    return client;
  }
  const [, scheme, username, password, hosts = ''] = cluster;
  const { enableOfflineQueue = true, ...redisOptions } = options;
  return new Cluster<'legacy'>(
    hosts.split(',').map((host) => {
      const { hostname, port } = new URL(`redis://${host}`);
      return { host: hostname, port: Number(port || 6379) };
    }),
    {
      enableOfflineQueue,
      redisOptions: {
        ...redisOptions,
        ...(username ? { username: decodeURIComponent(username) } : {}),
        ...(password ? { password: decodeURIComponent(password) } : {}),
        ...(scheme === 'rediss' ? { tls: {} } : {}),
      },
    },
  );
}

const READY_WITHIN_MS = 15_000;

/** Resolves when the client can be used; rejects after 15 s with what kept it. */
export async function whenReady(client: RedisClient): Promise<void> {
  if (client.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    let last: Error | undefined;
    const onReady = () => finish(resolve);
    const onError = (err: Error) => {
      last = err;
    };
    const timer = setTimeout(
      () => finish(() => reject(last ?? new Error('Redis did not answer in time'))),
      READY_WITHIN_MS,
    );
    function finish(then: () => void) {
      clearTimeout(timer);
      client.off('ready', onReady);
      client.off('error', onError);
      then();
    }
    client.on('ready', onReady);
    client.on('error', onError);
  });
}
