import type { JsonObject } from '../shared/json.js';
import { objectOf } from '../shared/unread.js';

/**
 * Types that tell something without asking for an answer: they are kept and shown, and start no turn unless the
 * endpoint's flow has a handler for them. Every other type starts one, also those we do not know: the contact said
 * something and waits, so `handlers.unsupported` answers.
 */
const NO_TURN: ReadonlySet<string> = new Set([
  'reaction', // to what we said; an answer to a thumb is noise
  'system', // the number or user id changed: written by Meta, not by the contact
  'edit', // what was said before the bot answered it already
  'revoke',
  'user_preferences', // a setting, made outside the chat
  'media_placeholder', // stands for a file of the past that follows by itself
]);

/** What a message that starts no turn may have a handler for; a preference only when it is to hear no more. */
export function eventOf({
  type,
  message,
}: {
  type: string;
  message: JsonObject;
}): 'reaction' | 'system' | 'optOut' | undefined {
  if (message.group_id !== undefined) return undefined;
  if (type === 'reaction') return type;
  // Without an object of its own it only carries a new identity.
  if (type === 'system') return objectOf(message.system) === undefined ? undefined : type;
  const preference = type === 'user_preferences' ? objectOf(message.user_preferences) : undefined;
  return preference?.value === 'stop' ? 'optOut' : undefined;
}

/**
 * Whether a message starts a turn by default. `request_welcome` does: the contact opened the chat, and the endpoint
 * asked Meta to be told so that it can greet. A message to a group does not: a flow talks to one contact.
 */
export function startsTurn(event: { type: string; message: JsonObject }): boolean {
  return !NO_TURN.has(event.type) && event.message.group_id === undefined;
}
