import { describe, expect, it } from 'vitest';
import { type Target, targetTable, verdictOf } from './report.js';

const target = (measured: number, better: Target['better'], pass: number, stretch?: number): Target => ({
  id: 'T1',
  what: 'something',
  measured,
  shown: String(measured),
  better,
  pass,
  ...(stretch === undefined ? {} : { stretch }),
});

describe('the verdict on a target', () => {
  it.each([
    ['stretch', target(0.7, 'more', 0.5, 0.7)],
    ['pass', target(0.5, 'more', 0.5, 0.7)],
    ['miss', target(0.49, 'more', 0.5, 0.7)],
    ['stretch', target(10, 'less', 25, 10)],
    ['pass', target(25, 'less', 25, 10)],
    ['miss', target(26, 'less', 25, 10)],
    ['pass', target(0, 'less', 25)],
    // What could not be measured has not been reached.
    ['miss', target(Number.NaN, 'less', 25)],
    ['miss', target(Number.NaN, 'more', 0.5, 0.7)],
  ])('is %s', (verdict, it) => expect(verdictOf(it)).toBe(verdict));
});

it('writes a row a target', () => {
  expect(targetTable([target(26, 'less', 25)]).split('\n')).toEqual([
    '| # | what | measured | pass | stretch |  |',
    '| --- | --- | --- | --- | --- | --- |',
    '| T1 | something | 26 | ≤ 25 | – | miss |',
  ]);
});
