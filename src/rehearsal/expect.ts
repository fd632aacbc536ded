import { isJsonObject, type Json } from '../shared/json.js';
import { namesOf } from './describe.js';

/** Where something is not as expected. */
export interface Difference {
  /** from the expectation */
  path: readonly PropertyKey[];
  expected: Json;
  /** undefined: there is nothing */
  actual: Json | undefined;
}

/**
 * Compares what came with what a test says of it.
 *
 * - A map is compared by the keys the test names; others may be there. A list has as many items, in this order.
 * - `{ contains: … }` and `{ matches: … }` (a regular expression) compare a text loosely.
 * - A text where a map came (a button, a picture) means its id, title, link or url.
 * - `null` also stands for nothing there.
 *
 * @param loose a text is also the number or boolean it looks like: for messages, where everything is written as text
 * @returns every difference, in the order of the expectation
 */
export function differences(
  expected: Json,
  actual: Json | undefined,
  loose = false,
  path: readonly PropertyKey[] = [],
): Difference[] {
  const differs: Difference[] = [{ path, expected, actual }];
  const test = matcher(expected);
  if (test !== undefined) return typeof actual === 'string' && test(actual) ? [] : differs;
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return differs;
    return expected.flatMap((item, index) => differences(item, actual[index], loose, [...path, index]));
  }
  if (isJsonObject(expected)) {
    if (!isJsonObject(actual)) return differs;
    return Object.entries(expected).flatMap(([key, value]) =>
      differences(value, Object.hasOwn(actual, key) ? actual[key] : undefined, loose, [...path, key]),
    );
  }
  if (expected === null) return actual === undefined || actual === null ? [] : differs;
  if (isJsonObject(actual)) return typeof expected === 'string' && namesOf(actual).includes(expected) ? [] : differs;
  if (actual === undefined || Array.isArray(actual)) return differs;
  return expected === actual || (loose && String(expected) === String(actual)) ? [] : differs;
}

/** A message as `describeMessage` tells it: a text alone, or a loose comparison, is about its text. */
export function messageDifferences(expected: Json, actual: Json): Difference[] {
  const isText = typeof expected === 'string' || matcher(expected) !== undefined;
  return isText && isJsonObject(actual)
    ? differences(expected, actual.text, true)
    : differences(expected, actual, true);
}

/** What `{ contains: … }` or `{ matches: … }` asks of a text; undefined for anything else. */
function matcher(expected: Json): ((text: string) => boolean) | undefined {
  if (!isJsonObject(expected) || Object.keys(expected).length !== 1) return undefined;
  const { contains, matches } = expected;
  if (typeof contains === 'string') return (text) => text.includes(contains);
  // The pattern was checked when the file was read, and it is its author's own.
  if (typeof matches === 'string') return (text) => new RegExp(matches, 'su').test(text);
  return undefined;
}

/** A line of two lists laid side by side. */
export type Aligned = { both: [expected: number, actual: number] } | { expected: number } | { actual: number };

/** Lays two lists side by side so that as many pairs as possible are alike: what is left over is missing or too much. */
export function align(
  expected: number,
  actual: number,
  alike: (expected: number, actual: number) => boolean,
): Aligned[] {
  // longest[e][a]: pairs that can be made of what follows e and a
  const longest = Array.from({ length: expected + 1 }, () => new Array<number>(actual + 1).fill(0));
  const at = (e: number, a: number): number => longest[e]?.[a] ?? 0;
  for (let e = expected - 1; e >= 0; e--) {
    const row = longest[e] ?? [];
    for (let a = actual - 1; a >= 0; a--) {
      row[a] = Math.max(at(e + 1, a), at(e, a + 1), alike(e, a) ? at(e + 1, a + 1) + 1 : 0);
    }
  }
  const lines: Aligned[] = [];
  let [e, a] = [0, 0];
  while (e < expected || a < actual) {
    const isPair = e < expected && a < actual && alike(e, a) && at(e, a) === at(e + 1, a + 1) + 1;
    if (isPair) lines.push({ both: [e++, a++] });
    else if (e < expected && (a === actual || at(e + 1, a) >= at(e, a + 1))) lines.push({ expected: e++ });
    else lines.push({ actual: a++ });
  }
  return lines;
}
