import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import { markedId } from '../shared/tap-id.js';
import { compact } from '../shared/unread.js';
import type { Said } from './conversation.js';
import { type Choice, choicesOf } from './describe.js';

const MEDIA = {
  image: 'image/jpeg',
  video: 'video/mp4',
  audio: 'audio/mpeg',
  voice: 'audio/ogg; codecs=opus',
  document: 'application/pdf',
  sticker: 'image/webp',
} as const;

/** What a contact can send, as tests and the terminal write it. */
export const CONTACT_KEYS = [
  ...['text', 'image', 'video', 'audio', 'voice', 'document', 'sticker', 'location', 'contacts', 'reaction', 'form'],
  ...['order', 'unsupported', 'raw', 'referral'],
] as const;

/**
 * What a contact sends, as Meta tells us of it.
 *
 * @param sent one of `CONTACT_KEYS` with its value: `{ text: Hi }`, `{ image: { caption: Look } }`,
 *   `{ location: { latitude: 38.7, longitude: -9.1 } }`, `{ reaction: 👍 }`, `{ raw: … }` for any message of Meta's;
 *   `referral` beside another one says that the contact came from an ad
 * @param said what the bot said so far; a reaction is to the last of it
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
 */
export function contactMessage(sent: JsonObject, said: readonly Said[]): JsonObject {
  const { referral, ...own } = sent;
  const [[key, value] = ['text', '']] = Object.entries(own);
  return { ...bodyOf(key, value, said), ...(isJsonObject(referral) ? { referral } : {}) };
}

function bodyOf(key: string, value: Json, said: readonly Said[]): JsonObject {
  const fields = isJsonObject(value) ? value : {};
  switch (key) {
    case 'image':
    case 'video':
    case 'audio':
    case 'voice':
    case 'document':
    case 'sticker': {
      const type = key === 'voice' ? 'audio' : key;
      const voice = key === 'voice' ? { voice: true } : {};
      return { type, [type]: { id: `media-${key}`, mime_type: MEDIA[key], sha256: 'none', ...voice, ...fields } };
    }
    case 'contacts':
      return { type: 'contacts', contacts: (Array.isArray(value) ? value : [value]).map(card) };
    case 'reaction': {
      const emoji = typeof value === 'string' ? value : '';
      return { type: 'reaction', reaction: { message_id: said.at(-1)?.wamid ?? 'wamid.none', emoji } };
    }
    case 'form': {
      const form = { name: 'flow', body: 'Sent', response_json: JSON.stringify(value) };
      return { type: 'interactive', interactive: { type: 'nfm_reply', nfm_reply: form } };
    }
    case 'unsupported':
      return {
        type: 'unsupported',
        errors: [{ code: 131_051, title: 'Message type unknown' }],
        unsupported: { type: typeof value === 'string' ? value : 'poll' },
      };
    case 'raw':
      return fields;
    case 'location':
    case 'order':
      return { type: key, [key]: fields };
    default:
      return { type: 'text', text: { body: typeof value === 'string' ? value : JSON.stringify(value) } };
  }
}

/** `{ name: Ben, phone: +351 … }`, or a card as Meta writes it. */
function card(value: Json): Json {
  if (!isJsonObject(value) || typeof value.name !== 'string') return value;
  const { name, phone } = value;
  const phones = typeof phone === 'string' ? [{ phone, wa_id: phone.replace(/\D/g, '') }] : [];
  return { name: { formatted_name: name, first_name: name }, phones };
}

/** A choice of a message that was said. */
export interface Offer {
  choice: Choice;
  on: Said;
}

/** All that can be tapped, the newest message first. */
export function offersOf(said: readonly Said[]): Offer[] {
  return said.toReversed().flatMap((on) => choicesOf(on.content).map((choice) => ({ choice, on })));
}

/** A tap, as Meta tells us of it: it quotes the message it was on. */
export function tapMessage({ choice: { id: plain, title, description, kind }, on }: Offer): JsonObject {
  const id = on.menu === undefined ? plain : markedId(plain, on.menu, Number.POSITIVE_INFINITY);
  const context = { id: on.wamid };
  if (kind === 'template') return { type: 'button', context, button: { payload: id, text: title } };
  const type = kind === 'row' ? 'list_reply' : 'button_reply';
  return { type: 'interactive', context, interactive: { type, [type]: compact({ id, title, description }) } };
}
