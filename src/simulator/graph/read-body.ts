import type { Json, JsonObject } from '../json.js';
import { isJsonObject } from '../json.js';
import type { FormFile } from './route.js';

/**
 * What a call carries. Graph takes JSON, forms and multipart alike; what it cannot read is a call without parameters. In a
 * form an object is written as JSON.
 */
export async function readGraphBody(
  bytes: Buffer,
  contentType: string | undefined,
): Promise<{ body: JsonObject; file?: FormFile }> {
  if (contentType?.startsWith('multipart/form-data') === true) return readForm(bytes, contentType);
  if (contentType?.startsWith('application/x-www-form-urlencoded') === true) {
    return { body: Object.fromEntries([...new URLSearchParams(bytes.toString())].map(unfold)) };
  }
  const parsed = readJson(bytes.toString());
  return { body: isJsonObject(parsed) ? parsed : {} };
}

async function readForm(bytes: Buffer, contentType: string): Promise<{ body: JsonObject; file?: FormFile }> {
  const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } })
    .formData()
    .catch(() => undefined);
  const body: JsonObject = {};
  let file: FormFile | undefined;
  for (const [name, value] of form ?? []) {
    if (typeof value === 'string') body[name] = unfold([name, value])[1];
    else if (name === 'file') {
      file = { bytes: Buffer.from(await value.arrayBuffer()), mimeType: value.type, filename: value.name };
    }
  }
  return file === undefined ? { body } : { body, file };
}

/** A field that looks like an object or a list is one. */
function unfold([name, value]: [string, string]): [string, Json] {
  const parsed = /^\s*[[{]/.test(value) ? readJson(value) : undefined;
  return [name, parsed ?? value];
}

function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
