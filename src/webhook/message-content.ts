import { isJsonObject, type JsonObject, type Unread } from '../shared/json.js';
import { readMarkedId } from '../shared/tap-id.js';
import { compact, idOf, listOf, numberOf, objectOf, textOf } from '../shared/unread.js';
import { readContactCards } from './contact-card.js';
import { type Content, UNSUPPORTED } from './content.js';
import { readInteractive } from './interactive.js';
import type { WireLocation, WireMedia, WireMessage, WireOrder, WireSystem, WireUserPreference } from './wire.js';

/** Reads what stands in a message under its type's name. */
type ContentReader = (object: JsonObject) => Content;

/** Meta's types with an object of their own name. */
const READERS: Readonly<Record<string, ContentReader>> = {
  text: ({ body }) => (typeof body === 'string' ? { text: body } : UNSUPPORTED),
  image: (object) => readMedia('image', object),
  video: (object) => readMedia('video', object),
  audio: (object) => readMedia('audio', object),
  document: (object) => readMedia('document', object),
  sticker: (object) => readMedia('sticker', object),
  location: readLocation,
  interactive: readInteractive,
  button: readTemplateButton,
  reaction: readReaction,
  order: readOrder,
  system: readSystem,
  user_preferences: readPreference,
  edit: readEdit,
  revoke: (object) => ({ data: { revoke: compact({ messageId: textOf(object.original_message_id) }) } }),
};

/**
 * @param type Meta's `type`, which may be any string, `constructor` included
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
 */
export function readContent(type: string, raw: JsonObject): Content {
  const message: Unread<WireMessage> = raw;
  if (type === 'contacts') return readContactCards(message.contacts);
  if (type === 'request_welcome') return {};
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  const object = Object.hasOwn(raw, type) ? raw[type] : undefined;
  if (read === undefined) return readUnknown(message);
  return isJsonObject(object) ? read(object) : UNSUPPORTED;
}

/**
 * A file's caption is what the contact wrote. Without an id there is no file to fetch. Meta's own link is left out: it
 * works for five minutes, and with the token only.
 */
function readMedia(type: string, object: JsonObject): Content {
  const media: Unread<WireMedia> = object;
  const mediaId = idOf(media.id);
  const caption = textOf(media.caption);
  if (mediaId === undefined) return { ...UNSUPPORTED, ...(caption !== undefined && { text: caption }) };
  const attachment = compact({
    type,
    mediaId,
    mimeType: textOf(media.mime_type),
    sha256: textOf(media.sha256),
    name: textOf(media.filename),
    caption,
    voice: media.voice === true ? true : undefined,
    animated: media.animated === true ? true : undefined,
  });
  return { ...(caption !== undefined && { text: caption }), attachments: [attachment] };
}

function readLocation(object: JsonObject): Content {
  const location: Unread<WireLocation> = object;
  const latitude = numberOf(location.latitude);
  const longitude = numberOf(location.longitude);
  if (latitude === undefined || longitude === undefined) return UNSUPPORTED;
  const place = { name: textOf(location.name), address: textOf(location.address), url: textOf(location.url) };
  return { data: { location: compact({ latitude, longitude, ...place }) } };
}

/** A tap on a template's quick reply. The payload is what the template's sender chose, as a button's id is. */
function readTemplateButton(object: JsonObject): Content {
  const button: Unread<NonNullable<WireMessage['button']>> = object;
  const title = textOf(button.text);
  const marked = textOf(button.payload) ?? title;
  if (marked === undefined) return UNSUPPORTED;
  const { id, ...menu } = readMarkedId(marked);
  return { text: id, data: { reply: compact({ kind: 'template', id, title }) }, ...menu };
}

/** Taking a reaction back comes without an emoji, or with an empty one. */
function readReaction(object: JsonObject): Content {
  const reaction: Unread<NonNullable<WireMessage['reaction']>> = object;
  const messageId = textOf(reaction.message_id);
  if (messageId === undefined) return UNSUPPORTED;
  const emoji = textOf(reaction.emoji);
  return { data: { reaction: { messageId, emoji: emoji ?? '', removed: emoji === undefined } } };
}

function readOrder(object: JsonObject): Content {
  const order: Unread<WireOrder> = object;
  const items = listOf(order.product_items)
    .filter(isJsonObject)
    .map((item) =>
      compact({
        productId: idOf(item.product_retailer_id),
        quantity: numberOf(item.quantity),
        price: numberOf(item.item_price),
        currency: textOf(item.currency),
      }),
    );
  if (items.length === 0) return UNSUPPORTED;
  return { data: { order: compact({ catalogId: idOf(order.catalog_id), text: textOf(order.text), items }) } };
}

/** What the message says now. Its files stay as Meta tells them: nobody waits for those of an edit. */
function readEdit(object: JsonObject): Content {
  const edit: Unread<NonNullable<WireMessage['edit']>> = object;
  const now = objectOf(edit.message);
  const type = textOf(now?.type);
  // An edit of an edit would be read to any depth.
  const isKnown = now !== undefined && type !== undefined && type !== 'edit';
  const text = isKnown ? textOf(readContent(type, now).text) : undefined;
  return { data: { edit: compact({ messageId: textOf(edit.original_message_id), type, text }) } };
}

function readSystem(object: JsonObject): Content {
  const system: Unread<WireSystem> = object;
  return {
    data: {
      system: compact({ type: textOf(system.type), waId: textOf(system.wa_id), bsuid: textOf(system.user_id) }),
    },
  };
}

/** Whether the contact wants to hear of offers: `{ category: 'marketing_messages', value: 'stop' | 'resume' }`. */
function readPreference(object: JsonObject): Content {
  const { category, value, detail }: Unread<WireUserPreference> = object;
  return {
    data: { preference: compact({ category: textOf(category), value: textOf(value), detail: textOf(detail) }) },
  };
}

/** `unsupported`, types to come, and media that Meta could not fetch: Meta says why in `errors[]`. */
function readUnknown(message: Unread<WireMessage>): Content {
  const errorCodes = listOf(message.errors)
    .map((error) => numberOf(objectOf(error)?.code))
    .filter((code) => code !== undefined);
  const type = textOf(objectOf(message.unsupported)?.type);
  return { ...UNSUPPORTED, data: { unsupported: compact({ type, errorCodes }) } };
}
