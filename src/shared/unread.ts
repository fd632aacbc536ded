import { isJsonObject, type Json, type JsonObject } from './json.js';

/** Readers of values nobody has checked. Each gives undefined for what it cannot read; none throws. */

/** A string that says something. Meta spells "none" as `""` as well as by leaving the key out. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** An id: a string, or a whole number as some of Meta's own examples print it. */
export function idOf(value: unknown): string | undefined {
  return Number.isSafeInteger(value) ? String(value) : textOf(value);
}

export function objectOf(value: unknown): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'string' && value.trim() !== '') return numberOf(Number(value));
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** What was parsed from JSON, as text again; undefined when it is nested deeper than the stack. */
export function jsonTextOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (err) {
    if (err instanceof RangeError) return undefined;
    throw err;
  }
}

/** A JSON object without the keys that hold nothing: stored sessions and logs stay small, and `has(x)` stays true. */
export function compact(entries: { [key: string]: Json | undefined }): JsonObject {
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(entries)) {
    if (value !== undefined) result[key] = value;
  }
  return result;
}
