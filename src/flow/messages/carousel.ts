import type { z } from 'zod';
import type { CarouselCard } from '../../shared/message.js';
import { CAROUSEL } from '../../shared/whatsapp-limits.js';
import type { Tap, View } from '../behaviour.js';
import { FlowError } from '../flow-error.js';
import { listOf, report, strict } from '../reading/fields.js';
import { replyButton } from './buttons.js';
import { asTap, checkReplies, shown } from './choices.js';
import { link } from './link.js';
import { bodyText } from './markdown.js';
import { media, sourceOf } from './media.js';
import { cut, said, webLink } from './parts.js';
import { product, productOf } from './shop.js';

const KEYS = ['image', 'video', 'text', 'cta', 'buttons'] as const;

const card = strict('a card', {
  image: media.image.optional().describe('On top; or a `video`.'),
  video: media.video.optional().describe('On top; or an `image`.'),
  text: bodyText.optional().describe('Below it, 160 characters.'),
  cta: link.optional().describe('A link button.'),
  buttons: listOf(replyButton).optional().describe('Two at most, as many on each card.'),
  product: product.optional().describe('A card of the catalog, instead of all else.'),
}).transform((fields, ctx) => {
  const has = (key: (typeof KEYS)[number]) => fields[key] !== undefined;
  const wrong = (message: string, key?: string) =>
    report(ctx, message, { code: 'invalid-combination', ...(key === undefined ? {} : { path: [key], key: true }) });
  if (fields.product !== undefined) {
    const other = KEYS.find(has);
    if (other !== undefined) wrong('a card with a `product` has nothing else', other);
    return fields;
  }
  if (!has('image') && !has('video')) wrong('a card needs `image`, `video` or `product`');
  else if (has('image') && has('video')) wrong('a card has `image` or `video`, not both', 'video');
  if (!has('cta') && !has('buttons')) wrong('a card needs `cta` or `buttons`');
  else if (has('cta') && has('buttons')) wrong('a card has `cta` or `buttons`, not both', 'buttons');
  return fields;
});
export type Card = z.output<typeof card>;

/** `carousel: [{ image: https://…, text: …, cta: { title, url } }, …]` */
export const carousel = listOf(card);

/** @throws FlowError for what Meta would refuse */
export function cardsOf(cards: readonly Card[], view: View): { cards: CarouselCard[]; taps: Tap[] } {
  const taps: Tap[] = [];
  const made = cards.map((one): CarouselCard => {
    if (one.product !== undefined) return productOf(one.product, view);
    const kind = one.image === undefined ? 'video' : 'image';
    const source = one.image ?? one.video;
    if (source === undefined) throw new FlowError('a card of a carousel has an image or a video');
    const header = { type: kind, ...sourceOf(kind, source, view) } as const;
    const words = said(view, 'text of a card', one.text, CAROUSEL.cardTextMax);
    const top = { header, ...(words === '' ? {} : { text: words }) };
    if (one.cta !== undefined) {
      const title = said(view, 'button title', one.cta.title, CAROUSEL.titleMax);
      return { ...top, button: { title, url: webLink(view, 'the url of a card', one.cta.url) } };
    }
    const replies = shown(one.buttons ?? [], view);
    taps.push(...replies.map(asTap));
    const buttons = replies.map(({ id, title }) => ({
      id,
      title: cut(view, 'button title', title, CAROUSEL.titleMax),
    }));
    checkReplies(buttons, CAROUSEL.idMax);
    return { ...top, buttons };
  });
  const ids = taps.map(({ id }) => id);
  if (new Set(ids).size < ids.length) throw new FlowError('two buttons of a carousel have the same id');
  return { cards: made, taps };
}
