import { inboundKind, STARTS_TURN, type StartsTurn } from '../shared/inbound-kinds.js';
import type { JsonObject } from '../shared/json.js';
import { objectOf } from '../shared/unread.js';

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
 * Whether a message starts a turn: as the endpoint says, else as the table has it. A message to a group never does, as a
 * flow talks to one contact, nor does what stands for a file of the past.
 */
export function startsTurn({ type, message }: { type: string; message: JsonObject }, chosen: StartsTurn = {}): boolean {
  if (message.group_id !== undefined || type === 'media_placeholder') return false;
  const kind = inboundKind(type);
  return chosen[kind] ?? STARTS_TURN[kind];
}
