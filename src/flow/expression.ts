import {
  type Expression as Ast,
  type Literal,
  type MemberExpression,
  parseExpressionAt,
  type SpreadElement,
} from 'acorn';
import { BotError } from '../shared/errors.js';
import { didYouMean } from './finding.js';
import { HELPER_PATHS, HELPER_SPACES, isHelper } from './helpers.js';
import { METHOD_NAMES } from './methods.js';
import { isHidden } from './value.js';

/** A checked JavaScript expression: everything in it is something `evaluate` knows and that ends soon. */
export interface Expression {
  source: string;
  ast: Ast;
}

/** An expression that cannot be used, found when the flow is loaded. */
export class ExpressionFault extends BotError {
  override readonly name = 'ExpressionFault';
  readonly code = 'expression_fault';
  constructor(
    message: string,
    /** UTF-16 units into the text the expression stands in */
    readonly offset: number,
    readonly hint?: string,
  ) {
    super(message);
  }
}

const MAX_LENGTH = 2000;
const MAX_DEPTH = 64;

/** The memory objects and their short names, as in Cognigy. */
export const MEMORY_NAMES = ['input', 'ci', 'context', 'cc', 'profile', 'cp', 'env'] as const;
const CONSTANTS = ['undefined', 'NaN', 'Infinity'];

/**
 * Parses and checks one expression that fills a whole text, as in `if: input.text == 'x'`.
 *
 * @throws ExpressionFault
 */
