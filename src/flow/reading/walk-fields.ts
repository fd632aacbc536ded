import { Block } from '../behaviour.js';
import type { Expression } from '../expressions/expression.js';
import type { Template } from '../expressions/template.js';
import { Message } from '../messages/message.js';
import { Choices } from '../questions/answer-fields.js';
import type { MemoryPath } from '../turn/memory.js';
import { FlowName, Target, Text } from './fields.js';
import { OwnFileName } from './own-files.js';

/** Things in the fields of a step that lead elsewhere, have rules of their own, or read and write memory. */
export type Found =
  | Block
  | Target
  | FlowName
  | OwnFileName
  | Text
  | Message
  | Choices
  | Template
  | Expression
  | MemoryPath;

/** @param path from the step to what was found; the array is used again, so whoever keeps it copies it */
type Visit = (found: Found, path: readonly PropertyKey[]) => void;

/**
 * Finds every block, target, flow name, file, text, message, template, expression and memory path in the fields of a step,
 * whatever kind it is. What is inside a block is the block's.
 */
export function walkFields(value: unknown, visit: Visit): void {
  walk(value, visit, []);
}

function walk(value: unknown, visit: Visit, path: PropertyKey[]): void {
  if (typeof value !== 'object' || value === null) return;
  if (value instanceof Block || value instanceof Target || value instanceof FlowName) return void visit(value, path);
  if (value instanceof OwnFileName) return void visit(value, path);
  // The titles of choices are found as those of the buttons they are sent as.
  if (value instanceof Choices) return void visit(value, path);
  if (isTemplate(value) || isExpression(value) || isMemoryPath(value)) return void visit(value, path);
  if (value instanceof Message) return void walkMessage(value, visit, value.isInline ? path.slice(0, -1) : path);
  if (value instanceof Text) visit(value, path);
  const inner = value instanceof Text ? value.variants : value;
  if (Array.isArray(inner)) for (let index = 0; index < inner.length; index++) walkAt(index, inner[index], visit, path);
  else if (inner instanceof Map) for (const [key, item] of inner) walkAt(key, item, visit, path);
  else for (const [key, item] of Object.entries(inner)) walkAt(key, item, visit, path);
}

function walkMessage(message: Message, visit: Visit, path: PropertyKey[]): void {
  visit(message, path);
  for (const [key, item] of Object.entries(message.fields)) walkAt(message.keyOf(key), item, visit, path);
}

function walkAt(key: PropertyKey, item: unknown, visit: Visit, path: PropertyKey[]): void {
  if (typeof item !== 'object' || item === null) return;
  path.push(key);
  walk(item, visit, path);
  path.pop();
}

export function isTemplate(value: object): value is Template {
  return 'parts' in value && 'source' in value;
}

export function isExpression(value: object): value is Expression {
  return 'ast' in value && 'source' in value;
}

export function isMemoryPath(value: object): value is MemoryPath {
  return 'memory' in value && 'keys' in value;
}
