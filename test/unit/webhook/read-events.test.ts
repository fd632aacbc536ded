import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InboundEvent } from '../../../src/inbound/event.js';
import { readEvents } from '../../../src/webhook/read-events.js';
import { bodyOf, fixtureNames, messageOf, messagesOf, PHONE_NUMBER_ID, readFixture, textMessage } from './fixtures.js';

/** What each fixture tells, in order. */
const TELLS: Readonly<Record<string, readonly string[]>> = {
  'app-level-errors': ['account messages'],
  'audio-file': ['message audio'],
  'audio-voice-note': ['message audio'],
  'bad-body-a-list': ['malformed not_an_object'],
  'bad-change-a-number': ['malformed not_an_object'],
  'bad-changes-missing': ['malformed no_changes'],
  'bad-entry-a-string': ['malformed no_entry'],
  'bad-entry-holds-null': ['malformed not_an_object'],
  'bad-entry-missing': ['malformed no_entry'],
  'bad-entry-null': ['malformed no_entry'],
  'bad-field-missing': ['malformed no_field'],
  'bad-message-without-from': ['malformed no_sender'],
  'bad-message-without-id': ['malformed no_id'],
  'bad-message-without-timestamp': ['message text'],
  'bad-messages-an-object': ['malformed messages_not_a_list'],
  'bad-metadata-missing': ['malformed no_metadata', 'malformed no_metadata'],
  'bad-statuses-a-string': ['malformed statuses_not_a_list'],
  'bad-timestamp-of-words': ['message text'],
  'bad-value-missing': ['malformed no_value'],
  'batch-of-three-entries': ['message text', 'status read', 'account security'],
  'batch-of-two-numbers': ['message text', 'message text'],
  'batch-out-of-order': ['message text', 'message text', 'message text'],
  'batch-with-malformed-in-the-middle': [
    'message text',
    'malformed not_an_object',
    'malformed no_id',
    'malformed not_an_object',
    'message text',
    'malformed not_an_object',
    'status read',
  ],
  'button-of-template': ['message button'],
  'button-of-template-without-payload': ['message button'],
  'contacts-answer-to-request': ['message contacts'],
  'contacts-empty': ['message contacts'],
  'contacts-of-two-people': ['message text', 'message text'],
  'contacts-shared-by-hand': ['message contacts'],
  document: ['message document'],
  edit: ['message edit'],
  'field-one-level-up': ['message text'],
  'identity-user-id-update': ['identity', 'malformed no_identity'],
  'image-with-caption': ['message image'],
  'image-without-id': ['message image'],
  'interactive-address-reply': ['message interactive'],
  'interactive-button-reply': ['message interactive'],
  'interactive-button-reply-without-id': ['message interactive'],
  'interactive-call-permission-reply': ['message interactive'],
  'interactive-flow-reply': ['message interactive'],
  'interactive-flow-reply-with-broken-json': ['message interactive'],
  'interactive-flow-reply-with-list-json': ['message interactive'],
  'interactive-list-reply': ['message interactive'],
  'interactive-of-unknown-kind': ['message interactive'],
  'interactive-without-object': ['message interactive'],
  location: ['message location'],
  'location-as-strings': ['message location'],
  'location-without-longitude': ['message location'],
  'messages-and-unknown-list-beside': ['message text', 'account messages'],
  'name-like-a-prototype': ['message __proto__', 'account messages'],
  'name-of-10-kb-with-control-characters': ['message text'],
  order: ['message order'],
  reaction: ['message reaction'],
  'reaction-removed-with-empty-emoji': ['message reaction'],
  'reaction-removed-without-emoji': ['message reaction'],
  'request-welcome': ['message request_welcome'],
  revoke: ['message revoke'],
  'status-delivered': ['status delivered'],
  'status-failed-window-closed': ['status failed'],
  'status-never-heard-of': ['status teleported'],
  'status-played': ['status played'],
  'status-read': ['status read'],
  'status-sent': ['status sent'],
  'status-sent-before-v24': ['status sent'],
  'status-to-group': ['status delivered'],
  'status-to-username-user': ['status sent'],
  'status-upper-case': ['status delivered'],
  'status-without-callback-data': ['status sent'],
  'status-without-id': ['malformed no_id'],
  'status-without-status': ['malformed no_status'],
  'sticker-animated': ['message sticker'],
  'system-customer-identity-changed': ['message system'],
  'system-user-changed-number': ['message system'],
  'system-user-changed-user-id': ['message system'],
  text: ['message text'],
  'text-about-product': ['message text'],
  'text-empty': ['message text'],
  'text-forwarded-without-context-id': ['message text'],
  'text-frequently-forwarded': ['message text'],
  'text-from-ad': ['message text'],
  'text-from-status-placement-without-clid': ['message text'],
  'text-reply': ['message text'],
  'text-to-group': ['message text'],
  'text-with-bsuid-in-from': ['message text'],
  'text-with-empty-wa-id': ['message text'],
  'text-with-parent-user-id': ['message text'],
  'text-with-sender-in-contacts-only': ['message text'],
  'text-with-username-and-number': ['message text'],
  'text-without-body': ['message text'],
  'text-without-contacts': ['message text'],
  'text-without-user-id': ['message text'],
  'text-without-wa-id': ['message text'],
  'timestamp-a-number': ['message text'],
  'timestamp-in-1970': ['message text'],
  'timestamp-in-the-year-5000': ['message text'],
  'type-missing': ['message unknown'],
  'type-named-constructor': ['message constructor'],
  'unknown-type': ['message hologram'],
  'unsupported-media-not-fetched': ['message unsupported'],
  'unsupported-poll': ['message unsupported'],
  'user-actions': ['account messages'],
  video: ['message video'],
};

