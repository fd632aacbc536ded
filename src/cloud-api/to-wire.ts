import { BotError } from '../shared/errors.js';
import type { ContactCard, MessageContent } from '../shared/message.js';
import { toWireInteractive } from './interactive-to-wire.js';
import { toWireTemplate } from './template-to-wire.js';
import type { MarkReadRequest, SendRequest, WireContact, WireContent } from './wire.js';
import { present, toWireMedia } from './wire-parts.js';

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
  // Meta refuses a reaction that quotes.
  const replyTo = content.type === 'reaction' ? undefined : options.replyTo;
  return {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    ...address(recipient),
    ...(replyTo !== undefined && { context: { message_id: replyTo } }),
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

/** With the plus: without one Meta prepends the country code of the business number. */
function address({ waId, bsuid }: Recipient): { to: string } | { recipient: string } {
  if (waId !== undefined && waId !== '') return { to: `+${waId}` };
  if (bsuid !== undefined && bsuid !== '') return { recipient: bsuid };
  throw new NoRecipientError();
}

function toWireContent(content: MessageContent): WireContent {
  switch (content.type) {
    case 'text':
      return { type: 'text', text: present({ body: content.text, preview_url: content.previewUrl }) };
    case 'image':
      return { type: 'image', image: present({ ...toWireMedia(content), caption: content.caption }) };
    case 'video':
      return { type: 'video', video: present({ ...toWireMedia(content), caption: content.caption }) };
    case 'audio':
      return { type: 'audio', audio: present({ ...toWireMedia(content), voice: content.voice }) };
    case 'document': {
      const { caption, filename } = content;
      return { type: 'document', document: present({ ...toWireMedia(content), caption, filename }) };
    }
    case 'sticker':
      return { type: 'sticker', sticker: toWireMedia(content) };
    case 'location': {
      const { latitude, longitude, name, address: street } = content;
      return { type: 'location', location: present({ latitude, longitude, name, address: street }) };
    }
    case 'contacts':
      return { type: 'contacts', contacts: content.contacts.map(toWireContact) };
    case 'reaction':
      return { type: 'reaction', reaction: { message_id: content.messageId, emoji: content.emoji } };
    case 'template':
      return { type: 'template', template: toWireTemplate(content) };
    case 'raw': {
      // Nothing else of it: whom it goes to, and which id it has, is ours to say.
      const { type, [type]: object = {} } = content.body;
      return { type, [type]: object };
    }
    default:
      return { type: 'interactive', interactive: toWireInteractive(content) };
  }
}

/** Key by key: Meta refuses a request with a parameter it does not know. */
function toWireContact({ name, phones, emails, urls, addresses, org, birthday }: ContactCard): WireContact {
  return present({
    name: present({
      formatted_name: name.formatted,
      first_name: name.first,
      last_name: name.last,
      middle_name: name.middle,
      prefix: name.prefix,
      suffix: name.suffix,
    }),
    phones: phones?.map(({ phone, waId, type }) => present({ phone, wa_id: waId, type })),
    emails: emails?.map(({ email, type }) => present({ email, type })),
    urls: urls?.map(({ url, type }) => present({ url, type })),
    addresses: addresses?.map(({ street, city, state, zip, country, countryCode, type }) =>
      present({ street, city, state, zip, country, country_code: countryCode, type }),
    ),
    org: org && present({ company: org.company, department: org.department, title: org.title }),
    birthday,
  });
}
