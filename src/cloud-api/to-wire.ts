import { BotError } from '../shared/errors.js';
import type { ListSection, MessageContent, MessageHeader } from '../shared/message.js';
import type { MarkReadRequest, SendRequest, WireContent, WireHeader, WireSection } from './wire.js';

/** Whom to send to. One of the two is needed; the number wins. */
export interface Recipient {
  /** without plus */
  waId?: string;
  bsuid?: string;
}

/** A message for nobody: a fault of ours. */
export class NoRecipientError extends BotError {
  override readonly name = 'NoRecipientError';
  readonly code = 'no_recipient';
  constructor() {
    super('a message needs a phone number or a user id to go to');
  }
}

/**
 * A message as Meta wants it. Lengths are `checkContent`'s business.
 *
 * @param options.callbackData our id of the message, given back in its statuses; client libraries hold it to 512
 *   characters, Meta's pages name no limit
 * @param options.replyTo the wamid to quote
 * @throws NoRecipientError
 */
export function toRequestBody(
  content: MessageContent,
  recipient: Recipient,
  options: { callbackData?: string; replyTo?: string } = {},
): SendRequest {
  return {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    ...address(recipient),
    ...(options.replyTo !== undefined && { context: { message_id: options.replyTo } }),
    ...(options.callbackData !== undefined && { biz_opaque_callback_data: options.callbackData }),
    ...toWireContent(content),
  };
}

/**
 * @param wamid of a contact's message, at most 30 days old
 * @param isTyping shows the contact that an answer is being written; Meta offers no typing without read
 */
export function toMarkReadBody(wamid: string, isTyping: boolean): MarkReadRequest {
  return {
    messaging_product: 'whatsapp',
    status: 'read',
    message_id: wamid,
    ...(isTyping && { typing_indicator: { type: 'text' } }),
  };
}

function address({ waId, bsuid }: Recipient): { to: string } | { recipient: string } {
  if (waId !== undefined && waId !== '') return { to: `+${waId}` };
  if (bsuid !== undefined && bsuid !== '') return { recipient: bsuid };
  throw new NoRecipientError();
}

function toWireContent(content: MessageContent): WireContent {
  switch (content.type) {
    case 'text': {
      const { text, previewUrl } = content;
      return { type: 'text', text: { body: text, ...(previewUrl !== undefined && { preview_url: previewUrl }) } };
    }
    case 'image': {
      const { link, caption } = content;
      return { type: 'image', image: { link, ...(caption !== undefined && { caption }) } };
    }
    case 'buttons': {
      const buttons = content.buttons.map(({ id, title }) => ({ type: 'reply' as const, reply: { id, title } }));
      return { type: 'interactive', interactive: { type: 'button', ...frame(content), action: { buttons } } };
    }
    case 'list': {
      const { button } = content;
      const sections = content.sections.map(toWireSection);
      return { type: 'interactive', interactive: { type: 'list', ...frame(content), action: { button, sections } } };
    }
  }
}

/** What buttons and lists have in common: header, body and footer. */
function frame(content: { text: string; header?: MessageHeader; footer?: string }): {
  header?: WireHeader;
  body: { text: string };
  footer?: { text: string };
} {
  return {
    ...(content.header !== undefined && { header: toWireHeader(content.header) }),
    body: { text: content.text },
    ...(content.footer !== undefined && { footer: { text: content.footer } }),
  };
}

function toWireHeader(header: MessageHeader): WireHeader {
  return header.type === 'text' ? { type: 'text', text: header.text } : { type: 'image', image: { link: header.link } };
}

/** Key by key: Meta refuses a request with a parameter it does not know. */
function toWireSection({ title, rows }: ListSection): WireSection {
  return {
    ...(title !== undefined && { title }),
    rows: rows.map((row) => ({
      id: row.id,
      title: row.title,
      ...(row.description !== undefined && { description: row.description }),
    })),
  };
}
