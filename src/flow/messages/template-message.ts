import { z } from 'zod';
import type { TemplateButton, TemplateCard, TemplateMessage, TemplateValue } from '../../shared/message.js';
import type { Tap, View } from '../behaviour.js';
import { readDate } from '../dates.js';
import type { Template } from '../expressions/template.js';
import { FlowError } from '../flow-error.js';
import {
  delegate,
  field,
  listOf,
  mapOf,
  plainText,
  report,
  shorthand,
  strict,
  type Target,
  target,
  template,
  type ValueTemplate,
  value,
} from '../reading/fields.js';
import { writtenOnce } from '../reading/shape.js';
import { isRawMap } from '../reading/source.js';
import { objectIn } from './forms.js';
import { media, sourceOf } from './media.js';
import { isScalar, needed, numberIn, wanted } from './parts.js';
import { location, placeOf } from './place.js';
import { product, productOf, productSection, productSections } from './shop.js';

const currency = strict('a currency', {
  code: template.describe('For example `EUR`.'),
  amount: template.describe('A number.'),
  fallback: template.describe('What stands there where it cannot be formatted.'),
});
const gapMap = strict('a value', {
  text: template.optional().describe('A text.'),
  currency: currency.optional().describe('An amount of money.'),
  dateTime: template.optional().describe('A date, written out.'),
}).transform((fields, ctx) => {
  const given = Object.values(fields).filter((one) => one !== undefined);
  if (given.length !== 1) report(ctx, 'a value is one of text, currency and dateTime', { code: 'invalid-combination' });
  return fields;
});
type Gap = z.output<typeof gapMap>;
const gap = shorthand('text', template, gapMap, isScalar);
const gapList = listOf(gap);
const gapsByName = mapOf(gap);

interface NamedGap {
  name?: string;
  gap: Gap;
}

/** `body: [Rita, "17"]`, or by name for templates whose gaps have names. */
const body = field<readonly NamedGap[]>(
  (raw, ctx) => {
    if (!isRawMap(raw)) return delegate(ctx, gapList, raw)?.map((one) => ({ gap: one }));
    const map = delegate(ctx, gapsByName, raw);
    return map && [...map].map(([name, one]) => ({ name, gap: one }));
  },
  (of) => ({ anyOf: [of(gapList), of(gapsByName)] }),
);

const headerMap = strict('a header', {
  text: template.optional().describe('What stands in its gap.'),
  image: media.image.optional().describe('A picture.'),
  video: media.video.optional().describe('A video.'),
  document: media.document.optional().describe('A file.'),
  location: location.optional().describe('A place.'),
  product: product.optional().describe('One of the catalog.'),
  name: plainText.optional().describe('Of the gap that `text` fills, where gaps have names.'),
}).transform((fields, ctx) => {
  const { name, ...kinds } = fields;
  const given = Object.values(kinds).filter((one) => one !== undefined);
  if (name !== undefined && fields.text === undefined) {
    report(ctx, '`name` is that of a gap for a text', { code: 'invalid-combination', path: ['name'], key: true });
  }
  if (given.length === 1) return fields;
  report(ctx, 'a header is one of text, image, video, document, location and product', { code: 'invalid-combination' });
  return z.NEVER;
});

