import { baseLanguage, fold, WORDS } from '../words.js';
import { readAmount } from './amount.js';
import { readNumber } from './answers.js';

/** Longer texts are no answers but stories. UTF-16 units. */
const MAX_ANSWER = 200;

const UNIT_SECONDS = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
  month: 2_592_000,
  year: 31_536_000,
};
/** Written everywhere, whatever the language. */
const SHORT: readonly (readonly [string, number])[] = [
  ['s', 1],
  ['sec', 1],
  ['min', 60],
  ['mins', 60],
  ['h', 3600],
  ['hr', 3600],
  ['hrs', 3600],
  ['std', 3600],
  ['d', 86_400],
];
const HALF_HOUR = [
  ...['half an hour', 'half hour', 'halbe stunde', 'halben stunde', 'demi heure', 'media hora', 'mezz ora', 'mezzora'],
  ...['meia hora', 'half uur', 'halfuur'],
];

const MAX_KNOWN = 50;
const known = new Map<string, ReadonlyMap<string, number>>();

/**
 * A length of time in seconds: `90 minutes`, `2 Stunden`, `1h30`, `1:30 h`, `half an hour`, `eine Woche`. A month counts 30
 * days, a year 365. The units are those of the contact's language, of English and of the languages we have words of.
 *
 * @returns undefined for a number without a unit: nobody can know what it counts
 */
export function readTimeSpan(text: string, language: string): number | undefined {
  if (text.length > MAX_ANSWER) return undefined;
  const clock = /(?<!\d)(\d{1,3}) ?(?:h|:) ?([0-5]\d)(?!\d)/i.exec(text);
  if (clock !== null) return Number(clock[1]) * 3600 + Number(clock[2]) * 60;
  const said = fold(text.replace(/['’-]/g, ' '));
  if (HALF_HOUR.some((phrase) => ` ${said} `.includes(` ${phrase} `))) return 1800;
  for (const name of new Set([baseLanguage(language), 'en', ...Object.keys(WORDS)])) {
    const seconds = sumOf(text, name);
    if (seconds !== undefined) return seconds;
  }
  return undefined;
}

/** All pairs of a number and a unit together: `1 hour and 20 minutes`. */
function sumOf(text: string, language: string): number | undefined {
  const units = unitsOf(language);
  // A number keeps its decimals, everything else is folded.
  const words = text
    .split(/(\d+(?:[.,]\d+)?)|\s+/)
    .map((word) => (/^\d/.test(word ?? '') ? (word ?? '') : fold(word ?? '')))
    .filter((word) => word !== '');
  let sum: number | undefined;
  words.forEach((word, index) => {
    const seconds = units.get(word);
    const before = words[index - 1] ?? '';
    const amount = /^\d/.test(before) ? readNumber(before, language) : readAmount(before, language);
    if (seconds !== undefined && amount !== undefined) sum = (sum ?? 0) + amount * seconds;
  });
  return sum === undefined || !Number.isFinite(sum) ? undefined : Math.round(sum);
}

function unitsOf(language: string): ReadonlyMap<string, number> {
  let units = known.get(language);
  if (units === undefined) {
    if (known.size >= MAX_KNOWN) known.clear();
    units = makeUnits(language);
    known.set(language, units);
  }
  return units;
}

function makeUnits(language: string): Map<string, number> {
  const units = new Map<string, number>(SHORT);
  for (const [unit, seconds] of Object.entries(UNIT_SECONDS)) {
    for (const unitDisplay of ['long', 'short'] as const) {
      let format: Intl.NumberFormat;
      try {
        format = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay });
      } catch {
        return units;
      }
      for (const amount of [1, 2, 5]) {
        const name = format.formatToParts(amount).find(({ type }) => type === 'unit')?.value ?? '';
        if (fold(name) !== '') units.set(fold(name), seconds);
      }
    }
  }
  return units;
}
