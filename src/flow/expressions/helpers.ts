import type { Json } from '../../shared/json.js';
import { addToDate, daysAndTime, differenceOfDates, readDate } from '../dates.js';
import { FlowError } from '../flow-error.js';
import { bounded, boundedItems, toMessageText, toNumber, toText, type Value } from './value.js';

/** What helpers know besides their arguments. */
export interface Surroundings {
  nowMs: number;
  /** BCP 47, the contact's when known, else the endpoint's */
  locale: string;
  /** IANA name */
  timeZone: string;
  /** in [0, 1), the same in a second run of the turn */
  random(): number;
}

type Helper = (args: readonly Value[], around: Surroundings) => Value;

const HELPERS: { readonly [path: string]: Helper } = {
  has: ([value]) => value !== undefined && value !== null && value !== '',
  /** In a `url` every value is percent-encoded but this; elsewhere nothing is, so it changes nothing. */
  raw: ([value]) => value,

  'format.number': ([value, digits], { locale }) =>
    value === undefined || value === null ? '' : numberFormat(locale, fraction(digits)).format(toNumber(value)),
  'format.money': ([value, currency], { locale }) =>
    value === undefined || value === null ? '' : moneyFormat(locale, toText(currency)).format(toNumber(value)),
  'format.date': ([value, style], { locale, timeZone }) => {
    const date = readDate(value);
    if (date === undefined) return '';
    const options = daysAndTime(style === undefined ? 'medium' : toText(style));
    // A date without a time is that day everywhere.
    const zone = date.dayOnly ? 'UTC' : timeZone;
    return dateFormat(locale, { ...options, timeZone: zone }).format(date.ms);
  },
  'format.list': ([items, kind], { locale }) => {
    if (!Array.isArray(items)) return toMessageText(items);
    const type = kind === 'or' ? 'disjunction' : 'conjunction';
    return bounded(new Intl.ListFormat(locale, { type }).format(items.map((item) => toMessageText(item))));
  },

  'text.truncate': ([value, most]) => truncate(toMessageText(value), Math.max(1, Math.trunc(toNumber(most)) || 80)),
  'text.title': ([value], { locale }) =>
    toMessageText(value).replace(/\p{L}[\p{L}\p{M}'’]*/gu, (word) => {
      const [first = ''] = word;
      return first.toLocaleUpperCase(locale) + word.slice(first.length).toLocaleLowerCase(locale);
    }),
  'text.slug': ([value]) =>
    toMessageText(value)
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, ''),
  /** WhatsApp has no escape character, so the four marks become signs that look the same and mark nothing. */
  'text.escape': ([value]) => toMessageText(value).replace(/[*_~`]/g, (mark) => LOOK_ALIKE[mark] ?? mark),

  'date.now': (_args, { nowMs }) => new Date(nowMs).toISOString(),
  'date.add': ([value, amount, unit]) => addToDate(value, toNumber(amount), toText(unit)),
  'date.diff': ([later, earlier, unit]) => differenceOfDates(later, earlier, toText(unit)),

  'random.pick': ([items], { random }) =>
    Array.isArray(items) && items.length > 0 ? items[Math.floor(random() * items.length)] : undefined,
  'random.int': ([least, most], { random }) => {
    const low = Math.ceil(toNumber(least));
    const high = Math.floor(toNumber(most));
    if (!(low <= high)) throw new FlowError('`random.int` takes the least and the most');
    return low + Math.floor(random() * (high - low + 1));
  },

  Number: ([value]) => toNumber(value),
  String: ([value]) => toText(value),
  Boolean: ([value]) => Boolean(value),
  parseInt: ([value, radix]) => Number.parseInt(toText(value), toNumber(radix)),
  parseFloat: ([value]) => Number.parseFloat(toText(value)),
  'Array.isArray': ([value]) => Array.isArray(value),
  'Object.keys': ([value]) => Object.keys(entriesOf(value)),
  'Object.values': ([value]) => boundedItems(Object.values(entriesOf(value))),
  'Math.abs': ([value]) => Math.abs(toNumber(value)),
  'Math.ceil': ([value]) => Math.ceil(toNumber(value)),
  'Math.floor': ([value]) => Math.floor(toNumber(value)),
  'Math.max': (args) => Math.max(...args.map(toNumber)),
  'Math.min': (args) => Math.min(...args.map(toNumber)),
  'Math.round': ([value]) => Math.round(toNumber(value)),
  'Math.sign': ([value]) => Math.sign(toNumber(value)),
  'Math.trunc': ([value]) => Math.trunc(toNumber(value)),
};

/** Where helpers live: `format` of `format.date`. */
export const HELPER_SPACES: ReadonlySet<string> = new Set(
  Object.keys(HELPERS).flatMap((path) => (path.includes('.') ? [path.slice(0, path.indexOf('.'))] : [])),
);

export const HELPER_PATHS: readonly string[] = Object.keys(HELPERS);

export function isHelper(path: string): boolean {
  return Object.hasOwn(HELPERS, path);
}

/** @throws FlowError when the arguments make no sense to it */
export function callHelper(path: string, args: readonly Value[], around: Surroundings): Value {
  const helper = isHelper(path) ? HELPERS[path] : undefined;
  if (helper === undefined) throw new FlowError(`there is no \`${path}\``);
  return helper(args, around);
}

/** What has keys: a map, a list, a text; nothing has none. */
function entriesOf(value: Value): { [key: string]: Json } | Json[] {
  if (typeof value === 'string') return boundedItems(value.split(''));
  return typeof value === 'object' && value !== null ? value : {};
}

const LOOK_ALIKE: { readonly [mark: string]: string } = { '*': '∗', _: 'ˍ', '~': '∼', '`': 'ˋ' };

/**
 * At most `most` UTF-16 units, the last of them an ellipsis when something was cut; never half an emoji.
 */
export function truncate(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, most - 1);
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

function fraction(digits: Value): Intl.NumberFormatOptions {
  if (digits === undefined) return {};
  const count = Math.min(20, Math.max(0, Math.trunc(toNumber(digits)) || 0));
  return { minimumFractionDigits: count, maximumFractionDigits: count };
}

function moneyFormat(locale: string, currency: string): Intl.NumberFormat {
  if (!/^[A-Z]{3}$/.test(currency)) throw new FlowError("`format.money` takes a currency such as 'EUR'");
  return numberFormat(locale, { style: 'currency', currency });
}

/** Formatters take a hundred times longer to make than to use. Bounded, as a contact's language is in the key. */
const MAX_FORMATS = 200;
const numberFormats = new Map<string, Intl.NumberFormat>();
const dateFormats = new Map<string, Intl.DateTimeFormat>();

function numberFormat(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return remembered(numberFormats, locale, options, () => new Intl.NumberFormat(locale, options));
}

export function dateFormat(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return remembered(dateFormats, locale, options, () => new Intl.DateTimeFormat(locale, options));
}

function remembered<T>(formats: Map<string, T>, locale: string, options: object, make: () => T): T {
  const key = `${locale} ${JSON.stringify(options)}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  if (formats.size >= MAX_FORMATS) formats.clear();
  const made = make();
  formats.set(key, made);
  return made;
}
