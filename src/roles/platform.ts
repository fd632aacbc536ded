import { Queue } from 'bullmq';
import { Cluster } from 'ioredis';
import type { Logger } from 'pino';
import { judgeGraphVersion } from '../cloud-api/graph-versions.js';
import type { Config } from '../config/schema.js';
import type { Endpoint } from '../endpoint/endpoint.js';
import { createLiveEndpoints, type Endpoints, graphVersionsOf } from '../endpoint/endpoints.js';
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
  /** as they are now, also for who holds on to it */
  endpoints: Endpoints;
  target: RedisTarget;
  /** patient: see `connectPatient` */
  redis: RedisClient;
  install: Install;
  /** as they are now, also for who holds on to it */
  laneOf: ReadonlyMap<string, Lane>;
  /** as they are now */
  readonly lanes: readonly Lane[];
  /** one entry a lane; grows with them */
  queues: readonly LaneQueues[];
  /** uses other endpoints from now on; lanes for new numbers are there before the first of them is looked up */
  takeOn(endpoints: readonly Endpoint[]): Promise<void>;
  /** @param heard told after endpoints were taken on */
  onTakenOn(heard: () => void): void;
  parked: Record<ParkedQueueName, Queue>;
  close(): Promise<void>;
}

export interface LaneQueues {
  lane: Lane;
  in: Queue;
  out: Queue;
}

export class RedisUnfit extends BotError {
  override readonly name = 'RedisUnfit';
  readonly code = 'redis_unfit';
}

/** BullMQ writes some four entries a job; nobody reads more than the last. */
const QUEUE_EVENTS = { events: { maxLen: 1_000 } };

/**
 * @throws RedisUnfit when Redis cannot be reached or its settings would lose what we promise to keep
 */
export async function openPlatform(config: Config, target: RedisTarget, log: Logger): Promise<Platform> {
  const redis = connectPatient(target);
  redis.on('error', (err: Error) => log.debug({ err }, 'redis connection failed'));
  try {
    await whenReady(redis);
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
  const endpoints = createLiveEndpoints(config.endpoints);
  const laneOf = new Map<string, Lane>();
  let lanes: readonly Lane[] = [];
  const queues: LaneQueues[] = [];
  const listeners: (() => void)[] = [];
  const quiet = (queue: Queue) => {
    queue.on('error', () => {
      // Every command that fails says so where it was given.
    });
    return queue;
  };
  const open = (lane: Lane, name: 'in' | 'out') =>
    quiet(new Queue(name, { connection: redis, prefix: lane.bullPrefix, streams: QUEUE_EVENTS }));
  async function openLanes(all: readonly Endpoint[]): Promise<void> {
    const numbers = all.map(({ phoneNumberId }) => phoneNumberId);
    for (const [number, lane] of await assignLanes(redis, numbers)) laneOf.set(number, lane);
    lanes = distinctLanes(laneOf);
    for (const lane of lanes) {
      if (queues.some((one) => one.lane.name === lane.name)) continue;
      queues.push({ lane, in: open(lane, 'in'), out: open(lane, 'out') });
    }
  }
  function advise(all: readonly Endpoint[]): void {
    for (const version of graphVersionsOf(all)) {
      const { advice } = judgeGraphVersion(version, systemClock.nowMs());
      if (advice !== '') log.warn({ component: 'cloud-api' }, advice);
    }
  }
  await openLanes(endpoints.all);
  advise(endpoints.all);
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
    get lanes() {
      return lanes;
    },
    queues,
    async takeOn(all) {
      await openLanes(all);
      endpoints.replace(all);
      advise(all);
      for (const heard of listeners) heard();
    },
    onTakenOn: (heard) => void listeners.push(heard),
    parked,
    async close() {
      const all = [...queues.flatMap((lane) => [lane.in, lane.out]), parked.dead, parked.quarantine];
      await Promise.allSettled(all.map((queue) => queue.close()));
      redis.disconnect();
    },
  };
}
