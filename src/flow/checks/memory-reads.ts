import type { Expression as Ast, Node } from 'acorn';
import type { Expression } from '../expressions/expression.js';

/** A path an expression reads: `context.order.id`. */
export interface MemoryRead {
  memory: 'input' | 'context' | 'profile';
  keys: readonly string[];
  /** UTF-16 units into the text the expression stands in */
  offset: number;
  /** the expression says itself what happens when nothing is there: `has(x)`, `x ?? 'y'` */
  guarded: boolean;
}

const NAMES: { readonly [name: string]: MemoryRead['memory'] } = {
  input: 'input',
  ci: 'input',
  context: 'context',
  cc: 'context',
  profile: 'profile',
  cp: 'profile',
};

/** Every path an expression reads, as far as its keys are written out; a method at the end is no key. */
export function memoryReads({ ast }: Expression): MemoryRead[] {
  const reads: MemoryRead[] = [];
  look(ast, false);
  return reads;

  function look(node: Node, guarded: boolean): void {
    if (isAst(node, 'MemberExpression')) {
      const chain = chainOf(node);
      if (chain !== undefined) {
        reads.push({ ...chain, offset: node.start, guarded });
        for (const key of computedKeys(node)) look(key, false);
        return;
      }
    }
    if (isAst(node, 'CallExpression')) {
      const { callee } = node;
      const called = callee.type === 'MemberExpression' ? callee.object : callee;
      const asks = callee.type === 'Identifier' && callee.name === 'has';
      look(called, guarded);
      for (const argument of node.arguments) look(argument, asks);
      return;
    }
    if (isAst(node, 'LogicalExpression') && node.operator !== '&&') {
      look(node.left, true);
      look(node.right, guarded);
      return;
    }
    for (const child of children(node)) look(child, guarded && isAst(node, 'ChainExpression'));
  }
}

export function isAst<T extends Ast['type']>(node: Node, type: T): node is Extract<Ast, { type: T }> {
  return node.type === type;
}

export function children(node: Node): Node[] {
  return Object.values(node).flatMap((value: unknown) => (Array.isArray(value) ? value : [value]).filter(isNode));
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** The path a chain of keys names. */
export function chainOf(
  node: Extract<Ast, { type: 'MemberExpression' }>,
): Pick<MemoryRead, 'memory' | 'keys'> | undefined {
  const keys: string[] = [];
  let here: Node = node;
  while (isAst(here, 'MemberExpression')) {
    const { property, computed } = here;
    // Behind a key that is worked out nothing is known.
    if (!computed && property.type === 'Identifier') keys.unshift(property.name);
    else if (computed && property.type === 'Literal' && property.value !== null) keys.unshift(String(property.value));
    else keys.length = 0;
    here = here.object;
  }
  if (isAst(here, 'ChainExpression')) return undefined;
  const memory = isAst(here, 'Identifier') && Object.hasOwn(NAMES, here.name) ? NAMES[here.name] : undefined;
  return memory === undefined || keys.length === 0 ? undefined : { memory, keys };
}

function computedKeys(node: Node): Node[] {
  if (!isAst(node, 'MemberExpression')) return [];
  const own = node.computed && node.property.type !== 'Literal' ? [node.property] : [];
  return [...own, ...computedKeys(node.object)];
}
