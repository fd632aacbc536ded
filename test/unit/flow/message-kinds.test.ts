import { describe, expect, it } from 'vitest';
import { checkContent } from '../../../src/cloud-api/check-content.js';
import { toRequestBody } from '../../../src/cloud-api/to-wire.js';
import { checkMessage } from '../../../src/simulator/check-message.js';
import { flowFiles, message, Talk, talkTo, versionOf } from './talk.js';

const received = message({ text: 'Hi', whatsapp: { id: 'wamid.IN' } });

/** A bot that says one thing to whatever it hears. */
function says(said: string, more = ''): Talk {
  const talk = talkTo(`steps:\n  - say: ${said}\n${more}`);
  talk.turn({ kind: 'message', message: received });
  return talk;
}

/** What Meta is sent for a message of a flow file, without what says whom it goes to. */
function wires(said: string, more = ''): unknown[] {
  const talk = says(said, more);
  expect(talk.failures).toEqual([]);
  return talk.effects('send').map(({ message: content, delivery }) => {
    expect(checkContent(content)).toEqual([]);
    const replyTo = delivery?.replyTo;
    const body = toRequestBody(content, { waId: '351910000002' }, replyTo === undefined ? {} : { replyTo });
    const json = JSON.parse(JSON.stringify(body));
    expect(checkMessage(json)).toMatchObject({ message: { type: json.type } });
    const { messaging_product: _product, recipient_type: _kind, to: _to, ...rest } = json;
    return rest;
  });
}

const interactive = (type: string, more: object) => ({ type: 'interactive', interactive: { type, ...more } });
const body = { text: 'Hello' };

/** A card of a template's carousel, as Meta wants it. */
const templateCard = (index: number, image: object, text: string, payload: string) => ({
  card_index: index,
  components: [
    { type: 'header', parameters: [{ type: 'image', image }] },
    { type: 'body', parameters: [{ type: 'text', text }] },
    { type: 'button', sub_type: 'quick_reply', index: '0', parameters: [{ type: 'payload', payload }] },
    { type: 'button', sub_type: 'url', index: '1', parameters: [{ type: 'text', text: `${payload}-1` }] },
  ],
});

