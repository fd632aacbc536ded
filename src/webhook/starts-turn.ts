import type { JsonObject } from '../shared/json.js';

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
  'media_placeholder', // stands for a file of the past that follows by itself
]);

/**
 * Whether a message starts a turn by default. `request_welcome` does: the contact opened the chat, and the endpoint
 * asked Meta to be told so that it can greet. A message to a group does not: a flow talks to one contact.
 */
export function startsTurn(event: { type: string; message: JsonObject }): boolean {
  return !NO_TURN.has(event.type) && event.message.group_id === undefined;
}
