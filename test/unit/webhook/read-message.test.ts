import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlowMessage } from '../../../src/shared/contact-message.js';
import type { JsonObject } from '../../../src/shared/json.js';
import { MAX_FLOW_TEXT_BYTES, readMessage } from '../../../src/webhook/read-message.js';
import { eventOf, startsTurn } from '../../../src/webhook/starts-turn.js';
import { messageOf, textMessage } from './fixtures.js';

const read = (name: string): FlowMessage => readMessage({ ...messageOf(name), messageId: 'm1' });
const readText = (body: string) =>
  readMessage({ messageId: 'm1', type: 'text', message: textMessage('wamid.1', { text: { body } }) });

const SHA = '4PtL1y3cVvYJqf8W0h1M2n3O4p5Q6r7S8t9U0v1W2x0=';
const QUOTED = { id: 'wamid.SIMOUT1', from: '351210000001' };

/** What flows see of each fixture: nothing said, nothing attached and supported, but for what stands here. */
const SEEN: readonly [fixture: string, seen: Partial<FlowMessage>][] = [
  ['text', { text: 'Olá, onde está a minha encomenda?' }],
  ['text-empty', {}],
  ['text-without-body', { supported: false }],
  ['text-reply', { text: 'this one', repliedTo: QUOTED }],
  ['text-forwarded-without-context-id', { text: 'look', repliedTo: { forwarded: true } }],
  ['text-frequently-forwarded', { text: 'chain', repliedTo: { forwarded: true, oftenForwarded: true } }],
  [
    'text-about-product',
    { text: 'Is it in blue too?', repliedTo: { ...QUOTED, product: { catalogId: '8000001', productId: 'mug-7' } } },
  ],
  [
    'text-from-ad',
    {
      text: 'Hi',
      referral: {
        sourceUrl: 'https://ads.example/1',
        sourceId: '120000001',
        sourceType: 'ad',
        headline: 'Mugs',
        body: 'Half price',
        mediaType: 'image',
        imageUrl: 'https://ads.example/1.jpg',
        thumbnailUrl: 'https://ads.example/1s.jpg',
        clickId: 'ARAkLkA8',
        welcomeText: 'What can we do for you?',
      },
    },
  ],
  [
    'text-from-status-placement-without-clid',
    {
      text: 'Hi',
      referral: {
        sourceUrl: 'https://ads.example/2',
        sourceId: '120000002',
        sourceType: 'post',
        mediaType: 'video',
        videoUrl: 'https://ads.example/2.mp4',
      },
    },
  ],
  [
    'image-with-caption',
    {
      text: 'my parcel',
      attachments: [
        {
          type: 'image',
          mediaId: '910000000000001',
          mimeType: 'image/jpeg',
          sha256: SHA,
          caption: 'my parcel',
        },
      ],
    },
  ],
  ['image-without-id', { text: 'lost', supported: false }],
  ['video', { attachments: [{ type: 'video', mediaId: '910000000000002', mimeType: 'video/mp4', sha256: SHA }] }],
  [
    'audio-voice-note',
    {
      attachments: [
        { type: 'audio', mediaId: '910000000000003', mimeType: 'audio/ogg; codecs=opus', sha256: SHA, voice: true },
      ],
    },
  ],
  ['audio-file', { attachments: [{ type: 'audio', mediaId: '910000000000004', mimeType: 'audio/mpeg', sha256: SHA }] }],
  [
    'document',
    {
      text: 'see page 2',
      attachments: [
        {
          type: 'document',
          mediaId: '910000000000005',
          mimeType: 'application/pdf',
          sha256: SHA,
          name: 'invoice.pdf',
          caption: 'see page 2',
        },
      ],
    },
  ],
  [
    'sticker-animated',
    {
      attachments: [
        { type: 'sticker', mediaId: '910000000000006', mimeType: 'image/webp', sha256: SHA, animated: true },
      ],
    },
  ],
  ['location', { data: { location: { latitude: 38.7223, longitude: -9.1393, name: 'Rossio', address: 'Lisboa' } } }],
  ['location-as-strings', { data: { location: { latitude: 38.7, longitude: -9.1 } } }],
  ['location-without-longitude', { supported: false }],
  [
    'contacts-shared-by-hand',
    {
      data: {
        contacts: [
          {
            name: 'Rui Dias',
            phones: [{ phone: '+351 910 000 009', waId: '351910000009', type: 'CELL' }],
            emails: [{ email: 'rui@example.com', type: 'WORK' }],
            company: 'Example Lda',
            origin: 'other',
          },
        ],
      },
    },
  ],
  [
    'contacts-answer-to-request',
    {
      data: {
        contacts: [
          {
            name: 'Rita Alves',
            phones: [{ phone: '+351910000002', waId: '351910000002' }],
            emails: [],
            origin: 'contact_request',
          },
        ],
      },
    },
  ],
  ['contacts-empty', { supported: false }],
  [
    'interactive-button-reply',
    { text: 'track', data: { reply: { kind: 'button', id: 'track', title: 'Track it' } }, repliedTo: QUOTED },
  ],
  [
    'interactive-list-reply',
    {
      text: 'slot-3',
      data: { reply: { kind: 'list', id: 'slot-3', title: 'Tuesday', description: '9 to 12' } },
      repliedTo: QUOTED,
    },
  ],
  [
    'interactive-flow-reply',
    {
      data: { form: { name: 'flow', body: 'Sent', response: { flow_token: 'unused', size: 'L' } } },
      repliedTo: QUOTED,
    },
  ],
  [
    'interactive-address-reply',
    { data: { form: { name: 'address_message', body: 'Rua 1', response: { values: { city: 'Pune' } } } } },
  ],
  [
    'interactive-flow-reply-with-broken-json',
    { data: { form: { name: 'flow', body: 'Sent', responseText: '{"size":' } } },
  ],
  ['interactive-flow-reply-with-list-json', { data: { form: { name: 'flow', body: 'Sent', responseText: '[1,2]' } } }],
  [
    'interactive-call-permission-reply',
    { data: { callPermission: { response: 'accept', expiresAtSec: 1764304800, source: 'user_action' } } },
  ],
  ['interactive-without-object', { supported: false }],
  ['interactive-of-unknown-kind', { supported: false }],
  ['interactive-button-reply-without-id', { supported: false }],
  [
    'button-of-template',
    { text: 'OK_17', data: { reply: { kind: 'template', id: 'OK_17', title: 'Confirm' } }, repliedTo: QUOTED },
  ],
  [
    'button-of-template-without-payload',
    { text: 'Confirm', data: { reply: { kind: 'template', id: 'Confirm', title: 'Confirm' } }, repliedTo: QUOTED },
  ],
  ['reaction', { data: { reaction: { messageId: 'wamid.SIMOUT1', emoji: '👍', removed: false } } }],
  ['reaction-removed-without-emoji', { data: { reaction: { messageId: 'wamid.SIMOUT1', emoji: '', removed: true } } }],
  [
    'reaction-removed-with-empty-emoji',
    { data: { reaction: { messageId: 'wamid.SIMOUT1', emoji: '', removed: true } } },
  ],
  [
    'order',
    {
      data: {
        order: {
          catalogId: '8000001',
          text: 'gift wrap please',
          items: [{ productId: 'mug-7', quantity: 2, price: 7.5, currency: 'EUR' }],
        },
      },
    },
  ],
  [
    'system-user-changed-number',
    { data: { system: { type: 'user_changed_number', waId: '351910000003', bsuid: 'PT.90000000000000000009' } } },
  ],
  [
    'system-user-changed-user-id',
    { data: { system: { type: 'user_changed_user_id', bsuid: 'PT.90000000000000000009' } } },
  ],
  ['system-customer-identity-changed', { data: { system: { type: 'customer_identity_changed' } } }],
  ['request-welcome', {}],
  ['edit', { data: { edit: { messageId: 'wamid.SIM0001', type: 'text', text: 'Olá!' } } }],
  ['revoke', { data: { revoke: { messageId: 'wamid.SIM0001' } } }],
  ['unsupported-poll', { supported: false, data: { unsupported: { type: 'poll', errorCodes: [131051] } } }],
  ['unsupported-media-not-fetched', { supported: false, data: { unsupported: { errorCodes: [131052] } } }],
  ['unknown-type', { supported: false, data: { unsupported: { errorCodes: [] } } }],
  ['type-named-constructor', { supported: false, data: { unsupported: { errorCodes: [] } } }],
  ['type-missing', { supported: false, data: { unsupported: { errorCodes: [] } } }],
  ['name-like-a-prototype', { supported: false, data: { unsupported: { errorCodes: [] } } }],
];