describe('a message of a flow file is the Cloud API body', () => {
  it.each<[string, string, object]>([
    ['text', 'Hello', { type: 'text', text: { body: 'Hello' } }],
    [
      'text with a preview',
      '{ text: Hello, previewUrl: true }',
      { type: 'text', text: { body: 'Hello', preview_url: true } },
    ],
    [
      'buttons',
      '{ text: Hello, buttons: [{ id: y, title: "Yes" }, Later], header: Top, footer: Bottom }',
      interactive('button', {
        header: { type: 'text', text: 'Top' },
        body,
        footer: { text: 'Bottom' },
        action: {
          buttons: [
            { type: 'reply', reply: { id: 'y', title: 'Yes' } },
            { type: 'reply', reply: { id: 'Later', title: 'Later' } },
          ],
        },
      }),
    ],
    [
      'buttons under a video',
      '{ text: Hello, buttons: [A], header: { video: { media: "77" } } }',
      interactive('button', {
        header: { type: 'video', video: { id: '77' } },
        body,
        action: { buttons: [{ type: 'reply', reply: { id: 'A', title: 'A' } }] },
      }),
    ],
    [
      'four buttons',
      '{ text: Hello, buttons: [A, B, C, D] }',
      interactive('list', {
        body,
        action: { button: 'Choose', sections: [{ rows: ['A', 'B', 'C', 'D'].map((id) => ({ id, title: id })) }] },
      }),
    ],
    [
      'list',
      '{ text: Hello, list: { button: Menu, sections: [{ title: Bread, rows: [{ id: r, title: Rye, description: Dark }] }, { title: Cake, rows: [{ id: c, title: Carrot }] }] } }',
      interactive('list', {
        body,
        action: {
          button: 'Menu',
          sections: [
            { title: 'Bread', rows: [{ id: 'r', title: 'Rye', description: 'Dark' }] },
            { title: 'Cake', rows: [{ id: 'c', title: 'Carrot' }] },
          ],
        },
      }),
    ],
    [
      'a lone button with a link',
      '{ text: Hello, buttons: [{ title: Open, url: "https://x.example/{{ input.text }}/ä" }] }',
      interactive('cta_url', {
        body,
        action: { name: 'cta_url', parameters: { display_text: 'Open', url: 'https://x.example/Hi/ä' } },
      }),
    ],
    [
      'cta under a document',
      '{ text: Hello, cta: { title: Open, url: "https://x.example" }, header: { document: { link: "https://x.example/a.pdf", filename: a.pdf } } }',
      interactive('cta_url', {
        header: { type: 'document', document: { link: 'https://x.example/a.pdf', filename: 'a.pdf' } },
        body,
        action: { name: 'cta_url', parameters: { display_text: 'Open', url: 'https://x.example' } },
      }),
    ],
    [
      'image',
      '{ image: { link: "https://x.example/a.png", caption: "**Ours**" } }',
      { type: 'image', image: { link: 'https://x.example/a.png', caption: '*Ours*' } },
    ],
    [
      'image, short',
      '{ image: "https://x.example/a.png" }',
      { type: 'image', image: { link: 'https://x.example/a.png' } },
    ],
    ['video', '{ video: { media: 123 } }', { type: 'video', video: { id: '123' } }],
    ['audio', '{ audio: "https://x.example/a.mp3" }', { type: 'audio', audio: { link: 'https://x.example/a.mp3' } }],
    ['voice', '{ voice: { media: 123 } }', { type: 'audio', audio: { id: '123', voice: true } }],
    [
      'document',
      '{ document: { link: "https://x.example/a.pdf", caption: Read me, filename: manual.pdf } }',
      {
        type: 'document',
        document: { link: 'https://x.example/a.pdf', caption: 'Read me', filename: 'manual.pdf' },
      },
    ],
    [
      'sticker',
      '{ sticker: "https://x.example/a.webp" }',
      { type: 'sticker', sticker: { link: 'https://x.example/a.webp' } },
    ],
    [
      'location',
      '{ location: { latitude: 38.70, longitude: "{{ -9.1 }}", name: Shop, address: Rua 1 } }',
      { type: 'location', location: { latitude: 38.7, longitude: -9.1, name: 'Shop', address: 'Rua 1' } },
    ],
    [
      'contacts',
      '{ contacts: [{ name: Ana Silva, phones: ["+351 910 000 002"] }, { name: { formatted: Rui, last: Costa }, phones: [{ phone: "+351 1", waId: 3511, type: WORK }], emails: [r@x.example], urls: ["https://x.example"], org: Bakery, addresses: [{ city: Porto, countryCode: PT }], birthday: 1990-02-01 }] }',
      {
        type: 'contacts',
        contacts: [
          {
            name: { formatted_name: 'Ana Silva', first_name: 'Ana Silva' },
            phones: [{ phone: '+351 910 000 002' }],
          },
          {
            name: { formatted_name: 'Rui', last_name: 'Costa' },
            phones: [{ phone: '+351 1', wa_id: '3511', type: 'WORK' }],
            emails: [{ email: 'r@x.example' }],
            urls: [{ url: 'https://x.example' }],
            addresses: [{ city: 'Porto', country_code: 'PT' }],
            org: { company: 'Bakery' },
            birthday: '1990-02-01',
          },
        ],
      },
    ],
    [
      'askLocation',
      '{ askLocation: Hello }',
      interactive('location_request_message', { body, action: { name: 'send_location' } }),
    ],
    [
      'askContact beside a text',
      '{ text: Hello, askContact: true }',
      interactive('request_contact_info', { body, action: { name: 'request_contact_info' } }),
    ],
    [
      'whatsappFlow',
      '{ text: Hello, whatsappFlow: { id: 42, button: Book, screen: DATES, data: { from: "{{ input.text }}" }, token: t1 } }',
      interactive('flow', {
        body,
        action: {
          name: 'flow',
          parameters: {
            flow_message_version: '3',
            flow_id: '42',
            flow_cta: 'Book',
            flow_token: 't1',
            flow_action: 'navigate',
            flow_action_payload: { screen: 'DATES', data: { from: 'Hi' } },
          },
        },
      }),
    ],
    [
      'product',
      '{ product: { catalog: 9, id: sku-1 }, footer: Bottom }',
      interactive('product', { footer: { text: 'Bottom' }, action: { catalog_id: '9', product_retailer_id: 'sku-1' } }),
    ],
    [
      'products',
      '{ text: Hello, header: Shop, products: { catalog: 9, sections: [{ title: New, items: [a, b] }] } }',
      interactive('product_list', {
        header: { type: 'text', text: 'Shop' },
        body,
        action: {
          catalog_id: '9',
          sections: [{ title: 'New', product_items: [{ product_retailer_id: 'a' }, { product_retailer_id: 'b' }] }],
        },
      }),
    ],
    [
      'catalog',
      '{ text: Hello, catalog: { thumbnail: sku-1 } }',
      interactive('catalog_message', {
        body,
        action: { name: 'catalog_message', parameters: { thumbnail_product_retailer_id: 'sku-1' } },
      }),
    ],
    [
      'catalog, short',
      '{ text: Hello, catalog: true }',
      interactive('catalog_message', { body, action: { name: 'catalog_message' } }),
    ],
    [
      'address',
      '{ text: Hello, address: IN }',
      interactive('address_message', { body, action: { name: 'address_message', parameters: { country: 'IN' } } }),
    ],
    [
      'call',
      '{ text: Hello, call: { title: Ring us, ttlMinutes: 60, payload: p } }',
      interactive('voice_call', {
        body,
        action: { name: 'voice_call', parameters: { display_text: 'Ring us', ttl_minutes: 60, payload: 'p' } },
      }),
    ],
    [
      'call permission',
      '{ text: Hello, call: permission }',
      interactive('call_permission_request', { body, action: { name: 'call_permission_request' } }),
    ],
    [
      'carousel of links',
      '{ text: Hello, carousel: [{ image: "https://x.example/1.png", text: One, cta: { title: See, url: "https://x.example/1" } }, { image: "https://x.example/2.png", cta: { title: See, url: "https://x.example/2" } }] }',
      interactive('carousel', {
        body,
        action: {
          cards: [
            {
              card_index: 0,
              type: 'cta_url',
              header: { type: 'image', image: { link: 'https://x.example/1.png' } },
              body: { text: 'One' },
              action: { name: 'cta_url', parameters: { display_text: 'See', url: 'https://x.example/1' } },
            },
            {
              card_index: 1,
              type: 'cta_url',
              header: { type: 'image', image: { link: 'https://x.example/2.png' } },
              action: { name: 'cta_url', parameters: { display_text: 'See', url: 'https://x.example/2' } },
            },
          ],
        },
      }),
    ],
    [
      'template',
      `{ template: { name: pickup_ready, language: pt_PT, header: { image: { media: 9 } }, body: [Rita, { currency: { code: EUR, amount: 10.5, fallback: "10,50 €" } }, { dateTime: tomorrow }], buttons: [{ payload: OK_17 }, { url: 17 }, { code: SAVE }] } }`,
      {
        type: 'template',
        template: {
          name: 'pickup_ready',
          language: { code: 'pt_PT' },
          components: [
            { type: 'header', parameters: [{ type: 'image', image: { id: '9' } }] },
            {
              type: 'body',
              parameters: [
                { type: 'text', text: 'Rita' },
                { type: 'currency', currency: { fallback_value: '10,50 €', code: 'EUR', amount_1000: 10_500 } },
                { type: 'date_time', date_time: { fallback_value: 'tomorrow' } },
              ],
            },
            {
              type: 'button',
              sub_type: 'quick_reply',
              index: '0',
              parameters: [{ type: 'payload', payload: 'OK_17' }],
            },
            { type: 'button', sub_type: 'url', index: '1', parameters: [{ type: 'text', text: '17' }] },
            {
              type: 'button',
              sub_type: 'copy_code',
              index: '2',
              parameters: [{ type: 'coupon_code', coupon_code: 'SAVE' }],
            },
          ],
        },
      },
    ],
    [
      'template with named gaps and a line break in one',
      '{ template: { name: t, language: en, body: { first_name: "A\\nB" } } }',
      {
        type: 'template',
        template: {
          name: 't',
          language: { code: 'en' },
          components: [{ type: 'body', parameters: [{ type: 'text', parameter_name: 'first_name', text: 'A B' }] }],
        },
      },
    ],
    [
      'template with an offer that ends',
      '{ template: { name: sale, language: en, body: [Rita], offerEnds: "2030-12-24T18:00:00Z", buttons: [{ code: SAVE20 }] } }',
      {
        type: 'template',
        template: {
          name: 'sale',
          language: { code: 'en' },
          components: [
            { type: 'body', parameters: [{ type: 'text', text: 'Rita' }] },
            {
              type: 'button',
              sub_type: 'copy_code',
              index: '0',
              parameters: [{ type: 'coupon_code', coupon_code: 'SAVE20' }],
            },
            {
              type: 'limited_time_offer',
              parameters: [
                { type: 'limited_time_offer', limited_time_offer: { expiration_time_ms: Date.UTC(2030, 11, 24, 18) } },
              ],
            },
          ],
        },
      },
    ],
    [
      'template with a list of products, and with a product on top',
      '{ template: { name: shop, language: en, header: { product: { catalog: 12, id: sku-1 } }, buttons: [{ products: { sections: [{ title: New, items: [sku-7, sku-8] }, { title: Old, items: [sku-1] }] } }] } }',
      {
        type: 'template',
        template: {
          name: 'shop',
          language: { code: 'en' },
          components: [
            {
              type: 'header',
              parameters: [{ type: 'product', product: { catalog_id: '12', product_retailer_id: 'sku-1' } }],
            },
            {
              type: 'button',
              sub_type: 'mpm',
              index: '0',
              parameters: [
                {
                  type: 'action',
                  action: {
                    thumbnail_product_retailer_id: 'sku-7',
                    sections: [
                      {
                        title: 'New',
                        product_items: [{ product_retailer_id: 'sku-7' }, { product_retailer_id: 'sku-8' }],
                      },
                      { title: 'Old', product_items: [{ product_retailer_id: 'sku-1' }] },
                    ],
                  },
                },
              ],
            },
          ],
        },
      },
    ],
    [
      'template with cards',
      '{ template: { name: gallery, language: en, body: [Rita], cards: [{ header: { image: { media: 9 } }, body: [Red], buttons: [{ payload: red }, { url: red-1 }] }, { header: { image: "https://x.example/2.png" }, body: [Blue], buttons: [{ payload: blue }, { url: blue-1 }] }] } }',
      {
        type: 'template',
        template: {
          name: 'gallery',
          language: { code: 'en' },
          components: [
            { type: 'body', parameters: [{ type: 'text', text: 'Rita' }] },
            {
              type: 'carousel',
              cards: [
                templateCard(0, { id: '9' }, 'Red', 'red'),
                templateCard(1, { link: 'https://x.example/2.png' }, 'Blue', 'blue'),
              ],
            },
          ],
        },
      },
    ],
    ['react', '{ react: 👍 }', { type: 'reaction', reaction: { message_id: 'wamid.IN', emoji: '👍' } }],
    [
      'react to another',
      '{ react: 👍, replyTo: wamid.OLD }',
      { type: 'reaction', reaction: { message_id: 'wamid.OLD', emoji: '👍' } },
    ],
    [
      'replyTo',
      '{ text: Hello, replyTo: true }',
      { type: 'text', text: { body: 'Hello' }, context: { message_id: 'wamid.IN' } },
    ],
    [
      'replyTo by our own id',
      '{ text: Hello, replyTo: "{{ input.messageId }}" }',
      { type: 'text', text: { body: 'Hello' }, context: { message_id: 'wamid.IN' } },
    ],
    [
      'raw',
      '{ raw: { type: location, location: { latitude: 1, longitude: 2 }, biz_opaque_callback_data: mine } }',
      { type: 'location', location: { latitude: 1, longitude: 2 } },
    ],
  ])('%s', (_name, said, wire) => expect(wires(said)).toEqual([wire]));
});