/** Fields of account news: one event each, nothing read. */
const ACCOUNT_FIELDS = fixtureNames.filter((name) => name.startsWith('account-'));

function summary(event: InboundEvent): string {
  switch (event.kind) {
    case 'message':
      return `message ${event.type}`;
    case 'status':
      return `status ${event.status}`;
    case 'account':
      return `account ${event.field}`;
    case 'malformed':
      return `malformed ${event.reason}`;
    case 'identity':
    case 'echo':
    case 'routing':
      return event.kind;
  }
}

describe('readEvents', () => {
  it('has a fixture for everything it claims, and the other way round', () => {
    expect([...Object.keys(TELLS), ...ACCOUNT_FIELDS].sort()).toEqual(fixtureNames);
    expect(ACCOUNT_FIELDS.length).toBeGreaterThan(25);
  });

  it.each(Object.entries(TELLS))('reads %s', (name, expected) => {
    expect(readEvents(readFixture(name)).map(summary)).toEqual(expected);
  });

  it.each(ACCOUNT_FIELDS)('keeps %s whole and starts nothing', (name) => {
    const body = readFixture(name);
    const [event, ...others] = readEvents(body);
    // A preference is its contact's, and what staff wrote or another app has is news of a conversation, too.
    const besides: { [name: string]: InboundEvent['kind'][] } = {
      'account-user-preferences': ['message'],
      'account-smb-message-echoes': ['echo'],
      'account-messaging-handovers': ['routing'],
      'account-standby': ['routing'],
      'account-calls': ['routing'],
    };
    expect(others.map(({ kind }) => kind)).toEqual(besides[name] ?? []);
    if (event?.kind !== 'account') throw new Error('not an account event');
    expect(event.wabaId).toBe('100000000000001');
    const json = JSON.stringify(body);
    expect(json).toContain(`"field":"${event.field}"`);
    expect(json).toContain(JSON.stringify(event.raw));
  });

  it('gives account news the time of their entry and the number they name', () => {
    expect(readEvents(readFixture('account-standby'))[0]).toMatchObject({
      timestampMs: 1_763_700_200_000,
      phoneNumberId: PHONE_NUMBER_ID,
    });
    expect(readEvents(readFixture('account-security'))[0]).toMatchObject({ phoneNumberId: undefined });
  });

  it('keeps a message as Meta sent it', () => {
    const body = readFixture('unknown-type');
    expect(messageOf('unknown-type').message).toMatchObject({ type: 'hologram', hologram: { depth: 3 } });
    expect(JSON.stringify(body)).toContain(JSON.stringify(messageOf('unknown-type').message));
  });

  it('routes each change by the number it names', () => {
    const events = messagesOf(readEvents(readFixture('batch-of-two-numbers')));
    expect(events.map((event) => event.phoneNumberId)).toEqual([PHONE_NUMBER_ID, '700000000000002']);
  });

  it('tells statuses with our own id, Meta’s codes and whom they are about', () => {
    expect(readEvents(readFixture('status-failed-window-closed'))[0]).toEqual({
      kind: 'status',
      phoneNumberId: PHONE_NUMBER_ID,
      wamid: 'wamid.SIMOUT1',
      status: 'failed',
      timestampMs: 1_763_700_010_000,
      callbackData: 'out-17',
      errorCodes: [131047],
      recipient: { waId: '351910000002' },
      raw: expect.objectContaining({ status: 'failed' }),
    });
    expect(readEvents(readFixture('status-to-group'))[0]).not.toHaveProperty('recipient');
    expect(readEvents(readFixture('status-without-callback-data'))[0]).not.toHaveProperty('callbackData');
  });

  it.each([
    ['bad-message-without-timestamp', undefined],
    ['bad-timestamp-of-words', undefined],
    ['timestamp-in-1970', 0],
    ['timestamp-in-the-year-5000', 95_617_584_000_000],
    ['timestamp-a-number', 1_763_700_000_000],
  ])('takes the time of %s as %s', (name, expected) => {
    expect(messageOf(name).timestampMs).toBe(expected);
  });

  it.each([['-1'], ['1763700000.5'], ['99999999999999'], [-1], [8.64e12 + 1], [Number.MAX_VALUE], [null], [{}]])(
    'takes %s for no time at all',
    (timestamp) => {
      const [event] = readEvents(bodyOf({ messages: [textMessage('wamid.1', { timestamp })] }));
      expect(event).toMatchObject({ kind: 'message', timestampMs: undefined });
    },
  );

  it('gives what it cannot read with the number it came to, to be put aside and tried again', () => {
    const [event] = readEvents(readFixture('bad-message-without-id'));
    expect(event).toMatchObject({ kind: 'malformed', reason: 'no_id', phoneNumberId: PHONE_NUMBER_ID });
    expect(event?.kind === 'malformed' && event.raw).toMatchObject({ type: 'text', text: { body: 'a' } });
  });

  it('is not confused by keys of every object', () => {
    const [event] = readEvents(readFixture('name-like-a-prototype'));
    expect(event).toMatchObject({ kind: 'message', type: '__proto__' });
    expect(Object.hasOwn({}, 'polluted') || 'polluted' in {}).toBe(false);
  });

  it('reads 1000 updates in one body', () => {
    const messages = Array.from({ length: 500 }, (_, i) => textMessage(`wamid.${i}`, { from: `35191000${1000 + i}` }));
    const statuses = Array.from({ length: 500 }, (_, i) => ({ id: `wamid.out${i}`, status: 'read' }));
    const events = readEvents(bodyOf({ messages, statuses }));
    expect(events.filter((event) => event.kind === 'message')).toHaveLength(500);
    expect(events.filter((event) => event.kind === 'status')).toHaveLength(500);
  });

  it('reads a body of 3 MB within a second', () => {
    const text = { body: 'ä'.repeat(1_500) };
    const messages = Array.from({ length: 1_000 }, (_, i) => textMessage(`wamid.${i}`, { text }));
    const raw = JSON.stringify(bodyOf({ messages }));
    expect(Buffer.byteLength(raw)).toBeGreaterThan(3_000_000);
    const startedMs = performance.now();
    expect(readEvents(JSON.parse(raw))).toHaveLength(1_000);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  it('takes thousands of messages of the past for one piece of news, whatever form they come in', () => {
    const messages = Array.from({ length: 5_000 }, (_, i) => textMessage(`wamid.${i}`));
    const metadata = { phone_number_id: PHONE_NUMBER_ID };
    const threads = { metadata, history: [{ metadata: { phase: 2 }, threads: [{ id: '351910000002', messages }] }] };
    // Their files follow as messages of the same field.
    for (const value of [threads, { metadata, messages }]) {
      const body = { entry: [{ id: '1', changes: [{ field: 'history', value }] }] };
      expect(readEvents(body).map(summary)).toEqual(['account history']);
    }
  });

  it('survives JSON nested deeper than the stack', () => {
    const depth = 200_000;
    const raw = `{"entry":[{"changes":[{"field":"messages","value":{"metadata":${'['.repeat(depth)}${']'.repeat(depth)}}}]}]}`;
    expect(readEvents(JSON.parse(raw)).map(summary)).toEqual(['account messages']);
  });

  it.each([
    [
      'user_preferences',
      { user_preferences: [{ wa_id: '351910000002', detail: 'DEEP' }, { wa_id: '351910000003' }] },
      1,
    ],
    [
      'messaging_handovers',
      { sender: { phone_number: '351910000002' }, type: 'control_taken', control_taken: 'DEEP' },
      0,
    ],
  ])('survives it in %s, which are known by their words alone, and loses no neighbour', (field, value, read) => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const change = { field, value: { ...value, metadata: { phone_number_id: '7' } } };
    const body = JSON.stringify({ entry: [{ id: '1', changes: [change] }] }).replace('"DEEP"', deep);
    const events = readEvents(JSON.parse(body));
    expect(events.map(({ kind }) => kind)).toEqual(['account', ...Array(read).fill('message')]);
  });
});

describe('the order of one body', () => {
  const order = (messages: ReturnType<typeof textMessage>[]) =>
    messagesOf(readEvents(bodyOf({ messages }))).map((event) => event.wamid);
  const at = (id: string, timestamp: string, overrides = {}) => textMessage(id, { timestamp, ...overrides });

  it('is by timestamp for one contact, and as it came for equal ones', () => {
    expect(order([at('c', '3'), at('a', '1'), at('d', '3'), at('b', '2')])).toEqual(['a', 'b', 'c', 'd']);
  });

  it('leaves other contacts where they were', () => {
    const other = { from: '351910000077', from_user_id: 'PT.77' };
    expect(order([at('b', '9'), at('x', '5', other), at('a', '1'), at('y', '4', other)])).toEqual(['a', 'y', 'b', 'x']);
  });

  it('knows a contact by number in one message and by user id in the next', () => {
    const both = at('b', '2');
    const byId = textMessage('a', { timestamp: '1', from: '' });
    expect(order([both, byId])).toEqual(['a', 'b']);
  });

  it('leaves a message without a timestamp behind the one before it', () => {
    expect(order([at('b', '5'), at('b2', 'soon'), at('a', '1')])).toEqual(['a', 'b', 'b2']);
  });

  it('does not mix the conversations of two business numbers', () => {
    const change = (id: string, messages: unknown[]) => ({
      field: 'messages',
      value: { metadata: { phone_number_id: id }, messages },
    });
    const events = readEvents({
      entry: [{ id: '1', changes: [change('1', [at('b', '9')]), change('2', [at('a', '1')])] }],
    });
    expect(messagesOf(events).map((event) => event.wamid)).toEqual(['b', 'a']);
  });
});

describe('any JSON', () => {
  it('is read without an exception', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(Array.isArray(readEvents(value))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('in the places of Meta’s body is read without an exception and told, never dropped', () => {
    const json = fc.jsonValue({ maxDepth: 1 });
    const few = { maxLength: 3 };
    const id = fc.oneof(json, fc.constantFrom('wamid.1', '351910000002', 'PT.1', ''));
    const message = fc.record({ id, from: id, from_user_id: id, timestamp: json, type: json, system: json });
    const contact = fc.record({ wa_id: id, user_id: id, profile: json });
    const status = fc.record({ id, status: id, errors: json });
    const metadata = fc.oneof(json, fc.constant({ phone_number_id: '7' }));
    const listOf = (item: fc.Arbitrary<unknown>) => fc.oneof(json, fc.array(fc.oneof(json, item), few));
    const value = fc.record({
      metadata,
      contacts: listOf(contact),
      messages: listOf(message),
      statuses: listOf(status),
    });
    const change = fc.record({ field: fc.oneof(json, fc.constant('messages')), value: fc.oneof(json, value) });
    const entry = fc.record({ id, time: json, changes: fc.array(change, { minLength: 1, maxLength: 3 }) });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 3 }), (entries) => {
        const changes = entries.flatMap((given) => given.changes);
        expect(readEvents({ entry: entries }).length).toBeGreaterThanOrEqual(changes.length);
      }),
      { numRuns: 1_000 },
    );
  });

  it('beside a good message or status never loses it', () => {
    const junk = fc.array(fc.oneof(fc.jsonValue(), fc.record({ id: fc.jsonValue(), from: fc.jsonValue() })));
    fc.assert(
      fc.property(junk, junk, junk, (before, after, changes) => {
        const good = bodyOf({
          contacts: before,
          messages: [...before, textMessage('wamid.good'), ...after],
          statuses: [...after, { id: 'wamid.ours', status: 'read' }, ...before],
        });
        const body = { entry: [...changes, { changes }, ...[good].flatMap((body) => Object.values(body ?? {})[1])] };
        const events = readEvents(body);
        const wamids = events.map((event) => (event.kind === 'message' || event.kind === 'status' ? event.wamid : ''));
        expect(wamids.filter((wamid) => wamid === 'wamid.good')).toHaveLength(1);
        expect(wamids.filter((wamid) => wamid === 'wamid.ours')).toHaveLength(1);
      }),
      { numRuns: 1_000 },
    );
  });
});

