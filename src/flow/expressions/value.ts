import { isJsonObject, type Json } from '../../shared/json.js';
import { FlowError } from '../flow-error.js';

/** What an expression can hold: JSON, or nothing. Functions, dates and the like never get in. */
export type Value = Json | undefined;

/** The most one expression may make, so that no turn can eat the memory of the process. UTF-16 units and items. */
export const MAX_TEXT = 262_144;
export const MAX_ITEMS = 10_000;

/** Names through which JavaScript reaches behind an object. */
const HIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

export function isHidden(name: string): boolean {
  return HIDDEN.has(name);
}

/**
 * Reads `object[key]`: own properties only, and nothing from nothing.
 *
 * @throws FlowError for `__proto__` and its kin
 */
export function readMember(object: Value, key: Value): Value {
  const name = toText(key);
  if (isHidden(name)) throw new FlowError(`\`${name}\` cannot be read`);
  if (object === undefined || object === null) return undefined;
  if (typeof object === 'string' || Array.isArray(object)) {
    if (name === 'length') return object.length;
    return /^(0|[1-9]\d{0,14})$/.test(name) ? object[Number(name)] : undefined;
  }
  return isJsonObject(object) && Object.hasOwn(object, name) ? object[name] : undefined;
}

export function bounded(text: string): string {
  if (text.length > MAX_TEXT) throw new FlowError(`a text of more than ${MAX_TEXT} characters`);
  return text;
}

export function boundedItems<T>(items: T[]): T[] {
  if (items.length > MAX_ITEMS) throw new FlowError(`a list of more than ${MAX_ITEMS} items`);
  return items;
}

/** As JavaScript's `String(x)`, but never calls a method the data brought along. */
export function toText(value: Value): string {
  if (!Array.isArray(value)) return isJsonObject(value) ? '[object Object]' : String(value);
  return joinItems(value, ',');
}

/** As JavaScript's `join`, checked while it grows: nested lists may hold the same long text many times. */
export function joinItems(items: readonly Value[], separator: string): string {
  let text = '';
  items.forEach((item, index) => {
    if (index > 0) text += separator;
    if (item !== null && item !== undefined) text += toText(item);
    bounded(text);
  });
  return text;
}

/** As JavaScript's `Number(x)`. */
export function toNumber(value: Value): number {
  if (value === undefined) return Number.NaN;
  return typeof value === 'object' && value !== null ? Number(toText(value)) : Number(value);
}

/**
 * A value as a contact should read it: nothing for nothing, lists and maps as JSON.
 *
 * @throws FlowError when it is too long or too deep
 */
export function toMessageText(value: Value): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object') return String(value);
  if (jsonBytes(value, MAX_TEXT) > MAX_TEXT) throw new FlowError(`a text of more than ${MAX_TEXT} characters`);
  return JSON.stringify(value);
}

/** What JSON keeps of a value: a number that is none becomes null. */
export function toJson(value: Value): Value {
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}

const MAX_DEPTH = 100;

/**
 * Bytes of a value as JSON, without writing it: the same list may be inside itself a million times over.
 *
 * @returns Infinity once it is over `limit`, or nested more than 100 deep (JSON.stringify recurses)
 */
export function jsonBytes(value: Json, limit: number): number {
  let bytes = 0;
  const stack: { value: Json; depth: number }[] = [{ value, depth: 0 }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { value: item, depth } = top;
    if (depth > MAX_DEPTH) return Number.POSITIVE_INFINITY;
    if (Array.isArray(item)) {
      bytes += 2 + Math.max(0, item.length - 1);
      for (const inner of item) stack.push({ value: inner, depth: depth + 1 });
    } else if (isJsonObject(item)) {
      const keys = Object.keys(item);
      bytes += 2 + Math.max(0, keys.length - 1);
      for (const key of keys) {
        bytes += scalarBytes(key) + 1;
        stack.push({ value: item[key] ?? null, depth: depth + 1 });
      }
    } else bytes += scalarBytes(item);
    if (bytes > limit) return Number.POSITIVE_INFINITY;
  }
  return bytes;
}

/** Neither quotes, backslashes nor what takes more than a byte. */
const PLAIN_ASCII = /^[ !#-[\]-~]*$/;

function scalarBytes(value: string | number | boolean | null): number {
  // Sizes are asked for at every write: what JSON writes as it is need not be written to be counted.
  if (typeof value === 'string' && PLAIN_ASCII.test(value)) return value.length + 2;
  if (typeof value === 'boolean' || value === null) return value === false ? 5 : 4;
  return Buffer.byteLength(JSON.stringify(value));
}
