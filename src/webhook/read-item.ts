import type { MessageItem } from '../inbound/item.js';
import type { StartsTurn } from '../shared/inbound-kinds.js';
import { readMessage } from './read-message.js';
import { eventOf, startsTurn } from './starts-turn.js';

/** A stored message as turns need it: what flows see of it, and whether it starts one. */
export function readItem({ message, messageId }: Pick<MessageItem, 'message' | 'messageId'>, chosen?: StartsTurn) {
  const event = { type: typeof message.type === 'string' ? message.type : 'unknown', message, messageId };
  return { message: readMessage(event), startsTurn: startsTurn(event, chosen), event: eventOf(event) };
}
