import { describe, expect, it } from 'vitest';
import { checkMessage, checkReadReceipt } from '../../../src/simulator/check-message.js';
import type { Json, JsonObject } from '../../../src/simulator/json.js';

const outer = { messaging_product: 'whatsapp', to: '+351 91 000-01 (01)' };
const text = (body: Json): JsonObject => ({ ...outer, type: 'text', text: { body } });
const of = (type: string, content: Json): JsonObject => ({ ...outer, type, [type]: content });

const reply = (id: string, title = id): JsonObject => ({ type: 'reply', reply: { id, title } });
const buttons = (...list: JsonObject[]): JsonObject =>
  of('interactive', { type: 'button', body: { text: 'Which?' }, action: { buttons: list } });

const row = (id: string, more: JsonObject = {}): JsonObject => ({ id, title: id, ...more });
const rows = (count: number, from = 0): JsonObject[] => Array.from({ length: count }, (_, n) => row(`r${from + n}`));
const list = (sections: JsonObject[], more: JsonObject = {}): JsonObject =>
  of('interactive', { type: 'list', body: { text: 'Which?' }, action: { button: 'Choose', sections }, ...more });

const link = 'https://example.com/a.jpg';
const e = (count: number): string => 'é'.repeat(count);

describe('a message Meta accepts', () => {
  it.each<[string, JsonObject]>([
    ['a text', text('hello')],
    ['a text without type', { ...outer, text: { body: 'hello' } }],
    ['4096 characters', text(e(4096))],
    ['4096 emoji, each one character', text('🌻'.repeat(4096))],
    ['to a BSUID', { messaging_product: 'whatsapp', recipient: 'PT.900', type: 'text', text: { body: 'x' } }],
    [
      'to a BSUID of a parent',
      { messaging_product: 'whatsapp', recipient: 'US.ENT.900', type: 'text', text: { body: 'x' } },
    ],
    ['a number as number', { ...text('x'), to: 351910000101 }],
    ['a text with preview', of('text', { body: link, preview_url: true })],
    ['an image by link', of('image', { link, caption: e(1024) })],
    ['an image by id', of('image', { id: '900' })],
    ['a document', of('document', { link, filename: 'a.pdf', caption: 'x' })],
    ['a voice note', of('audio', { link, voice: true })],
    ['a place, numbers as strings', of('location', { latitude: '38.7', longitude: -9.1, name: 'Lisbon' })],
    ['a contact', of('contacts', [{ name: { formatted_name: 'Rita' }, phones: [{ phone: '+351' }] }])],
    ['a reaction', of('reaction', { message_id: 'wamid.x', emoji: '👍' })],
    ['a reaction taken back', of('reaction', { message_id: 'wamid.x', emoji: '' })],
    ['three buttons', buttons(reply('a', e(20)), reply('b'), reply('c'))],
    [
      'ten rows in two sections',
      list([
        { title: 'A', rows: rows(5) },
        { title: 'B', rows: rows(5, 5) },
      ]),
    ],
    ['one section without a title', list([{ rows: [row('a', { description: e(72) })] }])],
    ['a list with text of 4096', list([{ rows: rows(1) }], { body: { text: e(4096) }, footer: { text: e(60) } })],
    [
      'a link button',
      of('interactive', {
        type: 'cta_url',
        body: { text: 'x' },
        action: { name: 'cta_url', parameters: { display_text: 'Open', url: link } },
      }),
    ],
    [
      'a template',
      of('template', {
        name: 'pickup_ready',
        language: { code: 'pt_PT' },
        components: [{ type: 'BODY', parameters: [] }],
      }),
    ],
    ['512 characters of callback data', { ...text('x'), biz_opaque_callback_data: e(512) }],
    ['a quoted message', { ...text('x'), context: { message_id: 'wamid.x' } }],
    ['an outer key nobody knows', { ...text('x'), colour: 'green' }],
  ])('%s', (_name, body) => expect(checkMessage(body)).toHaveProperty('message'));

  it('comes back with what the double needs', () => {
    const body = { ...text('hi'), context: { message_id: 'wamid.x' }, biz_opaque_callback_data: 'out_1' };
    expect(checkMessage(body)).toEqual({
      message: {
        type: 'text',
        content: { body: 'hi' },
        to: '+351 91 000-01 (01)',
        recipient: undefined,
        repliedTo: 'wamid.x',
        callbackData: 'out_1',
      },
    });
  });
});

