import { isJsonObject, type Json, type JsonObject } from '../../shared/json.js';
import { isHidden, jsonBytes } from '../expressions/value.js';
import { FlowError } from '../flow-error.js';

/** A place flows may write to. */
export interface MemoryPath {
  memory: 'context' | 'profile';
  keys: readonly [string, ...string[]];
}

const MEMORIES: { readonly [name: string]: MemoryPath['memory'] } = {
  context: 'context',
  cc: 'context',
  profile: 'profile',
  cp: 'profile',
};

/** @returns a sentence when it is no path that can be written */
export function parseMemoryPath(written: string): MemoryPath | string {
  const [root = '', first, ...rest] = written.split('.');
  const memory = Object.hasOwn(MEMORIES, root) ? MEMORIES[root] : undefined;
  if (memory === undefined) return `\`${written}\` cannot be written: only context and profile can`;
  if (first === undefined) return `\`${written}\` needs a key: context.something`;
  const keys: [string, ...string[]] = [first, ...rest];
  const hidden = keys.find(isHidden);
  if (hidden !== undefined) return `\`${hidden}\` cannot be read or written`;
  const odd = keys.find((key) => !/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(key));
  return odd === undefined ? { memory, keys } : `\`${odd}\` is not a key that can be written`;
}

/**
 * The memory with one value changed; what was there is left as it is. Maps on the way are made where nothing is.
 *
 * @throws FlowError when something on the way is not a map
 */
export function withValue(memory: JsonObject, [key, ...rest]: readonly [string, ...string[]], value: Json): JsonObject {
  const [next, ...deeper] = rest;
  if (next === undefined) return { ...memory, [key]: value };
  const inner = Object.hasOwn(memory, key) ? (memory[key] ?? {}) : {};
  if (!isJsonObject(inner)) throw new FlowError(`\`${key}\` is not a map, so it has no \`${next}\``);
  return { ...memory, [key]: withValue(inner, [next, ...deeper], value) };
}

/** The memory without one key. */
export function withoutValue(memory: JsonObject, [key, ...rest]: readonly [string, ...string[]]): JsonObject {
  if (!Object.hasOwn(memory, key)) return memory;
  const [next, ...deeper] = rest;
  const inner = memory[key];
  if (next !== undefined)
    return isJsonObject(inner) ? { ...memory, [key]: withoutValue(inner, [next, ...deeper]) } : memory;
  const { [key]: _dropped, ...kept } = memory;
  return kept;
}

/**
 * Refuses a memory that has grown too big, naming its biggest keys.
 *
 * @param maxBytes as JSON
 * @throws FlowError
 */
export function checkSize(what: string, memory: JsonObject, maxBytes: number): void {
  if (jsonBytes(memory, maxBytes) <= maxBytes) return;
  const sizes = Object.entries(memory).map(([key, value]) => ({ key, bytes: jsonBytes(value, maxBytes) }));
  const biggest = sizes.sort((a, b) => b.bytes - a.bytes).slice(0, 3);
  const named = biggest.map(
    ({ key, bytes }) => `${key.slice(0, 40)} (${Number.isFinite(bytes) ? bytes : `over ${maxBytes}`})`,
  );
  throw new FlowError(`${what} is over ${maxBytes} bytes or 100 levels deep; the biggest keys: ${named.join(', ')}`);
}

/** What stands at a path; undefined where nothing does. */
export function readPath(memory: JsonObject, [key, ...rest]: readonly [string, ...string[]]): Json | undefined {
  const value = Object.hasOwn(memory, key) ? memory[key] : undefined;
  const [next, ...deeper] = rest;
  if (next === undefined || value === undefined) return value;
  return isJsonObject(value) ? readPath(value, [next, ...deeper]) : undefined;
}
