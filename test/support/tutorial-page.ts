/** What a page of instructions tells its reader to do, block by block. */
export type PageStep =
  | { line: number; does: 'writes'; path: string; text: string }
  | { line: number; does: 'changes'; path: string; hunks: readonly { before: string; after: string }[] }
  | { line: number; does: 'runs'; command: string; typed: readonly string[]; shows: string }
  | { line: number; does: 'chats'; lines: readonly { who: string; says: string }[] };

const FENCED = /^```(\S*)\n([\s\S]*?)^```$/gm;
const FILE_NAME = /^(?:#|\/\/) (\S+)$/;

/**
 * Reads the fenced blocks of a page:
 *
 * - `console`: behind each `$` a command, behind `>` what is typed into it, else what it shows; `…` stands for anything
 * - `phone`: who says what, with the titles of buttons and rows in brackets behind it
 * - `diff`: below the name of a file, lines that take the place of others; a line `…` is where it leaps on
 * - every other: a file, which begins with its own name as a comment
 *
 * @throws when a block is none of these
 */
export function readPage(markdown: string): PageStep[] {
  return [...markdown.matchAll(FENCED)].flatMap(({ 1: language = '', 2: text = '', index }) => {
    const line = markdown.slice(0, index).split('\n').length;
    if (language === 'console') return commandsOf(text, line);
    if (language === 'phone')
      return [{ line, does: 'chats' as const, lines: text.trimEnd().split('\n').map(spokenLine) }];
    const [first = '', ...rest] = text.split('\n');
    const path = FILE_NAME.exec(first)?.[1];
    if (path === undefined) throw new Error(`line ${line}: a block that begins with no file name`);
    if (language !== 'diff') return [{ line, does: 'writes' as const, path, text }];
    const hunks = rest.join('\n').split(/^…\n/m).map(hunkOf);
    return [{ line, does: 'changes' as const, path, hunks }];
  });
}

function commandsOf(text: string, line: number): PageStep[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...rest] = part.trimEnd().split('\n');
      const typed = rest.filter((one) => one.startsWith('> ')).map((one) => one.slice(2));
      const shows = rest.filter((one) => !one.startsWith('> ')).join('\n');
      return { line, does: 'runs', command, typed, shows };
    });
}

function spokenLine(line: string): { who: string; says: string } {
  const { who, says } = /^(?<who>[^:]+): (?<says>.+)$/.exec(line)?.groups ?? {};
  if (who === undefined || says === undefined) throw new Error(`nobody says "${line}"`);
  return { who, says };
}

function hunkOf(lines: string): { before: string; after: string } {
  const without = (sign: string) =>
    lines
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith(sign))
      .map((line) => `${line.slice(1)}\n`)
      .join('');
  return { before: without('+'), after: without('-') };
}

/** @throws when a hunk's lines are not in the text, or more than once */
export function changed(text: string, hunks: readonly { before: string; after: string }[]): string {
  return hunks.reduce((now, { before, after }) => {
    const found = now.split(before).length - 1;
    if (found !== 1) throw new Error(`these lines are in the file ${found} times:\n${before}`);
    return now.replace(before, () => after);
  }, text);
}

/** Whether a program showed what a page says; `…` is any part of a line, or, on a line of its own, any lines. */
export function isAsShown(shown: string, expected: string): boolean {
  const pattern = expected
    .split('\n')
    .map((line) => (line === '…' ? '(.*\\n)*?' : `${line.split('…').map(literal).join('.*')} *\\n`))
    .join('');
  return new RegExp(`^${pattern}\\n*$`).test(`${shown.trim()}\n`);
}

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
