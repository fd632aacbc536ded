import { fold } from '../words.js';
import type { Reading } from './reading.js';

/** Longer texts are no answers but stories. UTF-16 units. */
const MAX_ANSWER = 200;

const NOON = [
  'noon',
  'midday',
  'mittag',
  'mittags',
  'midi',
  'mediodia',
  'mezzogiorno',
  'meio dia',
  'twaalf uur s middags',
];
const MIDNIGHT = ['midnight', 'mitternacht', 'minuit', 'medianoche', 'mezzanotte', 'meia noite', 'middernacht'];

/** The half of the day, in every language at once: none of these words means the other half elsewhere. */
const MORNING = [
  ...['am', 'a m', 'in the morning', 'morgens', 'vormittags', 'fruh', 'du matin', 'de la manana', 'di mattina'],
  ...['del mattino', 'da manha', 's ochtends', 's morgens'],
];
const AFTERNOON = [
  ...['pm', 'p m', 'in the afternoon', 'in the evening', 'at night', 'nachmittags', 'abends', 'de l apres midi'],
  ...['du soir', 'de la tarde', 'de la noche', 'di pomeriggio', 'del pomeriggio', 'di sera', 'da tarde', 'da noite'],
  ...['s middags', 's avonds'],
];

/** `15:30`, `15.30`, `15h30`, `15h`; `3`, `3pm`, `15 Uhr`. */
const WITH_MINUTES = /(?<![\d.,:])(\d{1,2}) ?(?:[:.]|h|u) ?([0-5]\d)(?!\d|[.,:]\d)/giu;
const HOUR_ONLY =
  /(?<![\p{L}\d.,:/-])(\d{1,2})(?= ?(?:h|uhr|uur|heures?|horas?|ore|o['’]?clock|[ap]\.?m\.?)?(?![\p{L}\d]))(?![.,:/-]\d)/giu;
const SAYS_HOUR = /\d ?(?:h|uhr|uur|heures?|horas?|ore)(?![\p{L}])/iu;

/**
 * The one time of day in an answer: `15:30`, `3pm`, `15 Uhr`, `15h30`, `a las 3 de la tarde`, `noon`.
 *
 * @returns `15:30`; `unsure` for an hour that may be before or after noon; undefined for none or several
 */
export function readTime(text: string): Reading | undefined {
  if (text.length > MAX_ANSWER) return undefined;
  const said = ` ${fold(text.replace(/['’]/g, ' '))} `;
  const has = (phrases: readonly string[]) => phrases.some((phrase) => said.includes(` ${phrase} `));
  const exact = [...text.matchAll(WITH_MINUTES)];
  const found = exact.length > 0 ? exact : [...text.matchAll(HOUR_ONLY)];
  const [only] = found;
  if (only === undefined) {
    if (has(NOON)) return { value: '12:00' };
    return has(MIDNIGHT) ? { value: '00:00' } : undefined;
  }
  if (found.length > 1) return undefined;
  const written = Number(only[1]);
  const minutes = only[2] ?? '00';
  // `3pm` is one word when folded.
  const early = has(MORNING) || /\d ?a\.?m\b/i.test(text);
  const late = has(AFTERNOON) || /\d ?p\.?m\b/i.test(text);
  if (early && late) return undefined;
  const hour = late && written < 12 ? written + 12 : early && written === 12 ? 0 : written;
  if (hour > 23) return hour === 24 && minutes === '00' ? { value: '00:00' } : undefined;
  const value = `${String(hour).padStart(2, '0')}:${minutes}`;
  // Who writes `8` may mean the evening; `08:00` and `8 Uhr` are as sure as people are.
  const clear = early || late || written === 0 || written > 12 || only[2] !== undefined || SAYS_HOUR.test(text);
  return clear ? { value } : { value, unsure: true };
}
