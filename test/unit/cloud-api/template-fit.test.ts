import { describe, expect, it } from 'vitest';
import { templateFault } from '../../../src/cloud-api/template-fit.js';
import { readTemplateShape, type TemplateShape } from '../../../src/cloud-api/template-shape.js';
import type { Json, JsonObject } from '../../../src/shared/json.js';

function shape(components: Json[], other: JsonObject = {}): TemplateShape {
  const read = readTemplateShape({
    name: 'pickup_ready',
    language: 'pt_PT',
    status: 'APPROVED',
    category: 'UTILITY',
    components,
    ...other,
  });
  if (read === undefined) throw new Error('no shape');
  return read;
}

const text = (value: string, name?: string): JsonObject => ({
  type: 'text',
  text: value,
  ...(name === undefined ? {} : { parameter_name: name }),
});
const body = (...parameters: JsonObject[]): JsonObject => ({ type: 'body', parameters });
const header = (...parameters: JsonObject[]): JsonObject => ({ type: 'header', parameters });
const button = (index: number, sub_type: string, ...parameters: JsonObject[]): JsonObject => ({
  type: 'button',
  sub_type,
  index: String(index),
  parameters,
});
const faultOf = (it: TemplateShape, ...components: JsonObject[]) =>
  templateFault(it, { name: 'pickup_ready', language: { code: 'pt_PT' }, components })?.detail;

const positional = shape([
  { type: 'HEADER', format: 'TEXT', text: 'Order {{1}}' },
  { type: 'BODY', text: 'Hello {{2}}, {{1}} is ready. Bye {{2}}.' },
  { type: 'FOOTER', text: 'No {{1}} here' },
]);
const named = shape([{ type: 'BODY', text: 'Hello {{first_name}}, {{ order }} is ready.' }], {
  parameter_format: 'NAMED',
});
const withButtons = shape([
  { type: 'BODY', text: 'Look' },
  {
    type: 'BUTTONS',
    buttons: [
      { type: 'QUICK_REPLY', text: 'Yes' },
      { type: 'URL', text: 'Track', url: 'https://shop.example/{{1}}' },
      { type: 'URL', text: 'Home', url: 'https://shop.example/' },
      { type: 'COPY_CODE', text: 'Copy' },
    ],
  },
]);
const needed = [button(1, 'url', text('17')), button(3, 'copy_code', { type: 'coupon_code', coupon_code: 'X1' })];

describe('what a template asks for', () => {
  it('is told by its components', () => {
    expect(positional).toMatchObject({ header: { kind: 'text', gaps: ['1'] }, body: ['1', '2'], isNamed: false });
    expect(named).toMatchObject({ body: ['first_name', 'order'], isNamed: true });
    expect(withButtons.buttons).toEqual(['reply', 'address', 'nothing', 'code']);
    expect(positional.says).toEqual({
      header: 'Order {{1}}',
      body: 'Hello {{2}}, {{1}} is ready. Bye {{2}}.',
      buttons: [],
    });
    expect(withButtons.says?.buttons).toEqual(['Yes', 'Track', 'Home', 'Copy']);
  });

  it.each<[string, JsonObject]>([
    ['no name', { language: 'pt_PT' }],
    ['no language', { name: 'x' }],
    ['a number for a name', { name: 7, language: 'pt_PT' }],
  ])('is nothing with %s', (_what, node) => expect(readTemplateShape(node)).toBeUndefined());

  it('is little when Meta says nothing that can be read', () => {
    expect(readTemplateShape({ name: 'x', language: 'en', components: [7, null, { type: 'BODY' }, {}] })).toEqual({
      name: 'x',
      language: 'en',
      status: 'UNKNOWN',
      category: 'UNKNOWN',
      isNamed: false,
      body: [],
      buttons: [],
      says: { buttons: [] },
    });
  });
});

