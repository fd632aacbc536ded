import { baseLanguage, fold, WORDS, wordsOf } from '../words.js';
import { readAmount } from './amount.js';
import { dateWordsOf, type Phrase, type Unit } from './date-words.js';
import type { Reading } from './reading.js';

export interface DayAround {
  language: string;
  /** BCP 47 with the country: decides the order of day and month */
  locale: string;
  /** the day it is for the contact, `2026-01-31` */
  today: string;
}

/** Longer texts are no answers but stories; keeps all of this from taking long. UTF-16 units. */
const MAX_ANSWER = 200;

interface Ymd {
  year: number;
  month: number;
  day: number;
}

/**
 * The one day an answer names: `2026-01-05`, `5.1.26`, `5 January`, `next Friday`, `übermorgen`, `dans 3 jours`. Words are
 * understood in the contact's language, in English, and in the other languages we have words of.
 *
 * A day has no time zone, so nothing here ever shifts it. Without a year it is the next such day.
 *
 * @returns `2026-01-05`; `unsure` where people of one language disagree (03/04/2026 in English, next Friday); undefined when
 *   no day or more than one is named
 */
export function readDay(text: string, around: DayAround): Reading | undefined {
  if (text.length > MAX_ANSWER) return undefined;
  const numeric = numericDay(text, around);
  if (numeric !== 'none') return numeric;
  const said = fold(text);
  for (const language of languagesFor(around.language)) {
    const found = namedDay(said, language, around) ?? relativeDay(said, language, around);
    if (found !== undefined) return found;
  }
  return undefined;
}

function languagesFor(language: string): Set<string> {
  return new Set([baseLanguage(language), 'en', ...Object.keys(WORDS)]);
}

const YEAR_FIRST = /(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)/g;
const YEAR_LAST = /(?<![\d.,/-])(\d{1,2}) ?([./-]) ?(\d{1,2})(?: ?[./-] ?(\d{4}|\d{2}))?(?![\d/-]|[.,]\d)/g;

/** `none` when there are no such digits at all: words may still say it. */
function numericDay(text: string, { language, locale, today }: DayAround): Reading | undefined | 'none' {
  const isoDays = [...text.matchAll(YEAR_FIRST)];
  if (isoDays.length > 0) {
    const [, year, month, day] = isoDays.length === 1 ? (isoDays[0] ?? []) : [];
    return reading({ year: Number(year), month: Number(month), day: Number(day) });
  }
  const days = [...text.matchAll(YEAR_LAST)];
  const [only] = days;
  if (only === undefined) return 'none';
  if (days.length > 1) return undefined;
  const [, first = '', separator, second = '', year] = only;
  // `3.5` is a number where the decimals stand behind a dot.
  if (year === undefined && separator === '.' && wordsOf(language).decimal === '.') return undefined;
  const monthFirst = separator === '/' && isMonthFirst(locale);
  const [a, b] = [Number(first), Number(second)];
  const swap = a > 12 ? false : b > 12 ? true : monthFirst;
  const [day, month] = swap ? [b, a] : [a, b];
  const unclear = separator === '/' && baseLanguage(language) === 'en' && a <= 12 && b <= 12 && a !== b;
  const ymd = year === undefined ? upcoming(month, day, today) : { year: fullYear(year, today), month, day };
  return reading(ymd, unclear);
}

function isMonthFirst(locale: string): boolean {
  const parts = new Intl.DateTimeFormat(locale).formatToParts(0).map(({ type }) => type);
  return parts.indexOf('month') < parts.indexOf('day') && parts.indexOf('day') < parts.indexOf('year');
}

/** `26` is in the century that puts it nearest to now, and at most twenty years ahead. */
function fullYear(written: string, today: string): number {
  if (written.length > 2) return Number(written);
  const latest = partsOf(today).year + 20;
  const year = latest - (latest % 100) + Number(written);
  return year > latest ? year - 100 : year;
}

/** `5 January 2026`, `January 5th`, `5 de enero`. */
function namedDay(said: string, language: string, { today }: DayAround): Reading | undefined {
  const { months } = dateWordsOf(language);
  const words = said.split(' ');
  const at = words.flatMap((word, index) => (months.has(word) ? [index] : []));
  const days = at.flatMap((index) => {
    const near = [index - 1, index + 1, index - 2, index + 2].map((place) => dayNumber(words[place]));
    const day = near.find((number) => number !== undefined);
    return day === undefined ? [] : [{ day, month: months.get(words[index] ?? '') ?? 0 }];
  });
  const [only] = days;
  if (only === undefined || days.length > 1) return undefined;
  const years = words.filter((word) => /^[12]\d{3}$/.test(word));
  if (years.length > 1) return undefined;
  const [year] = years;
  return reading(year === undefined ? upcoming(only.month, only.day, today) : { ...only, year: Number(year) });
}

