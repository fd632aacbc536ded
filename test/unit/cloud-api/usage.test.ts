import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { regainAccessMs } from '../../../src/cloud-api/usage.js';

const usage = (...minutes: unknown[]) => minutes.map((m) => ({ type: 'whatsapp', estimated_time_to_regain_access: m }));

describe('regainAccessMs', () => {
  it.each<[string, object, number]>([
    ['one business', { 1: usage(5) }, 5 * 60_000],
    ['the longest of several', { 1: usage(0, 2), 2: usage(9) }, 9 * 60_000],
    ['a number in a string', { 1: usage('3') }, 3 * 60_000],
    ['a day at most', { 1: usage(100_000) }, 24 * 60 * 60_000],
  ])('reads minutes: %s', (_what, header, expected) => expect(regainAccessMs(JSON.stringify(header))).toBe(expected));

  it.each([undefined, '', '{', '[]', 'null', '{"1":7}', '{"1":[7]}', JSON.stringify({ 1: usage(0, -3, 'soon') })])(
    'reads nothing from %j',
    (header) => expect(regainAccessMs(header)).toBeUndefined(),
  );

  it('takes the first of several headers', () => {
    expect(regainAccessMs([JSON.stringify({ 1: usage(1) }), JSON.stringify({ 1: usage(2) })])).toBe(60_000);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (header) => {
        const ms = regainAccessMs(header);
        expect(ms === undefined || ms > 0).toBe(true);
      }),
    );
  });
});
