import type { FindingCode } from './finding-codes.js';

/** What is wrong in a flow file, where, and what to write instead. */
export interface Finding {
  /** the same for the same kind of mistake, whatever the message says */
  code: FindingCode;
  /** an `error` keeps the flows from being used; a `warning` does not */
  severity: 'error' | 'warning';
  file: string;
  /** 1-based */
  line: number;
  /** 1-based, in UTF-16 units as editors count */
  column: number;
  message: string;
  hint?: string;
}

/** A finding before it has a place in a file: `path` leads to the value in the parsed file, e.g. `['steps', 3, 'say']`. */
export interface Problem {
  /** `invalid-value` unless it says more */
  code?: FindingCode;
  path: readonly PropertyKey[];
  message: string;
  hint?: string;
  severity?: Finding['severity'];
  /** points at the key instead of its value */
  key?: boolean;
  /** of a misspelt key: the one that was probably meant */
  meant?: string;
  /** UTF-16 units into the text at `path`, where the fault is inside a longer text */
  offset?: number;
}

/** The one of `known` that was probably meant, as a hint: at most a third of the letters differ. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const name of known) {
    const distance = editDistance(word.toLowerCase(), name.toLowerCase());
    if (distance <= Math.max(1, Math.floor(name.length / 3)) && (best === undefined || distance < best.distance)) {
      best = { name, distance };
    }
  }
  return best === undefined ? undefined : `did you mean \`${best.name}\`?`;
}

const LONGEST_COMPARED = 64;

/**
 * Typing mistakes between two words: letters changed, missing, added, or two neighbours swapped, each counting one.
 *
 * @returns Infinity for words of more than 64 UTF-16 units: nobody meant those
 */
export function editDistance(a: string, b: string): number {
  if (a.length > LONGEST_COMPARED || b.length > LONGEST_COMPARED) return Number.POSITIVE_INFINITY;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1));
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
