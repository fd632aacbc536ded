import { fold } from '../words.js';

export type Unit = 'day' | 'week' | 'month' | 'year';

export interface Phrase<T> {
  /** folded, as `fold` does */
  phrase: string;
  value: T;
}

/** How one language names days. */
export interface DateWords {
  /** 1 to 12 by name and short name */
  months: ReadonlyMap<string, number>;
  /** 0 is Sunday */
  weekdays: readonly Phrase<number>[];
  /** today, tomorrow, …: days from today */
  days: readonly Phrase<number>[];
  /** next week, next month */
  next: readonly Phrase<Unit>[];
  /** what stands around a number: `in … days`, `… days ago` */
  counted: readonly { before: string; after: string; unit: Unit; sign: 1 | -1 }[];
  nextWords: readonly string[];
  lastWords: readonly string[];
}

const UNITS: readonly Unit[] = ['day', 'week', 'month', 'year'];

/** What stands beside a weekday and cannot be had from Node's own language data. */
const BESIDE: { readonly [language: string]: { next: readonly string[]; last: readonly string[] } } = {
  en: { next: ['next'], last: ['last'] },
  de: {
    next: ['nachste', 'nachsten', 'nachster', 'nachstes'],
    last: ['letzte', 'letzten', 'letzter', 'vergangenen', 'vorigen'],
  },
  fr: { next: ['prochain', 'prochaine'], last: ['dernier', 'derniere', 'passe'] },
  es: { next: ['proximo', 'proxima', 'que viene'], last: ['pasado', 'ultimo'] },
  it: { next: ['prossimo', 'prossima'], last: ['scorso', 'scorsa', 'passato'] },
  pt: { next: ['proximo', 'proxima', 'que vem'], last: ['passado', 'passada', 'ultimo'] },
  nl: { next: ['volgende', 'aanstaande'], last: ['vorige', 'afgelopen', 'laatste'] },
};

/** Also said, and missing from Node's data. */
const MORE_DAYS: { readonly [language: string]: readonly (readonly [string, number])[] } = {
  en: [
    ['day after tomorrow', 2],
    ['day before yesterday', -2],
    ['tonight', 0],
    ['tmrw', 1],
    ['2moro', 1],
  ],
  pt: [['depois de amanha', 2]],
  de: [['heut', 0]],
  it: [['stasera', 0]],
  es: [['esta noche', 0]],
};

const known = new Map<string, DateWords>();
const MAX_KNOWN = 50;

/** @param language `de`, of any language Node knows; what it does not know is read as its own default */
export function dateWordsOf(language: string): DateWords {
  let words = known.get(language);
  if (words === undefined) {
    if (known.size >= MAX_KNOWN) known.clear();
    words = makeWords(isKnown(language) ? language : 'en');
    known.set(language, words);
  }
  return words;
}

function isKnown(language: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(language).length > 0;
  } catch {
    return false;
  }
}

function makeWords(language: string): DateWords {
  const beside = Object.hasOwn(BESIDE, language) ? BESIDE[language] : undefined;
  const more = (Object.hasOwn(MORE_DAYS, language) ? MORE_DAYS[language] : undefined) ?? [];
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const days = [-2, -1, 0, 1, 2].map((value) => ({ phrase: fold(relative.format(value, 'day')), value }));
  const next = UNITS.slice(1).map((value) => ({ phrase: fold(relative.format(1, value)), value }));
  return {
    months: months(language),
    weekdays: weekdays(language),
    // Phrases with digits (`in 2 days`) are read as counted ones.
    days: byLength([...more.map(([phrase, value]) => ({ phrase, value })), ...days].filter(hasNoDigit)),
    next: byLength(next.filter(hasNoDigit)),
    counted: counted(language),
    nextWords: beside?.next ?? [],
    lastWords: beside?.last ?? [],
  };
}

function hasNoDigit({ phrase }: { phrase: string }): boolean {
  return !/\d/.test(phrase);
}

/** Longest first: `day after tomorrow` is no `tomorrow`. */
function byLength<T>(phrases: Phrase<T>[]): Phrase<T>[] {
  return phrases.filter(({ phrase }) => phrase !== '').sort((a, b) => b.phrase.length - a.phrase.length);
}

function months(language: string): Map<string, number> {
  const found = new Map<string, number>();
  // Beside a day many languages use another form of the name, and the short one has a dot.
  const styles: Intl.DateTimeFormatOptions[] = [
    { month: 'long' },
    { month: 'long', day: 'numeric' },
    { month: 'short' },
    { month: 'short', day: 'numeric' },
  ];
  for (const style of styles) {
    const format = new Intl.DateTimeFormat(language, { ...style, timeZone: 'UTC', numberingSystem: 'latn' });
    for (let month = 0; month < 12; month++) {
      const parts = format.formatToParts(Date.UTC(2026, month, 9));
      const name = fold(parts.find(({ type }) => type === 'month')?.value ?? '');
      if (name !== '' && !/\d/.test(name) && !found.has(name)) found.set(name, month + 1);
    }
  }
  return found;
}

function weekdays(language: string): Phrase<number>[] {
  const names: Phrase<number>[] = [];
  for (const weekday of ['long', 'short'] as const) {
    const format = new Intl.DateTimeFormat(language, { weekday, timeZone: 'UTC' });
    // 4 January 2026 is a Sunday.
    for (let day = 0; day < 7; day++)
      names.push({ phrase: fold(format.format(Date.UTC(2026, 0, 4 + day))), value: day });
  }
  // `segunda-feira` is said as `segunda`.
  const first = names.flatMap(({ phrase, value }) =>
    phrase.endsWith(' feira') ? [{ phrase: phrase.replace(' feira', ''), value }] : [],
  );
  // Two letters may be any word: Italian `do`, German `so`.
  return byLength([...names, ...first].filter(({ phrase }) => phrase.length > 2));
}

function counted(language: string): DateWords['counted'] {
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'always' });
  const seen = new Set<string>();
  const phrases: { before: string; after: string; unit: Unit; sign: 1 | -1 }[] = [];
  for (const unit of UNITS) {
    for (const sign of [1, -1] as const) {
      for (const amount of [1, 2, 5]) {
        const parts = format.formatToParts(sign * amount, unit);
        const at = parts.findIndex(({ type }) => type === 'integer');
        const textOf = (some: typeof parts) => fold(some.map(({ value }) => value).join(''));
        const [before, after] = [textOf(parts.slice(0, at)), textOf(parts.slice(at + 1))];
        const key = `${before}|${after}`;
        if (at === -1 || seen.has(key) || before + after === '') continue;
        seen.add(key);
        phrases.push({ before, after, unit, sign });
      }
    }
  }
  // `3 days ago` has nothing before its number, and `in 3 days` must not be read as that.
  return phrases.sort((a, b) => b.before.length + b.after.length - (a.before.length + a.after.length));
}
