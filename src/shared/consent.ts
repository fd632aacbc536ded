import { objectOf } from './unread.js';

/** Meta's word for what contacts can refuse. */
export const MARKETING = 'marketing_messages';

/** The topic of a consent that names none: everything. */
const EVERYTHING = 'all';

/**
 * When a contact last said what it wants to hear of: `optIns` and `optOuts` of its profile, by topic with the time. A time
 * that cannot be read, as a flow may have written anything there, counts as long ago.
 *
 * @returns epoch ms; undefined when it never said so
 */
export function saidMs(times: unknown, topic: string): number | undefined {
  const said = objectOf(times)?.[topic];
  return said === undefined ? undefined : (typeof said === 'string' && Date.parse(said)) || 0;
}

/**
 * Whether a contact wants no marketing: its last word on that, or on everything.
 *
 * @param profile its fields that flows know
 */
export function refusesMarketing({ optIns, optOuts }: { optIns?: unknown; optOuts?: unknown }): boolean {
  const last = (times: unknown) =>
    Math.max(...[MARKETING, EVERYTHING].map((topic) => saidMs(times, topic) ?? Number.NEGATIVE_INFINITY));
  const outMs = last(optOuts);
  return outMs !== Number.NEGATIVE_INFINITY && outMs >= last(optIns);
}
