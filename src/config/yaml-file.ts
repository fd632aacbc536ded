import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { ConfigFault } from './fault.js';

/** A settings file that could be read: plain values, and the line each was written on. */
export interface YamlFile {
  /** as shown to people, e.g. `config/default.yaml` */
  name: string;
  /** a mapping; empty when the file holds only comments */
  values: { [key: string]: unknown };
  /** `config/default.yaml:7`: the line of the deepest part of `path` that is written in the file */
  at(path: readonly PropertyKey[]): string;
  /** the characters of a value as written, so that 00123 stays 00123; undefined when it is no plain value */
  sourceText(path: readonly PropertyKey[]): string | undefined;
}

const MAX_CHARACTERS = 1_000_000;

/**
 * The parser's words, for people who do not know its inside. Codes that are missing here get a general sentence: the
 * parser's own messages may quote the file, and that may be a secret.
 *
 * @see https://eemeli.org/yaml/#errors
 */
const SYNTAX: { readonly [code: string]: readonly [message: string, allowed: string] } = {
  DUPLICATE_KEY: ['this name is given twice', 'Keep one of the two lines'],
  TAB_AS_INDENT: ['the line is indented with a tab', 'Indent with spaces'],
  BAD_INDENT: ['the line is not indented as the lines around it', 'Indent the settings of one group by the same spaces'],
  MISSING_CHAR: ['something is missing here: a quote, a colon, or a closing bracket', 'Close what is open'],
  BLOCK_AS_IMPLICIT_KEY: ['there are two colons in one line', 'Put text that holds a colon in quotes: "like: this"'],
  MULTILINE_IMPLICIT_KEY: ['a name has no colon behind it', 'Write "name: value"'],
  BAD_SCALAR_START: ['a value begins with a character that means something in YAML', 'Put the value in quotes'],
  UNEXPECTED_TOKEN: ['something stands here that does not belong here', 'Put text with special characters in quotes'],
  BAD_ALIAS: ['an alias (*name) that is not defined', 'Put text that begins with * in quotes'],
  TAG_RESOLVE_FAILED: ['a tag (!name) that has no meaning here', 'Put text that begins with ! in quotes'],
  MULTIPLE_DOCS: ['a second document begins here', 'Remove the line ---'],
};

const UNREADABLE = ['the line cannot be read as YAML', 'Write "name: value" and put special text in quotes'] as const;

/** Reads one file; with faults there are no values, since half a file would only cause more of them. */
export function readYamlFile(name: string, source: string): { file: YamlFile } | { faults: ConfigFault[] } {
  if (source.length > MAX_CHARACTERS) {
    return { faults: [{ where: name, message: 'the file is larger than 1 MB', allowed: 'Settings need far less' }] };
  }
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  const lineOf = (offset: number) => `${name}:${lines.linePos(offset).line}`;

  if (document.errors.length > 0) {
    return {
      faults: document.errors.map((error) => {
        const [message, allowed] = SYNTAX[error.code] ?? UNREADABLE;
        return { where: lineOf(error.pos[0]), message, allowed };
      }),
    };
  }
  const values = toPlainValues(document);
  if (values === undefined) {
    const allowed = 'Write "name: value" lines, without many aliases (*name)';
    return { faults: [{ where: `${name}:1`, message: 'the file is not a list of named settings', allowed }] };
  }
  const rootOffset = document.contents?.range?.[0] ?? 0;
  return {
    file: {
      name,
      values,
      at: (path) => lineOf(offsetOf(document, path) ?? rootOffset),
      sourceText(path) {
        const node = document.getIn(path, true);
        return isScalar(node) ? node.source : undefined;
      },
    },
  };
}

function toPlainValues(document: Document): { [key: string]: unknown } | undefined {
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) return {};
  if (!isMap(document.contents)) return undefined;
  try {
    return document.toJS({ maxAliasCount: 50 });
  } catch {
    return undefined;
  }
}

/** Where the name of the last part of `path` that exists is written; for an entry of a list, the entry itself. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair === undefined || !isScalar(pair.key)) break;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq<Node>(node)) {
      node = node.items[Number(key)];
      if (!isScalar(node) && !isMap(node)) break;
      offset = node.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
