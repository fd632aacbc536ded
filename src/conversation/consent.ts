import { MARKETING, saidMs } from '../shared/consent.js';
import type { JsonObject } from '../shared/json.js';
import { objectOf, textOf } from '../shared/unread.js';

/** What a contact wants, or no longer wants, to hear of. */
export interface Consent {
  topic: string;
  wants: boolean;
}

/** Of a preference set outside the chat; undefined for every other message, and for words Meta has not used so far. */
export function consentOf(message: JsonObject): Consent | undefined {
  const preference = message.type === 'user_preferences' ? objectOf(message.user_preferences) : undefined;
  const topic = textOf(preference?.category);
  const value = preference?.value;
  if (topic === undefined || !/^[a-z_]{1,64}$/.test(topic) || (value !== 'stop' && value !== 'resume'))
    return undefined;
  return { topic, wants: value === 'resume' };
}

/**
 * The fields of a profile that change: where `profile` steps keep what contacts said to the bot, `optIns` and `optOuts`, by
 * topic with the time.
 */
export function recordConsent(custom: JsonObject, { topic, wants }: Consent, atMs: number): JsonObject {
  const { optIns, optOuts } = { optIns: objectOf(custom.optIns) ?? {}, optOuts: objectOf(custom.optOuts) ?? {} };
  const [given, taken] = wants ? [optIns, optOuts] : [optOuts, optIns];
  const { [topic]: _, ...rest } = taken;
  const said = { ...given, [topic]: new Date(atMs).toISOString() };
  return wants ? { optIns: said, optOuts: rest } : { optIns: rest, optOuts: said };
}

/** Whether the contact said the opposite later: webhooks come in any order. */
export function isOverruled(custom: JsonObject, { topic, wants }: Consent, atMs: number): boolean {
  const oppositeMs = saidMs(wants ? custom.optOuts : custom.optIns, topic);
  return oppositeMs !== undefined && atMs < oppositeMs;
}

/** Meta tells times in whole seconds. */
const SECOND_MS = 1_000;

/**
 * Whether a message that Meta refused, as the contact wants no marketing, tells something new: that is not known yet, and
 * the contact has not asked for marketing since.
 *
 * @param sentMs when that message left
 */
export function isNewRefusal({ optIns, optOuts }: JsonObject, sentMs: number): boolean {
  const wantedMs = saidMs(optIns, MARKETING);
  return saidMs(optOuts, MARKETING) === undefined && (wantedMs === undefined || wantedMs + SECOND_MS <= sentMs);
}
