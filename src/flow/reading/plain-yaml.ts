import { isBooleanWord, Plain, type Raw, type RawMap } from './source.js';

/**
 * Reads a file that keeps to the plain part of YAML nearly all flows are written in, several times as fast as a whole
 * YAML parser: maps and lists by indentation; scalars, quoted texts and `{ }` and `[ ]` that end on their line; texts
 * behind `|`.
 *
 * @returns what `readSource` would make of it; undefined for everything else, be it right or wrong. It never guesses: whatever
 * could mean something else to YAML is left to the parser, and so are all findings
 */
export function readPlainYaml(text: string): Raw | undefined {
  return ELSEWHERE.test(text) ? undefined : new PlainYaml(text.split('\n')).file();
}

/** Tabs, Windows line ends, byte order marks, directives and documents. */
const ELSEWHERE = /[\t\r\uFEFF]|^(?:---|\.\.\.|%)/m;
const MAX_DEPTH = 50;

/** A word, or words, and a colon with nothing or a space behind it. */
const KEY = /(?:"([^"\\]{0,200})"|'([^']{0,200})'|([A-Za-z0-9_](?:[\w .$/+()-]{0,200}[\w$/+()-])?)):(?= |$)/y;
const DOUBLE_QUOTED = /"((?:[^"\\]|\\["\\/nt])*)"/y;
const SINGLE_QUOTED = /'((?:[^']|'')*)'/y;
/** The beginning of an unquoted scalar that is no sign of YAML's. */
const BEGINS = /[A-Za-z0-9$()+./;<=^_~\\\u00a1-\ud7ff]|-(?=[\w.])/y;
/** An unquoted scalar inside `{ }` or `[ ]`. */
const INSIDE = /(?:[A-Za-z0-9$()+./;<=^_~\\\u00a1-\ud7ff]|-(?=[\w.]))(?:[^,[\]{}:#]|:(?=[^\s,[\]{}]))*/y;
const NOTHING_MORE = / *(?: #.*)?$/y;

/** Something that ended on its line. */
interface Cell {
  raw: Raw;
  /** the column behind it */
  end: number;
}

class PlainYaml {
  private row = 0;
  /** where on its line the next node begins; -1 at the end of the file */
  private column = 0;

  constructor(private readonly lines: readonly string[]) {}

  file(): Raw | undefined {
    this.find();
    if (this.column !== 0) return undefined;
    const raw = this.block(0);
    return this.row === this.lines.length ? raw : undefined;
  }

  private get line(): string {
    return this.lines[this.row] ?? '';
  }

  /** Goes to the next line that is neither empty nor a comment, from here on. */
  private find(): void {
    for (; this.row < this.lines.length; this.row++) {
      const { line } = this;
      const column = indentOf(line);
      if (column === line.length || line[column] === '#') continue;
      this.column = column;
      return;
    }
    this.column = -1;
  }

  private block(depth: number): Raw | undefined {
    if (depth > MAX_DEPTH) return undefined;
    return this.isItem(this.column) ? this.list(this.column, depth) : this.map(this.column, depth);
  }

  private isItem(column: number): boolean {
    const { line } = this;
    return line[column] === '-' && (line.length === column + 1 || line[column + 1] === ' ');
  }

  private list(indent: number, depth: number): Raw | undefined {
    const items: Raw[] = [];
    while (this.column === indent && this.isItem(indent)) {
      const at = indentOf(this.line, indent + 1);
      // What stands behind the dash is a block whose lines begin where it does.
      this.column = at;
      const item = this.isItem(at) || this.keyAt(at) !== undefined ? this.block(depth + 1) : this.value(at, indent);
      if (item === undefined || this.column > indent) return undefined;
      items.push(item);
    }
    return items;
  }

  private map(indent: number, depth: number): Raw | undefined {
    const map: RawMap = Object.create(null);
    while (this.column === indent) {
      const found = this.keyAt(indent);
      if (found === undefined || found.key in map) return undefined;
      const at = indentOf(this.line, found.end);
      const value = at === this.line.length ? this.below(indent, depth) : this.value(at, indent);
      if (value === undefined || this.column > indent) return undefined;
      map[found.key] = value;
    }
    return map;
  }

  private keyAt(column: number): { key: string; end: number } | undefined {
    return keyIn(this.line, column);
  }

  /** The block under a key. A list may stand as far to the left as its key. */
  private below(indent: number, depth: number): Raw | undefined {
    this.row += 1;
    this.find();
    if (this.column > indent) return this.block(depth + 1);
    return this.column === indent && this.isItem(indent) ? this.list(indent, depth + 1) : undefined;
  }

  /** What ends on this line, or a text behind `|`. */
  private value(at: number, indent: number): Raw | undefined {
    const { line } = this;
    if (line[at] === '|') return this.literal(line.slice(at), indent);
    const cell = collection(line, at, 0) ?? quoted(line, at) ?? unquoted(line, at);
    if (cell === undefined || match(NOTHING_MORE, line, cell.end) === undefined) return undefined;
    this.row += 1;
    this.find();
    return cell.raw;
  }

  private literal(header: string, indent: number): Raw | undefined {
    if (header !== '|' && header !== '|-') return undefined;
    this.row += 1;
    const width = indentOf(this.line);
    if (width <= indent || width === this.line.length) return undefined;
    const said: string[] = [];
    for (; this.row < this.lines.length; this.row++) {
      const { line } = this;
      const begins = indentOf(line);
      const isBlank = begins === line.length;
      // Of lines of nothing but spaces some count and some do not.
      if (isBlank && line !== '') return undefined;
      if (!isBlank && begins < width) break;
      said.push(line.slice(width));
    }
    if (this.line[indentOf(this.line)] === '#' || (this.row === this.lines.length && said.at(-1) !== ''))
      return undefined;
    while (said.at(-1) === '') said.pop();
    this.find();
    return said.join('\n') + (header === '|' ? '\n' : '');
  }
}

/** The column of the next character that is no space. */
function indentOf(line: string, from = 0): number {
  let column = from;
  while (line[column] === ' ') column++;
  return column;
}

/** @param pattern a sticky one */
function match(pattern: RegExp, line: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(line) ?? undefined;
}

function keyIn(line: string, at: number): { key: string; end: number } | undefined {
  const found = match(KEY, line, at);
  const key = found?.[1] ?? found?.[2] ?? found?.[3];
  return key === undefined ? undefined : { key, end: KEY.lastIndex };
}

/** `{ a: 1, b: [two, "three"] }` */
function collection(line: string, at: number, depth: number): Cell | undefined {
  const isMap = line[at] === '{';
  if ((!isMap && line[at] !== '[') || depth > MAX_DEPTH) return undefined;
  const close = isMap ? '}' : ']';
  const map: RawMap = Object.create(null);
  const list: Raw[] = [];
  let here = indentOf(line, at + 1);
  while (line[here] !== close || list.length > 0) {
    const found = isMap ? keyIn(line, here) : undefined;
    if (isMap && (found === undefined || found.key in map)) return undefined;
    const from = found === undefined ? here : indentOf(line, found.end);
    const cell = collection(line, from, depth + 1) ?? quoted(line, from) ?? inside(line, from);
    if (cell === undefined) return undefined;
    list.push(cell.raw);
    if (found !== undefined) map[found.key] = cell.raw;
    here = indentOf(line, cell.end);
    if (line[here] === close) break;
    if (line[here] !== ',') return undefined;
    here = indentOf(line, here + 1);
  }
  return { raw: isMap ? map : list, end: here + 1 };
}

const ESCAPED: { readonly [letter: string]: string } = { n: '\n', t: '\t' };

function quoted(line: string, at: number): Cell | undefined {
  if (line[at] === '"') {
    const text = match(DOUBLE_QUOTED, line, at)?.[1];
    const raw = text?.includes('\\') ? text.replace(/\\(.)/g, (_, letter: string) => ESCAPED[letter] ?? letter) : text;
    return raw === undefined ? undefined : { raw, end: DOUBLE_QUOTED.lastIndex };
  }
  const text = line[at] === "'" ? match(SINGLE_QUOTED, line, at)?.[1] : undefined;
  return text === undefined ? undefined : { raw: text.replaceAll("''", "'"), end: SINGLE_QUOTED.lastIndex };
}

function inside(line: string, at: number): Cell | undefined {
  const written = match(INSIDE, line, at)?.[0];
  const raw = written === undefined ? undefined : scalar(withoutSpaces(written));
  return raw === undefined ? undefined : { raw, end: INSIDE.lastIndex };
}

/** A scalar to the end of the line, or to a comment nobody can overlook. */
function unquoted(line: string, at: number): Cell | undefined {
  if (match(BEGINS, line, at) === undefined) return undefined;
  const comment = line.indexOf(' #', at);
  const written = withoutSpaces(comment === -1 ? line.slice(at) : line.slice(at, comment));
  if (at + written.length === comment || /:(?: |$)/.test(written)) return undefined;
  const raw = scalar(written);
  return raw === undefined ? undefined : { raw, end: line.length };
}

function withoutSpaces(written: string): string {
  let end = written.length;
  while (written[end - 1] === ' ') end--;
  return written.slice(0, end);
}

const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
  ...['null', 'Null', 'NULL', '~'].map((word) => [word, null] as const),
]);

/** Hexadecimal, octal, with an exponent, infinite. */
const ODD_NUMBER = /^[-+]?(?:0[xo][\da-f]+|[\d.]+e[-+]?\d+|\.inf)$|^\.nan$/i;

/** @see https://yaml.org/spec/1.2.2/#103-core-schema */
function scalar(source: string): Raw | undefined {
  const word = WORDS.get(source);
  if (word !== undefined) return new Plain(source, word);
  if (isBooleanWord(source)) return new Plain(source, source);
  if (!/^[-+.\d]/.test(source)) return source;
  if (/^[-+]?\d+$/.test(source)) return new Plain(source, Number.parseInt(source, 10));
  if (/^[-+]?(?:\.\d+|\d+\.\d*)$/.test(source)) return new Plain(source, Number.parseFloat(source));
  return ODD_NUMBER.test(source) ? undefined : source;
}
