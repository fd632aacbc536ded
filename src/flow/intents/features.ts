import { fold } from '../words.js';

/** Longer messages are read this far. UTF-16 units. */
const MAX_TEXT = 500;

/** Scripts that write without spaces: their characters are what words are elsewhere. */
const NO_SPACES = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Khmer}\p{sc=Lao}\p{sc=Myanmar}]/u;

/**
 * What a text is recognised by, each with how often it is there: its words, pairs of words, and pieces of three to five
 * letters, which find word stems and survive typing mistakes in any language without knowing one.
 */
export function featuresOf(text: string): Map<string, number> {
  const features = new Map<string, number>();
  const add = (feature: string) => features.set(feature, (features.get(feature) ?? 0) + 1);
  const words = fold(text.slice(0, MAX_TEXT)).split(' ').filter(Boolean);
  words.forEach((word, index) => {
    add(`w ${word}`);
    const before = words[index - 1];
    if (before !== undefined) add(`p ${before} ${word}`);
    for (const piece of piecesOf(word)) add(`c ${piece}`);
  });
  return features;
}

function* piecesOf(word: string): Generator<string> {
  const letters = [...`_${word}_`];
  const [shortest, longest] = NO_SPACES.test(word) ? [1, 3] : [3, 5];
  for (let length = shortest; length <= longest; length++) {
    for (let at = 0; at + length <= letters.length; at++) yield letters.slice(at, at + length).join('');
  }
}
