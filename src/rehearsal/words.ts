import { isJsonObject, type Json } from '../shared/json.js';

/** A text that YAML reads as itself without quotes, wherever it stands. */
const PLAIN = /^\p{L}(?:[^[\]{},:#\p{Cc}\p{Cf}\p{Cs}\p{Z}]| (?! |$))*$/u;
const DURATION = /^\d+(?:ms|[smhd])$/;
const OTHER_THAN_TEXT = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** A value on one line, as a test file would have it. */
export function inline(value: Json): string {
  if (typeof value === 'string') return isPlain(value) ? value : quoted(value);
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (!isJsonObject(value)) return String(value);
  const entries = Object.entries(value).map(([key, item]) => `${inline(key)}: ${inline(item)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

function isPlain(text: string): boolean {
  return DURATION.test(text) || (PLAIN.test(text) && !OTHER_THAN_TEXT.test(text));
}

/** JSON's quotes are YAML's; what a terminal or an editor would not show is escaped too. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\ufeff]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
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