describe('readMessage', () => {
  it.each(SEEN)('shows flows %s', (name, seen) => {
    const { type, message } = messageOf(name);
    const nothing = { text: '', data: {}, attachments: [], supported: true };
    expect(read(name)).toEqual({ messageId: 'm1', type, ...nothing, ...seen, whatsapp: message });
  });

  it('cuts a text of 100 kB for flows, says so, and keeps the whole beside it', () => {
    const body = 'a'.repeat(100_000);
    const message = readText(body);
    expect(message.text).toBe('a'.repeat(MAX_FLOW_TEXT_BYTES));
    expect(message.data).toEqual({ truncated: true });
    expect(message.whatsapp.text).toEqual({ body });
  });

  it.each([
    ['🙂', 4],
    ['ä', 2],
    ['あ', 3],
  ])('never cuts through %s', (character, bytes) => {
    const { text } = readText(`x${character.repeat(50_000)}`);
    expect(text).toBe(`x${character.repeat(Math.floor((MAX_FLOW_TEXT_BYTES - 1) / bytes))}`);
  });

  it('keeps a text of exactly the limit', () => {
    const message = readText('ä'.repeat(MAX_FLOW_TEXT_BYTES / 2));
    expect(message.data).toEqual({});
    expect(Buffer.byteLength(message.text)).toBe(MAX_FLOW_TEXT_BYTES);
  });

  it('reads any JSON without an exception and gives plain JSON', () => {
    const types = [
      'text',
      'image',
      'location',
      'contacts',
      'interactive',
      'button',
      'reaction',
      'order',
      'system',
      'edit',
    ];
    const json = fc.jsonValue();
    const object = fc.oneof(
      json,
      fc.record({ id: json, body: json, latitude: json, longitude: json, type: json, product_items: fc.array(json) }),
      fc.record({
        type: fc.constantFrom('button_reply', 'list_reply', 'nfm_reply', 'call_permission_reply'),
        button_reply: json,
        list_reply: json,
        nfm_reply: fc.oneof(json, fc.record({ name: json, response_json: fc.oneof(json, fc.json()) })),
        call_permission_reply: fc.oneof(json, fc.record({ response: json, expiration_timestamp: json })),
      }),
    );
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(...types), fc.string()),
        object,
        json,
        json,
        (type, value, context, referral) => {
          const raw: JsonObject = JSON.parse(JSON.stringify({ [type]: value, context, referral, errors: context }));
          const message = readMessage({ messageId: 'm1', type, message: raw });
          expect(JSON.parse(JSON.stringify(message))).toEqual(message);
          expect(message.whatsapp).toBe(raw);
          expect(typeof message.text).toBe('string');
          expect(typeof message.supported).toBe('boolean');
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('startsTurn', () => {
  it.each([
    ['text', true],
    ['image-with-caption', true],
    ['interactive-button-reply', true],
    ['button-of-template', true],
    ['order', true],
    ['request-welcome', true],
    ['unsupported-poll', true],
    ['unknown-type', true],
    ['type-named-constructor', true],
    ['reaction', false],
    ['system-user-changed-number', false],
    ['edit', false],
    ['revoke', false],
    ['text-to-group', false],
  ])('for %s is %s', (name, expected) => expect(startsTurn(messageOf(name))).toBe(expected));
});

describe('an endpoint’s own choice of what starts a turn', () => {
  it.each([
    ['reaction', { reaction: true }, true],
    ['sticker-animated', { sticker: false }, false],
    ['unknown-type', { unsupported: false }, false],
    ['type-named-constructor', {}, true],
    ['text', { reaction: true }, true],
    ['text-to-group', { text: true }, false],
  ])('%s with %o: %s', (name, chosen, expected) => expect(startsTurn(messageOf(name), chosen)).toBe(expected));

  it('does not wake for what stands for a file of the past', () => {
    const message = { type: 'media_placeholder' };
    expect(startsTurn({ type: message.type, message }, { unsupported: true })).toBe(false);
  });
});

describe('an edit', () => {
  const edited = (message: JsonObject) =>
    readMessage({ messageId: 'm', type: 'edit', message: { edit: { original_message_id: 'w', message } } }).data.edit;

  it.each([
    ['a caption', { type: 'image', image: { id: '1', caption: 'new' } }, { type: 'image', text: 'new' }],
    ['an edit', { type: 'edit', edit: { message: { type: 'text', text: { body: 'deep' } } } }, { type: 'edit' }],
    ['nothing', {}, {}],
    ['something else', { type: 'hologram' }, { type: 'hologram' }],
  ])('of %s is read', (_what, message, expected) => {
    expect(edited(message)).toEqual({ messageId: 'w', ...expected });
  });
});

describe('eventOf', () => {
  it.each([
    ['reaction', 'reaction'],
    ['system-user-changed-number', 'system'],
    ['text', undefined],
    ['edit', undefined],
  ])('for %s is %s', (name, expected) => expect(eventOf(messageOf(name))).toBe(expected));

  it.each([
    [{ user_preferences: { value: 'stop' } }, 'optOut'],
    [{ user_preferences: { value: 'resume' } }, undefined],
    [{ user_preferences: null }, undefined],
  ])('for the preference %o is %s', (message, expected) =>
    expect(eventOf({ type: 'user_preferences', message })).toBe(expected),
  );
});
