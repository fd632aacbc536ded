import { type Document, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { ConfigFault } from './fault.js';
import type { Path } from './path.js';
import type { Tree } from './tree.js';

/** A settings file: plain values, and the line each was written on. */
export interface YamlFile {
  /** as shown to people, e.g. `config/default.yaml` */
  name: string;
  /** empty when the file holds only comments, or cannot be read */
  values: Tree;
  /** `config/default.yaml:7`: the line of the deepest part of `path` that is written in the file */
  at(path: Path): string;
  /** the characters of a value as written, so that 00123 stays 00123; undefined when it is no plain value */
  sourceText(path: Path): string | undefined;
}

const MAX_CHARACTERS = 1_000_000;

/**
 * The parser's findings, for people who do not know its inside. A code that is missing here gets a general sentence:
 * the parser's own words may quote the file, and that may be a secret.
 *
 * @see https://eemeli.org/yaml/#errors
 */
const SYNTAX: { readonly [code: string]: readonly [message: string, allowed: string] } = {
  DUPLICATE_KEY: ['this name is given twice in one group', 'Keep one of the two lines'],
  TAB_AS_INDENT: ['the line is indented with a tab', 'Indent with spaces'],
  BAD_INDENT: ['the line is not indented like its neighbours', 'Indent the settings of one group by the same spaces'],
  MISSING_CHAR: ['a quote, a colon or a closing bracket is missing here', 'Close what is open, write "name: value"'],
  BLOCK_AS_IMPLICIT_KEY: ['there are two colons in one line', 'Put text that holds a colon in quotes: "like: this"'],
  MULTILINE_IMPLICIT_KEY: ['there is a name without a colon', 'Write "name: value"'],
  BAD_SCALAR_START: ['a value begins with a character that means something in YAML', 'Put the value in quotes'],
  UNEXPECTED_TOKEN: ['something stands here that does not belong here', 'Put text with special characters in quotes'],
  BAD_ALIAS: ['there is an alias (*name) that is not defined', 'Put text that begins with * in quotes'],
  TAG_RESOLVE_FAILED: ['there is a tag (!name) that has no meaning here', 'Put text that begins with ! in quotes'],
  MULTIPLE_DOCS: ['a second document begins here', 'Remove the line ---'],
};

const OPEN_BRACKET = ['a bracket is opened and not closed', 'Close it with ] or }'] as const;
const UNREADABLE = ['the line cannot be read as YAML', 'Write "name: value", and special text in quotes'] as const;

/** Reads one file. With faults the values are empty, since half a file would only cause more faults. */
export function readYamlFile(name: string, source: string): { file: YamlFile; faults: ConfigFault[] } {
  const lines = new LineCounter();
  const tooLarge = source.length > MAX_CHARACTERS;
  const document = parseDocument(tooLarge ? '' : source, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const lineOf = (offset: number) => `${name}:${lines.linePos(offset).line}`;

  const faults: ConfigFault[] = document.errors.map((error) => {
    // The parser has one code for both, since what follows an open bracket is rarely indented enough for it.
    const isBracket = error.code === 'BAD_INDENT' && error.message.startsWith('Flow ');
    const [message, allowed] = isBracket ? OPEN_BRACKET : (SYNTAX[error.code] ?? UNREADABLE);
    return { where: lineOf(error.pos[0]), message, allowed };
  });
  if (tooLarge)
    faults.push({ where: name, message: 'the file is larger than 1 MB', allowed: 'Settings need far less' });
  const values = faults.length > 0 ? {} : toPlainValues(document);
  if (values === undefined) {
    faults.push({
      where: `${name}:1`,
      message: 'the file does not consist of named settings',
      allowed: 'Write "name: value" lines, with few aliases (*name) or none',
    });
  }
  return {
    file: {
      name,
      values: values ?? {},
      at(path) {
        const offset = offsetOf(document, path);
        return offset === undefined ? name : lineOf(offset);
      },
      sourceText(path) {
        const node = document.getIn(path, true);
        return isScalar(node) ? node.source : undefined;
      },
    },
    faults,
  };
}

/** @returns undefined when the top is no mapping, or aliases multiply it beyond reason */
function toPlainValues(document: Document): Tree | undefined {
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return {};
  if (!isMap(contents)) return undefined;
  try {
    return document.toJS({ maxAliasCount: 50 });
  } catch {
    return undefined;
  }
}

/** Where the last part of `path` that exists is written: the name of a setting, or the entry of a list. */
function offsetOf(document: Document, path: Path): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const key of path) {
    let written: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      written = pair?.key;
      node = pair?.value;
    } else if (isSeq(node)) {
      written = node.items[Number(key)];
      node = written;
    }
    if (!isScalar(written) && !isMap(written)) break;
    offset = written.range?.[0] ?? offset;
  }
  return offset;
}
