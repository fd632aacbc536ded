import type { StoredSession } from './conversation.js';
import type { TurnEndpoint } from './turn-task.js';

/** The token of the timer that ends a session nobody has touched. The engine's own tokens look different. */
export const EXPIRY_TOKEN = 'x';

/** Whether a session's lifetime was over at a time. A sleep, an open question's timeout and a handover suspend it. */
export function hasExpired(session: StoredSession | undefined, endpoint: TurnEndpoint, atMs: number): boolean {
  const dueMs = expiryMs(session, endpoint);
  return dueMs !== undefined && dueMs <= atMs;
}

export function isAsleep(session: StoredSession | undefined): boolean {
  const arrival = session?.flow.arrival;
  return arrival !== undefined && 'asleep' in arrival;
}

/** When a session ends by itself, epoch ms; undefined while it does not. */
export function expiryMs(session: StoredSession | undefined, endpoint: TurnEndpoint): number | undefined {
  if (session === undefined || endpoint.sessionExpirationMinutes === 0) return undefined;
  if (session.flow.timers.length > 0 || session.flow.handover) return undefined;
  return session.touchedMs + endpoint.sessionExpirationMinutes * 60_000;
}
