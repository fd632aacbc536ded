import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../../../src/simulator/chats.js';
import { reaches, spellNumber } from '../../../src/simulator/identity.js';
import type { JsonObject } from '../../../src/simulator/json.js';
import { toWireMessage } from '../../../src/simulator/phone.js';
import { PhoneAction } from '../../../src/simulator/phone-actions.js';
import { createRandom } from '../../../src/simulator/random.js';
import { sampleFile } from '../../../src/simulator/samples.js';

const NOW_MS = 1_763_700_000_000;
const BUSINESS = '351210000001';
const rita = { contactId: 'rita', name: 'Rita Alves', waId: '351910000101', bsuid: 'PT.101' };

const inChat = (wamid: string, by: ChatMessage['by'], message: JsonObject): ChatMessage => ({
  seq: 1,
  wamid,
  contactId: 'rita',
  phoneNumberId: '7',
  by,
  type: String(message.type),
  message,
  atMs: NOW_MS,
  status: 'sent',
});
const chat = [
  inChat('wamid.menu', 'bot', {
    type: 'interactive',
    interactive: {
      type: 'list',
      action: { sections: [{ rows: [{ id: 'soup', title: 'Soup', description: 'of the day' }] }] },
    },
  }),
  {
    ...inChat('wamid.template', 'bot', { type: 'template', template: { name: 'x' } }),
    template: { buttons: [{ type: 'QUICK_REPLY', text: 'Yes, please', payload: 'YES' }] },
  },
  inChat('wamid.form', 'bot', {
    type: 'interactive',
    interactive: { type: 'flow', action: { parameters: { flow_token: 't1' } } },
  }),
  inChat('wamid.address', 'bot', { type: 'interactive', interactive: { type: 'address_message' } }),
  inChat('wamid.own', 'contact', { type: 'text', text: { body: 'helo' } }),
  inChat('wamid.photo', 'contact', { type: 'image', image: { id: '9', caption: 'my bred' } }),
  inChat('wamid.silent', 'contact', { type: 'image', image: { id: '9' } }),
];

function wire(action: PhoneAction, from: string | undefined = rita.waId): JsonObject {
  return toWireMessage(PhoneAction.parse(action), {
    contact: rita,
    number: { phoneNumberId: '7', displayPhoneNumber: '+351 210 000 001', wabaId: '5', name: 'x' },
    from,
    wamid: 'wamid.new',
    nowMs: NOW_MS,
    find: (wamid) => chat.find((message) => message.wamid === wamid),
    takeFile: (kind, { mediaId = 'sample' }) => ({
      inMessage: { id: mediaId, mime_type: `${kind}/x`, sha256: 'c2hh' },
      filename: 'page.pdf',
    }),
  });
}

