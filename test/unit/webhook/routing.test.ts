import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/shared/json.js';
import { handoversIn, standbyIn } from '../../../src/webhook/routing.js';

const PHONE = '700000000000001';
const handover = (type: string, other: JsonObject = {}): JsonObject => ({
  messaging_product: 'whatsapp',
  recipient: { display_phone_number: '351210000001', phone_number_id: PHONE },
  sender: { phone_number: '351910000002' },
  timestamp: '1763700000',
  type,
  ...other,
});
const fact = {
  kind: 'routing',
  phoneNumberId: PHONE,
  timestampMs: 1_763_700_000_000,
  contact: { waId: '351910000002' },
};

describe('messaging_handovers', () => {
  it.each<[string, JsonObject, 'given' | 'taken']>([
    ['control_passed', { control_passed: { previous_owner_app_role: 'meta_business_agent' } }, 'given'],
    ['control_passed', { control_passed: { previous_owner_role: 'ai_agent', new_owner_role: 'escalation' } }, 'given'],
    ['control_passed', { control_passed: { new_owner_role: 'ai_agent' } }, 'taken'],
    ['control_passed', {}, 'given'],
    ['control_taken', { control_taken: { new_owner_role: 'primary' } }, 'taken'],
  ])('%s %o: the conversation is %s', (type, other, is) => {
    expect(handoversIn(handover(type, other), undefined)).toEqual([{ ...fact, is, id: expect.any(String) }]);
  });

  it('is the same in a redelivery, and another for another moment', () => {
    const [first, again, later] = [{}, {}, { timestamp: '1763700001' }].map(
      (other) => handoversIn(handover('control_taken', other), undefined)[0]?.id,
    );
    expect([first === again, first === later]).toEqual([true, false]);
  });

  it('takes the number from `metadata`, the contact from any of its ids, and the time of the entry when it has none', () => {
    const value = handover('control_taken', {
      metadata: { phone_number_id: '700000000000009' },
      sender: { user_id: 'PT.1', phone_number: '351910000002' },
      timestamp: 'soon',
    });
    expect(handoversIn(value, 5)).toMatchObject([
      { phoneNumberId: '700000000000009', contact: { waId: '351910000002', bsuid: 'PT.1' }, timestampMs: 5 },
    ]);
  });

  it('takes the number beside an id that is empty, as Meta spells what it withholds', () => {
    const value = handover('control_taken', { sender: { wa_id: '', phone_number: '351910000002' } });
    expect(handoversIn(value, undefined)).toMatchObject([{ contact: { waId: '351910000002' } }]);
  });

  it.each<[string, JsonObject]>([
    ['of a type to come', handover('control_requested')],
    ['named like a property of every object', handover('constructor')],
    ['that names no number', handover('control_taken', { recipient: 'x' })],
    ['that names nobody', handover('control_taken', { sender: {} })],
    ['with a list for a sender', handover('control_taken', { sender: [] })],
  ])('%s stays news of the account', (_what, value) => {
    expect(handoversIn(value, undefined)).toEqual([]);
  });
});

describe('standby', () => {
  const message = { from: '351910000002', id: 'wamid.S1', timestamp: '1763700000', type: 'text', text: { body: 'hi' } };

  const { id: _id, ...sealed } = message;

  it.each<[string, JsonObject]>([
    ['beside the metadata', { messages: [message] }],
    ['under a name of their own', { standby: { messages: [message] } }],
    ['each inside an item', { standby: { messages: [{ id: 'wamid.S1', message: sealed }] } }],
  ])('reads what contacts write, %s', (_where, value) => {
    expect(standbyIn(value, PHONE)).toEqual([{ ...fact, is: 'standby', id: 'wamid.S1' }]);
  });

  it.each<[string, JsonObject]>([
    [
      'what the other app answers',
      { standby: { message_echoes: [{ id: 'wamid.E', message: { to: '351910000002' } }] } },
    ],
    ['statuses', { statuses: [{ id: 'wamid.E', status: 'read', recipient_id: '351910000002' }] }],
    ['a group', { messages: [{ ...message, group_id: 'G' }] }],
    ['nobody', { messages: [{ ...message, from: '' }] }],
    ['no item', { messages: [7, null, { from: '351910000002' }] }],
  ])('%s says nothing of who has the conversation', (_what, value) => {
    expect(standbyIn(value, PHONE)).toEqual([]);
  });
});
