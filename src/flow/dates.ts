import { toText, type Value } from './expressions/value.js';
import { FlowError } from './flow-error.js';

/** A day, or a moment. A day has no time zone: it is read and written as UTC and never shifts. */
export interface FlowDate {
  /** epoch ms */
  ms: number;
  /** written as `2026-01-05`, without a time */
  dayOnly: boolean;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** ISO 8601 with a time; without an offset it is UTC, as the machine's own zone must not decide. */
const MOMENT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * Reads a day, an ISO 8601 moment, or epoch ms.
 *
 * @returns undefined for nothing
 * @throws FlowError for what is no date
 */
export function readDate(value: Value): FlowDate | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const text = typeof value === 'number' ? '' : toText(value).trim();
  const dayOnly = DAY.test(text);
  const ms = typeof value === 'number' ? value : dayOnly ? Date.parse(text) : momentMs(text);
  if (Number.isNaN(new Date(ms).getTime())) throw new FlowError('not a date: write 2026-01-31 or 2026-01-31T09:00:00Z');
  return { ms, dayOnly };
}

function momentMs(text: string): number {
  const found = MOMENT.exec(text);
  if (found === null) return Number.NaN;
  return Date.parse(text.replace(' ', 'T') + (found[3] === undefined ? 'Z' : ''));
}

function writeDate({ ms, dayOnly }: FlowDate): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) throw new FlowError('a date outside the calendar');
  const text = date.toISOString();
  return dayOnly ? text.slice(0, text.indexOf('T')) : text;
}

const UNIT_MS: { readonly [unit: string]: number } = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};
const UNIT_MONTHS: { readonly [unit: string]: number } = { month: 1, year: 12 };

/** The date `amount` units later; a month after 31 January is the last day of February. */
export function addToDate(value: Value, amount: number, unit: string): string | undefined {
  const date = readDate(value);
  if (date === undefined) return undefined;
  const { months, ms } = unitOf(unit);
  const moved = months === undefined ? date.ms + amount * ms : addMonths(date.ms, Math.trunc(amount * months));
  return writeDate({ ms: moved, dayOnly: date.dayOnly && (months !== undefined || ms >= UNIT_MS_DAY) });
}

const UNIT_MS_DAY = 86_400_000;

/** Whole units from `earlier` to `later`; negative when it is the other way round. */
export function differenceOfDates(later: Value, earlier: Value, unit: string): number | undefined {
  const end = readDate(later);
  const start = readDate(earlier);
  if (end === undefined || start === undefined) return undefined;
  const { months, ms } = unitOf(unit);
  if (months === undefined) return Math.trunc((end.ms - start.ms) / ms);
  const sign = end.ms < start.ms ? -1 : 1;
  const [from, to] = sign === 1 ? [start.ms, end.ms] : [end.ms, start.ms];
  let count = monthIndex(to) - monthIndex(from);
  if (addMonths(from, count) > to) count -= 1;
  return sign * Math.trunc(count / months) + 0;
}

function unitOf(name: string): ({ months: number } & { ms?: never }) | { months?: never; ms: number } {
  const unit = name.replace(/s$/, '');
  const months = Object.hasOwn(UNIT_MONTHS, unit) ? UNIT_MONTHS[unit] : undefined;
  if (months !== undefined) return { months };
  const ms = Object.hasOwn(UNIT_MS, unit) ? UNIT_MS[unit] : undefined;
  if (ms !== undefined) return { ms };
  throw new FlowError('a unit of time is seconds, minutes, hours, days, weeks, months or years');
}

function monthIndex(ms: number): number {
  const date = new Date(ms);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

function addMonths(ms: number, months: number): number {
  const date = new Date(ms);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  return date.getTime();
}

const STYLES: { readonly [style: string]: Intl.DateTimeFormatOptions } = {
  short: { dateStyle: 'short' },
  medium: { dateStyle: 'medium' },
  long: { dateStyle: 'long' },
  full: { dateStyle: 'full' },
  time: { timeStyle: 'short' },
  dateTime: { dateStyle: 'medium', timeStyle: 'short' },
  weekday: { weekday: 'long' },
  month: { month: 'long' },
  year: { year: 'numeric' },
};

/** @throws FlowError for a style nobody knows */
export function daysAndTime(style: string): Intl.DateTimeFormatOptions {
  const options = Object.hasOwn(STYLES, style) ? STYLES[style] : undefined;
  if (options === undefined) throw new FlowError(`a style of \`format.date\` is ${Object.keys(STYLES).join(', ')}`);
  return options;
}
