import { describe, expect, it } from 'vitest';
import { createRateLimiter, NUMBER_BUDGET, PAIR_BUDGET, spend } from '../../../src/simulator/rate.js';

const NOW_MS = 1_763_700_000_000;

describe('a budget', () => {
  it('gives its burst at once, then one an interval', () => {
    let nowMs = NOW_MS;
    const limiter = createRateLimiter(() => nowMs);
    const taken = (): boolean => limiter.take('pair', PAIR_BUDGET);
    expect(Array.from({ length: 46 }, taken).lastIndexOf(true)).toBe(44);
    nowMs += 5_999;
    expect(taken()).toBe(false);
    nowMs += 1;
    expect([taken(), taken()]).toEqual([true, false]);
  });

  it('has what was borrowed paid back: 20 at once need two minutes to be full again', () => {
    let tatMs: number | undefined;
    for (let n = 0; n < 20; n += 1) ({ tatMs } = spend(tatMs, NOW_MS, PAIR_BUDGET));
    expect(tatMs).toBe(NOW_MS + 120_000);
  });

  it('loses nothing by being asked too early', () => {
    const full = { allowed: true, tatMs: NOW_MS + 46 * 6_000 };
    expect(spend(full.tatMs, NOW_MS, PAIR_BUDGET)).toEqual({ allowed: false, tatMs: full.tatMs });
  });

  it('does not save up for later', () => {
    const { tatMs } = spend(undefined, NOW_MS, NUMBER_BUDGET);
    expect(spend(tatMs, NOW_MS + 3_600_000, NUMBER_BUDGET).tatMs).toBe(NOW_MS + 3_600_000 + 12.5);
  });

  it('is 80 messages a second for a number, over any second after the burst', () => {
    let nowMs = NOW_MS;
    const limiter = createRateLimiter(() => nowMs);
    while (limiter.take('number', NUMBER_BUDGET));
    let taken = 0;
    for (; nowMs < NOW_MS + 1_000; nowMs += 1) if (limiter.take('number', NUMBER_BUDGET)) taken += 1;
    expect(taken).toBeGreaterThanOrEqual(76);
    expect(taken).toBeLessThanOrEqual(80);
  });

  it('is one for each key, until it is forgotten', () => {
    const limiter = createRateLimiter(() => NOW_MS);
    const one = { burst: 1, intervalMs: 1_000 };
    expect([limiter.take('a', one), limiter.take('a', one), limiter.take('b', one)]).toEqual([true, false, true]);
    limiter.forget();
    expect(limiter.take('a', one)).toBe(true);
  });
});
