import { type Expression, ExpressionFault, parseExpressionIn } from './expression.js';
import { hintForForeignWord } from './foreign-words.js';

/** A text with `{{ expressions }}` in it, taken apart once when the flow is loaded. */
export interface Template {
  source: string;
  /** literal texts and expressions, in order */
  parts: readonly (string | Expression)[];
}

/**
 * Takes a text apart. The parser finds where an expression ends, so `}}` may stand in a string inside it.
 *
 * @throws ExpressionFault with the offset in `source`
 */
export function parseTemplate(source: string): Template {
  const parts: (string | Expression)[] = [];
  let at = 0;
  for (let open = source.indexOf('{{'); open !== -1; open = source.indexOf('{{', at)) {
    if (open > at) parts.push(source.slice(at, open));
    const { expression, end } = parseExpressionIn(source, open + 2);
    const behind = end + (/^\s*/.exec(source.slice(end))?.[0].length ?? 0);
    if (!source.startsWith('}}', behind)) {
      throw new ExpressionFault('`}}` is missing behind the expression', end, hintForForeignWord(source, behind));
    }
    parts.push(expression);
    at = behind + 2;
  }
  if (at < source.length) parts.push(source.slice(at));
  return { source, parts };
}

/** The expression of a text that is nothing else, which keeps the type of its value. */
export function soleExpression({ parts }: Template): Expression | undefined {
  const [only] = parts;
  return parts.length === 1 && typeof only === 'object' ? only : undefined;
}

/** What it always says, or undefined when that depends on values. */
export function literalText({ parts }: Template): string | undefined {
  return parts.every((part) => typeof part === 'string') ? parts.join('') : undefined;
}
