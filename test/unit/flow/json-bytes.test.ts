import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonBytes } from '../../../src/flow/expressions/value.js';
import type { Json } from '../../../src/shared/json.js';

function countsRight(value: unknown): void {
  const text = JSON.stringify(value);
  const json: Json = JSON.parse(text);
  expect(jsonBytes(json, 1e9), text).toBe(Buffer.byteLength(text));
}

// Characters are where counting goes wrong, and structures where it is forgotten: each has its own run, and both are short.
it('counts what JSON would write for a text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 30 }), countsRight), { numRuns: 500 });
});

it('counts what JSON would write for lists and maps', () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 3 }), countsRight), { numRuns: 400 });
});

it.each([['\ud83d'], ['\udc00\ud83d'], ['👋'], ['é'], ['\u2028'], ['\u0000\b\t\n\f\r"\\']])('counts %j', countsRight);
