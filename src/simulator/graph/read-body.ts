import type { Json, JsonObject } from '../json.js';
import { isJsonObject } from '../json.js';
import type { FormFile } from './route.js';

/**
 * What a call carries. Graph takes JSON, forms and multipart alike; what it cannot read is a call without parameters. A
 * parameter that is an object may be written as JSON in a string, as a form has to.
 */
export async function readGraphBody(
  bytes: Buffer,
  contentType: string | undefined,
): Promise<{ body: JsonObject; file?: FormFile }> {
  if (contentType?.startsWith('multipart/form-data') === true) return readForm(bytes, contentType);
  if (contentType?.startsWith('application/x-www-form-urlencoded') === true) {
    return { body: unfoldAll(Object.fromEntries(new URLSearchParams(bytes.toString()))) };
  }
  const parsed = readJson(bytes.toString());
  return { body: isJsonObject(parsed) ? unfoldAll(parsed) : {} };
}

async function readForm(bytes: Buffer, contentType: string): Promise<{ body: JsonObject; file?: FormFile }> {
  const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } })
    .formData()
    .catch(() => undefined);
  const body: JsonObject = {};
  let file: FormFile | undefined;
  for (const [name, value] of form ?? []) {
    if (typeof value === 'string') body[name] = unfold(value);
    else if (name === 'file') {
      file = { bytes: Buffer.from(await value.arrayBuffer()), mimeType: value.type, filename: value.name };
    }
  }
  return file === undefined ? { body } : { body, file };
}

/** A parameter that looks like an object or a list is one, also when a JSON body has it as a string. */
export function unfold(value: string): Json {
  return (/^\s*[[{]/.test(value) ? readJson(value) : undefined) ?? value;
}

function unfoldAll(params: JsonObject): JsonObject {
  const unfolded = Object.entries(params).map(([name, value]) => [
    name,
    typeof value === 'string' ? unfold(value) : value,
  ]);
  return Object.fromEntries(unfolded);
}

function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