const buttonMap = strict('a button', {
  index: plainText.optional().describe('Which button, from 0; the place in this list when left out.'),
  payload: template.optional().describe('What `input.text` is when it is tapped.'),
  url: template.optional().describe('What stands in the gap of its address.'),
  code: template.optional().describe('Of a button that copies a code.'),
  flow: strict('flow', {
    token: template.optional().describe('Comes back with the answer.'),
    data: value.optional().describe('What its first screen is given.'),
  })
    .optional()
    .describe('Of a button that opens a form.'),
  products: strict('products', {
    thumbnail: template.optional().describe('The product whose picture is shown; the first one when left out.'),
    sections: listOf(productSection).describe('Groups of products, ten at most, with thirty in all.'),
  })
    .optional()
    .describe('Of a button that opens a list of products.'),
  catalog: strict('catalog', { thumbnail: template.optional().describe('The product whose picture is shown.') })
    .optional()
    .describe('Of a button that opens the catalog.'),
  goTo: target.optional().describe('Where a tap leads.'),
}).transform((fields, ctx) => {
  const { index, goTo, ...kinds } = fields;
  const given = Object.entries(kinds).filter(([, one]) => one !== undefined);
  if (given.length !== 1) {
    report(ctx, 'a button of a template is one of payload, url, code, flow, catalog and products', {
      code: 'invalid-combination',
    });
  }
  if (index !== undefined && !/^\d$/.test(index)) report(ctx, 'an index is a digit from 0 to 9', { path: ['index'] });
  if (goTo !== undefined && fields.payload === undefined) {
    report(ctx, '`goTo` needs `payload` beside it', { code: 'invalid-combination', path: ['goTo'], key: true });
  }
  return fields;
});
type ButtonFields = z.output<typeof buttonMap>;

const cardMap = strict('a card', {
  header: shorthand('text', template, headerMap, isScalar)
    .optional()
    .describe('Its picture or video, or its `product`.'),
  body: body.optional().describe('What stands in its gaps.'),
  buttons: listOf(buttonMap).optional().describe('What its buttons need.'),
});
const card = writtenOnce('template-card', cardMap);
type CardFields = z.output<typeof card>;

/** `template: { name: pickup_ready, language: pt_PT, body: [Rita] }` */
export const templateMessage = strict('a template', {
  name: template.describe('Of the template at Meta.'),
  language: template.describe('As Meta spells it: `en_US`, `de`.'),
  header: shorthand('text', template, headerMap, isScalar).optional().describe('What stands in its header.'),
  body: body.optional().describe('What stands in its gaps: a list in their order, or a map by name.'),
  buttons: listOf(buttonMap).optional().describe('What its buttons need.'),
  offerEnds: value.optional().describe('When its limited-time offer ends: `2026-12-24T18:00:00Z`, or epoch ms.'),
  cards: listOf(card)
    .optional()
    .describe(
      'What the cards of its carousel need, in their order; each takes `header`, `body` and `buttons` as above.',
    ),
});
export type TemplateFields = z.output<typeof templateMessage>;

const NAME = /^[a-z0-9_]{1,512}$/;

/** @throws FlowError for a name that no template has, a link that is none */
export function templateOf(fields: TemplateFields, view: View): { template: TemplateMessage; taps: Tap[] } {
  const name = needed(view, 'the name of the template', fields.name);
  if (!NAME.test(name)) throw new FlowError('a template has a name of lower-case letters, digits and _');
  const language = needed(view, 'the language of the template', fields.language);
  const { card: own, taps } = cardOf(fields, view);
  const made: TemplateMessage = { name, language, ...own };
  if (fields.offerEnds !== undefined) made.offerEndsMs = endOf(fields.offerEnds, view);
  if (fields.cards !== undefined) {
    const cards = fields.cards.map((one) => cardOf(one, view));
    made.cards = cards.map((one) => one.card);
    taps.push(...cards.flatMap((one) => one.taps));
    const ids = taps.map(({ id }) => id);
    if (new Set(ids).size < ids.length) throw new FlowError('two buttons of the template have the same payload');
  }
  return { template: made, taps };
}

/** A template but for its cards, or one of its cards. */
function cardOf(fields: CardFields, view: View): { card: TemplateCard; taps: Tap[] } {
  const buttons = (fields.buttons ?? []).map((one, position) => buttonOf(one, position, view));
  const card: TemplateCard = {};
  if (fields.header !== undefined) card.header = headerOf(fields.header, view);
  if (fields.body !== undefined) card.body = fields.body.map((one) => gapOf(one, view));
  if (buttons.length > 0) card.buttons = buttons.map(({ button }) => button);
  return { card, taps: buttons.flatMap(({ button, goTo }) => tapOf(button, goTo)) };
}

