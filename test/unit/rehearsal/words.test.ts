import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readSource } from '../../../src/flow/reading/read-source.js';
import { durationText, inline } from '../../../src/rehearsal/words.js';

describe('a value on one line', () => {
  it.each([
    ['Hello there.', 'Hello there.'],
    ["You're welcome!", "You're welcome!"],
    ['Well, yes', '"Well, yes"'],
    ['Order # two', '"Order # two"'],
    ['no', '"no"'],
    ['123', '"123"'],
    ['*bold*', '"*bold*"'],
    ['two\nlines', '"two\\nlines"'],
    [{ text: 'A or B', buttons: ['a', 'b'] }, '{ text: A or B, buttons: [a, b] }'],
    [{ 'two words': null, empty: {}, none: [] }, '{ two words: null, empty: {}, none: [] }'],
  ])('writes %j as %s', (value, written) => expect(inline(value)).toBe(written));

  it('is read as the same again, without a complaint', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const json = JSON.parse(JSON.stringify(value));
        const written = `x: ${inline(json)}`;
        expect(written).not.toContain('\n');
        expect(parse(written)).toEqual({ x: json });
        expect(readSource('a.yaml', written).findings).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});

it.each([
  [1, '1ms'],
  [1500, '1s 500ms'],
  [660_000, '11m'],
  [5_400_000, '1h 30m'],
  [90_000_000, '1d 1h'],
])('writes %i ms as %s', (ms, written) => expect(durationText(ms)).toBe(written));
