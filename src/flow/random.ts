import { createHash } from 'node:crypto';

export interface Random {
  readonly seed: string;
  /** in [0, 1) */
  next(): number;
  drawn(): number;
  /** leaves out as many as somebody else has drawn */
  skip(draws: number): void;
  /** goes back to where `drawn` was */
  rewind(drawn: number): void;
}

/**
 * Random numbers that a second run of the same turn gets again, in the same order.
 *
 * @param seed `<conversation>:<seq>`
 * @param drawn how many were drawn before, when the turn goes on after a call
 */
export function createRandom(seed: string, drawn: number): Random {
  let count = drawn;
  return {
    seed,
    next() {
      const digest = createHash('sha256').update(`${seed}/${count}`).digest();
      count += 1;
      return digest.readUInt32BE(0) / 2 ** 32;
    },
    drawn: () => count,
    skip(draws) {
      count += draws;
    },
    rewind(to) {
      count = to;
    },
  };
}
