import { Queue } from 'bullmq';
import { Cluster } from 'ioredis';
import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import { createEndpoints, type Endpoints } from '../endpoint/endpoints.js';
import { createMetrics, type Metrics } from '../observability/metrics.js';
import { checkRedisSettings } from '../redis/check-settings.js';
import { connectPatient, type RedisClient, type RedisTarget, whenReady } from '../redis/connections.js';
import { type Install, readInstall } from '../redis/install.js';
import type { Lane } from '../redis/lane.js';
import { assignLanes, distinctLanes } from '../redis/lanes.js';
import { createParkedQueue, type ParkedQueueName } from '../redis/parked-queue.js';
import { type Clock, systemClock } from '../shared/clock.js';
import { BotError } from '../shared/errors.js';

/** What every role stands on: configuration, Redis, lanes, measures. */
export interface Platform {
  config: Config;
  log: Logger;
  clock: Clock;
  metrics: Metrics;
  endpoints: Endpoints;
  target: RedisTarget;
  /** patient: see `connectPatient` */
  redis: RedisClient;
  install: Install;
  laneOf: ReadonlyMap<string, Lane>;
  lanes: readonly Lane[];
  queues: { lane: Lane; in: Queue; out: Queue }[];
  parked: Record<ParkedQueueName, Queue>;
  close(): Promise<void>;
}

export class RedisUnfit extends BotError {
  override readonly name = 'RedisUnfit';
  readonly code = 'redis_unfit';
}

const READY_WITHIN_MS = 15_000;
/** BullMQ writes some four entries a job; nobody reads more than the last. */
const QUEUE_EVENTS = { events: { maxLen: 1_000 } };

/**
 * @throws RedisUnfit when Redis cannot be reached or its settings would lose what we promise to keep
 */
export async function openPlatform(config: Config, target: RedisTarget, log: Logger): Promise<Platform> {
  const redis = connectPatient(target);
  redis.on('error', (err: Error) => log.debug({ err }, 'redis connection failed'));
  try {
    await whenReady(redis, READY_WITHIN_MS);
  } catch (err) {
    redis.disconnect();
    throw new RedisUnfit('Redis cannot be reached: check REDIS_URL and that the server runs', { cause: err });
  }
  // Each node of a cluster has settings of its own.
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis];
  const faults = (await Promise.all(nodes.map(checkRedisSettings))).flat();
  for (const fault of faults) log[fault.level]({ component: 'redis' }, fault.message);
  const fatal = faults.find((fault) => fault.level === 'error');
  if (fatal !== undefined) {
    redis.disconnect();
    throw new RedisUnfit(fatal.message);
  }
  const endpoints = createEndpoints(config.endpoints);
  const laneOf = await assignLanes(
    redis,
    endpoints.all.map(({ phoneNumberId }) => phoneNumberId),
  );
  const lanes = distinctLanes(laneOf);
  const quiet = (queue: Queue) => {
    queue.on('error', () => {
      // Every command that fails says so where it was given.
    });
    return queue;
  };
  const open = (lane: Lane, name: 'in' | 'out') =>
    quiet(new Queue(name, { connection: redis, prefix: lane.bullPrefix, streams: QUEUE_EVENTS }));
  const queues = lanes.map((lane) => ({ lane, in: open(lane, 'in'), out: open(lane, 'out') }));
  const parked = { dead: createParkedQueue(redis, 'dead'), quarantine: createParkedQueue(redis, 'quarantine') };
  return {
    config,
    log,
    clock: systemClock,
    metrics: createMetrics(),
    endpoints,
    target,
    redis,
    install: await readInstall(redis),
    laneOf,
    lanes,
    queues,
    parked,
    async close() {
      const all = [...queues.flatMap((lane) => [lane.in, lane.out]), parked.dead, parked.quarantine];
      await Promise.allSettled(all.map((queue) => queue.close()));
      redis.disconnect();
    },
  };
}