describe('what cannot be sent', () => {
  it.each([
    ['a media link that is none', '{ image: "{{ input.text }}" }', 'the link of an image does not begin with https://'],
    [
      'a place that is not on Earth',
      '{ location: { latitude: 91, longitude: 0 } }',
      'a latitude lies between -90 and 90, a longitude between -180 and 180',
    ],
    [
      'a coordinate that is no number',
      '{ location: { latitude: "{{ input.text }}", longitude: 0 } }',
      'the latitude is not a number',
    ],
    [
      'a template with an empty gap',
      '{ template: { name: t, language: en, body: ["{{ context.none }}"] } }',
      'a value of the template is empty',
    ],
    [
      'an offer that is over',
      '{ template: { name: t, language: en, offerEnds: "1970-01-01" } }',
      '`offerEnds` is over already',
    ],
    [
      'an offer that ends at no time',
      '{ template: { name: t, language: en, offerEnds: "{{ context.none }}" } }',
      '`offerEnds` is no time',
    ],
    [
      'two cards of a template with the same payload',
      '{ template: { name: t, language: en, cards: [{ buttons: [{ payload: "{{ input.text }}" }] }, { buttons: [{ payload: "{{ input.text }}" }] }] } }',
      'two buttons of the template have the same payload',
    ],
    [
      'a raw message without its object',
      '{ raw: { type: "{{ input.text.toLowerCase() }}" } }',
      'a raw message of type hi has its content under `hi`',
    ],
    [
      'a Cognigy form nobody has',
      '{ raw: { _cognigy: { _default: { _adaptiveCard: { adaptiveCard: {} } } } } }',
      '`_adaptiveCard` of Cognigy has no form on WhatsApp: send a text, an image or buttons instead',
    ],
    [
      'a payload for another channel',
      '{ raw: { _cognigy: { _webchat: {} } } }',
      '`_cognigy` has neither `_default` nor `_whatsapp`: other channels do not speak WhatsApp',
    ],
  ])('%s fails the step and says why', (_name, said, detail) => {
    const talk = says(said);
    expect(talk.failures).toEqual([detail]);
    expect(talk.effects('send').map(({ message: content }) => content)).toEqual([{ type: 'text', text: 'fallback' }]);
  });

  it('a reaction has nothing to react to after a timer', () => {
    const talk = talkTo('steps:\n  - sleep: 2s\n  - say: { react: 👍 }');
    talk.say('Hi');
    talk.ring();
    expect(talk.failures).toEqual(['there is no message to react to']);
  });

  it('a quote of nothing is left out', () => {
    const talk = talkTo('steps:\n  - sleep: 2s\n  - say: { text: Hello, replyTo: true }');
    talk.say('Hi');
    expect(talk.ring()).toEqual(['Hello']);
    expect(talk.warnings).toEqual(['there is no message to quote']);
  });
});

