import { Block } from './behaviour.js';
import { FlowName, Target, Text } from './fields.js';
import { Message } from './message.js';

/** Things in the fields of a step that lead elsewhere or have rules of their own. */
export type Found = Block | Target | FlowName | Text | Message;

/**
 * Finds every block, target, flow name, text and message in the fields of a step, whatever kind it is.
 *
 * @param visit gets each with its path from the step; what is inside a block is the block's
 */
export function walkFields(
  value: unknown,
  visit: (found: Found, path: readonly PropertyKey[]) => void,
  path: readonly PropertyKey[] = [],
): void {
  if (typeof value !== 'object' || value === null) return;
  if (value instanceof Block || value instanceof Target || value instanceof FlowName || value instanceof Text) {
    visit(value, path);
    return;
  }
  if (value instanceof Message) visit(value, path);
  const inner = value instanceof Message ? value.fields : value;
  const entries: Iterable<[PropertyKey, unknown]> =
    Array.isArray(inner) || inner instanceof Map ? inner.entries() : Object.entries(inner);
  for (const [key, item] of entries) walkFields(item, visit, [...path, key]);
}
