import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import type { Finding, Problem } from './finding.js';
import { readPlainYaml } from './plain-yaml.js';
import { isBooleanWord, Plain, type Raw, type RawMap } from './source.js';

export interface Source {
  /** undefined when the file cannot be read at all; then `findings` says why */
  raw: Raw | undefined;
  findings: Finding[];
  /** gives a problem its place in this file */
  place(problem: Problem): Finding;
}

const MAX_FILE_BYTES = 1_048_576;
const MAX_DEPTH = 100;

/**
 * Reads a flow file as YAML 1.2 (JSON is part of it), refusing what YAML would change silently: anchors, tags, comments
 * glued behind text, bare `{{ x }}`, commas that split text, duplicate keys, tabs.
 *
 * @param file its name, for the findings
 * @see https://yaml.org/spec/1.2.2/
 */
export function readSource(file: string, text: string): Source {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_FILE_BYTES) {
    const message = `the file has ${bytes} bytes; a flow file has ${MAX_FILE_BYTES} at most`;
    return unreadable(file, { severity: 'error', code: 'file-too-big', file, line: 1, column: 1, message });
  }
  const raw = readPlainYaml(text);
  if (raw === undefined) return readYaml(file, text);
  // Only what has a finding is parsed: places are what a parser is slow for.
  let parsed: Source | undefined;
  return {
    raw,
    findings: [],
    place: (problem) => {
      parsed ??= readYaml(file, text);
      return parsed.place(problem);
    },
  };
}

/** Reads all of YAML, and knows where in the file everything is. */
export function readYaml(file: string, text: string): Source {
  const lines = new LineCounter();
  const document = parse(text, lines);
  if (document === undefined) {
    return unreadable(file, { severity: 'error', code: 'file-too-deep', file, line: 1, column: 1, message: TOO_DEEP });
  }
  const find = (offset: number, { code = 'invalid-value', message, hint }: Fault): Finding => {
    const { line, col } = lines.linePos(offset);
    return { severity: 'error', code, file, line, column: col, message, ...(hint === undefined ? {} : { hint }) };
  };
  const reader = new Reader(text, find);
  const raw = reader.read(document);
  const place = (problem: Problem): Finding => {
    const { path, severity, key, offset } = problem;
    const found = find(locate(document, text, path, key ?? false, offset), problem);
    return severity === undefined ? found : { ...found, severity };
  };
  return { raw: reader.findings.length > 0 ? undefined : raw, findings: reader.findings, place };
}

const TOO_DEEP = `lists and maps are nested more than ${MAX_DEPTH} deep`;

function unreadable(file: string, finding: Finding): Source {
  return {
    raw: undefined,
    findings: [finding],
    place: ({ code = 'invalid-value', message }) => ({ severity: 'error', code, file, line: 1, column: 1, message }),
  };
}

function parse(text: string, lineCounter: LineCounter): Document.Parsed | undefined {
  try {
    return parseDocument(text, {
      version: '1.2',
      schema: 'core',
      // Both are reported by the reader, which knows the line of the first key and the text that was meant.
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'error',
      lineCounter,
    });
  } catch (err) {
    // The parser recurses: thousands of brackets in a row use up the stack.
    if (err instanceof RangeError) return undefined;
    throw err;
  }
}

type Fault = Pick<Problem, 'code' | 'message' | 'hint'>;
type Find = (offset: number, fault: Fault) => Finding;

/** Turns YAML nodes into `Raw` and collects what it had to refuse. */
class Reader {
  readonly findings: Finding[] = [];

  constructor(
    private readonly text: string,
    private readonly find: Find,
  ) {}

  read(document: Document.Parsed): Raw | undefined {
    if (document.directives.yaml.explicit === true) {
      const message = 'a %YAML directive changes how the file is read';
      this.refuse(0, { code: 'yaml-directive', message, hint: 'leave it out: flow files are YAML 1.2' });
    }
    if (document.contents !== null && !this.tooDeep(document.contents)) this.traps(document.contents);
    // Behind a quote that is not closed everything is read wrongly: it is the one mistake.
    const open = document.errors.length === 0 ? undefined : unclosedQuote(document, this.text);
    if (open !== undefined) {
      this.findings.length = 0;
      this.refuse(open.start, open);
      return undefined;
    }
    // An error of the syntax often is a trap's echo on the same line: the trap says more.
    const trapped = new Set(this.findings.map((finding) => finding.line));
    for (const error of document.errors) {
      const at = this.placeOf(error.code, error.pos[0]);
      const finding = this.find(at, syntaxProblem(error.code, error.message, this.lineAt(at)));
      if (!trapped.has(finding.line)) this.findings.push(finding);
      trapped.add(finding.line);
    }
    if (this.findings.length > 0 || document.contents === null) return undefined;
    return this.raw(document.contents);
  }