describe('how a message leaves', () => {
  it.each([
    ['{ text: Hi, delay: 2s, typing: true }', { delayMs: 2_000, typing: true }],
    ['{ text: Hi, delay: 0ms }', { delayMs: 0 }],
    ['{ text: Hi, markRead: true }', { markRead: true }],
    ['{ image: "https://x.example/a.png", then: delivered }', { nextWaitsFor: 'delivered' }],
    ['{ text: Hi, outsideWindow: wait }', { outsideWindow: { do: 'wait' } }],
    [
      '{ text: Hi, outsideWindow: { template: { name: back, language: en, body: ["{{ input.text }}"] } } }',
      {
        outsideWindow: {
          do: 'template',
          template: { name: 'back', language: 'en', body: [{ type: 'text', text: 'Hi' }] },
        },
      },
    ],
  ])('%s', (said, delivery) => expect(says(said).effects('send')[0]?.delivery).toEqual(delivery));

  it('of several messages the first is waited for, and the last is waited behind', () => {
    const gallery =
      '_gallery: { items: [{ title: A, imageUrl: "https://x.example/a.png" }, { title: B, imageUrl: "https://x.example/b.png" }] }';
    const talk = says(
      `{ raw: { _cognigy: { _default: { ${gallery} } } }, delay: 3s, then: sent, outsideWindow: skip }`,
    );
    expect(talk.effects('send').map(({ delivery }) => delivery)).toEqual([
      { delayMs: 3_000, outsideWindow: { do: 'skip' } },
      { nextWaitsFor: 'sent', outsideWindow: { do: 'skip' } },
    ]);
  });
});

