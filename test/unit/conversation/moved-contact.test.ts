import { describe, expect, it } from 'vitest';
import { parseConversationId } from '../../../src/conversation/conversation.js';
import { createTurn } from '../../../src/conversation/turn.js';
import type { FlowVersion } from '../../../src/flow/definition.js';
import type { ContactIdentity } from '../../../src/inbound/event.js';
import { decodeOutboxItem } from '../../../src/shared/outbox-item.js';

const VERSION: FlowVersion = { hash: 'h', flows: ['welcome'], byName: new Map(), remembers: false, handles: new Set() };

/** A turn that says one thing, to whoever the contact is by now. */
const takeTurn = createTurn({
  advance: ({ sessionId, nowMs }) => ({
    session: { id: sessionId, startedMs: nowMs, context: {}, state: {}, timers: [], handover: false },
    effects: [{ effect: 'send', message: { type: 'text', text: 'hello' }, flow: 'welcome', step: 'a' }],
    outcome: 'waiting',
    trace: [],
  }),
  readMessage: ({ messageId, message }) => ({
    startsTurn: true,
    message: { messageId, type: 'text', text: '', data: {}, attachments: [], supported: true, whatsapp: message },
  }),
  versions: { current: () => ({ hash: 'h', version: VERSION }), get: async () => VERSION, fate: () => 'keep' },
  performCall: () => Promise.reject(new Error('no calls here')),
  limits: { stepsPerTurn: 100, flowDepth: 20, maxMemoryBytes: 10_000 },
});

async function addressAfter(known: ContactIdentity, seen: ContactIdentity) {
  const draft = await takeTurn({
    conversation: parseConversationId('1.abc'),
    endpoint: {
      id: 'e',
      flow: 'welcome',
      locale: 'en',
      timeZone: 'UTC',
      messageDelayMs: 500,
      sessionExpirationMinutes: 30,
      fallback: '',
      env: {},
      secrets: {},
      llm: {},
    },
    seq: '1',
    item: { kind: 'message', messageId: 'm', acceptedMs: 0, timestampMs: 0, contact: seen, message: {} },
    session: undefined,
    contact: { ...known, custom: {} },
    checkpoint: undefined,
    nowMs: 0,
    saveCheckpoint: async () => undefined,
  });
  const { waId, bsuid } = decodeOutboxItem(draft.replies[0] ?? '') ?? {};
  return { waId, bsuid, forgotten: draft.contactUnset };
}

describe('a contact that shows itself anew', () => {
  it.each([
    [
      'keeps its number when only that is not told',
      { waId: '1', bsuid: 'A' },
      { bsuid: 'A' },
      { waId: '1', bsuid: 'A', forgotten: [] },
    ],
    [
      'gives up its number with its user id: somebody else may have it',
      { waId: '1', bsuid: 'A' },
      { bsuid: 'B' },
      { waId: undefined, bsuid: 'B', forgotten: ['@waId'] },
    ],
    [
      'gives up its user id with its number',
      { waId: '1', bsuid: 'A' },
      { waId: '2' },
      { waId: '2', bsuid: undefined, forgotten: ['@bsuid'] },
    ],
    [
      'takes both when both are told',
      { waId: '1', bsuid: 'A' },
      { waId: '2', bsuid: 'B' },
      { waId: '2', bsuid: 'B', forgotten: [] },
    ],
    ['gains what was not known', { waId: '1' }, { bsuid: 'A', waId: '1' }, { waId: '1', bsuid: 'A', forgotten: [] }],
  ])('%s', async (_name, known, seen, expected) => {
    expect(await addressAfter(known, seen)).toEqual(expected);
  });
});
