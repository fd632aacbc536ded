import { WORDS } from '../words.js';

/** How one of something is said where a number could stand: `a week`, `einer Woche`. */
const ONE: { readonly [language: string]: readonly string[] } = {
  en: ['a', 'an'],
  de: ['ein', 'eine', 'einem', 'einen', 'einer'],
  fr: ['une'],
  es: ['un', 'una'],
  it: ['una', 'un'],
  pt: ['uma'],
};

/** A whole number in a sentence, in digits or as a word. @param word folded */
export function readAmount(word: string, language: string): number | undefined {
  if (/^\d{1,4}$/.test(word)) return Number(word);
  if (Object.hasOwn(ONE, language) && ONE[language]?.includes(word)) return 1;
  const value = (Object.hasOwn(WORDS, language) ? WORDS[language] : undefined)?.numbers.indexOf(word) ?? -1;
  return value === -1 ? undefined : value;
}
