import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonBytes } from '../../../src/flow/value.js';
import type { Json } from '../../../src/shared/json.js';

it('counts what JSON would write', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const json: Json = JSON.parse(JSON.stringify(value));
      expect(jsonBytes(json, 1e9)).toBe(Buffer.byteLength(JSON.stringify(json)));
    }),
    { numRuns: 2000 },
  );
});
