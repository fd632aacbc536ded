import type { JsonObject } from '../shared/json.js';
import { objectOf, textOf } from '../shared/unread.js';

/** Meta's word for what contacts can refuse. */
export const MARKETING = 'marketing_messages';

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

export function isOptedOut(custom: JsonObject): boolean {
  return objectOf(custom.optOuts)?.[MARKETING] !== undefined;
}
