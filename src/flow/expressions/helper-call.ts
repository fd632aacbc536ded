import { type Expression, helperPath } from './expression.js';

/** Whether an expression as a whole is a call of this helper: `raw(x)`, but not `raw(x) + y`. */
export function isHelperCall({ ast }: Expression, path: string): boolean {
  return ast.type === 'CallExpression' && ast.callee.type !== 'Super' && helperPath(ast.callee) === path;
}