/** `5`, `5th`, `1er`, `1o`: at most two letters behind the digits. */
function dayNumber(word: string | undefined): number | undefined {
  const digits = /^(\d{1,2})\p{L}{0,3}$/u.exec(word ?? '')?.[1];
  return digits === undefined || Number(digits) > 31 ? undefined : Number(digits);
}

function relativeDay(said: string, language: string, { today }: DayAround): Reading | undefined {
  const words = dateWordsOf(language);
  const day = longestPhrase(said, words.days);
  if (day !== undefined) return reading(moved(today, day.value, 'day'));
  const counted = countedDay(said, language, today);
  if (counted !== undefined) return counted;
  const weekday = longestPhrase(said, words.weekdays);
  if (weekday !== undefined) return weekdayReading(said, weekday.value, language, today);
  const next = longestPhrase(said, words.next);
  return next === undefined ? undefined : reading(moved(today, 1, next.value), true);
}

/** `in 3 days`, `2 weeks ago`, with the number in digits or as a word. */
function countedDay(said: string, language: string, today: string): Reading | undefined {
  const words = said.split(' ');
  for (const { before, after, unit, sign } of dateWordsOf(language).counted) {
    for (const [index, word] of words.entries()) {
      const amount = readAmount(word, language);
      const fits =
        amount !== undefined &&
        ` ${words.slice(0, index).join(' ')}`.endsWith(before === '' ? '' : ` ${before}`) &&
        `${words.slice(index + 1).join(' ')} `.startsWith(after === '' ? '' : `${after} `);
      if (fits) return { value: moved(today, sign * amount, unit) };
    }
  }
  return undefined;
}

/** A weekday is the coming one; today's own is a week ahead, as nobody calls today by its name. */
function weekdayReading(said: string, weekday: number, language: string, today: string): Reading | undefined {
  const { nextWords, lastWords } = dateWordsOf(language);
  const has = (list: readonly string[]) => list.some((word) => ` ${said} `.includes(` ${word} `));
  const current = new Date(`${today}T00:00:00Z`).getUTCDay();
  const ahead = (weekday - current + 7) % 7 || 7;
  if (has(lastWords)) return { value: moved(today, ahead - 7 || -7, 'day') };
  return reading(moved(today, ahead, 'day'), has(nextWords) || ahead === 7);
}

/** The phrase of most letters that is in the text; undefined when there is none. */
function longestPhrase<T>(said: string, phrases: readonly Phrase<T>[]): Phrase<T> | undefined {
  return phrases.find(({ phrase }) => ` ${said} `.includes(` ${phrase} `));
}

function upcoming(month: number, day: number, today: string): Ymd {
  const { year } = partsOf(today);
  const written = writeDay({ year, month, day });
  // A leap day may be some years ahead.
  for (let later = written !== undefined && written >= today ? 0 : 1; later <= 8; later++) {
    if (writeDay({ year: year + later, month, day }) !== undefined) return { year: year + later, month, day };
  }
  return { year, month, day };
}

function moved(today: string, amount: number, unit: Unit): string {
  const date = new Date(`${today}T00:00:00Z`);
  const day = date.getUTCDate();
  if (unit === 'day' || unit === 'week') date.setUTCDate(day + amount * (unit === 'week' ? 7 : 1));
  else {
    date.setUTCDate(1);
    date.setUTCMonth(date.getUTCMonth() + amount * (unit === 'year' ? 12 : 1));
    const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
    date.setUTCDate(Math.min(day, last));
  }
  return date.toISOString().slice(0, 10);
}

function partsOf(day: string): Ymd {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  return { year, month, day: date };
}

/** @returns undefined for a day that the calendar does not have */
function writeDay({ year, month, day }: Ymd): string | undefined {
  if (!(year >= 1000 && year <= 9999 && month >= 1 && month <= 12 && day >= 1)) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCDate() === day ? date.toISOString().slice(0, 10) : undefined;
}

function reading(found: Ymd | string, unsure = false): Reading | undefined {
  const day = typeof found === 'string' ? found : writeDay(found);
  if (day === undefined) return undefined;
  return unsure ? { value: day, unsure } : { value: day };
}
