import { describe, expect, it } from 'vitest';
import { tapOn } from '../../../src/simulator/choices.js';
import type { JsonObject } from '../../../src/simulator/json.js';
import { createRandom } from '../../../src/simulator/random.js';
import { fitTemplate } from '../../../src/simulator/template-fit.js';
import { readTemplateForm } from '../../../src/simulator/template-form.js';
import type { Template, TemplateChange } from '../../../src/simulator/templates.js';
import { createTemplateStore } from '../../../src/simulator/templates.js';

const HOUR_MS = 3_600_000;
const body = (text: string, ...examples: string[]): JsonObject => ({
  type: 'BODY',
  text,
  ...(examples.length === 0 ? {} : { example: { body_text: [examples] } }),
});
const form = (more: JsonObject = {}): JsonObject => ({
  name: 'order_ready',
  language: 'en_US',
  category: 'UTILITY',
  components: [body('Hello {{1}}, order {{2}} is ready.', 'Rita', '17')],
  ...more,
});
const buttons = (...list: JsonObject[]): JsonObject => ({
  components: [body('Hello.'), { type: 'BUTTONS', buttons: list }],
});
const quick = (text = 'Yes'): JsonObject => ({ type: 'QUICK_REPLY', text });
const url = (text = 'Look'): JsonObject => ({ type: 'URL', text, url: 'https://x.example/' });

