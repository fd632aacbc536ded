import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MAX_MATCHED_TEXT, matchPattern, regexFault } from '../../../src/flow/expressions/safe-regex.js';

it.each([
  '^[0-9]{6}$',
  '^#?[0-9]{6}$',
  '^\\d+-\\d+-\\d+$',
  '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$',
  '^([a-z]+,)*[a-z]+$',
  '^(\\d{1,3}\\.){3}\\d{1,3}$',
  '^(yes|no|maybe)+$',
  '^[A-Z]{2}\\d{2}( ?[A-Z0-9]{4}){2,7}$',
  'order',
  '\\border (\\d+)\\b',
  '^\\w+\\s\\w+$',
  '^(?:Mr|Mrs) (?<name>\\p{L}+)$',
  '[äöü\\u00df]+',
])('lets %s through', (pattern) => expect(regexFault(pattern)).toBeUndefined());

it.each([
  ['(a+)+$', /repeat inside a repeat/],
  ['^(\\w+\\s?)*$', /repeat inside a repeat/],
  ['(a*)*', /repeat inside a repeat/],
  ['(.*,)*x', /repeat inside a repeat/],
  ['^((ab?)c?)+$', /repeat inside a repeat/],
  ['(a+){10}', /repeat inside a repeat/],
  ['(a|ab)*c', /branches begin alike/],
  ['(a|a)+', /branches begin alike/],
  ['^(\\d|\\w)+$', /branches begin alike/],
  ['.*a.*b.*', /compete for the same characters/],
  ['^\\s*\\s*\\s*$', /compete for the same characters/],
  ['\\d+\\d+x', /compete for the same characters/],
  ['a{0,500}a{0,500}a{0,500}b', /compete for the same characters/],
  ['(a)\\1', /backreferences/],
  ['(?<q>a)\\k<q>', /backreferences/],
  ['^(?=.*\\d).+$', /lookaround/],
  ['(a', /^not a pattern: Unterminated group$/],
  ['['.repeat(10), /^not a pattern: /],
  ['a'.repeat(1001), /more than 1000 characters/],
])('refuses %s', (pattern, fault) => expect(regexFault(pattern)).toMatch(fault));

it('gives what was matched, and nothing for a text that is too long', () => {
  expect(matchPattern('[0-9]+', 'order 12 and 13')).toBe('12');
  expect(matchPattern('x', 'y')).toBeUndefined();
  expect(matchPattern('a', 'a'.repeat(MAX_MATCHED_TEXT))).toBe('a');
  expect(matchPattern('a', 'a'.repeat(MAX_MATCHED_TEXT + 1))).toBeUndefined();
});

it('lets nothing through that takes long on a hostile text', () => {
  const atom = fc.constantFrom(
    'a',
    'b',
    '.',
    '\\w',
    '[ab]',
    '[^b]',
    '\\d',
    'x?',
    'a*',
    'a+',
    '.*',
    '\\w+',
    '[ab]{2,}',
    'b?',
  );
  const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
    pattern: fc.array(tie('part'), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
    part: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      atom,
      fc
        .tuple(tie('pattern'), fc.constantFrom('', '*', '+', '?', '{2,9}', '{0,99}'))
        .map(([inner, times]) => `(${inner})${times}`),
      fc
        .tuple(tie('pattern'), tie('pattern'), fc.constantFrom('', '*', '+'))
        .map(([a, b, times]) => `(?:${a}|${b})${times}`),
    ),
  }));
  const hostile = ['a', 'ab', 'aab', 'x', '1a'].map(
    (part) => `${part.repeat(MAX_MATCHED_TEXT).slice(0, MAX_MATCHED_TEXT - 1)}!`,
  );
  let worstMs = 0;
  fc.assert(
    fc.property(pattern, fc.boolean(), (inner, anchored) => {
      const whole = `${anchored ? '^' : ''}${inner}~$`;
      if (regexFault(whole) !== undefined) return;
      for (const text of hostile) {
        const beforeMs = performance.now();
        matchPattern(whole, text);
        worstMs = Math.max(worstMs, performance.now() - beforeMs);
      }
    }),
    { numRuns: 2000 },
  );
  // The square of 1000 characters takes some milliseconds, on a busy machine some tens; the cube would take seconds.
  expect(worstMs).toBeLessThan(500);
});