describe('a template message', () => {
  it.each<[string, TemplateShape, JsonObject[], string | undefined]>([
    ['as many values as gaps', positional, [header(text('7')), body(text('a'), text('b'))], undefined],
    ['no header', positional, [body(text('a'), text('b'))], 'header has 1 gap: value 1 is missing'],
    [
      'a picture for a text',
      positional,
      [header({ type: 'image', image: {} }), body(text('a'), text('b'))],
      'header needs a text, not an image',
    ],
    ['a value too few', positional, [header(text('7')), body(text('a'))], 'body has 2 gaps: value 2 is missing'],
    [
      'values too many',
      positional,
      [header(text('7')), body(text('a'), text('b'), text('c'))],
      'body has 2 gaps: 3 values are too many',
    ],
    [
      'names for gaps that are counted',
      positional,
      [header(text('7')), body(text('a', 'x'), text('b', 'y'))],
      'body counts its gaps, they have no names',
    ],
    ['a line break', positional, [header(text('7')), body(text('a\nb'), text('b'))], 'body: value 1 has a line break'],
    ['a tab', positional, [header(text('7')), body(text('a'), text('b\tc'))], 'body: value 2 has a tab'],
    [
      'five spaces',
      positional,
      [header(text('7')), body(text('a     b'), text('b'))],
      'body: value 1 has more than four spaces in a row',
    ],
    ['four spaces', positional, [header(text('7')), body(text('a    b'), text('b'))], undefined],
    ['an empty value', positional, [header(text('7')), body(text(''), text('b'))], 'body: value 1 is empty'],
    [
      'a currency for a text',
      positional,
      [header(text('7')), body({ type: 'currency', currency: { code: 'EUR' } }, text('b'))],
      undefined,
    ],
    ['names in any order', named, [body(text('7', 'order'), text('Rita', 'first_name'))], undefined],
    ['a name that is missing', named, [body(text('Rita', 'first_name'))], 'body: order missing'],
    ['values without names', named, [body(text('Rita'), text('7'))], 'body: first_name, order missing'],
    [
      'a name nobody knows',
      named,
      [body(text('Rita', 'first_name'), text('7', 'order'), text('x', 'total'))],
      'body has no gap named total',
    ],
    [
      'a name twice',
      named,
      [body(text('Rita', 'first_name'), text('7', 'order'), text('8', 'order'))],
      'body: a name stands twice',
    ],
    [
      'one more value, without a name',
      named,
      [body(text('Rita', 'first_name'), text('7', 'order'), text('8'))],
      'body: a value without a name',
    ],
    ['a value for a fixed header', named, [header(text('7'))], 'header takes no value'],
    ['what its buttons need', withButtons, needed, undefined],
    [
      'an answer of its own for a reply',
      withButtons,
      [button(0, 'quick_reply', { type: 'payload' }), ...needed],
      undefined,
    ],
    ['no end of the address', withButtons, needed.slice(1), 'button 1 needs the end of its address'],
    ['no code', withButtons, needed.slice(0, 1), 'button 3 needs its code'],
    ['an empty end', withButtons, [button(1, 'url', text('')), ...needed.slice(1)], 'button 1 has an empty value'],
    [
      'a code for a link',
      withButtons,
      [button(1, 'copy_code', text('7')), ...needed.slice(1)],
      'button 1 is of another kind: url',
    ],
    [
      'a form for a reply',
      withButtons,
      [button(0, 'flow', { type: 'action' }), ...needed],
      'button 0 is of another kind: quick_reply',
    ],
    ['a value for a fixed link', withButtons, [...needed, button(2, 'url', text('7'))], 'button 2 takes no value'],
    [
      'a button too many',
      withButtons,
      [...needed, button(4, 'url', text('7'))],
      'buttons: there is none with index 4, the last one is 3',
    ],
    [
      'a button of a template without any',
      named,
      [body(text('a', 'first_name'), text('b', 'order')), button(0, 'url')],
      'it has no buttons',
    ],
  ])('with %s', (_what, it, components, expected) => expect(faultOf(it, ...components)).toBe(expected));

  it.each(['IMAGE', 'VIDEO', 'DOCUMENT', 'LOCATION'])('has the %s its header shows', (format) => {
    const kind = format.toLowerCase();
    const it = shape([{ type: 'HEADER', format }]);
    expect(faultOf(it, header({ type: kind, [kind]: {} }))).toBeUndefined();
    expect(faultOf(it)).toMatch(/^header needs an? \w+$/);
    expect(faultOf(it, header(text('x')))).toMatch(/^header needs an? \w+, not a text$/);
  });

  it('has as many cards as its template', () => {
    const it = shape([{ type: 'CAROUSEL', cards: [{}, {}] }]);
    expect(faultOf(it, { type: 'carousel', cards: [{}, {}] })).toBeUndefined();
    expect(faultOf(it, { type: 'carousel', cards: [{}] })).toBe('carousel has 2 cards, the message 1');
    expect(faultOf(it)).toBe('carousel has 2 cards, the message 0');
  });

  const cards = shape([
    { type: 'BODY', text: 'New' },
    {
      type: 'CAROUSEL',
      cards: [1, 2].map(() => ({
        components: [
          { type: 'HEADER', format: 'PRODUCT' },
          { type: 'BODY', text: 'Only {{1}}' },
          { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Look', url: 'https://shop.example/{{1}}' }] },
        ],
      })),
    },
  ]);
  const product = header({ type: 'product', product: { product_retailer_id: 'sku-1', catalog_id: '1' } });
  const card = (card_index: number, ...components: JsonObject[]) => ({ card_index, components });
  const full = [product, body(text('9 €')), button(0, 'url', text('a'))];
  it.each<[string, JsonObject[], string | undefined]>([
    ['all of it, in any order', [card(1, ...full), card(0, ...full)], undefined],
    ['a card twice', [card(1, ...full), card(1, ...full)], 'card 0 is missing'],
    ['no product on one', [card(0, ...full), card(1, ...full.slice(1))], 'card 1: header needs a product'],
    [
      'a picture for a product',
      [card(0, header({ type: 'image' }), ...full.slice(1)), card(1, ...full)],
      'card 0: header needs a product, not an image',
    ],
    [
      'no text on one',
      [card(0, ...full), card(1, product, button(0, 'url', text('a')))],
      'card 1: body has 1 gap: value 1 is missing',
    ],
    [
      'no address on one',
      [card(0, product, body(text('9 €'))), card(1, ...full)],
      'card 0: button 0 needs the end of its address',
    ],
  ])('has on its cards what they ask for: %s', (_what, given, fault) => {
    expect(faultOf(cards, { type: 'carousel', cards: given })).toBe(fault);
  });

  it('looks into no card of a shape an earlier release has stored', () => {
    const { eachCard: _eachCard, ...stored } = cards;
    expect(faultOf(stored, { type: 'carousel', cards: [{}, {}] })).toBeUndefined();
  });

  it('has cards only where its template has some', () => {
    expect(faultOf(named, body(text('a', 'first_name'), text('b', 'order')), { type: 'carousel', cards: [{}] })).toBe(
      'it has no cards',
    );
  });

  it.each<[string, JsonObject | undefined, boolean, string | undefined]>([
    ['ends, and says when', { text: 'Sale', has_expiration: true }, true, undefined],
    ['ends', { text: 'Sale', has_expiration: true }, false, 'it needs to know when its offer ends'],
    ['does not end', { text: 'Sale' }, false, undefined],
    ['is none', undefined, true, 'it has no limited-time offer'],
  ])('of an offer that %s', (_what, offer, isGiven, fault) => {
    const it = shape(offer === undefined ? [] : [{ type: 'LIMITED_TIME_OFFER', limited_time_offer: offer }]);
    const type = 'limited_time_offer';
    const end = { type, parameters: [{ type, [type]: { expiration_time_ms: 1_924_366_800_000 } }] };
    expect(faultOf(it, ...(isGiven ? [end] : []))).toBe(fault);
  });

  it('has the products behind its button, and nothing for one that shows the product of its header', () => {
    const it = shape([{ type: 'BUTTONS', buttons: [{ type: 'MPM', text: 'Items' }] }]);
    const action = (sections: Json[]) => button(0, 'mpm', { type: 'action', action: { sections } });
    expect(faultOf(it, action([{ product_items: [{ product_retailer_id: 'a' }] }]))).toBeUndefined();
    expect(faultOf(it, action([]))).toBe('button 0 has an empty value');
    expect(faultOf(it)).toBe('button 0 needs its products');
    expect(faultOf(it, button(0, 'catalog'))).toBe('button 0 is of another kind: mpm');
    const single = shape([{ type: 'BUTTONS', buttons: [{ type: 'SPM', text: 'View' }] }]);
    expect([faultOf(single), faultOf(single, button(0, 'mpm'))]).toEqual([undefined, 'button 0 takes no value']);
  });

  it.each([
    ['PAUSED', 'template_paused'],
    ['DISABLED', 'template_disabled'],
    ['REJECTED', 'template_missing'],
    ['PENDING', undefined],
    ['constructor', undefined],
    ['a word of next year', undefined],
  ])('of a template that is %s', (status, reason) => {
    const fault = templateFault(shape([], { status }), { name: 'pickup_ready' });
    expect(fault?.reason).toBe(reason);
  });

  it('with anything for components is judged, not thrown at', () => {
    for (const components of [undefined, 7, 'x', [7, null, {}], [{ type: 'body', parameters: 7 }]] as Json[])
      expect(templateFault(positional, { components })?.reason).toBe('template_parameters');
  });

  it('is refused without a word of its values', () => {
    const detail = faultOf(named, body(text('Rita\nAlves', 'first_name'), text('7', 'order')));
    expect(detail).toBe('body: value first_name has a line break');
  });
});