describe('what a contact does stands in the webhook as Meta spells it', () => {
  const file = { id: 'sample', sha256: 'c2hh' };
  it.each<[string, PhoneAction, JsonObject]>([
    ['a text', { type: 'text', text: 'hi' }, { type: 'text', text: { body: 'hi' } }],
    [
      'an answer to a message',
      { type: 'text', text: 'this one', replyTo: 'wamid.menu' },
      { context: { from: BUSINESS, id: 'wamid.menu' } },
    ],
    [
      'an answer to a message of one’s own',
      { type: 'text', text: 'I mean', replyTo: 'wamid.own' },
      { context: { from: '351910000101', id: 'wamid.own' } },
    ],
    ['a forwarded text', { type: 'text', text: 'news', forwarded: 'once' }, { context: { forwarded: true } }],
    [
      'one forwarded often',
      { type: 'text', text: 'x', forwarded: 'often' },
      { context: { frequently_forwarded: true } },
    ],
    [
      'a question about a product',
      { type: 'text', text: 'In stock?', product: { catalogId: 'c1', productId: 'p1' } },
      { context: { from: BUSINESS, referred_product: { catalog_id: 'c1', product_retailer_id: 'p1' } } },
    ],
    ['the way from an ad', { type: 'text', text: 'hi', ad: true }, { referral: { source_type: 'ad' } }],
    [
      'the way from a post',
      { type: 'text', text: 'hi', ad: { source_type: 'post', source_id: '7' } },
      { referral: { source_type: 'post', source_id: '7', headline: 'Bread, warm at seven' } },
    ],
    [
      'a list row',
      { type: 'tap', messageId: 'wamid.menu', id: 'soup' },
      {
        type: 'interactive',
        context: { from: BUSINESS, id: 'wamid.menu' },
        interactive: { type: 'list_reply', list_reply: { id: 'soup', title: 'Soup', description: 'of the day' } },
      },
    ],
    [
      'a template’s quick reply, with the text the template has for it',
      { type: 'tap', messageId: 'wamid.template', id: 'YES' },
      { type: 'button', button: { payload: 'YES', text: 'Yes, please' }, context: { id: 'wamid.template' } },
    ],
    ['a picture', { type: 'image', caption: 'nice' }, { type: 'image', image: { ...file, caption: 'nice' } }],
    ['a video', { type: 'video' }, { type: 'video', video: { ...file, mime_type: 'video/x' } }],
    ['a voice note', { type: 'audio' }, { type: 'audio', audio: { ...file, voice: true } }],
    ['a song', { type: 'audio', voice: false }, { type: 'audio', audio: { ...file, voice: false } }],
    ['a document', { type: 'document' }, { type: 'document', document: { ...file, filename: 'page.pdf' } }],
    ['a sticker', { type: 'sticker', animated: true }, { type: 'sticker', sticker: { ...file, animated: true } }],
    ['an uploaded file', { type: 'document', mediaId: '77' }, { document: { id: '77' } }],
    [
      'a place',
      { type: 'location', latitude: 38.7, longitude: -9.1, name: 'Rossio' },
      { type: 'location', location: { latitude: 38.7, longitude: -9.1, name: 'Rossio' } },
    ],
    [
      'cards',
      { type: 'contacts', contacts: [{ name: { formatted_name: 'Ana' }, phones: [{ phone: '+351' }] }] },
      { type: 'contacts', contacts: [{ name: { formatted_name: 'Ana' }, phones: [{ phone: '+351' }] }] },
    ],
    [
      'the own number',
      { type: 'share-number', messageId: 'wamid.menu' },
      {
        type: 'contacts',
        context: { id: 'wamid.menu' },
        contacts: [{ origin: 'contact_request', phones: [{ phone: '+351910000101', wa_id: '351910000101' }] }],
      },
    ],
    [
      'a reaction',
      { type: 'reaction', messageId: 'wamid.menu', emoji: '👍' },
      { type: 'reaction', reaction: { message_id: 'wamid.menu', emoji: '👍' } },
    ],
    [
      'a cart',
      { type: 'order', catalogId: 'c1', items: [{ productId: 'p1', quantity: 2, price: 3.5 }] },
      {
        type: 'order',
        order: {
          catalog_id: 'c1',
          text: '',
          product_items: [{ product_retailer_id: 'p1', quantity: 2, item_price: 3.5, currency: 'EUR' }],
        },
      },
    ],
    [
      'a filled form, its token with it',
      { type: 'form', messageId: 'wamid.form', response: { day: 'Monday' } },
      {
        context: { id: 'wamid.form' },
        interactive: {
          type: 'nfm_reply',
          nfm_reply: { name: 'flow', response_json: '{"flow_token":"t1","day":"Monday"}' },
        },
      },
    ],
    [
      'a form with broken JSON',
      { type: 'form', messageId: 'wamid.form', response: '{"day":' },
      { interactive: { nfm_reply: { response_json: '{"day":' } } },
    ],
    [
      'an address',
      { type: 'form', messageId: 'wamid.address', response: { city: 'Pune' } },
      { interactive: { nfm_reply: { name: 'address_message', response_json: '{"city":"Pune"}' } } },
    ],
    [
      'leave to call for a week',
      { type: 'call-permission', messageId: 'wamid.menu', response: 'accept' },
      {
        interactive: {
          type: 'call_permission_reply',
          call_permission_reply: {
            response: 'accept',
            expiration_timestamp: 1_764_304_800,
            response_source: 'user_action',
          },
        },
      },
    ],
    [
      'leave to call for ever',
      { type: 'call-permission', messageId: 'wamid.menu', response: 'accept', permanent: true },
      { interactive: { call_permission_reply: { response: 'accept', is_permanent: true } } },
    ],
    [
      'a text made right',
      { type: 'edit', messageId: 'wamid.own', text: 'hello' },
      {
        type: 'edit',
        edit: { original_message_id: 'wamid.own', message: { type: 'text', text: { body: 'hello' } } },
      },
    ],
    [
      'a caption made right',
      { type: 'edit', messageId: 'wamid.photo', text: 'my bread' },
      { edit: { message: { type: 'image', image: { id: '9', caption: 'my bread' } } } },
    ],
    [
      'a message deleted',
      { type: 'delete', messageId: 'wamid.photo' },
      { type: 'revoke', revoke: { original_message_id: 'wamid.photo' } },
    ],
    ['the first look at the chat', { type: 'welcome' }, { type: 'request_welcome' }],
    ['a poll', { type: 'unsupported' }, { unsupported: { type: 'poll' }, errors: [{ code: 131051 }] }],
    [
      'a file Meta lost',
      { type: 'unsupported', kind: 'video', code: 131052 },
      { type: 'unsupported', errors: [{ code: 131052, title: 'Media download error' }] },
    ],
    ['anything else', { type: 'raw', message: { type: 'hologram', id: 'mine' } }, { type: 'hologram', id: 'mine' }],
  ])('%s', (_name, action, expected) => {
    expect(wire(action)).toMatchObject({ from: '351910000101', from_user_id: 'PT.101', ...expected });
  });

  it('leaves out what the contact did not say', () => {
    expect(wire({ type: 'text', text: 'hi' })).toEqual({
      from: '351910000101',
      from_user_id: 'PT.101',
      id: 'wamid.new',
      timestamp: '1763700000',
      type: 'text',
      text: { body: 'hi' },
    });
    expect(wire({ type: 'reaction', messageId: 'wamid.menu' }).reaction).toEqual({ message_id: 'wamid.menu' });
  });

  it('says of a file what it is told to say', () => {
    const { image } = wire({ type: 'image', claims: { mime_type: 'image/jpeg', sha256: null } });
    expect(image).toEqual({ id: 'sample', mime_type: 'image/jpeg' });
  });

  it.each<[string, PhoneAction, string]>([
    ['a tap on a row that is not there', { type: 'tap', messageId: 'wamid.menu', id: 'pizza' }, 'unknown_choice'],
    ['a tap on a message that is gone', { type: 'tap', messageId: 'wamid.gone', id: 'soup' }, 'unknown_message'],
    ['a quote of a message that is gone', { type: 'text', text: 'x', replyTo: 'wamid.gone' }, 'unknown_message'],
    ['a change to what the bot wrote', { type: 'edit', messageId: 'wamid.menu', text: 'x' }, 'unknown_message'],
    ['a deletion of what the bot wrote', { type: 'delete', messageId: 'wamid.menu' }, 'unknown_message'],
    ['a change to a picture without a caption', { type: 'edit', messageId: 'wamid.silent', text: 'x' }, 'bad_request'],
  ])('refuses %s', (_name, action, code) => expect(() => wire(action)).toThrow(expect.objectContaining({ code })));
});

