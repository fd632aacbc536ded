/** Plain JSON: what survives `JSON.parse(JSON.stringify(x))` unchanged. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type JsonObject = { [key: string]: Json };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object from outside: its keys have the spelling of `T`, its values are unread and may be anything or missing. */
export type Unread<T> = { readonly [K in keyof T]?: unknown };