  private refuse(offset: number, fault: Fault): void {
    this.findings.push(this.find(offset, fault));
  }

  private tooDeep(root: Node): boolean {
    const stack: { node: unknown; depth: number }[] = [{ node: root, depth: 1 }];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const { node, depth } = top;
      if (isPair(node)) stack.push({ node: node.key, depth }, { node: node.value, depth });
      if (!isCollection(node)) continue;
      if (depth > MAX_DEPTH) {
        this.refuse(node.range?.[0] ?? 0, { code: 'file-too-deep', message: TOO_DEEP });
        return true;
      }
      for (const item of node.items) stack.push({ node: item, depth: depth + 1 });
    }
    return false;
  }

  private traps(node: unknown): void {
    if (!isNode(node)) return;
    const start = node.range?.[0] ?? 0;
    const written = isAlias(node) ? start : this.beforeNode(start);
    const trap = trapOf(node);
    if (trap !== undefined) this.refuse(written, { ...trap, hint: quoted(this.valueAt(written)) });
    else if (isMap(node)) this.mapTraps(node);
    else if (isSeq(node)) for (const item of node.items) this.traps(item);
  }

  private mapTraps(map: YAMLMap): void {
    const seen = new Map<string, number>();
    for (const pair of map.items) {
      const start = startOf(pair.key) ?? map.range?.[0] ?? 0;
      if (!isScalar(pair.key)) {
        const outer = map.range?.[0] ?? start;
        const braces = this.text.slice(outer, map.range?.[1]);
        if (map.flow === true && braces.startsWith('{')) {
          const message = 'a bare `{{ … }}` reads as a map in YAML, not as an expression';
          this.refuse(outer, { code: 'yaml-braces', message, hint: quoted(this.valueAt(outer)) });
        } else if (isCollection(pair.key) && this.text[start] === '-') {
          const message = 'this `- ` is not indented like those before it';
          this.refuse(start, { code: 'yaml-syntax', message, hint: 'indent all items of a list alike' });
        } else {
          const hint = isAlias(pair.key) ? { hint: quoted(this.valueAt(start)) } : {};
          this.refuse(start, { code: 'yaml-key', message: 'the key of a map is a word', ...hint });
        }
        return;
      }
      const key = sourceOf(pair.key);
      const first = seen.get(key);
      if (first !== undefined) {
        const { line } = this.find(first, { message: '' });
        this.refuse(start, {
          code: 'yaml-duplicate-key',
          message: `\`${key}\` stands here twice, first on line ${line}`,
        });
      }
      seen.set(key, start);
      if (map.flow === true && pair.value === null) this.splitText(map, pair, start);
      else this.traps(pair.value);
    }
  }

  /** `{ text: Hello, my friend }` is `text: Hello` and a key named `my friend`. */
  private splitText(map: YAMLMap, pair: Pair, start: number): void {
    const before = map.items[map.items.indexOf(pair) - 1];
    const from = before === undefined ? undefined : startOf(before.value);
    const to = isNode(pair.key) ? pair.key.range?.[1] : undefined;
    const meant = from === undefined || to === undefined ? undefined : quoted(this.text.slice(from, to));
    const message =
      before === undefined
        ? 'a key inside `{ }` without a value'
        : 'the comma before this splits the text inside `{ }`';
    this.refuse(start, { code: 'yaml-comma', message, ...(meant === undefined ? {} : { hint: meant }) });
  }

  private raw(node: unknown): Raw {
    if (isMap(node)) {
      const map: RawMap = Object.create(null);
      for (const { key, value } of node.items) map[isScalar(key) ? sourceOf(key) : ''] = this.raw(value);
      return map;
    }
    if (isSeq(node)) return node.items.map((item) => this.raw(item));
    return isScalar(node) ? this.scalar(node) : new Plain('', null);
  }

  private scalar(node: Scalar): Raw {
    const source = sourceOf(node);
    if (node.type !== 'PLAIN') return source;
    // Two spaces or more make a comment anyone can see; with one it may well be the end of the sentence.
    const comment = /^ (#.*)/.exec(this.text.slice(node.range?.[1], (node.range?.[1] ?? 0) + 200))?.[1];
    const { value } = node;
    if (typeof value === 'string')
      return comment === undefined && !isBooleanWord(source) ? source : new Plain(source, source, comment);
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) {
      return new Plain(source, value, comment);
    }
    return source;
  }

  /** Where an anchor or tag before the node begins: the node's own range starts behind it. */
  private beforeNode(start: number): number {
    const line = this.text.lastIndexOf('\n', start - 1) + 1;
    const found = /[&!][^\s]*\s*$/.exec(this.text.slice(line, start));
    return found === null ? start : line + found.index;
  }

  /** The rest of the line from here, without a closing bracket that belongs to an outer map. */
  private valueAt(offset: number): string {
    const end = this.text.indexOf('\n', offset);
    const rest = this.text.slice(offset, end === -1 ? undefined : end).trim();
    return rest.startsWith('{{') ? (/^\{\{.*\}\}[^,}\]]*/.exec(rest)?.[0].trimEnd() ?? rest) : rest;
  }

  /** Where to look: the parser names the beginning of a badly indented line, before what stands there. */
  private placeOf(code: string, offset: number): number {
    return code === 'BAD_INDENT'
      ? offset + (/^ */.exec(this.text.slice(offset, offset + 1000))?.[0].length ?? 0)
      : offset;
  }

  private lineAt(offset: number): string {
    const start = this.text.lastIndexOf('\n', offset - 1) + 1;
    const end = this.text.indexOf('\n', start);
    return this.text.slice(start, end === -1 ? undefined : end);
  }
}