it("reads a contact's preference as a message of its own, the same in every redelivery", () => {
  const read = () => readEvents(readFixture('account-user-preferences')).filter(({ kind }) => kind === 'message');
  expect(read()).toEqual([
    expect.objectContaining({
      phoneNumberId: '700000000000001',
      contact: { waId: '351910000002', bsuid: 'PT.90000000000000000001' },
      type: 'user_preferences',
      timestampMs: 1_763_700_000_000,
    }),
  ]);
  expect(read()).toEqual(read());
});

describe('what staff wrote from the phone app', () => {
  const metadata = { phone_number_id: PHONE_NUMBER_ID };
  const echo = { from: '351210000001', to: '351910000002', id: 'wamid.E', timestamp: '1763700000', type: 'text' };
  const read = (value: object) =>
    readEvents({ entry: [{ id: '1', changes: [{ field: 'smb_message_echoes', value }] }] }).slice(1);

  it.each([
    ['a number', {}, [], { waId: '351910000002' }],
    ['a user id in place of the number', { to: 'PT.7' }, [], { bsuid: 'PT.7' }],
    ['both', { to_user_id: 'PT.7' }, [], { waId: '351910000002', bsuid: 'PT.7' }],
    ['a number, with a contact beside it', {}, [{ wa_id: '351910000002', user_id: 'PT.7' }], { bsuid: 'PT.7' }],
    ['nothing, with one contact beside it', { to: '' }, [{ user_id: 'PT.7' }], { bsuid: 'PT.7' }],
  ])('is told with whom it went to: %s', (_what, other, contacts, contact) => {
    const [event] = read({ metadata, contacts, message_echoes: [{ ...echo, ...other }] });
    expect(event).toMatchObject({ kind: 'echo', wamid: 'wamid.E', timestampMs: 1_763_700_000_000, contact });
  });

  it.each([
    ['no_addressee', metadata, { ...echo, to: undefined }],
    ['no_id', metadata, { ...echo, id: undefined }],
    ['no_metadata', {}, echo],
    ['not_an_object', metadata, 'echo'],
  ])(
    'is put aside with the reason %s, marked as no message of the contact, its neighbour is kept',
    (reason, to, bad) => {
      const [first, second] = read({ metadata: to, message_echoes: [bad, { ...echo, id: 'wamid.F' }] });
      expect(first).toMatchObject({ kind: 'malformed', reason, raw: { echo: bad } });
      expect(second).toMatchObject(
        reason === 'no_metadata' ? { kind: 'malformed' } : { kind: 'echo', wamid: 'wamid.F' },
      );
    },
  );
});