function endOf(written: ValueTemplate, view: View): number {
  const end = readDate(view.value(written));
  if (end === undefined) throw new FlowError('`offerEnds` is no time');
  if (end.ms <= view.nowMs) throw new FlowError('`offerEnds` is over already');
  return end.ms;
}

function tapOf(button: TemplateButton, goTo: Target | undefined): Tap[] {
  return button.type === 'reply' ? [{ id: button.payload, target: goTo }] : [];
}

function gapOf({ name, gap: { text, currency: money, dateTime } }: NamedGap, view: View): TemplateValue {
  const named = name === undefined ? {} : { name };
  const what = name === undefined ? 'a value of the template' : `the value \`${name}\` of the template`;
  if (money !== undefined) {
    return {
      type: 'currency',
      code: needed(view, 'the code of a currency', money.code),
      amount1000: Math.round(numberIn(view, 'the amount of a currency', money.amount) * 1000),
      fallback: needed(view, 'the fallback of a currency', money.fallback),
      ...named,
    };
  }
  if (dateTime !== undefined) return { type: 'dateTime', fallback: needed(view, what, dateTime), ...named };
  return { type: 'text', text: oneLine(needed(view, what, text ?? NOTHING)), ...named };
}

const NOTHING: Template = { source: '', parts: [] };

/** Meta refuses values with line breaks, tabs or more than four spaces in a row. */
function oneLine(written: string): string {
  return written.replace(/[\n\r\t]+/g, ' ').replace(/ {5,}/g, '    ');
}

function headerOf(fields: NonNullable<TemplateFields['header']>, view: View): TemplateValue {
  if (fields.location !== undefined) return placeOf(fields.location, view);
  if (fields.product !== undefined) return { type: 'product', ...productOf(fields.product, view) };
  if (fields.image !== undefined) return { type: 'image', ...sourceOf('image', fields.image, view) };
  if (fields.video !== undefined) return { type: 'video', ...sourceOf('video', fields.video, view) };
  if (fields.document !== undefined) {
    const filename = wanted(view, fields.document.filename);
    const source = sourceOf('document', fields.document, view);
    return { type: 'document', ...source, ...(filename === undefined ? {} : { filename }) };
  }
  const text = oneLine(needed(view, 'the header of the template', fields.text ?? NOTHING));
  return { type: 'text', text, ...(fields.name === undefined ? {} : { name: fields.name }) };
}

function buttonOf(
  fields: ButtonFields,
  position: number,
  view: View,
): { button: TemplateButton; goTo: Target | undefined } {
  const { payload, url, code, flow, catalog, products, goTo } = fields;
  const index = fields.index === undefined ? position : Number(fields.index);
  const make = (): TemplateButton => {
    if (payload !== undefined)
      return { index, type: 'reply', payload: needed(view, 'the payload of a button', payload) };
    if (url !== undefined) return { index, type: 'url', text: needed(view, 'the url of a button', url) };
    if (code !== undefined) return { index, type: 'code', code: needed(view, 'the code of a button', code) };
    if (flow !== undefined) {
      const token = wanted(view, flow.token);
      const data = flow.data === undefined ? undefined : objectIn(flow.data, view, 'the data of a button');
      return {
        index,
        type: 'flow',
        ...(token === undefined ? {} : { token }),
        ...(data === undefined ? {} : { data }),
      };
    }
    const thumbnail = wanted(view, (products ?? catalog)?.thumbnail);
    const shown = thumbnail === undefined ? {} : { thumbnailProductId: thumbnail };
    if (products === undefined) return { index, type: 'catalog', ...shown };
    return { index, type: 'products', ...shown, sections: productSections(products.sections, view) };
  };
  return { button: make(), goTo };
}
