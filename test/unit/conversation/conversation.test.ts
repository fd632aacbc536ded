import { describe, expect, it } from 'vitest';
import {
  decodeContact,
  identityChanges,
  parseConversationId,
  profileOf,
} from '../../../src/conversation/conversation.js';
import { hasExpired } from '../../../src/conversation/session-life.js';
import type { TurnEndpoint } from '../../../src/conversation/turn-task.js';

it('a conversation id names number and contact', () => {
  expect(parseConversationId('106.AbC-d_E')).toEqual({ id: '106.AbC-d_E', phoneNumberId: '106', contactId: 'AbC-d_E' });
});

describe('a contact', () => {
  it('is read from its fields; marks of the mover are not part of it', () => {
    const fields = [
      '@waId',
      '351',
      '@name',
      'Rita',
      'city',
      '"Porto"',
      'tags',
      '["a"]',
      '~',
      '1',
      '~0',
      '7',
      '@new',
      'x',
    ];
    expect(decodeContact(fields)).toEqual({ waId: '351', name: 'Rita', custom: { city: 'Porto', tags: ['a'] } });
  });

  it('with a field nobody can read has null there', () => {
    expect(decodeContact(['city', 'Porto'])).toEqual({ custom: { city: null } });
  });

  it('shows flows its own fields before what WhatsApp says', () => {
    expect(profileOf({ waId: '351', name: 'Rita', custom: { name: 'Dr. Alves', age: 40 } })).toEqual({
      waId: '351',
      name: 'Dr. Alves',
      age: 40,
    });
  });

  it('changes only where a message tells something new, and forgets nothing', () => {
    const contact = { waId: '351', name: 'Rita', custom: {} };
    expect(identityChanges(contact, { waId: '351', bsuid: 'PT.1' })).toEqual([['@bsuid', 'PT.1']]);
    expect(identityChanges(contact, {})).toEqual([]);
  });
});

describe('a session', () => {
  const flow = { id: 's', startedMs: 0, context: {}, state: {}, timers: [], handover: false };
  const session = { version: 'v', touchedMs: 1_000, flow };
  const endpoint = (sessionExpirationMinutes: number): TurnEndpoint => ({
    id: 'e',
    flow: 'f',
    timeZone: 'UTC',
    messageDelayMs: 0,
    locale: 'en',
    sessionExpirationMinutes,
    fallback: '',
    env: {},
    secrets: {},
    llm: {},
  });
  it.each([
    ['a moment before its time', session, 30, 1_000 + 30 * 60_000 - 1, false],
    ['at its time', session, 30, 1_000 + 30 * 60_000, true],
    ['that never ends', session, 0, Number.MAX_SAFE_INTEGER, false],
    ['with an open timer', { ...session, flow: { ...flow, timers: ['t'] } }, 30, Number.MAX_SAFE_INTEGER, false],
    ['in the hands of a person', { ...session, flow: { ...flow, handover: true } }, 30, Number.MAX_SAFE_INTEGER, false],
    ['that does not exist', undefined, 30, Number.MAX_SAFE_INTEGER, false],
  ])('%s', (_what, it, minutes, atMs, expired) => {
    expect(hasExpired(it, endpoint(minutes), atMs)).toBe(expired);
  });
});
