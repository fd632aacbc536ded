import type { Expression as Ast, CallExpression, MemberExpression, SpreadElement } from 'acorn';
import type { Json, JsonObject } from '../../shared/json.js';
import { FlowError } from '../flow-error.js';
import { type Expression, helperPath, type Script } from './expression.js';
import { callHelper, type Surroundings } from './helpers.js';
import { callMethod } from './methods.js';
import { soleExpression, type Template } from './template.js';
import { bounded, boundedItems, isHidden, readMember, toMessageText, toNumber, toText, type Value } from './value.js';

/** What expressions can see. */
export interface Memory {
  input: JsonObject;
  context: JsonObject;
  profile: JsonObject;
  env: JsonObject;
  /** what steps around this one have named, as the item of a `repeat` */
  locals: JsonObject;
  around: Surroundings;
  /**
   * The value of a script, which only the host can find out.
   *
   * @throws AwaitsAnswer when nobody has asked it yet
   * @throws FlowError when the script failed
   */
  sandbox(script: Script, memory: Memory): Value;
}

/** Not a failure: the step cannot go on before the host has run a script, and is then run again. */
export class AwaitsAnswer extends Error {}

/**
 * The value of a checked expression. In the plain subset nothing can loop, so its cost is that of its length.
 *
 * @throws FlowError when it cannot be had: no such method, too big a result, `__proto__`
 * @throws AwaitsAnswer when it needs the sandbox
 */
export function evaluate({ ast, script }: Expression, memory: Memory): Value {
  return script === undefined ? resolve(ast, memory) : memory.sandbox(script, memory);
}

/**
 * The value of a template: of the expression's own type when it is nothing else, otherwise a text.
 *
 * @throws FlowError of the first expression that fails
 */
export function renderValue(template: Template, memory: Memory): Value {
  const sole = soleExpression(template);
  if (sole !== undefined) return evaluate(sole, memory);
  return renderText(template, memory, (error) => {
    throw error;
  });
}

/**
 * A template as text for a contact. An expression that fails gives nothing there.
 *
 * @param onFailure told of each failure
 */
export function renderText(
  { parts }: Template,
  memory: Memory,
  onFailure: (error: unknown, expression: Expression) => void,
): string {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    else {
      try {
        text = bounded(text + toMessageText(evaluate(part, memory)));
      } catch (error) {
        if (error instanceof AwaitsAnswer) throw error;
        onFailure(error, part);
      }
    }
  }
  return text;
}

function resolve(node: Ast, memory: Memory): Value {
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'object' || typeof node.value === 'bigint' ? null : node.value;
    case 'Identifier':
      return named(node.name, memory);
    case 'MemberExpression':
      return member(node, memory);
    case 'ChainExpression':
    case 'ParenthesizedExpression':
      return resolve(node.expression, memory);
    case 'LogicalExpression':
      return logical(node.operator, resolve(node.left, memory), () => resolve(node.right, memory));
    case 'ConditionalExpression':
      return resolve(resolve(node.test, memory) ? node.consequent : node.alternate, memory);
    case 'UnaryExpression':
      return unary(node.operator, resolve(node.argument, memory));
    case 'BinaryExpression':
      if (node.left.type === 'PrivateIdentifier') break;
      return binary(node.operator, resolve(node.left, memory), resolve(node.right, memory));
    case 'TemplateLiteral':
      return node.quasis.reduce((text, { value }, index) => {
        const expression = node.expressions[index];
        const inserted = expression === undefined ? '' : toText(resolve(expression, memory));
        return bounded(text + (value.cooked ?? '') + inserted);
      }, '');
    case 'ArrayExpression':
      return boundedItems(node.elements.flatMap((item) => (item === null ? [null] : items(item, memory))));
    case 'ObjectExpression':
      return object(node, memory);
    case 'CallExpression':
      return call(node, memory);
    default:
  }
  throw new FlowError('the expression holds something that cannot be evaluated');
}

function named(name: string, memory: Memory): Value {
  switch (name) {
    case 'input':
    case 'ci':
      return memory.input;
    case 'context':
    case 'cc':
      return memory.context;
    case 'profile':
    case 'cp':
      return memory.profile;
    case 'env':
      return memory.env;
    case 'NaN':
      return Number.NaN;
    case 'Infinity':
      return Number.POSITIVE_INFINITY;
    default:
      return Object.hasOwn(memory.locals, name) ? memory.locals[name] : undefined;
  }
}

function member({ object: of, property, computed }: MemberExpression, memory: Memory): Value {
  if (of.type === 'Super' || property.type === 'PrivateIdentifier') return undefined;
  const key = computed ? resolve(property, memory) : property.type === 'Identifier' ? property.name : undefined;
  return readMember(resolve(of, memory), key);
}

function logical(operator: string, left: Value, right: () => Value): Value {
  if (operator === '&&') return left ? right() : left;
  if (operator === '||') return left ? left : right();
  return left ?? right();
}