/** A line of a file that a text in quotes has swallowed. */
const SWALLOWED = /^\s*(- +)?[\w-]+:( |$)|^\s*- /;

/** The first text in quotes that does not end, or goes on over lines which are no text: there the quote was forgotten. */
function unclosedQuote(document: Document.Parsed, text: string): (Fault & { start: number }) | undefined {
  const open = firstOpenQuote(document.contents, text);
  if (open === undefined) return undefined;
  const [start, end] = open;
  const quote = text.charAt(start);
  const first = text.slice(start, end).split('\n', 1)[0] ?? '';
  const message = `this ${quote} is not closed on its line`;
  const written = first.trimEnd();
  return { start, code: 'yaml-syntax', message, hint: `write ${written}${quote}` };
}

function firstOpenQuote(root: unknown, text: string): readonly [start: number, end: number] | undefined {
  const stack: unknown[] = [root];
  let found: readonly [number, number] | undefined;
  while (stack.length > 0) {
    const node = stack.pop();
    if (isPair(node)) stack.push(node.key, node.value);
    else if (isCollection(node)) stack.push(...node.items);
    else if (isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE')) {
      const [start = 0, end = start] = node.range ?? [];
      const written = text.slice(start, end);
      const [, ...inside] = written.split('\n');
      const isOpen = written.length < 2 || !written.endsWith(written.charAt(0));
      // Where a quote was forgotten, the text ends at the first quote of the next one: more stands behind it.
      const isCut = !/^[ \t]*(?:[\r\n#,\]}:]|$)/.test(text.slice(end));
      const hasSwallowed = isCut && inside.some((line) => SWALLOWED.test(line));
      if ((isOpen || hasSwallowed) && (found === undefined || start < found[0])) found = [start, end];
    }
  }
  return found;
}

function sourceOf(scalar: Scalar): string {
  return scalar.source ?? String(scalar.value);
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function quoted(text: string): string {
  return `write it in quotes: ${JSON.stringify(text)}`;
}

const KEY_AND_VALUE = /^(?:\s*(?:- +)*(?:[\w.-]+|"[^"]*"): +|\s*(?:- +)+)([^"'|>[\s].*)$/;

/** What YAML makes of a text that begins with one of its own signs. */
function trapOf(node: Node): Fault | undefined {
  if (isAlias(node)) return { code: 'yaml-alias', message: `\`*${node.source}\` is an alias in YAML, not text` };
  if (node.anchor !== undefined)
    return { code: 'yaml-anchor', message: `\`&${node.anchor}\` is an anchor in YAML, not text` };
  return node.tag === undefined
    ? undefined
    : { code: 'yaml-tag', message: 'what begins with `!` is a tag in YAML, not text' };
}

/** What the parser says of lines a designer has indented wrongly or not finished, in other words. */
const CURLY = /[“”„‟]/;
const SYNTAX: { readonly [message: string]: Pick<Fault, 'message' | 'hint'> } = {
  'All mapping items must start at the same column': {
    message: 'this line is not indented like the keys it belongs to',
    hint: 'give it as many spaces as the keys beside it have',
  },
  'Nested mappings are not allowed in compact mappings': {
    message: 'a value stands here, and a key follows it as if it belonged to it',
    hint: 'indent the next line as far as this key',
  },
  'All sequence items must start at the same column': {
    message: 'this `- ` is not indented like those before it',
    hint: 'indent all items of a list alike',
  },
  'Implicit keys need to be on a single line': {
    message: 'this line has no key',
    hint: 'a key is followed by a colon and a space: `type: text`',
  },
};

/** What the parser stumbled over, in a designer's words; nearly always a text that wants quotes. */
function syntaxProblem(code: string, message: string, line: string): Fault {
  if (code === 'TAB_AS_INDENT') {
    const hint = 'set your editor to put two spaces for a tab';
    return { code: 'yaml-tab', message: 'a tab; YAML is indented by spaces', hint };
  }
  if (code === 'MULTIPLE_DOCS') {
    return {
      code: 'yaml-documents',
      message: '`---` begins a second document',
      hint: 'one file is one flow: put the other flow in its own file',
    };
  }
  const value = KEY_AND_VALUE.exec(line)?.[1]?.trimEnd();
  const inQuotes = /^\s*(?:- +)*[\w.-]+: +((["']).*)$/.exec(line.trimEnd())?.slice(1);
  const suspicious = value !== undefined && inQuotes === undefined && /^[*&!@`%{]|: |:$|\{\{/.test(value);
  const said = `YAML cannot read this: ${message.charAt(0).toLowerCase()}${message.slice(1).split('\n')[0]}`;
  const known = Object.hasOwn(SYNTAX, message) ? SYNTAX[message] : undefined;
  if (inQuotes !== undefined && message.startsWith('Unexpected scalar')) {
    const [whole = '', quote = ''] = inQuotes;
    const apostrophe = `write ${quote === "'" ? "''" : '\\"'} for the ${quote} inside, or take the other kind of quotes`;
    return {
      code: 'yaml-syntax',
      message: `the text in ${quote} ends before this`,
      hint: whole.endsWith(quote) ? apostrophe : quoted(whole),
    };
  }
  if (value !== undefined && CURLY.test(value.charAt(0)))
    return {
      code: 'yaml-syntax',
      message: said,
      hint: 'YAML knows the quotes " and \' only: word processors bend them',
    };
  if (suspicious) return { code: 'yaml-syntax', message: said, hint: quoted(value) };
  return { code: 'yaml-syntax', message: said, ...known };
}

/**
 * The offset a problem's path leads to. Steps of the path that are not in the file (a shorthand was filled in, a key is
 * missing) are passed over, so the place is the nearest thing that was written.
 */
function locate(
  document: Document.Parsed,
  text: string,
  path: readonly PropertyKey[],
  atKey: boolean,
  offset: number | undefined,
): number {
  let node: unknown = document.contents;
  let keyStart: number | undefined;
  let missing = false;
  for (const segment of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && sourceOf(key) === segment);
      missing = pair === undefined;
      if (pair === undefined) continue;
      keyStart = startOf(pair.key);
      node = pair.value;
    } else if (isSeq(node) && typeof segment === 'number' && node.items[segment] !== undefined) {
      node = node.items[segment];
      keyStart = undefined;
      missing = false;
    }
  }
  const start = startOf(node) ?? keyStart ?? 0;
  if (keyStart !== undefined && (atKey || missing)) return keyStart;
  return offset !== undefined && isScalar(node) ? start + insideScalar(node, text, offset) : start;
}

/** How far into the written form of a scalar a place in its value is: the line of the value is looked up in the file. */
function insideScalar(node: Scalar, text: string, offset: number): number {
  const source = sourceOf(node);
  const lineStart = source.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = source.indexOf('\n', lineStart);
  const line = source.slice(lineStart, lineEnd === -1 ? undefined : lineEnd);
  const written = text.slice(node.range?.[0], node.range?.[1]);
  // The lines of a block are its lines in the file; elsewhere the same line hardly ever comes twice.
  const from = node.type === 'BLOCK_LITERAL' ? startOfLine(written, source.slice(0, lineStart).split('\n').length) : 0;
  const found = written.indexOf(line, from);
  return found === -1 ? 0 : found + offset - lineStart;
}

/** @param number 0 for the first */
function startOfLine(text: string, number: number): number {
  let start = 0;
  for (let line = 0; line < number; line++) start = text.indexOf('\n', start) + 1;
  return start;
}
