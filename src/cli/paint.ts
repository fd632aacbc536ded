export type Paint = (text: string) => string;

/** The colours of the terminal, by what they mean. */
export interface Paints {
  error: Paint;
  warning: Paint;
  good: Paint;
  faint: Paint;
  bold: Paint;
}

/** @param color false: every colour is none */
export function paints(color: boolean): Paints {
  const paint =
    (code: number): Paint =>
    (text) =>
      color ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { error: paint(31), warning: paint(33), good: paint(32), faint: paint(2), bold: paint(1) };
}

/** @see https://no-color.org */
export function wantsColor(): boolean {
  return process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '';
}

/** A file or a message may hold anything; a terminal obeys control characters. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (char) => (char === '\t' || char === '\u200d' ? char : '·'));
}

/** `1 test`, `2 tests` */
export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
