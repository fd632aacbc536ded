import type { RequestHandler } from 'express';
import { createReadyHandler, type HealthCheck, live } from '../api/health.js';
import { judgeGraphVersion } from '../cloud-api/graph-versions.js';
import { graphVersionsOf } from '../endpoint/endpoints.js';
import { createStoreTrouble } from '../media/store-trouble.js';
import { observeLanes } from '../observability/lane-metrics.js';
import type { RedisClient } from '../redis/connections.js';
import type { Platform } from './platform.js';

/** What probes and Prometheus ask of every role. */
export interface Monitoring {
  live: RequestHandler;
  ready: RequestHandler;
  metrics: RequestHandler;
}

export function createMonitoring(
  platform: Platform,
  redis: RedisClient,
  ownChecks: readonly HealthCheck[],
  isStopping: () => boolean,
): Monitoring {
  const { endpoints, laneOf, metrics, clock } = platform;
  const trouble = createStoreTrouble(redis);
  /** why nothing of a number goes out, a fixed word */
  async function pauseOf(phoneNumberId: string): Promise<string | undefined> {
    const hold = await redis.get(`${laneOf.get(phoneNumberId)?.prefix ?? ''}hold:${phoneNumberId}`);
    return hold?.slice(hold.indexOf('|') + 1);
  }
  async function observePauses(): Promise<void> {
    const reasons = await Promise.all(
      endpoints.all.map(async ({ id, phoneNumberId }) => [id, await pauseOf(phoneNumberId)] as const),
    );
    metrics.paused.reset();
    for (const [endpoint, reason] of reasons) if (reason !== undefined) metrics.paused.set({ endpoint, reason }, 1);
  }

  const checks = (): HealthCheck[] => [
    { name: 'redis', blocks: true, check: async () => ({ ok: (await redis.ping()) === 'PONG', detail: 'answers' }) },
    ...ownChecks,
    {
      name: 'files',
      // Turns run without a file that could not be stored.
      blocks: false,
      async check() {
        const failure = await trouble.read();
        return { ok: failure === undefined, detail: failure ?? 'can be stored' };
      },
    },
    ...endpoints.all.map(
      ({ id, enabled, phoneNumberId }): HealthCheck => ({
        name: `endpoint ${id}`,
        // Messages are stored while it is paused, and go out once Meta takes them again.
        blocks: false,
        async check() {
          if (!enabled) return { ok: true, detail: 'switched off' };
          const reason = await pauseOf(phoneNumberId);
          return {
            ok: reason === undefined,
            detail: reason === undefined ? 'works' : `paused, messages wait: ${reason}`,
          };
        },
      }),
    ),
    ...graphVersionsOf(endpoints.all).map(
      (version): HealthCheck => ({
        name: `graph ${version}`,
        blocks: false,
        async check() {
          const { advice } = judgeGraphVersion(version, clock.nowMs());
          return { ok: advice === '', detail: advice === '' ? 'supported by Meta' : advice };
        },
      }),
    ),
  ];
  return {
    live,
    ready: createReadyHandler(checks, isStopping),
    async metrics(_req, res) {
      for (const version of graphVersionsOf(endpoints.all))
        metrics.graphVersionDaysLeft.set({ version }, judgeGraphVersion(version, clock.nowMs()).daysLeft);
      // Without Redis the lanes are unknown; the counters of this process are what one wants to see then.
      await withinMs(1_000, observeLanes(redis, platform.lanes, metrics, clock)).catch(() => metrics.lane.reset());
      await withinMs(1_000, observePauses()).catch(() => metrics.paused.reset());
      res.type(metrics.registry.contentType).send(await metrics.registry.metrics());
    },
  };
}

async function withinMs(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('too late')), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
