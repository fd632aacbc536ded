import {
  type ArrowFunctionExpression,
  type Expression as Ast,
  type Literal,
  type MemberExpression,
  type NewExpression,
  type Pattern,
  parseExpressionAt,
  type SpreadElement,
} from 'acorn';
import { BotError } from '../../shared/errors.js';
import { didYouMean } from '../reading/finding.js';
import { writeScript } from './expression-script.js';
import { hintForForeignWord } from './foreign-words.js';
import { HELPER_PATHS, HELPER_SPACES, isHelper } from './helpers.js';
import { CONSTRUCTORS, GLOBALS, MISLEADING_METHODS, NAMESPACES, REFUSED, SANDBOX_METHODS } from './javascript.js';
import { METHOD_NAMES } from './methods.js';
import { isHidden } from './value.js';

/** A checked JavaScript expression. */
export interface Expression {
  source: string;
  ast: Ast;
  /** set when it holds more than the plain subset, which `evaluate` knows and which ends soon: the sandbox runs it */
  script?: Script;
}

/** An expression for the sandbox. */
export interface Script {
  code: string;
  reads: Reads;
  /** names of steps around it, as the item of a `repeat` */
  locals: readonly string[];
}

/** What of the memory an expression names: some keys of an object, or all of it. */
export type Reads = { readonly [name in MemoryName]?: readonly string[] | 'all' };

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

export type MemoryName = 'input' | 'context' | 'profile' | 'env';
const MEMORIES: { readonly [name: string]: MemoryName } = {
  input: 'input',
  ci: 'input',
  context: 'context',
  cc: 'context',
  profile: 'profile',
  cp: 'profile',
  env: 'env',
};

/** Names a step gives to the steps inside it, while those are read. Reading is synchronous, so a stack will do. */
let stepLocals: readonly string[] = [];

/** Reads what may use these names beside the memory objects. */
export function withLocals<T>(names: readonly string[], read: () => T): T {
  const outside = stepLocals;
  stepLocals = [...outside, ...names];
  try {
    return read();
  } finally {
    stepLocals = outside;
  }
}

/** The names that steps around what is being read have given. */
export function namesAround(): readonly string[] {
  return stepLocals;
}

/** What code can call beside the helpers. */
const CODE_NAMES = ['say', 'log', 'http'];

/** Whether a step may give this name to something: it hides nothing expressions know. */
export function isFreeName(name: string): boolean {
  const taken: readonly string[] = [
    ...MEMORY_NAMES,
    ...CONSTANTS,
    ...HELPER_SPACES,
    ...GLOBALS,
    ...Object.keys(NAMESPACES),
    ...CODE_NAMES,
  ];
  return /^[A-Za-z]\w{0,63}$/.test(name) && !taken.includes(name) && !isHelper(name) && !isHidden(name) && isWord(name);
}

/** No word of JavaScript's own, as `for` or `new`. */
function isWord(name: string): boolean {
  try {
    const ast = parseExpressionAt(name, 0, { ecmaVersion: 2023, allowAwaitOutsideFunction: false });
    return ast.type === 'Identifier' && ast.end === name.length;
  } catch {
    return false;
  }
}

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
  if (rest !== null) {
    const at = end + rest.index;
    throw new ExpressionFault('the expression ends here, but the text goes on', at, hintForForeignWord(source, at));
  }
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
  const check = new Check();
  check.read(ast, 0, NO_LOCALS);
  const script = check.sandboxed
    ? { code: writeScript(ast, text), reads: check.reads(), locals: [...check.stepLocals] }
    : undefined;
  return { expression: { source, ast, ...(script === undefined ? {} : { script }) }, end: ast.end };
}