describe('a message Meta refuses', () => {
  it.each<[string, JsonObject, number, string]>([
    ['no product', { to: '+351910000101', text: { body: 'x' } }, 100, 'messaging_product'],
    ['another product', { ...text('x'), messaging_product: 'sms' }, 100, 'messaging_product'],
    ['nobody to send to', { messaging_product: 'whatsapp', text: { body: 'x' } }, 100, 'to'],
    ['a name instead of a number', { ...text('x'), to: 'rita' }, 100, 'to'],
    [
      'a BSUID that was edited',
      { messaging_product: 'whatsapp', recipient: 'PT900', text: { body: 'x' } },
      100,
      'recipient',
    ],
    ['a type nobody knows', of('hologram', {}), 131051, ''],
    ['a type named like a method', of('constructor', {}), 131051, ''],
    ['no object named as the type', { ...outer, type: 'text' }, 100, 'text'],
    ['no body', of('text', {}), 131008, "text['body']"],
    ['an empty body', text(''), 100, "text['body']"],
    ['a body of 4097', text(e(4097)), 100, "text['body']"],
    ['a body that is a number', text(7), 100, "text['body']"],
    ['a misspelt key', of('text', { body: 'x', previewUrl: true }), 100, 'previewUrl'],
    ['an image without source', of('image', {}), 131009, 'image'],
    ['an image with two sources', of('image', { id: '1', link }), 131009, 'image'],
    ['an image on a disk', of('image', { link: 'file:///etc/passwd' }), 131009, "image['link']"],
    ['a caption of 1025', of('image', { link, caption: e(1025) }), 131009, "image['caption']"],
    ['a caption on audio', of('audio', { link, caption: 'x' }), 100, 'caption'],
    ['a place beyond the pole', of('location', { latitude: 91, longitude: 0 }), 131009, "location['latitude']"],
    ['a place without longitude', of('location', { latitude: 9 }), 131008, "location['longitude']"],
    ['no contact', of('contacts', []), 131009, 'contacts'],
    ['a reaction to nothing', of('reaction', { emoji: '👍' }), 131008, "reaction['message_id']"],
    [
      'a reaction with context',
      { ...of('reaction', { message_id: 'wamid.x', emoji: '👍' }), context: { message_id: 'wamid.y' } },
      131009,
      'context',
    ],
    ['no buttons', buttons(), 131009, "['buttons']"],
    ['four buttons', buttons(reply('a'), reply('b'), reply('c'), reply('d')), 131009, "['buttons']"],
    ['a title of 21', buttons(reply('a', e(21))), 131009, "['buttons'][0]['reply']['title']"],
    ['an id of 257', buttons(reply(e(257), 'a')), 131009, "['id']"],
    ['two titles alike', buttons(reply('a', 'Yes'), reply('b', 'Yes')), 131009, "['buttons']"],
    ['two ids alike', buttons(reply('a', 'Yes'), reply('a', 'No')), 131009, "['buttons']"],
    [
      'buttons without body',
      of('interactive', { type: 'button', action: { buttons: [reply('a')] } }),
      131008,
      "['body']",
    ],
    ['an interactive nobody knows', of('interactive', { type: 'dance', body: { text: 'x' } }), 131009, "['type']"],
    ['an interactive without type', of('interactive', { body: { text: 'x' } }), 131008, "['type']"],
    [
      'eleven rows',
      list([
        { title: 'A', rows: rows(6) },
        { title: 'B', rows: rows(5, 6) },
      ]),
      131009,
      "['sections']",
    ],
    ['two rows alike', list([{ rows: [row('a'), row('a')] }]), 131009, "['sections']"],
    [
      'two sections, one without title',
      list([{ title: 'A', rows: rows(1) }, { rows: rows(1, 1) }]),
      131009,
      "['sections']",
    ],
    ['an empty section', list([{ title: 'A', rows: [] }]), 131009, "['rows']"],
    ['a row title of 25', list([{ rows: [row('a', { title: e(25) })] }]), 131009, "['title']"],
    ['a row description of 73', list([{ rows: [row('a', { description: e(73) })] }]), 131009, "['description']"],
    [
      'a list with a picture on top',
      list([{ rows: rows(1) }], { header: { type: 'image', image: { link } } }),
      131009,
      "['header']",
    ],
    ['a footer of 61', list([{ rows: rows(1) }], { footer: { text: e(61) } }), 131009, "['footer']"],
    ['a template name with capitals', of('template', { name: 'Hello', language: { code: 'en' } }), 131009, "['name']"],
    ['a template without language', of('template', { name: 'hello' }), 131008, "['language']"],
    ['callback data of 513', { ...text('x'), biz_opaque_callback_data: e(513) }, 100, 'biz_opaque_callback_data'],
  ])('%s', (_name, body, code, place) => {
    expect(checkMessage(body)).toEqual({ fault: { code, details: expect.stringContaining(place) } });
  });

  it('never repeats what the message says', () => {
    const answer = JSON.stringify([
      checkMessage(of('image', { link: 'secret words' })),
      checkMessage({ ...text('x'), to: 'secret words' }),
    ]);
    expect(answer).not.toContain('secret');
  });
});

describe('a read receipt', () => {
  const receipt = { messaging_product: 'whatsapp', status: 'read', message_id: 'wamid.x' };

  it('may ask for typing', () => {
    expect(checkReadReceipt(receipt)).toEqual({ receipt: { wamid: 'wamid.x', typing: false } });
    expect(checkReadReceipt({ ...receipt, typing_indicator: { type: 'text' } })).toEqual({
      receipt: { wamid: 'wamid.x', typing: true },
    });
  });

  it.each<[string, JsonObject]>([
    ['without message', { messaging_product: 'whatsapp', status: 'read' }],
    ['with another status', { ...receipt, status: 'delivered' }],
    ['with another indicator', { ...receipt, typing_indicator: { type: 'voice' } }],
  ])('is refused %s', (_name, body) => expect(checkReadReceipt(body)).toHaveProperty('fault'));
});
