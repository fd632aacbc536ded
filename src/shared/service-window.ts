import { AD_WINDOW_MS, WINDOW_MS } from './whatsapp-limits.js';

/** What is known of the time in which a contact may be answered freely. All epoch ms, left out when it never happened. */
export interface WindowFacts {
  /** when the contact last wrote */
  wroteMs?: number | undefined;
  /** when it last came from an advertisement */
  adMs?: number | undefined;
  /** Meta has refused an answer as too late (131047) to what was written until then: Meta knows better */
  closedMs?: number | undefined;
}

/**
 * Until when anything may be sent, not only templates. The three days behind an advertisement begin with the first answer
 * within a day; counted from the contact's message, they never end too late.
 *
 * @returns undefined for a contact that never wrote
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages#customer-service-windows
 */
export function windowUntilMs({ wroteMs, adMs, closedMs }: WindowFacts): number | undefined {
  if (wroteMs === undefined) return undefined;
  if (closedMs !== undefined && wroteMs <= closedMs) return closedMs;
  return Math.max(wroteMs + WINDOW_MS, adMs === undefined ? 0 : adMs + AD_WINDOW_MS);
}
