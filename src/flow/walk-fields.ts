import { Block } from './behaviour.js';
import { FlowName, Target, Text } from './fields.js';
import { Message } from './message.js';
import { Choices } from './questions/answer-fields.js';

/** Things in the fields of a step that lead elsewhere or have rules of their own. */
export type Found = Block | Target | FlowName | Text | Message | Choices;

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
  if (value instanceof Choices) {
    // Their titles are found as those of the buttons they are sent as.
    visit(value, path);
    return;
  }
  if (value instanceof Message) {
    const at = value.isInline ? path.slice(0, -1) : path;
    visit(value, at);
    for (const [key, item] of Object.entries(value.fields)) walkFields(item, visit, [...at, value.keyOf(key)]);
    return;
  }
  const entries: Iterable<[PropertyKey, unknown]> =
    Array.isArray(value) || value instanceof Map ? value.entries() : Object.entries(value);
  for (const [key, item] of entries) walkFields(item, visit, [...path, key]);
}
