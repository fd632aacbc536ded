import { editDistance } from '../reading/finding.js';
import { baseLanguage, fold, WORDS, wordsOf } from '../words.js';

/** Longer texts are no answers but stories; keeps all of this from taking long. UTF-16 units. */
const MAX_ANSWER = 1000;

const THUMB_UP = /^\s*(?:[👍✅👌]|☑)\p{M}?/u;
const THUMB_DOWN = /^\s*[👎❌🚫]/u;

/**
 * Whether an answer is a yes or a no, in the contact's language or any other we know.
 *
 * @returns undefined when it is neither, or begins with a yes but is too long to be sure
 */
export function readYesNo(text: string, language: string): boolean | undefined {
  if (text.length > MAX_ANSWER) return undefined;
  if (THUMB_UP.test(text)) return true;
  if (THUMB_DOWN.test(text)) return false;
  const said = fold(text);
  if (said === '' || said.split(' ').length > 5) return undefined;
  const base = baseLanguage(language);
  const languages = [base, ...Object.keys(WORDS).filter((name) => name !== base)];
  for (const name of languages) {
    const words = Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
    const no = words?.no.some((word) => beginsWith(said, word)) ?? false;
    const yes = words?.yes.some((word) => beginsWith(said, word)) ?? false;
    if (yes !== no) return yes;
  }
  return undefined;
}

function beginsWith(said: string, word: string): boolean {
  return said === word || said.startsWith(`${word} `);
}

/**
 * The one number in an answer: `3`, `about 20`, `1.234,50 €` (German), `drei`.
 *
 * @returns undefined when there is none, or more than one
 */
export function readNumber(text: string, language: string): number | undefined {
  if (text.length > MAX_ANSWER) return undefined;
  const word = numberWord(fold(text), language);
  if (word !== undefined) return word;
  const { decimal } = wordsOf(language);
  // 1 234: a space between groups of three, in the way of French and of many phones' keyboards.
  const joined = text.replace(/(?<=^|[^\d.,])(\d{1,3})((?:[\s\u00a0\u202f]\d{3})+)(?![\d])/g, (all) =>
    all.replace(/\s/g, ''),
  );
  const found = joined.match(/(?<![\p{L}\d.,])[+-]?\d[\d.,']*(?![\p{L}\d])/gu) ?? [];
  const [only] = found;
  return found.length === 1 && only !== undefined ? parseDigits(only, decimal) : undefined;
}

function numberWord(said: string, language: string): number | undefined {
  const base = baseLanguage(language);
  for (const name of [base, ...Object.keys(WORDS)]) {
    const value = (Object.hasOwn(WORDS, name) ? WORDS[name] : undefined)?.numbers.indexOf(said) ?? -1;
    if (value !== -1) return value;
  }
  return undefined;
}

/** One separator may mean thousands or decimals: groups of three in the language's own way are thousands. */
function parseDigits(written: string, decimal: ',' | '.'): number | undefined {
  const text = written.replace(/[.,']+$/, '');
  const group = decimal === ',' ? '.' : ',';
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[+-]/, '');
  const grouped = decimal === ',' ? /^\d{1,3}(?:[.']\d{3})+(?:,\d+)?$/ : /^\d{1,3}(?:[,']\d{3})+(?:\.\d+)?$/;
  if (grouped.test(digits)) return finite(sign, digits.replace(/'/g, '').replaceAll(group, '').replace(decimal, '.'));
  // Otherwise a single separator can only be the decimals', whichever it is.
  return /^\d+(?:[.,]\d+)?$/.test(digits) ? finite(sign, digits.replace(',', '.')) : undefined;
}

function finite(sign: number, digits: string): number | undefined {
  const value = Number(digits);
  return Number.isFinite(value) ? sign * value + 0 : undefined;
}

/** The one e-mail address in an answer, as written. */
export function readEmail(text: string): string | undefined {
  if (text.length > MAX_ANSWER) return undefined;
  const words = text
    .split(/\s+/)
    .map((word) => word.replace(/^[<("'[]+|[>)"'\].,;:!?]+$/g, '').replace(/^mailto:/i, ''));
  const found = words.filter((word) => word.includes('@'));
  const [only] = found;
  return found.length === 1 && only !== undefined && isEmail(only) ? only : undefined;
}

/** @see RFC 5321 section 4.5.3.1 for the lengths */
function isEmail(text: string): boolean {
  const [name = '', domain = '', more] = text.split('@');
  if (more !== undefined || text.length > 254 || name.length > 64) return false;
  if (!/^[^\s()<>[\]:;@\\,"]+$/.test(name) || name.startsWith('.') || name.endsWith('.') || name.includes('..'))
    return false;
  const labels = domain.split('.');
  const last = labels.at(-1) ?? '';
  return (
    labels.length > 1 &&
    last.length > 1 &&
    labels.every((label) => /^[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?$/u.test(label))
  );
}

export interface Choice {
  id: string;
  /** as it was shown */
  title: string;
  synonyms: readonly string[];
}

/**
 * Which of the choices an answer means: a tap's id, the number of its place (`2`, `2.`), its title or a synonym, alone or
 * inside a sentence, or a near miss of one.
 *
 * @returns the choice's id; undefined when none or several could be meant
 */
export function readChoice(text: string, choices: readonly Choice[]): string | undefined {
  const exact = choices.find(({ id }) => id === text);
  if (exact !== undefined) return exact.id;
  const said = text.length > MAX_ANSWER ? '' : fold(text);
  if (said === '') return only(choices.filter(({ title }) => title.trim() !== '' && title.trim() === text.trim()));
  const names = choices.map(({ id, title, synonyms }) => ({
    id,
    words: [title, ...synonyms].map(fold).filter(Boolean),
  }));
  const number = /^\s*#?\s*(\d{1,2})\s*[.)]?\s*$/.exec(text)?.[1];
  return (
    only(names.filter(({ words }) => words.includes(said))) ??
    (number === undefined ? undefined : choices[Number(number) - 1]?.id) ??
    only(names.filter(({ words }) => words.some((word) => ` ${said} `.includes(` ${word} `)))) ??
    nearest(said, names)
  );
}

function only(found: readonly { id: string }[]): string | undefined {
  return found.length === 1 ? found[0]?.id : undefined;
}

/** One typing mistake for each four letters; short words must be right. */
function nearest(said: string, names: readonly { id: string; words: readonly string[] }[]): string | undefined {
  const near = names
    .map(({ id, words }) => ({ id, misses: Math.min(...words.map((word) => misses(said, word))) }))
    .filter(({ misses }) => misses <= 1)
    .sort((a, b) => a.misses - b.misses);
  const [best, second] = near;
  return best !== undefined && best.misses < (second?.misses ?? Number.POSITIVE_INFINITY) ? best.id : undefined;
}

/** Mistakes as a share of what is allowed for the word; over 1 is too many. */
function misses(said: string, word: string): number {
  const allowed = Math.floor(word.length / 4);
  return allowed === 0 ? Number.POSITIVE_INFINITY : editDistance(said, word) / allowed;
}
