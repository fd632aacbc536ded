import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createIds, dedupeShard } from '../../../src/inbound/ids.js';

const ids = createIds('salt');
const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 5, 1, 12);

describe('the id of an update', () => {
  it('is the same every time, and another for another number, update or installation', () => {
    const one = ids.update('1', 'wamid.A');
    expect(ids.update('1', 'wamid.A')).toEqual(one);
    const others = [ids.update('2', 'wamid.A'), ids.update('1', 'wamid.B'), createIds('pepper').update('1', 'wamid.A')];
    for (const other of others) expect([other.id, other.hash]).not.toEqual([one.id, one.hash]);
  });

  it('is safe in logs and keys, and its hash fits a set of integers', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        const { id, hash, shard } = ids.update('1', name);
        expect(id).toMatch(/^[\w-]{16}$/);
        expect(BigInt.asIntN(64, BigInt(hash))).toBe(BigInt(hash));
        expect(shard).toBeGreaterThanOrEqual(0);
        expect(shard).toBeLessThan(4_096);
      }),
    );
  });
});

describe('the identity of a contact', () => {
  it('is led by the user id, then the number', () => {
    const both = ids.identity({ bsuid: 'PT.1', waId: '351' });
    expect(both).toMatchObject({ hasBsuid: true });
    expect(ids.identity({ bsuid: 'PT.1' })).toEqual({ primary: both?.primary, secondary: '', hasBsuid: true });
    expect(ids.identity({ waId: '351' })).toEqual({ primary: both?.secondary, secondary: '', hasBsuid: false });
    expect(both?.primary).toMatch(/^[\w-]{18}$/);
  });

  it('is nothing without either', () => {
    expect(ids.identity({ username: 'rita', name: 'Rita' })).toBeUndefined();
  });

  it('of a number is not that of a user id that looks alike', () => {
    expect(ids.identity({ waId: '351' })?.primary).not.toBe(ids.identity({ bsuid: '351' })?.primary);
  });
});

describe('the dedupe set of an update', () => {
  const update = ids.update('1', 'wamid.A');
  const dayOf = (ms: number) => `${Math.floor(ms / DAY_MS)}:${update.shard}`;
  it.each([
    ['now', NOW, NOW],
    ['a moment short of 8 days ago', NOW - 8 * DAY_MS + 1, NOW - 8 * DAY_MS + 1],
    ['8 days ago', NOW - 8 * DAY_MS, NOW],
    ['tomorrow', NOW + DAY_MS - 1, NOW + DAY_MS - 1],
    ['in two days', NOW + 2 * DAY_MS, NOW],
    ['unknown', undefined, NOW],
    ['no number', Number.NaN, NOW],
  ])('written %s is of the right day', (_when, timestampMs, dayMs) => {
    expect(dedupeShard(update, timestampMs, NOW)).toBe(dayOf(dayMs));
  });
});
