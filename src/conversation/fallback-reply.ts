import type { MessageItem } from '../inbound/item.js';
import { encodeOutboxItem } from '../shared/outbox-item.js';
import type { Contact } from './conversation.js';
import type { TurnEndpoint } from './turn-task.js';

/** What a contact reads whose message was given up; nothing when the endpoint has no such text. */
export function fallbackReply(endpoint: TurnEndpoint, contact: Contact, item: MessageItem, nowMs: number): string[] {
  const { waId = item.contact.waId, bsuid = item.contact.bsuid } = contact;
  if (endpoint.fallback === '') return [];
  return [
    encodeOutboxItem({
      content: { type: 'text', text: endpoint.fallback },
      ...(waId === undefined ? {} : { waId }),
      ...(bsuid === undefined ? {} : { bsuid }),
      committedMs: nowMs,
      flow: endpoint.flow,
      step: 'fallback',
      answers: item.messageId,
    }),
  ];
}
