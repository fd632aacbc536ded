import type { IncomingHttpHeaders } from 'node:http';
import { isJsonObject, type Json } from '../shared/json.js';

/** A body as flows see it. `note`: a fixed word for what was not as the server said. */
export interface ReadBody {
  body: Json;
  note?: 'notJson' | 'tooDeep' | 'notText';
}

/** Flows hold nothing nested deeper; the engine would refuse it. */
const MAX_DEPTH = 90;

/**
 * JSON becomes what it says, text a text, and what is neither nothing. A server that gives no type, or a wrong one, is
 * believed by its body: what parses as JSON and begins like a map or a list is JSON.
 */
export function readBody(body: Buffer, headers: IncomingHttpHeaders): ReadBody {
  if (body.length === 0) return { body: null };
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const text = decode(body, parameters);
  if (text === undefined) return { body: null, note: 'notText' };
  const saysJson = /[/+]json$/.test(type.trim());
  if (!saysJson && !/^\s*[[{]/.test(text)) return { body: text };
  const json = parse(text);
  if (json === undefined) return saysJson ? { body: text, note: 'notJson' } : { body: text };
  return isDeeper(json, MAX_DEPTH) ? { body: text, note: 'tooDeep' } : { body: json };
}

/** @returns undefined for bytes that are no text in the charset the server names, else in UTF-8 */
function decode(body: Buffer, parameters: readonly string[]): string | undefined {
  const charset = parameters
    .map((one) => /^\s*charset="?([\w-]+)"?/.exec(one)?.[1])
    .find((found) => found !== undefined);
  try {
    return new TextDecoder(charset ?? 'utf-8', { fatal: true }).decode(body);
  } catch {
    return charset === undefined || charset === 'utf-8' ? undefined : decode(body, []);
  }
}

function parse(text: string): Json | undefined {
  try {
    const json: Json = JSON.parse(text);
    return json;
  } catch {
    return undefined;
  }
}

/** Whether something is nested more than `most` deep; without recursion, which deep data would exhaust. */
function isDeeper(json: Json, most: number): boolean {
  let level: Json[] = [json];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return true;
    level = level.flatMap((value) => (Array.isArray(value) ? value : isJsonObject(value) ? Object.values(value) : []));
  }
  return false;
}
