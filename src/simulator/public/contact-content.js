import { el } from './dom.js';
import { formatText } from './format-text.js';
import {
  contactCard,
  file,
  order,
  paragraph,
  picture,
  place,
  playable,
  reacted,
  sticker as stickerOf,
} from './kinds.js';

/**
 * What a contact sent, as the phone shows it: what stands inside the bubble, `bare` without one around it, `aside` as a
 * note between the bubbles.
 *
 * @param {{ edited(wamid: string): string | undefined, deleted(wamid: string): boolean }} chat
 */
export function contactContent({ wamid, type, message }, chat) {
  if (chat.deleted(wamid)) return { inside: [el('p', { class: 'gone' }, 'You deleted this message')] };
  const shown = CONTENTS[type]?.(message, chat.edited(wamid)) ?? note(type);
  const labels = [forwardedLabel(message.context), adCard(message.referral), productCard(message.context)];
  const mark = chat.edited(wamid) === undefined ? undefined : el('span', { class: 'edited' }, 'edited');
  return { ...shown, inside: [...labels, ...shown.inside, mark], bare: shown.bare && labels.every((one) => !one) };
}

const note = (text) => ({ inside: [el('p', { class: 'chip' }, text)] });
const aside = (text) => ({ aside: true, inside: [el('p', { class: 'small' }, text)] });

const mediaUrl = (media) => `/sim/media/${encodeURIComponent(media?.id ?? '')}`;

/** By Meta's type. `text` is what an edit made of it. */
const CONTENTS = {
  text: ({ text }, edited) => ({ inside: [paragraph(edited ?? text?.body ?? '')] }),
  interactive: ({ interactive }) => interactiveReply(interactive ?? {}),
  button: ({ button }) => ({ inside: [paragraph(button?.text ?? '')] }),
  image: ({ image }, edited) => picture(mediaUrl(image), edited ?? image?.caption, 'Picture'),
  sticker: ({ sticker }) => stickerOf(mediaUrl(sticker), 'Sticker'),
  video: ({ video }, edited) => played('video', video, edited ?? video?.caption),
  audio: ({ audio }) => played('audio', audio),
  document: ({ document }, edited) =>
    file('document', {
      link: new URL(mediaUrl(document), location.href).href,
      filename: document?.filename ?? 'document',
      caption: edited ?? document?.caption,
    }),
  location: ({ location: where }) => place(where ?? {}),
  contacts: ({ contacts }) => ({ inside: (contacts ?? []).map(contactCard) }),
  order: ({ order: cart }) => ({ inside: order(cart ?? {}) }),
  reaction: ({ reaction }) => reacted(reaction),
  edit: () => aside('changed a message'),
  revoke: () => aside('deleted a message'),
  request_welcome: () => aside('opened the chat'),
  unsupported: ({ unsupported }) => note(`Unsupported: ${unsupported?.type ?? 'something'}`),
};

function played(type, media, caption) {
  return {
    inside: [
      playable(type, { ...media, link: mediaUrl(media) }),
      caption === undefined ? undefined : paragraph(caption),
    ],
  };
}

function interactiveReply({ button_reply, list_reply, nfm_reply, call_permission_reply }) {
  const reply = button_reply ?? list_reply;
  if (reply !== undefined) {
    const { title, description } = reply;
    return {
      inside: [
        paragraph(title ?? ''),
        description === undefined ? undefined : el('p', { class: 'small' }, description),
      ],
    };
  }
  if (call_permission_reply !== undefined) {
    return note(call_permission_reply.response === 'accept' ? 'Calls are welcome' : 'No calls, please');
  }
  return {
    inside: [paragraph(nfm_reply?.body ?? 'Form'), el('pre', { class: 'filled' }, nfm_reply?.response_json ?? '')],
  };
}

function forwardedLabel({ forwarded, frequently_forwarded: often } = {}) {
  if (!forwarded && !often) return undefined;
  return el('p', { class: 'small' }, often ? 'Forwarded many times' : 'Forwarded');
}

function adCard(referral) {
  if (referral === undefined) return undefined;
  return el(
    'div',
    { class: 'quote' },
    el('span', { class: 'quote-who' }, referral.headline ?? 'An ad'),
    el('span', { class: 'quote-text', dir: 'auto' }, formatText(String(referral.body ?? ''))),
  );
}

function productCard({ referred_product: product } = {}) {
  return product === undefined ? undefined : el('p', { class: 'small' }, `About ${product.product_retailer_id}`);
}