export function parseExpression(source: string): Expression {
  if (/^\s*\{\{/.test(source)) {
    const bare = source.replace(/^\s*\{\{\s*|\s*\}\}\s*$/g, '');
    throw new ExpressionFault('an expression here stands without `{{ }}`', 0, `write ${bare}`);
  }
  const { expression, end } = parseExpressionIn(source, 0);
  const rest = /\S/.exec(source.slice(end));
  if (rest !== null) throw new ExpressionFault('the expression ends here, but the text goes on', end + rest.index);
  return expression;
}

/**
 * Parses and checks the expression that begins at `offset` of a longer text.
 *
 * @returns with it the offset behind its last character
 * @throws ExpressionFault
 */
export function parseExpressionIn(text: string, offset: number): { expression: Expression; end: number } {
  const ast = parse(text, offset);
  const source = text.slice(ast.start, ast.end);
  if (source.length > MAX_LENGTH) {
    throw new ExpressionFault(`an expression has ${MAX_LENGTH} characters at most, this one ${source.length}`, offset);
  }
  check(ast, 0);
  return { expression: { source, ast }, end: ast.end };
}

function parse(text: string, offset: number): Ast {
  try {
    return parseExpressionAt(text, offset, { ecmaVersion: 2023 });
  } catch (err) {
    if (err instanceof SyntaxError && 'pos' in err && typeof err.pos === 'number') {
      if (err.message.includes('stack space')) throw tooDeep(offset);
      const message = err.message.replace(/ \(\d+:\d+\)$/, '');
      throw new ExpressionFault(`not a JavaScript expression: ${lowerFirst(message)}`, err.pos);
    }
    if (err instanceof RangeError) throw tooDeep(offset);
    throw err;
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function tooDeep(offset: number): ExpressionFault {
  return new ExpressionFault(`an expression is nested ${MAX_DEPTH} deep at most`, offset);
}

/** Why a part of JavaScript is not part of an expression, and what to write instead. */
const REFUSED: { readonly [type: string]: readonly [message: string, hint?: string] } = {
  ArrowFunctionExpression: ['functions (`=>`) are not available in expressions yet: they could loop'],
  FunctionExpression: ['functions are not available in expressions yet: they could loop'],
  ClassExpression: ['classes are not available in expressions'],
  AssignmentExpression: ['an expression cannot change anything', 'use a `set` step; to compare, write =='],
  UpdateExpression: ['an expression cannot change anything', 'use a `set` step with + 1'],
  NewExpression: ['`new` is not available in expressions', 'for the time there is date.now()'],
  SequenceExpression: ['a comma makes two expressions', 'write one expression for each `{{ }}`'],
  TaggedTemplateExpression: ['tagged templates are not available in expressions'],
  ThisExpression: ['`this` is not available in expressions', 'write context, input, profile or env'],
  ImportExpression: ['`import` is not available in expressions'],
  AwaitExpression: ['`await` is not available in expressions'],
  YieldExpression: ['`yield` is not available in expressions'],
};

type Part = Ast | SpreadElement;

/** @throws ExpressionFault at the first thing `evaluate` would not know */
function check(node: Part, depth: number): void {
  if (depth > MAX_DEPTH) throw tooDeep(node.start);
  for (const part of partsOf(node)) check(part, depth + 1);
}

/** The expressions inside one. @throws ExpressionFault when this one, apart from those, is none of ours */
function partsOf(node: Part): readonly Part[] {
  switch (node.type) {
    case 'Literal':
      checkLiteral(node);
      return [];
    case 'Identifier':
      checkName(node.name, node.start);
      return [];
    case 'TemplateLiteral':
      return node.expressions;
    case 'ArrayExpression':
      return node.elements.filter((item) => item !== null);
    case 'ObjectExpression':
      return node.properties.flatMap((property) => {
        if (property.type === 'SpreadElement') return property.argument;
        if (property.kind !== 'init' || property.method) throw refused('FunctionExpression', property.start);
        if (property.computed) return [property.key, property.value];
        checkKey(property.key);
        return property.value;
      });
    case 'SpreadElement':
      return [node.argument];
    case 'UnaryExpression':
      if (node.operator === 'delete') throw refused('AssignmentExpression', node.start);
      return [node.argument];
    case 'BinaryExpression':
      if (node.operator === 'instanceof') throw new ExpressionFault('`instanceof` is not available', node.start);
      if (node.left.type === 'PrivateIdentifier') throw new ExpressionFault('`#` is not available', node.start);
      return [node.left, node.right];
    case 'LogicalExpression':
      return [node.left, node.right];
    case 'ConditionalExpression':
      return [node.test, node.consequent, node.alternate];
    case 'ChainExpression':
    case 'ParenthesizedExpression':
      return [node.expression];
    case 'MemberExpression':
      return partsOfMember(node);
    case 'CallExpression':
      return [...partsOfCallee(node.callee), ...node.arguments];
    default:
      throw refused(node.type, node.start);
  }
}

function checkLiteral({ regex, bigint, start }: Literal): void {
  if (bigint !== undefined) throw new ExpressionFault('numbers with n are not available', start);
  if (regex === undefined) return;
  const hint = 'use `lookup` with `match: regex`';
  throw new ExpressionFault('regular expressions are not available in expressions yet', start, hint);
}

function partsOfMember(node: MemberExpression): readonly Part[] {
  const { object, property, computed, start } = node;
  if (object.type === 'Super') throw new ExpressionFault('`super` is not available', start);
  const path = helperPath(node);
  if (path !== undefined) {
    throw new ExpressionFault(`\`${path}\` is a helper to call`, start, didYouMean(path, HELPER_PATHS));
  }
  if (!computed || property.type === 'Literal' || property.type === 'PrivateIdentifier') checkKey(property);
  return computed && property.type !== 'PrivateIdentifier' ? [object, property] : [object];
}

function refused(type: string, offset: number): ExpressionFault {
  const [message, hint] = REFUSED[type] ?? ['this is not available in expressions'];
  return new ExpressionFault(message, offset, hint);
}

function checkName(name: string, offset: number): void {
  const known: readonly string[] = [...MEMORY_NAMES, ...CONSTANTS];
  if (known.includes(name)) return;
  if (isHidden(name)) throw new ExpressionFault(`\`${name}\` cannot be read`, offset);
  if (isHelper(name) || HELPER_SPACES.has(name)) {
    throw new ExpressionFault(`\`${name}\` is a helper to call`, offset, didYouMean(name, HELPER_PATHS));
  }
  const hint = didYouMean(name, [...MEMORY_NAMES, ...HELPER_SPACES]) ?? `a text stands in quotes: '${name}'`;
  throw new ExpressionFault(`\`${name}\` is not known here`, offset, hint);
}

function checkKey(key: Ast | { type: 'PrivateIdentifier'; name: string; start: number }): void {
  const name = key.type === 'Literal' ? String(key.value) : 'name' in key ? key.name : '';
  if (isHidden(name)) throw new ExpressionFault(`\`${name}\` cannot be read or written`, key.start);
  if (key.type === 'PrivateIdentifier') throw new ExpressionFault('`#` is not available', key.start);
}

function partsOfCallee(callee: Ast | { type: 'Super'; start: number }): readonly Part[] {
  const path = callee.type === 'Super' ? undefined : helperPath(callee);
  if (path !== undefined) {
    if (isHelper(path)) return [];
    throw new ExpressionFault(`there is no \`${path}\``, callee.start, didYouMean(path, HELPER_PATHS));
  }
  if (callee.type !== 'MemberExpression' || callee.object.type === 'Super') {
    throw new ExpressionFault('only helpers and methods can be called', callee.start);
  }
  const { property } = callee;
  if (callee.computed || property.type !== 'Identifier') {
    throw new ExpressionFault('a method is called by its name', property.start);
  }
  checkKey(property);
  if (!METHOD_NAMES.has(property.name)) {
    const hint = didYouMean(property.name, METHOD_NAMES);
    throw new ExpressionFault(`\`${property.name}()\` is not available in expressions`, property.start, hint);
  }
  return [callee.object];
}

/** `format.date` of `format.date(…)`, `has` of `has(…)`; undefined for what reads memory. */
export function helperPath(callee: Ast): string | undefined {
  if (callee.type === 'Identifier') return isHelper(callee.name) ? callee.name : undefined;
  if (callee.type !== 'MemberExpression' || callee.computed) return undefined;
  const { object, property } = callee;
  if (object.type !== 'Identifier' || !HELPER_SPACES.has(object.name) || property.type !== 'Identifier')
    return undefined;
  return `${object.name}.${property.name}`;
}
