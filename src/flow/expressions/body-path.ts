import type { Json } from '../../shared/json.js';
import { isHidden, readMember } from './value.js';

/** A way into an answer: `items[0].name`, `status`. */
export type BodyPath = readonly (string | number)[];

const STEP = /\.?([\p{L}\p{N}_$-]+)|\[(\d{1,6})\]/uy;
const MAX_STEPS = 20;

/** @returns undefined when it is no such way */
export function readBodyPath(written: string): BodyPath | undefined {
  const path: (string | number)[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < written.length) {
    const isFirst = STEP.lastIndex === 0;
    const [whole, key, index] = STEP.exec(written) ?? [];
    if (whole === undefined || path.length === MAX_STEPS) return undefined;
    if (key !== undefined && (isHidden(key) || isFirst === whole.startsWith('.'))) return undefined;
    path.push(key ?? Number(index));
  }
  return path.length === 0 ? undefined : path;
}

/** What stands there; null when nothing does. */
export function partOf(body: Json, path: BodyPath): Json {
  return path.reduce<Json>((value, key) => readMember(value, key) ?? null, body);
}
