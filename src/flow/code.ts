import { parse } from 'acorn';
import { namesAround } from './expressions/expression.js';
import { HELPER_SPACES } from './expressions/helpers.js';
import { didYouMean } from './reading/finding.js';

/** What is wrong with the JavaScript of a `code` step, and where: UTF-16 units into it. */
export interface CodeFault {
  message: string;
  offset: number;
  hint?: string;
}

const PROLOGUE = "'use strict';";
const MAX_LENGTH = 100_000;

/** What code can name without declaring it. */
const KNOWN: ReadonlySet<string> = new Set([
  ...['input', 'ci', 'context', 'cc', 'profile', 'cp', 'env', 'say', 'log', 'http', 'has', 'raw', ...HELPER_SPACES],
  ...['Array', 'ArrayBuffer', 'BigInt', 'Boolean', 'DataView', 'Date', 'Infinity', 'JSON', 'Map', 'Math', 'NaN'],
  ...['Number', 'Object', 'Promise', 'Proxy', 'Reflect', 'RegExp', 'Set', 'String', 'Symbol', 'WeakMap', 'WeakRef'],
  ...['WeakSet', 'Error', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'],
  ...['AggregateError', 'Uint8Array', 'Int8Array', 'Uint16Array', 'Int16Array', 'Uint32Array', 'Int32Array'],
  ...['Float32Array', 'Float64Array', 'Uint8ClampedArray', 'BigInt64Array', 'BigUint64Array', 'Iterator'],
  ...['decodeURI', 'decodeURIComponent', 'encodeURI', 'encodeURIComponent', 'escape', 'unescape', 'isFinite', 'isNaN'],
  ...['parseFloat', 'parseInt', 'undefined', 'arguments', 'globalThis', 'eval', 'Function'],
]);

/** What people look for first, and what there is instead. */
const INSTEAD: { readonly [name: string]: string } = {
  fetch: 'write await http({ url })',
  axios: 'write await http({ url })',
  XMLHttpRequest: 'write await http({ url })',
  console: "write log('…')",
  setTimeout: 'use a `sleep` step',
  setInterval: 'use a `sleep` step',
  require: 'code has no libraries: there are http(), format, text, date and random',
  process: 'variables the endpoint allows are in env',
  Intl: 'use format.number, format.money or format.date',
  api: 'write say(…), and change context and profile',
  moment: 'use date and format.date',
  _: 'use the methods of lists: filter, map, find …',
  lodash: 'use the methods of lists: filter, map, find …',
};

/** The first thing in code that could never run, or undefined. */
export function codeFault(code: string): CodeFault | undefined {
  if (code.trim() === '') return { message: 'the code is empty', offset: 0 };
  if (code.length > MAX_LENGTH) {
    return { message: `code has ${MAX_LENGTH} characters at most, this has ${code.length}`, offset: 0 };
  }
  let program: unknown;
  try {
    program = parse(PROLOGUE + code, {
      ecmaVersion: 2023,
      allowReturnOutsideFunction: true,
      allowAwaitOutsideFunction: true,
    });
  } catch (err) {
    if (err instanceof RangeError) return { message: 'the code is nested too deep', offset: 0 };
    if (!(err instanceof SyntaxError) || !('pos' in err) || typeof err.pos !== 'number') throw err;
    const message = err.message.replace(/ \(\d+:\d+\)$/, '');
    const said = `not JavaScript: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
    return { message: said, offset: Math.max(0, err.pos - PROLOGUE.length) };
  }
  const names = new Names();
  names.visit(program);
  return names.fault();
}

interface Node {
  type: string;
  start: number;
  [key: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** Keys that hold a name which is no variable, as long as it is not `computed`. */
const NAMES: { readonly [type: string]: string } = {
  MemberExpression: 'property',
  Property: 'key',
  MethodDefinition: 'key',
  PropertyDefinition: 'key',
  LabeledStatement: 'label',
  BreakStatement: 'label',
  ContinueStatement: 'label',
  MetaProperty: 'property',
};
/** Keys whose patterns declare names. */
const DECLARING: { readonly [type: string]: readonly string[] } = {
  VariableDeclarator: ['id'],
  FunctionDeclaration: ['id', 'params'],
  FunctionExpression: ['id', 'params'],
  ArrowFunctionExpression: ['params'],
  ClassDeclaration: ['id'],
  ClassExpression: ['id'],
  CatchClause: ['param'],
};

/** The names of a program: a name that is declared anywhere in it counts as known everywhere. */
class Names {
  private readonly declared = new Set<string>();
  private readonly used: { name: string; offset: number }[] = [];
  private imported: number | undefined;

  visit(value: unknown, declares = false): void {
    if (Array.isArray(value)) {
      for (const item of value) this.visit(item, declares);
      return;
    }
    if (!isNode(value)) return;
    const { type, start } = value;
    if (type === 'ImportExpression') this.imported ??= start;
    if (type === 'Identifier' && typeof value.name === 'string') {
      if (declares) this.declared.add(value.name);
      else this.used.push({ name: value.name, offset: start });
      return;
    }
    // A default value inside a pattern is no part of it.
    const isPattern = /Pattern$|^Property$|^RestElement$/.test(type);
    for (const [key, part] of Object.entries(value)) {
      if (NAMES[type] === key && value.computed !== true && value.shorthand !== true) continue;
      const inPattern = declares && isPattern && key !== 'right' && !(key === 'key' && value.computed === true);
      this.visit(part, inPattern || (DECLARING[type]?.includes(key) ?? false));
    }
  }

  fault(): CodeFault | undefined {
    if (this.imported !== undefined) {
      return faultAt(this.imported, '`import` is not available in code', 'code has no libraries but its helpers');
    }
    const around = namesAround();
    const unknown = this.used.find(
      ({ name }) => !this.declared.has(name) && !KNOWN.has(name) && !around.includes(name),
    );
    if (unknown === undefined) return undefined;
    const { name, offset } = unknown;
    const instead = Object.hasOwn(INSTEAD, name) ? INSTEAD[name] : undefined;
    return faultAt(
      offset,
      `\`${name}\` is not known here`,
      instead ?? didYouMean(name, [...this.declared, ...around, ...KNOWN]),
    );
  }
}

function faultAt(position: number, message: string, hint: string | undefined): CodeFault {
  const offset = Math.max(0, position - PROLOGUE.length);
  return hint === undefined ? { message, offset } : { message, offset, hint };
}
