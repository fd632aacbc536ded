import type { Json, JsonObject } from '../json.js';
import { isJsonObject } from '../json.js';
import type { GraphAnswer } from './route.js';
import { refusal } from './route.js';

/** A field that was asked for: `throughput`, or with fields of its own, `whatsapp_business_profile{about,vertical}`. */
interface AskedField {
  name: string;
  /** what is asked for inside it; undefined: all of it */
  inner: string | undefined;
}

/**
 * The fields of a node that were asked for; `id` is always there, what nobody has filled in (null) is left out.
 *
 * @param asked as in `?fields=`, with expansions in braces; modifiers like `.limit(5)` are passed over
 * @param usual those given when nobody asks; all when left out
 * @param kind Graph's name of the node's type, for the fault
 * @see https://developers.facebook.com/docs/graph-api/guides/field-expansion
 */
export function chooseFields(
  node: JsonObject,
  asked: string | undefined,
  kind: string,
  usual: readonly string[] = Object.keys(node),
): GraphAnswer {
  const fields = asked === undefined ? usual.map((name) => ({ name, inner: undefined })) : readFields(asked);
  const chosen: JsonObject = {};
  for (const { name, inner } of fields) {
    const value = Object.hasOwn(node, name) ? node[name] : undefined;
    if (value === undefined) {
      if (name === 'id') continue;
      return refusal(100, `Tried accessing nonexisting field on node type (${kind})`);
    }
    const picked = inner === undefined ? value : chooseInside(value, inner, kind);
    if (picked === undefined) return refusal(100, `Tried accessing nonexisting field on node type (${kind})`);
    if (picked !== null) chosen[name] = picked;
  }
  return { body: { ...chosen, ...(node.id === undefined ? {} : { id: node.id }) } };
}

/** @returns undefined when something is asked for that is not there; a list of nodes gives what was asked of each */
function chooseInside(value: Json, inner: string, kind: string): Json | undefined {
  if (!isJsonObject(value)) return value;
  if (Array.isArray(value.data)) {
    const data = value.data.map((one) => chooseInside(one, inner, kind));
    return data.some((one) => one === undefined)
      ? undefined
      : { ...value, data: data.filter((one) => one !== undefined) };
  }
  const answer = chooseFields(value, inner, kind);
  return 'body' in answer ? answer.body : undefined;
}

/** Commas inside braces and brackets part nothing. */
function readFields(asked: string): AskedField[] {
  const parts: string[] = [''];
  let depth = 0;
  for (const letter of asked) {
    if (letter === '{' || letter === '(') depth += 1;
    if (letter === '}' || letter === ')') depth -= 1;
    if (letter === ',' && depth === 0) parts.push('');
    else parts.push(`${parts.pop() ?? ''}${letter}`);
  }
  return parts.map((part) => {
    const trimmed = part.trim();
    return {
      name: trimmed.replace(/[.({].*$/s, ''),
      inner: /\{(.*)\}$/s.exec(trimmed)?.[1],
    };
  });
}
