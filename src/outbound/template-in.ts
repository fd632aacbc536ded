import type { JsonObject } from '../shared/json.js';
import type { MessageContent } from '../shared/message.js';
import { objectOf } from '../shared/unread.js';

/** The template a message is, named as in a request body; undefined for any other message. */
export function templateIn(content: MessageContent): JsonObject | undefined {
  if (content.type === 'template') return { name: content.name, language: { code: content.language } };
  return content.type === 'raw' && content.body.type === 'template' ? objectOf(content.body.template) : undefined;
}
