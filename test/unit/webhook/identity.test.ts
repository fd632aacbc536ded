import { describe, expect, it } from 'vitest';
import { readEvents } from '../../../src/webhook/read-events.js';
import { bodyOf, messageOf, messagesOf, readFixture, textMessage } from './fixtures.js';

const RITA = { waId: '351910000002', bsuid: 'PT.90000000000000000001' };
const NOOR = { bsuid: 'NL.80000000000000000001', username: 'noor.k', name: 'Noor' };

describe('who wrote', () => {
  it.each([
    ['text', { ...RITA, name: 'Rita Alves' }],
    ['text-without-wa-id', NOOR],
    ['text-with-empty-wa-id', NOOR],
    ['text-with-bsuid-in-from', NOOR],
    ['text-with-parent-user-id', { ...RITA, name: 'Rita Alves' }],
    ['text-with-username-and-number', { ...RITA, username: 'rita.alves', name: 'Rita Alves' }],
    ['text-without-user-id', { waId: RITA.waId, name: 'Rita Alves' }],
    ['text-without-contacts', RITA],
    ['text-with-sender-in-contacts-only', { ...RITA, name: 'Rita Alves' }],
    ['system-customer-identity-changed', RITA],
  ])('is read from %s', (name, expected) => {
    expect(messageOf(name).contact).toEqual(expected);
    expect(messageOf(name)).not.toHaveProperty('previous');
  });

  it('is told apart when two people share a change', () => {
    const contacts = messagesOf(readEvents(readFixture('contacts-of-two-people'))).map((event) => event.contact);
    expect(contacts).toEqual([{ ...RITA, name: 'Rita Alves' }, NOOR]);
  });

  it.each([
    ['another number', { wa_id: '351910000099' }],
    ['another user id', { user_id: 'PT.99' }],
    ['the same number and another user id', { wa_id: RITA.waId, user_id: 'PT.99' }],
  ])('is not completed from a contact with %s', (_what, ids) => {
    const contacts = [{ ...ids, profile: { name: 'Somebody else' } }];
    const [event] = messagesOf(readEvents(bodyOf({ contacts, messages: [textMessage('wamid.1')] })));
    expect(event?.contact).toEqual(RITA);
  });

  it('is not guessed from two contacts', () => {
    const contacts = [{ wa_id: '351910000002' }, { wa_id: '351910000003' }];
    const messages = [{ id: 'wamid.1', timestamp: '1', type: 'text' }];
    expect(readEvents(bodyOf({ contacts, messages }))).toMatchObject([{ kind: 'malformed', reason: 'no_sender' }]);
  });

  it('is completed from the only contact when one is named by number and the other by user id', () => {
    const contacts = [{ user_id: RITA.bsuid, profile: { name: 'Rita' } }];
    const messages = [textMessage('wamid.1', { from_user_id: '' })];
    expect(messagesOf(readEvents(bodyOf({ contacts, messages })))[0]?.contact).toEqual({ ...RITA, name: 'Rita' });
  });

  it('is a parent user id when there is no other', () => {
    const messages = [{ id: 'wamid.1', type: 'text', from_parent_user_id: 'US.ENT.7' }];
    expect(messagesOf(readEvents(bodyOf({ messages })))[0]?.contact).toEqual({ bsuid: 'US.ENT.7' });
  });

  it.each([
    ['a plus', '+351910000002'],
    ['a number in JSON', 351910000002],
  ])('has a bare number also when Meta writes %s', (_what, from) => {
    const messages = [textMessage('wamid.1', { from })];
    expect(messagesOf(readEvents(bodyOf({ messages })))[0]?.contact.waId).toBe('351910000002');
  });

  it.each([[{}], [{ from: '12' }], [{ from: 'Rita' }], [{ from: ' ' }], [{ from: null, from_user_id: 'has space' }]])(
    'is nobody in %j',
    (ids) => {
      const messages = [{ id: 'wamid.1', type: 'text', ...ids }];
      expect(readEvents(bodyOf({ messages }))).toMatchObject([{ kind: 'malformed', reason: 'no_sender' }]);
    },
  );
});

describe('a contact’s name', () => {
  const nameOf = (name: unknown) => {
    const contacts = [{ wa_id: RITA.waId, profile: { name } }];
    return messagesOf(readEvents(bodyOf({ contacts, messages: [textMessage('wamid.1')] })))[0]?.contact.name;
  };

  it.each([
    ['José Ñandú', 'José Ñandú'],
    ['ليلى', 'ليلى'],
    ['👩‍👧 Ana', '👩‍👧 Ana'],
    ['  Ana  \n Sá\t', 'Ana Sá'],
    ['An\u0000a\u0007\u009f', 'Ana'],
    ['Ana\u202egpj.exe\u2069', 'Anagpj.exe'],
    ['Ana\ud83d', 'Ana'],
    ['Ana\u2028Sá', 'Ana Sá'],
    ['\u202e\u0000 ', undefined],
    ['', undefined],
    [7, undefined],
  ])('%j is shown as %j', (given, expected) => expect(nameOf(given)).toBe(expected));

  it('has 256 characters at most, and no half emoji at its end', () => {
    expect(nameOf('x'.repeat(10_000))).toBe('x'.repeat(256));
    expect(nameOf(`${'x'.repeat(255)}👍`)).toBe('x'.repeat(255));
    expect(messageOf('name-of-10-kb-with-control-characters').contact.name).toMatch(/^Rita Alves x+$/);
  });
});

describe('a change of identity', () => {
  it('by a system message gives the old and the new', () => {
    expect(messageOf('system-user-changed-number')).toMatchObject({
      previous: RITA,
      contact: { waId: '351910000003', bsuid: 'PT.90000000000000000009' },
    });
    expect(messageOf('system-user-changed-user-id')).toMatchObject({
      previous: { bsuid: RITA.bsuid },
      contact: { bsuid: 'PT.90000000000000000009' },
    });
  });

  it('does not count what stays the same as the old one', () => {
    const system = { type: 'user_changed_user_id', wa_id: RITA.waId, user_id: 'PT.9' };
    const [event] = messagesOf(readEvents(bodyOf({ messages: [textMessage('wamid.1', { type: 'system', system })] })));
    expect(event?.previous).toEqual({ bsuid: RITA.bsuid });
    expect(event?.contact).toEqual({ waId: RITA.waId, bsuid: 'PT.9' });
  });

  it.each([
    ['without the new id', { type: 'user_changed_number' }],
    ['to the same id', { type: 'user_changed_user_id', user_id: RITA.bsuid, wa_id: RITA.waId }],
    ['in its text alone', { type: 'other', body: 'changed from PT.9 to PT.10', user_id: 'PT.10' }],
  ])('is none %s', (_what, system) => {
    const [event] = messagesOf(readEvents(bodyOf({ messages: [textMessage('wamid.1', { type: 'system', system })] })));
    expect(event).not.toHaveProperty('previous');
    expect(event?.contact).toEqual(RITA);
  });

  it('by the field user_id_update is an event of its own, each item for itself', () => {
    expect(readEvents(readFixture('identity-user-id-update'))).toMatchObject([
      {
        kind: 'identity',
        wabaId: '100000000000001',
        phoneNumberId: '700000000000001',
        previous: { bsuid: RITA.bsuid },
        contact: { waId: RITA.waId, bsuid: 'PT.90000000000000000009' },
        timestampMs: 1_763_700_100_000,
      },
      { kind: 'malformed', reason: 'no_identity' },
    ]);
  });
});
