import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { align, differences, messageDifferences } from '../../../src/rehearsal/expect.js';
import { globMatches } from '../../../src/rehearsal/mocks.js';
import type { Json } from '../../../src/shared/json.js';

describe('what a test expects', () => {
  it.each<[string, Json, Json | undefined]>([
    ['the same', { a: [1, 'x', null] }, { a: [1, 'x', null] }],
    ['some of the keys', { a: { b: 1 } }, { a: { b: 1, c: 2 }, d: 3 }],
    ['nothing, where null is', { a: null }, {}],
    ['a part of a text', { contains: 'ell' }, 'Hello'],
    ['a pattern', { matches: '^h.*o$' }, 'h\no'],
    ['the id of a map', ['yes'], [{ id: 'yes', title: 'Yes!' }]],
    ['the link of a map', 'https://a.example', { link: 'https://a.example' }],
  ])('allows %s', (_name, expected, actual) => expect(differences(expected, actual)).toEqual([]));

  it.each<[string, Json, Json | undefined, PropertyKey[]]>([
    ['another value', { a: { b: 1 } }, { a: { b: 2 } }, ['a', 'b']],
    ['a text for a number', { a: '1' }, { a: 1 }, ['a']],
    ['a longer list', [1], [1, 2], []],
    ['another order', [1, 2], [2, 1], [0]],
    ['a missing key', { a: 1 }, {}, ['a']],
    ['a key every object has', { constructor: 'x' }, {}, ['constructor']],
    ['a text without the part', { contains: 'x' }, 'Hello', []],
    ['a list for a map', { a: 1 }, [1], []],
  ])('minds %s', (_name, expected, actual, path) => expect(differences(expected, actual)[0]?.path).toEqual(path));

  it('reads numbers in messages as what they look like', () => {
    expect(messageDifferences({ latitude: '38.7' }, { latitude: 38.7 })).toEqual([]);
    expect(messageDifferences('Hi', { text: 'Hi', buttons: [] })).toEqual([]);
  });

  it('is what came, always', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json: Json = JSON.parse(
          JSON.stringify(value).replaceAll('"contains"', '"x"').replaceAll('"matches"', '"x"'),
        );
        expect(differences(json, json)).toEqual([]);
      }),
    );
  });
});

it('lays lists side by side with as many pairs as there can be', () => {
  const [expected, actual] = ['abcd', 'xbdy'];
  const lines = align(4, 4, (e, a) => expected[e] === actual[a]);
  expect(lines.filter((line) => 'both' in line)).toEqual([{ both: [1, 1] }, { both: [3, 2] }]);
  expect(lines).toHaveLength(6);
});

it.each([
  ['*', 'https://a.example/x', true],
  ['*/orders/7', 'https://a.example/orders/7', true],
  ['*/orders/7', 'https://a.example/orders/77', false],
  ['https://a.example/*/x', 'https://a.example/x', false],
  ['a*b*b', 'ab', false],
  ['a*b*b', 'abb', true],
  ['exact', 'exact', true],
  ['exact', 'exactly', false],
])('matches %s against %s: %s', (glob, text, matches) => expect(globMatches(glob, text)).toBe(matches));
