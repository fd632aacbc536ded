import { stringify } from 'yaml';
import type { Json } from '../shared/json.js';

/** A value on one line, as a test file would have it. */
export function inline(value: Json): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, defaultKeyType: 'PLAIN' }).trimEnd();
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/** `1h 30m`, as flow files write times. @param ms above 0 */
export function durationText(ms: number): string {
  let left = ms;
  return UNITS.flatMap(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count === 0 ? [] : [`${count}${unit}`];
  }).join(' ');
}
