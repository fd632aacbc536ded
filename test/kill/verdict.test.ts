import { describe, expect, it } from 'vitest';
import { judge, noFaults, type Reply, type Verdict } from './verdict.js';

const DELAY_MS = 100;

/** Replies 150 ms apart; `=x` gives a reply the identity x, so that two of them are copies. */
function transcript(...texts: string[]): Reply[] {
  return texts.map((text, i) => {
    const [words = '', id = `message ${i}`] = text.split('=');
    return { text: words, callbackData: id, atMs: i * 150 };
  });
}

const judged = (accepted: number, replies: Reply[], isRacing = false, marked: string[] = []) =>
  judge({ accepted, isRacing, replies }, DELAY_MS, (id) => marked.includes(id));

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
    ['a copy', 1, transcript('a 1 1=x', 'a 1 1=x', 'b 1 1'), { duplicates: 1, unmarkedDuplicates: 1 }],
    ['a copy that was marked', 1, transcript('a 1 1=marked', 'a 1 1=marked', 'b 1 1'), { duplicates: 1 }],
  ])('%s', (_name, accepted, replies, faults) => {
    expect(judged(accepted, replies, false, ['marked'])).toEqual({ ...noFaults(), ...faults });
  });

  it('sees a reply that did not wait for the message delay', () => {
    const [a, b] = transcript('a 1 1', 'b 1 1');
    if (a === undefined || b === undefined) throw new Error('two replies');
    expect(judged(1, [a, { ...b, atMs: DELAY_MS - 2 }]).tooSoon).toBe(1);
    expect(judged(1, [a, { ...b, atMs: DELAY_MS }]).tooSoon).toBe(0);
  });

  it('takes any order of messages that were posted side by side, and still sees what is wrong', () => {
    expect(judged(2, transcript('a 1 2', 'b 1 2', 'a 2 1', 'b 2 1'), true)).toEqual(noFaults());
    expect(judged(2, transcript('a 2 1', 'b 2 1', 'a 1 2', 'b 1 2'), true).reordered).toBe(1);
    expect(judged(2, transcript('a 1 2', 'b 1 1', 'a 2 1', 'b 2 2'), true).doubleEffects).toBeGreaterThan(0);
  });
});
