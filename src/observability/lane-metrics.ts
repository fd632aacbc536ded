import type { RedisClient } from '../redis/connections.js';
import type { Lane } from '../redis/lane.js';
import { asList, asText, script } from '../redis/script.js';
import type { Clock } from '../shared/clock.js';
import type { Metrics } from './metrics.js';

/** Reads what waits in each lane into the gauges: at scrape time, so that the numbers are those of now. */
export async function observeLanes(
  redis: RedisClient,
  lanes: readonly Lane[],
  metrics: Metrics,
  clock: Clock,
): Promise<void> {
  const lag = script('lag');
  await Promise.all(
    lanes.map(async ({ name: lane, prefix }) => {
      const [inbound, outbound, oldestIn, oldestOut, timers, effects] = asList(await lag.run(redis, prefix, []));
      const waiting = { conversations_inbound: inbound, conversations_outbound: outbound, timers, effects };
      for (const [what, number] of Object.entries(waiting)) metrics.lane.set({ lane, what }, Number(number));
      metrics.oldestWaitSeconds.set({ lane, side: 'inbound' }, ageSeconds(asText(oldestIn), /"at":(\d+)/, clock));
      metrics.oldestWaitSeconds.set(
        { lane, side: 'outbound' },
        ageSeconds(asText(oldestOut), /"committedMs":(\d+)/, clock),
      );
    }),
  );
}

function ageSeconds(item: string, pattern: RegExp, clock: Clock): number {
  const sinceMs = Number(pattern.exec(item)?.[1] ?? clock.nowMs());
  return Math.max(0, (clock.nowMs() - sinceMs) / 1000);
}