describe('a template Meta takes', () => {
  it.each<[string, JsonObject]>([
    ['with variables', form()],
    ['in lower case', form({ category: 'utility', components: [{ ...body('Hello.'), type: 'body' }] })],
    [
      'with names',
      form({
        parameter_format: 'named',
        components: [
          {
            ...body('Hello {{first_name}}.'),
            example: { body_text_named_params: [{ param_name: 'first_name', example: 'Rita' }] },
          },
        ],
      }),
    ],
    ['with ten buttons', form(buttons(...Array.from({ length: 10 }, () => quick())))],
    ['with two links', form(buttons(url(), url()))],
    [
      'for codes, without a text',
      form({
        category: 'AUTHENTICATION',
        components: [{ type: 'BODY' }, { type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE' }] }],
      }),
    ],
  ])('%s', (_name, template) => expect(readTemplateForm(template)).toHaveProperty('form'));
});

describe('a template Meta refuses', () => {
  it.each<[string, JsonObject, string]>([
    ['a name in capitals', form({ name: 'Order' }), 'name'],
    ['no language', form({ language: '' }), 'language'],
    ['a category nobody knows', form({ category: 'FUN' }), 'category'],
    ['no body', form({ components: [{ type: 'FOOTER', text: 'x' }] }), 'components'],
    ['two bodies', form({ components: [body('Hello.'), body('Hello.')] }), 'components'],
    ['a body of 1025', form({ components: [body('é'.repeat(1025))] }), 'components.0.text'],
    ['a footer of 61', form({ components: [body('Hello.'), { type: 'FOOTER', text: 'é'.repeat(61) }] }), '1.text'],
    ['a header without a text', form({ components: [body('Hello.'), { type: 'HEADER', format: 'TEXT' }] }), '1'],
    ['a component nobody knows', form({ components: [body('Hello.'), { type: 'SONG' }] }), 'components.1.type'],
    ['eleven buttons', form(buttons(...Array.from({ length: 11 }, () => quick()))), '10 buttons'],
    ['three links', form(buttons(url(), url(), url())), '2 URL buttons'],
    ['a button of 26', form(buttons(quick('é'.repeat(26)))), 'buttons.0.text'],
    ['a link to nowhere', form(buttons({ type: 'URL', text: 'Look' })), 'needs a url'],
    ['a variable at the end', form({ components: [body('Hello {{1}}', 'Rita')] }), 'start or end'],
    ['a variable at the start', form({ components: [body('{{1}} is ready', '17')] }), 'start or end'],
    ['a gap in the numbers', form({ components: [body('Hello {{2}}.', 'Rita')] }), 'in order'],
    ['a name where numbers are', form({ components: [body('Hello {{name}} there.', 'Rita')] }), 'in order'],
    ['a variable without an example', form({ components: [body('Hello {{1}} there.')] }), 'example'],
  ])('%s', (_name, template, said) => {
    const read = readTemplateForm(template);
    expect(read).toMatchObject({ fault: { code: 100, details: expect.stringContaining(said) } });
  });
});

function store() {
  const told: TemplateChange[] = [];
  let nowMs = 0;
  const templates = createTemplateStore({
    random: createRandom(1),
    nowMs: () => nowMs,
    changed: (change) => told.push(change),
  });
  const at = (ms: number): void => {
    nowMs = ms;
  };
  return { templates, told, at };
}

function approved(more: JsonObject = {}): Template {
  const read = readTemplateForm(form(more));
  if ('fault' in read) throw new Error(read.fault.details);
  return store().templates.add({ ...read.form, wabaId: '5' }, 'APPROVED');
}

describe('an account’s templates', () => {
  it('begin with Meta’s own', () => {
    expect(store().templates.find('5', 'hello_world', 'en_US')).toMatchObject({ status: 'APPROVED' });
    expect(
      store()
        .templates.list('6')
        .map(({ name }) => name),
    ).toEqual(['hello_world']);
  });

  it('are paused for 3 hours, then for 6, then disabled', () => {
    const { templates, told, at } = store();
    const template = templates.find('5', 'hello_world', 'en_US');
    if (template === undefined) throw new Error('gone');
    templates.setStatus(template, 'PAUSED');
    at(3 * HOUR_MS - 1);
    expect(templates.byId(template.id)?.status).toBe('PAUSED');
    at(3 * HOUR_MS);
    expect(templates.byId(template.id)?.status).toBe('APPROVED');
    templates.setStatus(template, 'PAUSED');
    at(9 * HOUR_MS);
    templates.refresh();
    templates.setStatus(template, 'PAUSED');
    expect(template.status).toBe('DISABLED');
    expect(told.map(({ event, other }) => [event, other?.title])).toEqual([
      ['PAUSED', 'FIRST_PAUSE'],
      ['REINSTATED', 'UNPAUSE'],
      ['PAUSED', 'SECOND_PAUSE'],
      ['REINSTATED', 'UNPAUSE'],
      ['DISABLED', 'DISABLED'],
    ]);
  });
});

describe('what a send fills in', () => {
  const text = (value: string): JsonObject => ({ type: 'text', text: value });
  const said = (...parameters: JsonObject[]): JsonObject => ({ type: 'body', parameters });
  const button = (index: number, sub_type: string, parameter: JsonObject): JsonObject => ({
    type: 'button',
    sub_type,
    index: String(index),
    parameters: [parameter],
  });
  const full = {
    components: [
      { type: 'HEADER', format: 'IMAGE' },
      body('Hello {{1}}, order {{2}} is ready.', 'Rita', '17'),
      { type: 'FOOTER', text: 'Casa Verde' },
      {
        type: 'BUTTONS',
        buttons: [quick('On my way'), { type: 'URL', text: 'Bill', url: 'https://x.example/{{1}}', example: ['1'] }],
      },
    ],
  };
  const picture: JsonObject = {
    type: 'header',
    parameters: [{ type: 'image', image: { link: 'https://x.example/a' } }],
  };
  const link = button(1, 'url', text('17'));

  it('stands where the variables stood', () => {
    const price = { type: 'currency', currency: { fallback_value: '10 €', code: 'EUR', amount_1000: 10_000 } };
    const sent = {
      components: [
        picture,
        said(text('Zoë'), price),
        button(0, 'quick_reply', { type: 'payload', payload: 'GO' }),
        link,
      ],
    };
    expect(fitTemplate(approved(full), sent)).toEqual({
      shown: {
        header: { type: 'image', image: { link: 'https://x.example/a' } },
        body: 'Hello Zoë, order 10 € is ready.',
        footer: 'Casa Verde',
        buttons: [
          { type: 'QUICK_REPLY', text: 'On my way', payload: 'GO' },
          { type: 'URL', text: 'Bill', url: 'https://x.example/17', payload: '17' },
        ],
      },
    });
  });

  it('is found by name', () => {
    const named = approved({
      parameter_format: 'NAMED',
      components: [
        {
          ...body('Hello {{who}}, it is {{what}}.'),
          example: {
            body_text_named_params: [
              { param_name: 'who', example: 'Rita' },
              { param_name: 'what', example: 'ready' },
            ],
          },
        },
      ],
    });
    const parameter = (name: string, value: string): JsonObject => ({ ...text(value), parameter_name: name });
    const sent = { components: [said(parameter('what', 'late'), parameter('who', 'Zoë'))] };
    expect(fitTemplate(named, sent)).toMatchObject({ shown: { body: 'Hello Zoë, it is late.' } });
    const wrong = { components: [said(parameter('when', 'late'), parameter('who', 'Zoë'))] };
    expect(fitTemplate(named, wrong)).toMatchObject({ fault: { code: 132_012 } });
  });

  it.each<[string, JsonObject[], number]>([
    ['too few', [picture, said(text('Rita')), link], 132_000],
    ['too many', [picture, said(text('a'), text('b'), text('c')), link], 132_000],
    ['none at all', [picture, link], 132_000],
    ['a line break', [picture, said(text('Ri\nta'), text('17')), link], 132_018],
    ['a tab', [picture, said(text('Ri\tta'), text('17')), link], 132_018],
    ['five spaces', [picture, said(text('Ri     ta'), text('17')), link], 132_018],
    ['nothing in the place', [picture, said(text(''), text('17')), link], 132_012],
    ['a picture in a text', [picture, said({ type: 'image' }, text('17')), link], 132_012],
    ['too much', [picture, said(text('x'.repeat(1020)), text('17')), link], 132_005],
    ['no picture', [said(text('Rita'), text('17')), link], 132_012],
    [
      'a video for a picture',
      [{ type: 'header', parameters: [{ type: 'video', video: { id: '1' } }] }, said(text('a'), text('b')), link],
      132_012,
    ],
    ['no end of a link', [picture, said(text('Rita'), text('17'))], 131_008],
    ['a button that is not there', [picture, said(text('a'), text('b')), link, button(4, 'url', text('1'))], 132_012],
    ['a button of another kind', [picture, said(text('a'), text('b')), link, button(0, 'url', text('1'))], 132_012],
  ])('is refused: %s', (_name, components, code) => {
    expect(fitTemplate(approved(full), { components })).toMatchObject({ fault: { code } });
  });

  describe('of cards', () => {
    const card = (title: string): JsonObject => ({
      components: [
        { type: 'HEADER', format: 'IMAGE' },
        { ...body('*{{1}}*, fresh today', title) },
        { type: 'BUTTONS', buttons: [quick('Take it')] },
      ],
    });
    const cards = approved({
      components: [body('Our bread, {{1}}:', 'Rita'), { type: 'CAROUSEL', cards: [card('Rye'), card('Spelt')] }],
    });
    const filled = (card_index: number, title: string, ...more: JsonObject[]): JsonObject => ({
      card_index,
      components: [picture, said(text(title)), ...more],
    });
    const send = (...all: JsonObject[]): JsonObject => ({
      components: [said(text('Zoë')), { type: 'carousel', cards: all }],
    });

    it('stands on the card it belongs to', () => {
      const reply = button(0, 'quick_reply', { type: 'payload', payload: 'take-oat' });
      // The order in which they are given does not count.
      const fit = fitTemplate(cards, send(filled(1, 'Oat', reply), filled(0, 'Rye')));
      const header = { type: 'image', image: { link: 'https://x.example/a' } };
      const tap = { type: 'QUICK_REPLY', text: 'Take it' };
      expect(fit).toEqual({
        shown: {
          body: 'Our bread, Zoë:',
          cards: [
            { header, body: '*Rye*, fresh today', buttons: [{ ...tap, payload: 'Take it' }] },
            { header, body: '*Oat*, fresh today', buttons: [{ ...tap, payload: 'take-oat' }] },
          ],
        },
      });
      const bubble = { message: {}, template: 'shown' in fit ? fit.shown : {} };
      expect(tapOn(bubble, 'take-oat')).toEqual({ type: 'button', button: { payload: 'take-oat', text: 'Take it' } });
    });

    it.each<[string, JsonObject, number]>([
      ['a card is missing', send(filled(0, 'Rye')), 132_000],
      ['there are none', { components: [said(text('Zoë'))] }, 132_000],
      ['one too many', send(filled(0, 'a'), filled(1, 'b'), filled(2, 'c')), 132_000],
      ['one card twice', send(filled(0, 'a'), filled(0, 'b')), 132_000],
      ['a text is missing', send(filled(0, 'Rye'), { card_index: 1, components: [picture] }), 132_000],
      ['a picture is missing', send(filled(0, 'Rye'), { card_index: 1, components: [said(text('b'))] }), 132_012],
    ])('is refused when %s', (_name, sent, code) => {
      expect(fitTemplate(cards, sent)).toMatchObject({ fault: { code } });
    });

    it('is refused by a template that has none', () => {
      const sent = { components: [picture, said(text('a'), text('b')), link, { type: 'carousel', cards: [{}] }] };
      expect(fitTemplate(approved(full), sent)).toMatchObject({ fault: { code: 132_012 } });
    });

    it.each<[string, JsonObject[]]>([
      ['two kinds of header', [card('a'), { components: [{ type: 'header', format: 'video' }] }]],
      ['a card without a header', [{ components: [body('a')] }, { components: [body('b')] }]],
      ['a single card', [card('a')]],
      ['no components', [{}, {}]],
    ])('cannot be asked for with %s', (_name, wrong) => {
      const read = readTemplateForm(form({ components: [body('Bread:'), { type: 'CAROUSEL', cards: wrong }] }));
      expect(read).toMatchObject({ fault: { code: 100 } });
    });
  });

  it('is a code in Meta’s own words', () => {
    const code = approved({
      category: 'AUTHENTICATION',
      components: [
        { type: 'BODY', add_security_recommendation: true },
        { type: 'FOOTER', code_expiration_minutes: 5 },
        { type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE' }] },
      ],
    });
    const sent = { components: [said(text('J$FpnYnP')), button(0, 'url', text('J$FpnYnP'))] };
    expect(fitTemplate(code, sent)).toEqual({
      shown: {
        body: '*J$FpnYnP* is your verification code. For your security, do not share this code.',
        footer: 'Expires in 5 minutes.',
        buttons: [{ type: 'OTP', text: 'Copy code', payload: 'J$FpnYnP' }],
      },
    });
    expect(fitTemplate(code, { components: [sent.components[1] ?? {}] })).toMatchObject({ fault: { code: 132_000 } });
  });

  it('is an offer that ends', () => {
    const offer = approved({
      category: 'MARKETING',
      components: [
        { type: 'limited_time_offer', limited_time_offer: { text: 'Today only', has_expiration: true } },
        body('Rye at half price.'),
      ],
    });
    const parameters = [{ type: 'limited_time_offer', limited_time_offer: { expiration_time_ms: 1_800_000_000_000 } }];
    expect(fitTemplate(offer, { components: [{ type: 'limited_time_offer', parameters }] })).toMatchObject({
      shown: { offer: { text: 'Today only', untilMs: 1_800_000_000_000 } },
    });
    expect(fitTemplate(offer, {})).toMatchObject({ fault: { code: 132_012 } });
  });
});
