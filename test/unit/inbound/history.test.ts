import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitHistory } from '../../../src/inbound/history.js';
import type { JsonObject } from '../../../src/shared/json.js';

type Thread = { id?: unknown; messages: unknown[] };
const threadsOf = (pieces: readonly string[]) => pieces.map((piece): Thread[] => JSON.parse(piece));

const message = fc.record({ id: fc.string(), text: fc.string({ maxLength: 60, unit: 'grapheme' }) });
const thread = fc.record({ id: fc.uuid(), messages: fc.array(message, { maxLength: 20 }) });
const chunk = fc.record({ metadata: fc.record({ phase: fc.nat(2) }), threads: fc.array(thread, { maxLength: 5 }) });

describe('what was said before a number came to us', () => {
  it('is kept message by message, whole and in order, however small the pieces have to be', () => {
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 4 }), fc.integer({ min: 20, max: 2_000 }), (history, maxChars) => {
        const { rest, pieces } = splitHistory(JSON.parse(JSON.stringify({ history })), maxChars);
        const said = history.flatMap(({ threads }) =>
          threads.flatMap(({ id, messages }) => messages.map((one) => ({ id, one }))),
        );
        const kept = threadsOf(pieces).flatMap((threads) =>
          threads.flatMap(({ id, messages }) => messages.map((one) => ({ id, one }))),
        );
        expect(JSON.stringify(kept)).toBe(JSON.stringify(said));
        expect(rest.history).toEqual(
          history.map(({ metadata, threads }) => ({ metadata, messages: threads.flatMap((it) => it.messages).length })),
        );
      }),
    );
  });

  it('stays small a piece: only a message that alone is longer has a longer one, to itself', () => {
    const messages = ['x'.repeat(40), 'y', 'z'.repeat(500), 'w'].map((body) => ({ text: { body } }));
    const { pieces } = splitHistory({ history: [{ threads: [{ id: '1', messages }] }] }, 120);
    expect(threadsOf(pieces).map((threads) => threads.map((it) => it.messages.length))).toEqual([[2], [1], [1]]);
    expect(pieces.map(({ length }) => length <= 140)).toEqual([true, false, true]);
  });

  it('has files of the past, which follow as messages, beside what is no message', () => {
    const errors = [{ errors: [{ code: 2_593_109 }] }];
    expect(splitHistory({ metadata: { phone_number_id: '7' }, messages: [{ id: 'a' }, { id: 'b' }] }, 99)).toEqual({
      rest: { metadata: { phone_number_id: '7' }, messages: 2 },
      pieces: ['[{"messages":[{"id":"a"},{"id":"b"}]}]'],
    });
    expect(splitHistory({ history: errors }, 99)).toEqual({
      rest: { history: [{ ...errors[0], messages: 0 }] },
      pieces: [],
    });
  });

  it.each<[string, JsonObject]>([
    ['no list', { history: 'x', messages: 7 }],
    ['chunks that are none', { history: [null, 'x', [], 3] }],
    ['threads that are none', { history: [{ threads: [null, 'x', { id: '1' }, { messages: {} }] }] }],
  ])('of %s is read without an exception', (_what, value) => {
    expect(splitHistory(value, 99).pieces).toEqual([]);
  });
});
