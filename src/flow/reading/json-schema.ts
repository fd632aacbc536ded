import { flowFileSchema } from '../language.js';
import type { StepKind } from '../step.js';
import { type JsonSchema, ShapeBook } from './shape.js';

/**
 * What a flow file may hold, for completion and first aid in editors. It knows shapes; `parlance check` knows the rest:
 * expressions, jumps, what WhatsApp takes.
 */
export function flowJsonSchema(kinds: readonly StepKind[]): JsonSchema {
  const book = new ShapeBook();
  const file = book.of(flowFileSchema(kinds));
  const names = [...book.definitions].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Parlance flow',
    ...file,
    $defs: Object.fromEntries(names),
  };
}
