import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';

type Test = (wanted: Json, value: Json) => boolean;

/** What the keywords mean that say something of a value itself. A keyword nobody knows asks for nothing. */
const KEYWORDS: { readonly [keyword: string]: Test } = {
  type: (wanted, value) => (Array.isArray(wanted) ? wanted : [wanted]).some((type) => isOfType(type, value)),
  const: (wanted, value) => same(wanted, value),
  enum: (wanted, value) => !Array.isArray(wanted) || wanted.some((one) => same(one, value)),
  minimum: (wanted, value) => !(Number(value) < Number(wanted)) || typeof value !== 'number',
  maximum: (wanted, value) => !(Number(value) > Number(wanted)) || typeof value !== 'number',
  minLength: (wanted, value) => typeof value !== 'string' || [...value].length >= Number(wanted),
  maxLength: (wanted, value) => typeof value !== 'string' || [...value].length <= Number(wanted),
  minItems: (wanted, value) => !Array.isArray(value) || value.length >= Number(wanted),
  maxItems: (wanted, value) => !Array.isArray(value) || value.length <= Number(wanted),
  anyOf: (wanted, value) => !Array.isArray(wanted) || wanted.some((one) => misfit(value, one) === undefined),
};

/**
 * Where a value does not fit a JSON Schema: of the keywords those that models are asked with, no references and no
 * patterns.
 *
 * @returns a path such as `items[0].name`, `` for the value itself, undefined when it fits
 */
export function misfit(value: Json, schema: Json, path = ''): string | undefined {
  if (!isJsonObject(schema)) return schema === false ? path : undefined;
  for (const [keyword, fits] of Object.entries(KEYWORDS)) {
    const wanted = Object.hasOwn(schema, keyword) ? schema[keyword] : undefined;
    if (wanted !== undefined && !fits(wanted, value)) return path;
  }
  if (Array.isArray(value)) return misfitOfItems(value, schema, path);
  return isJsonObject(value) ? misfitOfKeys(value, schema, path) : undefined;
}

function misfitOfItems(items: readonly Json[], { items: schema }: JsonObject, path: string): string | undefined {
  if (schema === undefined) return undefined;
  for (const [index, item] of items.entries()) {
    const found = misfit(item, schema, `${path}[${index}]`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function misfitOfKeys(map: JsonObject, schema: JsonObject, path: string): string | undefined {
  const at = (key: string) => (path === '' ? key : `${path}.${key}`);
  const { required, properties, additionalProperties } = schema;
  const known = isJsonObject(properties) ? properties : {};
  for (const key of Array.isArray(required) ? required : []) {
    if (typeof key === 'string' && !Object.hasOwn(map, key)) return at(key);
  }
  for (const [key, value] of Object.entries(map)) {
    const own = Object.hasOwn(known, key) ? known[key] : additionalProperties;
    const found = own === undefined ? undefined : misfit(value, own, at(key));
    if (found !== undefined) return found;
  }
  return undefined;
}

function isOfType(type: Json, value: Json): boolean {
  switch (type) {
    case 'object':
      return isJsonObject(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'null':
      return value === null;
    default:
      return typeof value === type;
  }
}

function same(a: Json, b: Json): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
