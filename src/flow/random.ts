import { createHash } from 'node:crypto';

/**
 * Random numbers that a second run of the same turn gets again, in the same order.
 *
 * @param seed `<conversation>:<seq>`
 * @param drawn how many were drawn before, when the turn goes on after a call
 */
export function createRandom(seed: string, drawn: number): { next(): number; drawn(): number } {
  let count = drawn;
  return {
    /** in [0, 1) */
    next() {
      const digest = createHash('sha256').update(`${seed}/${count}`).digest();
      count += 1;
      return digest.readUInt32BE(0) / 2 ** 32;
    },
    drawn: () => count,
  };
}
