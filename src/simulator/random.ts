import { randomInt } from 'node:crypto';

/** Chance, repeatable when the seed is given. */
export interface Random {
  /** in [0, 1) */
  next(): number;
  /** lower-case hex digits */
  hex(digits: number): string;
}

/**
 * Mulberry32: small, fast, good enough for ids and coin tosses of a test double, and no more than that.
 *
 * @param seed without one every start differs, so that ids never repeat against a bot that remembers the last run
 */
export function createRandom(seed: number = randomInt(2 ** 32)): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    hex: (digits) => Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join(''),
  };
}
