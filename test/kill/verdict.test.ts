import { describe, expect, it } from 'vitest';
import { type Evidence, judge, noFaults, type Reply, type Verdict } from './verdict.js';

const RULES = { messageDelayMs: 100, uncertainGraceMs: 2_000 };
const NO_EVIDENCE: Evidence = { isMarked: () => false, statusAtMs: () => undefined };

/** Replies 150 ms apart, each a message of its own. */
function transcript(...texts: string[]): Reply[] {
  return texts.map((text, i) => ({ text, callbackData: `message ${i}`, atMs: i * 150 }));
}

const judged = (accepted: number, replies: Reply[], isRacing = false, evidence = NO_EVIDENCE) =>
  judge({ accepted, isRacing, replies }, RULES, evidence);

describe('the verdict on a conversation', () => {
  it.each<[string, number, Reply[], Partial<Verdict>]>([
    ['all well', 2, transcript('a 1 1', 'b 1 1', 'a 2 2', 'b 2 2'), {}],
    ['nothing came back', 2, [], { lost: 2 }],
    ['half an answer is missing', 2, transcript('a 1 1', 'b 1 1', 'a 2 2'), { lost: 1 }],
    ['two answers changed places', 2, transcript('a 2 2', 'b 2 2', 'a 1 1', 'b 1 1'), { reordered: 1 }],
    ['two halves changed places', 1, transcript('b 1 1', 'a 1 1'), { reordered: 1 }],
    ['a turn was done twice', 1, transcript('a 1 1', 'b 1 1', 'a 2 1', 'b 2 1'), { doubleEffects: 2, reordered: 1 }],
    ['a turn counted twice and spoke once', 2, transcript('a 1 1', 'b 1 1', 'a 3 2', 'b 3 2'), { doubleEffects: 2 }],
    ['a session was forgotten', 2, transcript('a 1 1', 'b 1 1', 'a 1 2', 'b 1 2'), { doubleEffects: 2 }],
    ['a fallback was said', 1, transcript('a 1 1', 'Sorry', 'b 1 1'), { strange: 1 }],
  ])('%s', (_name, accepted, replies, faults) => {
    expect(judged(accepted, replies)).toEqual({ ...noFaults(), ...faults });
  });

  it.each<[string, number, Partial<Evidence>, Partial<Verdict>]>([
    ['without a mark', 3_000, {}, { unmarkedDuplicates: 1 }],
    ['after the grace period, marked', 3_000, { isMarked: () => true }, {}],
    ['before that', 900, { isMarked: () => true }, { needlessDuplicates: 1 }],
    ['after its status', 3_000, { isMarked: () => true, statusAtMs: () => 1_900 }, { needlessDuplicates: 1 }],
    ['at the time of its status', 3_000, { isMarked: () => true, statusAtMs: () => 2_900 }, {}],
  ])('knows a copy %s', (_name, atMs, evidence, faults) => {
    const [a, b] = transcript('a 1 1', 'b 1 1');
    if (a === undefined || b === undefined) throw new Error('two replies');
    const verdict = judged(1, [a, b, { ...a, atMs }], false, { ...NO_EVIDENCE, ...evidence });
    expect(verdict).toEqual({ ...noFaults(), duplicates: 1, ...faults });
  });

  it('sees a reply that did not wait for the message delay', () => {
    const [a, b] = transcript('a 1 1', 'b 1 1');
    if (a === undefined || b === undefined) throw new Error('two replies');
    expect(judged(1, [a, { ...b, atMs: RULES.messageDelayMs - 2 }]).tooSoon).toBe(1);
    expect(judged(1, [a, { ...b, atMs: RULES.messageDelayMs }]).tooSoon).toBe(0);
  });

  it('takes any order of messages that were posted side by side, and still sees what is wrong', () => {
    expect(judged(2, transcript('a 1 2', 'b 1 2', 'a 2 1', 'b 2 1'), true)).toEqual(noFaults());
    expect(judged(2, transcript('a 2 1', 'b 2 1', 'a 1 2', 'b 1 2'), true).reordered).toBe(1);
    expect(judged(2, transcript('a 1 2', 'b 1 1', 'a 2 1', 'b 2 2'), true).doubleEffects).toBeGreaterThan(0);
  });
});