function unary(operator: string, value: Value): Value {
  switch (operator) {
    case '!':
      return !value;
    case '-':
      return -toNumber(value);
    case '+':
      return toNumber(value);
    case '~':
      return ~toNumber(value);
    case 'typeof':
      return typeof value;
    default:
      return undefined; // void
  }
}

function binary(operator: string, left: Value, right: Value): Value {
  switch (operator) {
    case '===':
      return left === right;
    case '!==':
      return left !== right;
    case '==':
      return looselyEqual(left, right);
    case '!=':
      return !looselyEqual(left, right);
    case 'in':
      if (typeof right !== 'object' || right === null) throw new FlowError('`in` looks into a map or a list');
      return !isHidden(toText(left)) && Object.hasOwn(right, toText(left));
    case '+':
      return add(primitive(left), primitive(right));
    case '<':
      return compare(left, right, (order) => order < 0);
    case '<=':
      return compare(left, right, (order) => order <= 0);
    case '>':
      return compare(left, right, (order) => order > 0);
    case '>=':
      return compare(left, right, (order) => order >= 0);
    default:
      return arithmetic(operator, toNumber(left), toNumber(right));
  }
}

function primitive(value: Value): string | number | boolean | null | undefined {
  return typeof value === 'object' && value !== null ? toText(value) : value;
}

function looselyEqual(left: Value, right: Value): boolean {
  const bothObjects = typeof left === 'object' && typeof right === 'object';
  if (bothObjects || left === null || right === null || left === undefined || right === undefined) {
    return left === right || (left ?? null) === (right ?? null);
  }
  // JavaScript's own rule, asked for by the designer who wrote two equal signs.
  // The texts of lists and maps are made by us, as their own `toString` may be data.
  const a = primitive(left);
  const b = primitive(right);
  return typeof a === typeof b ? a === b : toNumber(a) === toNumber(b);
}

function add(left: Value, right: Value): Value {
  const asText = typeof left === 'string' || typeof right === 'string';
  return asText ? bounded(toText(left) + toText(right)) : toNumber(left) + toNumber(right);
}

function compare(left: Value, right: Value, holds: (order: number) => boolean): boolean {
  const a = primitive(left);
  const b = primitive(right);
  if (typeof a === 'string' && typeof b === 'string') return holds(a < b ? -1 : a > b ? 1 : 0);
  const difference = [toNumber(a), toNumber(b)] as const;
  if (difference.some(Number.isNaN)) return false;
  return holds(difference[0] < difference[1] ? -1 : difference[0] > difference[1] ? 1 : 0);
}

function arithmetic(operator: string, left: number, right: number): number {
  switch (operator) {
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    case '**':
      return left ** right;
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    case '<<':
      return left << right;
    case '>>':
      return left >> right;
    case '>>>':
      return left >>> right;
    default:
      throw new FlowError(`\`${operator}\` cannot be evaluated`);
  }
}

function items(node: Ast | SpreadElement, memory: Memory): Json[] {
  if (node.type !== 'SpreadElement') return [resolve(node, memory) ?? null];
  const value = resolve(node.argument, memory);
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return boundedItems([...value]);
  if (!Array.isArray(value)) throw new FlowError('`...` in a list takes a list');
  return value;
}

function object(node: Extract<Ast, { type: 'ObjectExpression' }>, memory: Memory): JsonObject {
  const made: JsonObject = {};
  for (const property of node.properties) {
    if (property.type === 'SpreadElement') {
      const value = resolve(property.argument, memory);
      // Assigning `__proto__` would swap the prototype, so it is left behind.
      const entries = typeof value === 'string' || (typeof value === 'object' && value !== null) ? value : {};
      for (const [key, one] of Object.entries(entries)) if (!isHidden(key)) made[key] = one;
      continue;
    }
    const key = keyOf(property.key, property.computed, memory);
    if (isHidden(key)) throw new FlowError(`\`${key}\` cannot be written`);
    const value = resolve(property.value, memory);
    // JSON has no undefined: what is not there has no key.
    if (value !== undefined) made[key] = value;
  }
  return made;
}

function keyOf(key: Ast, computed: boolean, memory: Memory): string {
  if (!computed && key.type === 'Identifier') return key.name;
  return toText(resolve(key, memory));
}

function call({ callee, arguments: given }: CallExpression, memory: Memory): Value {
  const args = () =>
    given.flatMap((item) => (item.type === 'SpreadElement' ? items(item, memory) : [resolve(item, memory)]));
  if (callee.type === 'Super') throw new FlowError('`super` cannot be called');
  const helper = helperPath(callee);
  if (helper !== undefined) return callHelper(helper, args(), memory.around);
  if (callee.type !== 'MemberExpression' || callee.object.type === 'Super' || callee.property.type !== 'Identifier') {
    throw new FlowError('only helpers and methods can be called');
  }
  const self = resolve(callee.object, memory);
  return self === undefined || self === null ? undefined : callMethod(self, callee.property.name, args());
}
