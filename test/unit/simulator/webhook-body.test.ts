import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../../../src/simulator/chats.js';
import { createChatBook, isProgress } from '../../../src/simulator/chats.js';
import { newWamid } from '../../../src/simulator/ids.js';
import { at } from '../../../src/simulator/json.js';
import { DEFAULT_CONTACTS } from '../../../src/simulator/options.js';
import { createRandom } from '../../../src/simulator/random.js';
import { statusItem } from '../../../src/simulator/statuses.js';
import type { MessageUpdate } from '../../../src/simulator/webhook-body.js';
import { profileOf, toWebhookBody } from '../../../src/simulator/webhook-body.js';

const NOW_MS = 1_763_700_000_999;
const [rita, , samira] = DEFAULT_CONTACTS;
if (rita === undefined || samira === undefined) throw new Error('the default contacts changed');

const number = (phoneNumberId: string, wabaId: string) => ({
  phoneNumberId,
  displayPhoneNumber: `+351 ${phoneNumberId}`,
  wabaId,
  name: 'x',
});
const update = (
  phoneNumberId: string,
  wabaId: string,
  kind: MessageUpdate['kind'],
  id: string,
  contact = rita,
): MessageUpdate => ({
  number: number(phoneNumberId, wabaId),
  contactId: contact.contactId,
  kind,
  profile: profileOf(contact, contact.waId),
  item: { id },
  wamid: id,
  summary: kind,
});

describe('a webhook body', () => {
  it('has an entry for each account, a change for each number and kind, and keeps the order inside', () => {
    const body = toWebhookBody([
      update('1', 'A', 'messages', 'm1'),
      update('2', 'A', 'messages', 'm2', samira),
      update('1', 'A', 'statuses', 's1'),
      update('3', 'B', 'messages', 'm3'),
      update('1', 'A', 'messages', 'm4', samira),
      update('1', 'A', 'messages', 'm5'),
    ]);
    const changes = body.entry.map(({ id, changes }) => [
      id,
      changes.map(({ value }) => [
        at(value, 'metadata', 'phone_number_id'),
        [at(value, 'messages') ?? [], at(value, 'statuses') ?? []].flat().map((item) => at(item, 'id')),
      ]),
    ]);
    expect(changes).toEqual([
      [
        'A',
        [
          ['1', ['m1', 'm4', 'm5']],
          ['2', ['m2']],
          ['1', ['s1']],
        ],
      ],
      ['B', [['3', ['m3']]]],
    ]);
    expect(body.entry[0]?.changes[0]?.value).toMatchObject({
      messaging_product: 'whatsapp',
      metadata: { display_phone_number: '3511', phone_number_id: '1' },
      contacts: [{ user_id: rita.bsuid }, { user_id: samira.bsuid }],
    });
  });
});

describe('a status', () => {
  const sent = (message: ChatMessage['message'], type = 'text'): ChatMessage => ({
    seq: 1,
    wamid: 'wamid.x',
    contactId: 'rita',
    phoneNumberId: '1',
    by: 'bot',
    type,
    message,
    atMs: NOW_MS,
    status: 'pending',
  });

  it('names number and BSUID, seconds as a string, and the callback data', () => {
    const message = sent({ to: '+351910000101', biz_opaque_callback_data: 'out_1' });
    expect(
      statusItem(message, { status: 'sent', nowMs: NOW_MS, contact: rita, waId: rita.waId, priced: true }),
    ).toEqual({
      id: 'wamid.x',
      status: 'sent',
      timestamp: '1763700000',
      recipient_id: '351910000101',
      recipient_user_id: rita.bsuid,
      biz_opaque_callback_data: 'out_1',
      pricing: { billable: true, pricing_model: 'PMP', type: 'regular', category: 'service' },
    });
  });

  it.each([
    ['sent to a number', { to: '+351910000101' }, rita, { recipient_id: '351910000101' }],
    ['sent to a BSUID', { recipient: samira.bsuid }, samira, { recipient_user_id: samira.bsuid }],
    ['sent to nobody', { to: '+1 555 0100' }, undefined, { recipient_id: '15550100' }],
  ])('that failed names only what Meta tells: %s', (_name, message, contact, expected) => {
    const item = statusItem(sent(message), {
      status: 'failed',
      nowMs: NOW_MS,
      contact,
      waId: contact === samira ? undefined : contact?.waId,
      errorCode: 131026,
      priced: false,
    });
    const { recipient_id, recipient_user_id } = item;
    expect(JSON.parse(JSON.stringify({ recipient_id, recipient_user_id }))).toEqual(expected);
    expect(item.errors).toMatchObject([
      { code: 131026, title: 'Message undeliverable', message: 'Message undeliverable' },
    ]);
  });

  it('carries a conversation only when told to, with its end on sent', () => {
    const facts = { nowMs: NOW_MS, contact: rita, waId: rita.waId, priced: false, conversationId: 'c1' };
    expect(statusItem(sent({}), { ...facts, status: 'sent' }).conversation).toEqual({
      id: 'c1',
      expiration_timestamp: '1763786400',
      origin: { type: 'service' },
    });
    expect(statusItem(sent({}), { ...facts, status: 'read' }).conversation).toEqual({
      id: 'c1',
      origin: { type: 'service' },
    });
  });

  it.each([
    ['sent', 'delivered', true],
    ['pending', 'read', true],
    ['read', 'delivered', false],
    ['sent', 'sent', false],
    ['delivered', 'failed', true],
    ['failed', 'read', false],
  ] as const)('goes from %s to %s: %s', (from, to, expected) => expect(isProgress(from, to)).toBe(expected));
});

describe('ids', () => {
  it('repeat with seed and time, and differ otherwise', () => {
    const wamid = (seed: number, nowMs: number) => newWamid('351910000101', nowMs, createRandom(seed));
    expect(wamid(1, NOW_MS)).toBe(wamid(1, NOW_MS));
    expect(new Set([wamid(1, NOW_MS), wamid(2, NOW_MS), wamid(1, NOW_MS + 1)]).size).toBe(3);
  });

  it('hold the number, as Meta’s do, so that a log of ids leaks here too', () => {
    const [, encoded = ''] = newWamid('351910000101', NOW_MS, createRandom(1)).split('.');
    expect(Buffer.from(encoded, 'base64').toString('latin1')).toContain('351910000101');
  });

  it('stay apart without a seed', () => {
    expect(createRandom().hex(32)).not.toBe(createRandom().hex(32));
  });
});

describe('a chat book', () => {
  it('forgets the oldest of a chat, and only there', () => {
    const book = createChatBook(2);
    const add = (wamid: string, contactId: string) =>
      book.add({
        wamid,
        contactId,
        phoneNumberId: '1',
        by: 'bot',
        type: 'text',
        message: {},
        atMs: NOW_MS,
        status: 'sent',
      });
    for (const [wamid, contactId] of [
      ['a', 'rita'],
      ['b', 'kofi'],
      ['c', 'rita'],
      ['d', 'rita'],
    ] as const)
      add(wamid, contactId);
    expect(book.ofContact('rita').map((message) => message.wamid)).toEqual(['c', 'd']);
    expect(book.find('a')).toBeUndefined();
    expect(book.find('b')?.contactId).toBe('kofi');
  });
});
