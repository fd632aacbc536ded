import type { Json, Unread } from '../shared/json.js';
import { listOf, numberOf, objectOf } from '../shared/unread.js';
import type { BusinessUseCaseUsage } from './wire.js';

const MINUTE_MS = 60_000;
/** Ours: an estimate beyond a day is no reason to look away for longer. */
const MAX_MS = 24 * 60 * MINUTE_MS;

/**
 * Meta's estimate of when a rate limit lets us in again, the longest of all it names.
 *
 * @param header value of `X-Business-Use-Case-Usage`: JSON, minutes
 * @returns ms, undefined when it names none above zero or cannot be read
 * @see https://developers.facebook.com/docs/graph-api/overview/rate-limiting
 */
export function regainAccessMs(header: string | readonly string[] | undefined): number | undefined {
  const text = typeof header === 'string' ? header : header?.[0];
  const byBusiness = text === undefined ? undefined : objectOf(parse(text));
  let longest = 0;
  for (const item of Object.values(byBusiness ?? {}).flatMap(listOf)) {
    const usage: Unread<BusinessUseCaseUsage[string][number]> | undefined = objectOf(item);
    longest = Math.max(longest, numberOf(usage?.estimated_time_to_regain_access) ?? 0);
  }
  return longest > 0 ? Math.min(longest * MINUTE_MS, MAX_MS) : undefined;
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
