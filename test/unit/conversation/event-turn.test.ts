import { describe, expect, it } from 'vitest';
import { consentOf, recordConsent } from '../../../src/conversation/consent.js';
import type { StoredSession } from '../../../src/conversation/conversation.js';
import { parseConversationId } from '../../../src/conversation/conversation.js';
import { createTurn } from '../../../src/conversation/turn.js';
import { advance } from '../../../src/flow/turn/advance.js';
import type { JsonObject } from '../../../src/shared/json.js';
import { decodeOutboxItem } from '../../../src/shared/outbox-item.js';
import { readMessage } from '../../../src/webhook/read-message.js';
import { eventOf, startsTurn } from '../../../src/webhook/starts-turn.js';
import { flowFiles, versionOf } from '../flow/talk.js';

const FLOW = 'steps: [{ id: q, question: { type: number, text: How many? } }, { say: ok }]';
const REACTION = { type: 'reaction', reaction: { message_id: 'wamid.1', emoji: '👍' } };

function conversation(flow: string, custom: JsonObject = {}) {
  const version = versionOf(flowFiles({ bot: flow }));
  const takeTurn = createTurn({
    advance,
    readMessage: ({ messageId, message }) => {
      const event = { type: typeof message.type === 'string' ? message.type : '', message, messageId };
      return { message: readMessage(event), startsTurn: startsTurn(event), event: eventOf(event) };
    },
    versions: { current: () => ({ hash: version.hash, version }), get: async () => version, fate: () => 'keep' },
    performCall: () => Promise.reject(new Error('no calls here')),
    limits: { stepsPerTurn: 100, flowDepth: 20, maxMemoryBytes: 10_000 },
  });
  return async (message: JsonObject, session: StoredSession | undefined, nowMs: number) => {
    const draft = await takeTurn({
      conversation: parseConversationId('1.abc'),
      endpoint: {
        ...{ id: 'e', flow: 'bot', locale: 'en', timeZone: 'UTC', messageDelayMs: 500, sessionExpirationMinutes: 30 },
        ...{ fallback: 'fallback', env: {}, secrets: {}, llm: {} },
      },
      seq: '1',
      item: { kind: 'message', messageId: 'm', acceptedMs: nowMs, timestampMs: nowMs, contact: { waId: '1' }, message },
      session,
      contact: { waId: '1', custom },
      checkpoint: undefined,
      nowMs,
      saveCheckpoint: async () => undefined,
    });
    const said = draft.replies.map((reply) => {
      const content = decodeOutboxItem(reply)?.content;
      return content !== undefined && 'text' in content ? content.text : '';
    });
    const changes = draft.contactSet.map(([field]) => field);
    return { said, outcome: draft.outcome, session: draft.session, changes, wroteMs: draft.wroteMs };
  };
}

describe('a reaction', () => {
  it('runs its handler and leaves the question open', async () => {
    const take = conversation(`handlers: { reaction: [{ say: "{{ input.data.reaction.emoji }} to you" }] }\n${FLOW}`);
    const { session } = await take({ type: 'text', text: { body: 'Hi' } }, undefined, 1000);
    const reacted = await take(REACTION, session, 2000);
    expect([reacted.said, reacted.outcome]).toEqual([['👍 to you'], 'answered']);
    expect((await take({ type: 'text', text: { body: '3' } }, reacted.session, 3000)).said).toEqual(['ok']);
  });

  it('without a handler is recorded, and is no sign of life', async () => {
    const take = conversation(FLOW);
    const { session } = await take({ type: 'text', text: { body: 'Hi' } }, undefined, 1000);
    expect(await take(REACTION, session, 2000)).toMatchObject({ said: [], outcome: 'recorded', session });
    expect(await take(REACTION, undefined, 2000)).toMatchObject({ said: [], outcome: 'recorded', session: undefined });
  });
});

it.each<[string, JsonObject, number | undefined]>([
  ['a text', { type: 'text', text: { body: 'Hi' } }, 1000],
  ['a reaction', REACTION, 1000],
  ['a text to a group', { type: 'text', text: { body: 'Hi' }, group_id: 'G' }, undefined],
  ['a preference', { type: 'user_preferences', user_preferences: { value: 'resume' } }, undefined],
  ['a new number', { type: 'system', system: { type: 'user_changed_number' } }, undefined],
  ['a new user id, told outside any message', { type: 'system' }, undefined],
])('%s opens the 24-hour window only when the contact wrote it to us', async (_what, message, wroteMs) => {
  expect(await conversation(FLOW)(message, undefined, 1000)).toMatchObject({ wroteMs });
});

it.each([
  ['stop', ['Sorry to hear that']],
  ['resume', []],
])('a contact who says %s to offers hears %o', async (value, said) => {
  const take = conversation(`handlers: { optOut: [{ say: Sorry to hear that }] }\n${FLOW}`);
  const message = { type: 'user_preferences', user_preferences: { category: 'marketing_messages', value } };
  expect((await take(message, undefined, 1000)).said).toEqual(said);
});

describe('what a contact wants to hear of', () => {
  it.each([
    ['stop', { optIns: { marketing_messages: '1970-01-01T00:00:02.000Z' } }],
    ['resume', { optOuts: { marketing_messages: '1970-01-01T00:00:02.000Z' } }],
  ])(
    '(%s) that comes after the contact said the opposite changes nothing, and nobody answers it',
    async (value, known) => {
      const take = conversation(`handlers: { optOut: [{ say: Sorry to hear that }] }\n${FLOW}`, known);
      const late = await take(preference(value), undefined, 1_000);
      expect([late.said, late.outcome, late.changes]).toEqual([[], 'recorded', []]);
      const later = await take(preference(value), undefined, 3_000);
      expect(later.changes).toEqual(['optIns', 'optOuts']);
    },
  );

  const custom = { optIns: { offers: 'before' }, optOuts: { marketing_messages: 'before', news: 'before' } };
  const preference = (value: string) => ({
    type: 'user_preferences',
    user_preferences: { category: 'marketing_messages', value },
  });

  it('is kept where `profile` steps keep it', () => {
    const stop = consentOf(preference('stop'));
    const resume = consentOf(preference('resume'));
    if (stop === undefined || resume === undefined) throw new Error('not read');
    expect(recordConsent({}, stop, 0)).toEqual({
      optIns: {},
      optOuts: { marketing_messages: '1970-01-01T00:00:00.000Z' },
    });
    expect(recordConsent(custom, resume, 0)).toEqual({
      optIns: { offers: 'before', marketing_messages: '1970-01-01T00:00:00.000Z' },
      optOuts: { news: 'before' },
    });
    expect(recordConsent({ optOuts: 'a flow wrote here' }, stop, 0).optOuts).toHaveProperty('marketing_messages');
  });

  it.each([preference('maybe'), { type: 'text', user_preferences: {} }, { type: 'user_preferences' }])(
    'is not told by %o',
    (message) => expect(consentOf(message)).toBeUndefined(),
  );
});
