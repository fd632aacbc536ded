import type { FlowMessage } from '../shared/contact-message.js';
import type { JsonObject, Unread } from '../shared/json.js';
import { compact, objectOf, textOf } from '../shared/unread.js';
import { readContent } from './message-content.js';
import type { WireContext, WireMessage, WireReferral } from './wire.js';

/** Bytes of UTF-8. Ours: WhatsApp stops people at 4096 characters, and every expression of a turn may copy the text. */
export const MAX_FLOW_TEXT_BYTES = 65_536;

/**
 * A contact's message in the words of flows. What flows have no words for stays readable under `whatsapp`.
 *
 * `data` by type: `reply` for taps, `location`, `contacts`, `order`, `form` (WhatsApp Flows, address forms),
 * `callPermission`, `reaction`, `system`, `edit`, `revoke`, `unsupported`; and `truncated: true` when the text was cut
 * to `MAX_FLOW_TEXT_BYTES`.
 *
 * @param event a `MessageEvent` and our id for it
 * @returns `supported: false` for types we do not know and for known ones without what makes them so; never throws
 */
export function readMessage(event: { type: string; message: JsonObject; messageId: string }): FlowMessage {
  const message: Unread<WireMessage> = event.message;
  const content = readContent(event.type, event.message);
  const text = cutToBytes(content.text ?? '', MAX_FLOW_TEXT_BYTES);
  const repliedTo = readContext(message.context);
  const referral = readReferral(message.referral);
  return {
    messageId: event.messageId,
    type: event.type,
    text: text.kept,
    data: { ...content.data, ...(text.isCut && { truncated: true }) },
    attachments: content.attachments ?? [],
    supported: content.supported ?? true,
    ...(content.menu !== undefined && { menu: content.menu }),
    ...(repliedTo !== undefined && { repliedTo }),
    ...(referral !== undefined && { referral }),
    whatsapp: event.message,
  };
}

/** `{ id, from, forwarded, oftenForwarded, product }`; `id` is Meta's, and missing when the message was forwarded. */
function readContext(value: unknown): JsonObject | undefined {
  const context: Unread<WireContext> | undefined = objectOf(value);
  if (context === undefined) return undefined;
  const product: Unread<NonNullable<WireContext['referred_product']>> | undefined = objectOf(context.referred_product);
  return compact({
    id: textOf(context.id),
    from: textOf(context.from),
    forwarded: context.forwarded === true || context.frequently_forwarded === true ? true : undefined,
    oftenForwarded: context.frequently_forwarded === true ? true : undefined,
    product:
      product === undefined
        ? undefined
        : compact({ catalogId: textOf(product.catalog_id), productId: textOf(product.product_retailer_id) }),
  });
}

function readReferral(value: unknown): JsonObject | undefined {
  const referral: Unread<WireReferral> | undefined = objectOf(value);
  if (referral === undefined) return undefined;
  return compact({
    sourceUrl: textOf(referral.source_url),
    sourceId: textOf(referral.source_id),
    sourceType: textOf(referral.source_type),
    headline: textOf(referral.headline),
    body: textOf(referral.body),
    mediaType: textOf(referral.media_type),
    imageUrl: textOf(referral.image_url),
    videoUrl: textOf(referral.video_url),
    thumbnailUrl: textOf(referral.thumbnail_url),
    clickId: textOf(referral.ctwa_clid),
    welcomeText: textOf(objectOf(referral.welcome_message)?.text),
  });
}

/** Cuts between characters, never inside one. */
function cutToBytes(text: string, maxBytes: number): { kept: string; isCut: boolean } {
  // A UTF-16 unit is at most three bytes of UTF-8.
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return { kept: text, isCut: false };
  const bytes = Buffer.from(text);
  let end = maxBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return { kept: bytes.toString('utf8', 0, end), isCut: true };
}
