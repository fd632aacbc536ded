import { type Accept, createAcceptor } from '../inbound/accept.js';
import { createIds } from '../inbound/ids.js';
import type { RedisClient } from '../redis/connections.js';
import type { Platform } from './platform.js';

const DAY_SEC = 86_400;

/** The way into the inboxes: for webhooks over a connection that fails fast, for replays over a patient one. */
export function openAcceptor(platform: Platform, redis: RedisClient): Accept {
  const { endpoints, laneOf, install, clock, config } = platform;
  return createAcceptor({
    redis,
    ids: createIds(install.salt),
    installId: install.id,
    clock,
    laneOf(phoneNumberId, scope) {
      const endpoint = endpoints.byPhoneNumberId(phoneNumberId);
      if (endpoint === undefined || (scope !== 'any' && endpoint.appId !== scope.appId)) return undefined;
      return endpoint.enabled ? laneOf.get(phoneNumberId) : 'disabled';
    },
    numbersOf: (wabaId) => endpoints.all.filter((it) => it.wabaId === wabaId).map((it) => it.phoneNumberId),
    retention: {
      dedupeSec: config.retention.dedupeDays * DAY_SEC,
      statusSec: config.retention.statusDays * DAY_SEC,
      eventsPerLane: config.retention.eventsPerLane,
    },
  });
}
