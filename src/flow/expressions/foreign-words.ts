/** Words that other languages have where JavaScript has a sign, and what to write for them. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['and', '&&'],
  ['or', '||'],
  ['not', '!'],
  ['eq', '=='],
  ['is', '=='],
  ['equals', '=='],
  ['ne', '!='],
  ['<>', '!='],
  ['gt', '>'],
  ['gte', '>='],
  ['lt', '<'],
  ['lte', '<='],
  ['contains', '.includes(…)'],
]);

/** @returns what to write for the word that begins at `offset`; undefined when it is none of other languages */
export function hintForForeignWord(text: string, offset: number): string | undefined {
  const word = /^(?:<>|[a-z]+\b)/i.exec(text.slice(offset))?.[0] ?? '';
  const instead = INSTEAD.get(word.toLowerCase());
  return instead === undefined ? undefined : `write ${instead} instead of ${word}`;
}