function parse(text: string, offset: number): Ast {
  try {
    return parseExpressionAt(text, offset, { ecmaVersion: 2023, preserveParens: true });
  } catch (err) {
    if (err instanceof SyntaxError && 'pos' in err && typeof err.pos === 'number') {
      if (err.message.includes('stack space')) throw tooDeep(offset);
      const found = text.charAt(err.pos);
      if (/[“”„‟‘’‚‛]/.test(found)) {
        const hint = "write ' in its place: word processors bend quotes";
        throw new ExpressionFault(`${found} is no quote in an expression`, err.pos, hint);
      }
      const message = err.message.replace(/ \(\d+:\d+\)$/, '');
      const hint = hintForForeignWord(text, err.pos - 1);
      throw new ExpressionFault(`not a JavaScript expression: ${lowerFirst(message)}`, err.pos, hint);
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

type Part = Ast | SpreadElement;
/** Names of the parameters of the functions around. */
type Locals = ReadonlySet<string>;
const NO_LOCALS: Locals = new Set();

/** Reads an expression once: refuses what it must not be, and finds out where it is to be evaluated. */
class Check {
  sandboxed = false;
  /** names of steps around it that it uses */
  readonly stepLocals = new Set<string>();
  private readonly named = new Map<MemoryName, Set<string> | 'all'>();

  reads(): Reads {
    return Object.fromEntries([...this.named].map(([name, keys]) => [name, keys === 'all' ? keys : [...keys]]));
  }

  /** @throws ExpressionFault */
  read(node: Part, depth: number, locals: Locals): void {
    if (depth > MAX_DEPTH) throw tooDeep(node.start);
    if (node.type === 'ArrowFunctionExpression') this.arrow(node, depth, locals);
    else for (const part of this.partsOf(node, locals)) this.read(part, depth + 1, locals);
  }

  /** The expressions inside one. @throws ExpressionFault when this one, apart from those, is none of ours */
  private partsOf(node: Part, locals: Locals): readonly Part[] {
    switch (node.type) {
      case 'Literal':
        this.literal(node);
        return [];
      case 'Identifier':
        this.name(node.name, node.start, locals);
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
        if (node.left.type === 'PrivateIdentifier') throw new ExpressionFault('`#` is not available', node.start);
        if (node.operator === 'instanceof') this.sandboxed = true;
        return [node.left, node.right];
      case 'LogicalExpression':
        return [node.left, node.right];
      case 'ConditionalExpression':
        return [node.test, node.consequent, node.alternate];
      case 'ChainExpression':
      case 'ParenthesizedExpression':
        return [node.expression];
      case 'MemberExpression':
        return this.member(node, locals);
      case 'CallExpression':
        return [...this.callee(node.callee, locals), ...node.arguments];
      case 'NewExpression':
        return this.construction(node, locals);
      default:
        throw refused(node.type, node.start);
    }
  }

  private literal({ regex, bigint, start }: Literal): void {
    if (bigint !== undefined) throw new ExpressionFault('numbers with n are not available', start);
    if (regex !== undefined) this.sandboxed = true;
  }

  private arrow(node: ArrowFunctionExpression, depth: number, locals: Locals): void {
    const { params, body, async: waits, start } = node;
    if (waits) throw refused('AwaitExpression', start);
    if (body.type === 'BlockStatement') throw refused('BlockStatement', body.start);
    this.sandboxed = true;
    const names = new Set(locals);
    const inner: Ast[] = [];
    for (const param of params) declare(param, names, inner);
    for (const part of [...inner, body]) this.read(part, depth + 1, names);
  }

  private name(name: string, offset: number, locals: Locals): void {
    if (locals.has(name) || CONSTANTS.includes(name)) return;
    if (stepLocals.includes(name)) {
      this.stepLocals.add(name);
      return;
    }
    const memory = memoryNamed(name);
    if (memory !== undefined) {
      this.named.set(memory, 'all');
      return;
    }
    if (isHidden(name)) throw new ExpressionFault(`\`${name}\` cannot be read`, offset);
    if (GLOBALS.has(name)) {
      this.sandboxed = true;
      return;
    }
    if (isHelper(name) || HELPER_SPACES.has(name)) {
      throw helperNotCalled(name, offset);
    }
    const hint =
      hintForForeignWord(name, 0) ??
      didYouMean(name, [...locals, ...stepLocals, ...MEMORY_NAMES, ...HELPER_SPACES]) ??
      `a text stands in quotes: '${name}'; what the flow keeps is \`context.${name}\``;
    throw new ExpressionFault(`\`${name}\` is not known here`, offset, hint);
  }

  private member(node: MemberExpression, locals: Locals): readonly Part[] {
    const { object, property, computed, start } = node;
    if (object.type === 'Super') throw new ExpressionFault('`super` is not available', start);
    if (this.isOfNamespace(node, locals)) return [];
    const path = helperPath(node);
    if (path !== undefined && !isLocal(object, locals)) {
      throw helperNotCalled(path, start);
    }
    if (!computed || property.type === 'Literal' || property.type === 'PrivateIdentifier') checkKey(property);
    const inner = computed && property.type !== 'PrivateIdentifier' ? [property] : [];
    const memory = object.type === 'Identifier' && !locals.has(object.name) ? memoryNamed(object.name) : undefined;
    if (memory === undefined || computed || property.type !== 'Identifier') return [object, ...inner];
    const keys = this.named.get(memory) ?? new Set();
    this.named.set(memory, keys === 'all' ? keys : keys.add(property.name));
    return inner;
  }

  /** `Math.PI`, `JSON.parse`. @throws ExpressionFault for what the namespace does not have */
  private isOfNamespace({ object, property, computed, start }: MemberExpression, locals: Locals): boolean {
    if (computed || object.type !== 'Identifier' || property.type !== 'Identifier' || isLocal(object, locals))
      return false;
    const members = Object.hasOwn(NAMESPACES, object.name) ? NAMESPACES[object.name] : undefined;
    if (members === undefined) return false;
    if (!members.includes(property.name)) {
      const paths = members.map((name) => `${object.name}.${name}`);
      const path = `${object.name}.${property.name}`;
      throw new ExpressionFault(`there is no \`${path}\``, start, didYouMean(path, paths));
    }
    this.sandboxed = true;
    return true;
  }

  private construction({ callee, arguments: given, start }: NewExpression, locals: Locals): readonly Part[] {
    if (callee.type !== 'Identifier' || locals.has(callee.name) || !CONSTRUCTORS.has(callee.name)) {
      throw refused('NewExpression', start);
    }
    this.sandboxed = true;
    return given;
  }

  private callee(callee: Ast | { type: 'Super'; start: number }, locals: Locals): readonly Part[] {
    if (callee.type === 'Super') throw new ExpressionFault('`super` is not available', callee.start);
    // The functions of JavaScript that are helpers, too, do not need the sandbox.
    const path = helperPath(callee);
    const shadowed = callee.type === 'MemberExpression' ? isLocal(callee.object, locals) : isLocal(callee, locals);
    if (path !== undefined && !shadowed) {
      if (isHelper(path) || (callee.type === 'MemberExpression' && this.isOfNamespace(callee, locals))) return [];
      throw new ExpressionFault(`there is no \`${path}\``, callee.start, didYouMean(path, HELPER_PATHS));
    }
    const called = callee.type === 'ParenthesizedExpression' ? callee.expression : callee;
    if (called.type === 'Identifier' || called.type === 'ArrowFunctionExpression') return [called];
    if (callee.type !== 'MemberExpression' || callee.object.type === 'Super') {
      throw new ExpressionFault('only helpers and methods can be called', callee.start);
    }
    if (this.isOfNamespace(callee, locals)) return [];
    const { property } = callee;
    if (callee.computed || property.type !== 'Identifier') {
      throw new ExpressionFault('a method is called by its name', property.start);
    }
    checkKey(property);
    if (!METHOD_NAMES.has(property.name)) this.method(property.name, property.start);
    return [callee.object];
  }

  private method(name: string, offset: number): void {
    const misleading = Object.hasOwn(MISLEADING_METHODS, name) ? MISLEADING_METHODS[name] : undefined;
    if (misleading !== undefined) throw new ExpressionFault(misleading[0], offset, misleading[1]);
    if (!SANDBOX_METHODS.has(name)) {
      const hint = didYouMean(name, [...METHOD_NAMES, ...SANDBOX_METHODS]);
      throw new ExpressionFault(`\`${name}()\` is not available in expressions`, offset, hint);
    }
    this.sandboxed = true;
  }
}

function helperNotCalled(path: string, offset: number): ExpressionFault {
  const hint = isHelper(path) ? `write x => ${path}(x)` : didYouMean(path, HELPER_PATHS);
  return new ExpressionFault(`\`${path}\` is a helper to call`, offset, hint);
}

function memoryNamed(name: string): MemoryName | undefined {
  return Object.hasOwn(MEMORIES, name) ? MEMORIES[name] : undefined;
}

function isLocal(node: { type: string; name?: string }, locals: Locals): boolean {
  return node.type === 'Identifier' && locals.has(node.name ?? '');
}

/** Adds the names of a parameter to `names`, and the expressions in it to `inner`. @throws ExpressionFault */
function declare(param: Pattern, names: Set<string>, inner: Ast[]): void {
  switch (param.type) {
    case 'Identifier':
      if (isHidden(param.name) || param.name.startsWith('$$')) {
        throw new ExpressionFault(`\`${param.name}\` is no name for a parameter`, param.start);
      }
      names.add(param.name);
      return;
    case 'ObjectPattern':
      for (const property of param.properties) {
        if (property.type === 'RestElement') declare(property.argument, names, inner);
        else {
          if (property.computed) inner.push(property.key);
          else checkKey(property.key);
          declare(property.value, names, inner);
        }
      }
      return;
    case 'ArrayPattern':
      for (const item of param.elements) if (item !== null) declare(item, names, inner);
      return;
    case 'AssignmentPattern':
      declare(param.left, names, inner);
      inner.push(param.right);
      return;
    case 'RestElement':
      declare(param.argument, names, inner);
      return;
    default:
      throw refused('AssignmentExpression', param.start);
  }
}

function refused(type: string, offset: number): ExpressionFault {
  const [message, hint] = REFUSED[type] ?? ['this is not available in expressions'];
  return new ExpressionFault(message, offset, hint);
}

function checkKey(key: Ast | { type: 'PrivateIdentifier'; name: string; start: number }): void {
  const name = key.type === 'Literal' ? String(key.value) : 'name' in key ? key.name : '';
  if (isHidden(name)) throw new ExpressionFault(`\`${name}\` cannot be read or written`, key.start);
  if (key.type === 'PrivateIdentifier') throw new ExpressionFault('`#` is not available', key.start);
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