describe('a phone number', () => {
  const day = 24 * 3_600_000;
  it.each([
    ['is told', { ...rita }, undefined, '351910000101'],
    ['is left out when it is hidden', { ...rita, hidesNumber: true }, undefined, undefined],
    ['is an empty string in old spelling', { ...rita, hidesNumber: true, withheldAs: 'empty' }, undefined, ''],
    ['gives its place to the BSUID', { ...rita, hidesNumber: true, withheldAs: 'bsuid' }, undefined, 'PT.101'],
    ['shows after the business wrote to it', { ...rita, hidesNumber: true }, NOW_MS - 29 * day, '351910000101'],
    ['vanishes again after 30 days', { ...rita, hidesNumber: true }, NOW_MS - 30 * day, undefined],
    ['cannot be told when there is none', { ...rita, waId: undefined }, NOW_MS, undefined],
  ] as const)('%s', (_name, contact, writtenToAtMs, expected) => {
    const { waId, ...others } = contact;
    const given = waId === undefined ? others : { ...others, waId };
    expect(spellNumber(given, writtenToAtMs, NOW_MS)).toBe(expected);
  });

  it.each([
    ['5511987654321', '551187654321', true],
    ['551187654321', '5511987654321', true],
    ['5215512345678', '525512345678', true],
    ['351910000101', '351910000102', false],
    ['55119876543210', '551187654321', false],
    ['551187654321', '551287654321', false],
  ])('%s reaches the account %s: %s', (dialled, waId, expected) => expect(reaches(dialled, waId)).toBe(expected));
});

describe('a sample file', () => {
  it.each([
    ['image', 'image/png', '89504e47'],
    ['video', 'video/mp4', '00000024'],
    ['audio', 'audio/ogg; codecs=opus', Buffer.from('OggS').toString('hex')],
    ['document', 'application/pdf', Buffer.from('%PDF').toString('hex')],
    ['sticker', 'image/webp', Buffer.from('RIFF').toString('hex')],
  ] as const)('%s is what it says', (kind, mimeType, start) => {
    const { bytes, mimeType: told } = sampleFile(kind, createRandom(1));
    expect(told).toBe(mimeType);
    expect(bytes.subarray(0, 4).toString('hex')).toBe(start);
    expect(bytes.length).toBeLessThan(100_000);
  });
});