describe('a long menu', () => {
  const ids = Array.from({ length: 21 }, (_, index) => `b${index}`);
  const flow = `steps:\n  - id: pick\n    question:\n      type: text\n      text: Which?\n      timeout: 10m\n      onTimeout: [{ stop: true }]\n      buttons: [${ids.join(', ')}]\n  - say: "You took {{ input.result }}"`;

  /** The rows of a list, and the id of its last. */
  function rowsOf(said: unknown): { rows: string[]; more: string } {
    const [content] = Array.isArray(said) ? said : [];
    const rows: string[] = content.rows;
    return { rows, more: rows.at(-1) ?? '' };
  }

  it('comes in pages of nine, and a tap on *More* is no input', () => {
    const talk = talkTo(flow);
    const first = rowsOf(talk.say('Hi'));
    expect(first.rows.slice(0, 9)).toEqual(ids.slice(0, 9));
    const before = talk.session;
    const second = rowsOf(talk.tap(first.more));
    expect(second.rows.slice(0, 9)).toEqual(ids.slice(9, 18));
    expect(talk.session).toEqual(before);
    expect(talk.last?.trace).toEqual([{ flow: 'bot', step: 'pick', kind: '', outcome: 'nextPage' }]);
    expect(talk.effects('cancelTimer')).toEqual([]);
    const third = rowsOf(talk.tap(second.more));
    expect(third.rows).toEqual(ids.slice(18));
    // Every page turns again, and every row is an answer.
    expect(rowsOf(talk.tap(first.more)).rows).toEqual(second.rows);
    expect(talk.tap('b20')).toEqual(['You took b20']);
  });

  it('turns in the language of the contact, and ten rows need no page', () => {
    const talk = talkTo(flow, { locale: 'de-DE' });
    talk.say('Hallo');
    const [sent] = talk.effects('send');
    const rows = sent?.message.type === 'list' ? sent.message.sections.flatMap((section) => section.rows) : [];
    expect(rows.at(-1)?.title).toBe('Mehr…');
    const ten = talkTo(`steps:\n  - say: { text: Which?, buttons: [${ids.slice(0, 10).join(', ')}] }`);
    expect(ten.say('Hi')).toEqual([{ text: 'Which?', rows: ids.slice(0, 10) }]);
  });

  it('leads on from the row of a later page', () => {
    const menu = ids.map((id) => `{ id: ${id}, title: ${id}${id === 'b15' ? ', goTo: there' : ''} }`).join(', ');
    const talk = talkTo(
      `steps:\n  - say: { text: Which?, buttons: [${menu}] }\n  - stop: true\n  - id: there\n    say: Here you are.`,
    );
    talk.tap(rowsOf(talk.say('Hi')).more);
    expect(talk.tap('b15')).toEqual(['Here you are.']);
  });

  it('that nobody remembers is an old tap, not an answer', () => {
    const talk = talkTo(flow);
    const { more } = rowsOf(talk.say('Hi'));
    const later = new Talk(talk.version);
    later.say('Hi');
    if (later.session !== undefined) later.session = { ...later.session, state: { ...later.session.state, menus: [] } };
    expect(rowsOf(later.tap(more)).rows).toHaveLength(10);
    expect(later.last?.trace.map(({ outcome }) => outcome)).not.toContain('answered');
  });

  it('is remembered by every kind of message with ids', () => {
    const goTo = 'goTo: there';
    const kinds = [
      `carousel: [{ image: "https://x.example/1.png", buttons: [{ id: one, title: One, ${goTo} }] }, { image: "https://x.example/2.png", buttons: [{ id: two, title: Two }] }]`,
      `template: { name: t, language: en, buttons: [{ payload: one, ${goTo} }] }`,
      `text: Hello, outsideWindow: { template: { name: t, language: en, buttons: [{ payload: one, ${goTo} }] } }`,
    ];
    for (const kind of kinds) {
      const text = kind.startsWith('carousel') ? 'text: Hello, ' : '';
      const talk = talkTo(`steps:\n  - say: { ${text}${kind} }\n  - stop: true\n  - id: there\n    say: Here.`);
      talk.say('Hi');
      expect(talk.tap('one')).toEqual(['Here.']);
    }
  });
});

it('a flow whose menus were stored before pages were known goes on', () => {
  const talk = new Talk(
    versionOf(
      flowFiles({
        bot: 'steps:\n  - id: q\n    question: { type: text, text: Which?, buttons: [A] }\n  - say: Thanks',
      }),
    ),
  );
  talk.say('Hi');
  const { session } = talk;
  if (session === undefined) throw new Error('there is a session');
  const old = JSON.stringify(session.state).replaceAll(',"pages":{}', '');
  talk.session = { ...session, state: JSON.parse(old) };
  expect(talk.tap('A')).toEqual(['Thanks']);
});

it.each([
  [undefined, 'false null'],
  [Date.UTC(2026, 0, 6, 8), 'false 2026-01-06T08:00:00.000Z'],
  [Date.UTC(2026, 0, 6, 10), 'true 2026-01-06T10:00:00.000Z'],
])('a flow sees whether the window is open: until %s', (windowUntilMs, read) => {
  const known = windowUntilMs === undefined ? {} : { windowUntilMs };
  const talk = talkTo('steps:\n  - say: "{{ input.window.open }} {{ input.window.until ?? \'null\' }}"', known);
  expect(talk.say('Hi')).toEqual([read]);
});
