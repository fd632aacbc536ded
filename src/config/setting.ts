import { z } from 'zod';

/** What an error or a print has to know of a setting. */
export interface SettingFacts {
  /** ends the sentence "Allowed: …" */
  allowed: string;
  /**
   * `all`: never in a file, never shown; `password`: a URL that may hold one; `hidden`: never shown; `when_wrong`: an id
   * that people confuse with a phone number, so a wrong one is not shown
   */
  secret?: 'all' | 'password' | 'hidden' | 'when_wrong';
}

/** Facts by schema; the kinds of settings below fill it. */
export const settingFacts = z.registry<SettingFacts>();

export const wholeNumber = (min: number, max: number, unit = '') =>
  z
    .int()
    .min(min)
    .max(max)
    .register(settingFacts, { allowed: `a whole number from ${min} to ${max}${unit === '' ? '' : ` ${unit}`}` });

export const flag = () => z.boolean().register(settingFacts, { allowed: 'true or false' });

export const oneOf = <const T extends readonly [string, ...string[]]>(words: T) =>
  z.enum(words).register(settingFacts, { allowed: `one of ${words.join(', ')}` });

/** Text of a form that `allowed` describes to a person. */
export const text = (pattern: RegExp, allowed: string) => z.string().regex(pattern).register(settingFacts, { allowed });

/** Text that a function judges, when no pattern can. */
export const checkedText = (isFine: (value: string) => boolean, allowed: string) =>
  z.string().refine(isFine).register(settingFacts, { allowed });

/** Given only as `${NAME}` in files; no message and no print shows the value. */
export const secret = (pattern = /^\S+$/, form = 'without spaces') =>
  z
    .string()
    .regex(pattern)
    .register(settingFacts, {
      allowed: `\${NAME} of an environment variable that holds the value, ${form}`,
      secret: 'all',
    });

/** `http(s)://host[:port][/path]`, no trailing slash, no user and password. */
export const webUrl = (example: string) =>
  checkedText((value) => {
    const url = parseUrl(value);
    return /^https?:$/.test(url?.protocol ?? '') && url?.username === '' && url.search === '' && !value.endsWith('/');
  }, `a URL such as ${example}, without a slash at the end`);

const REDIS_URL = /^rediss?(-cluster)?:\/\/(?:[^\s/@]*@)?[^\s/@]+(\/\d*)?$/;

/** One server or, with `-cluster`, some nodes of a cluster (`redis/connections.ts`). */
export const redisUrl = () =>
  z.string().regex(REDIS_URL).register(settingFacts, {
    allowed:
      'a URL such as redis://localhost:6379, rediss://user:password@host:6380/0 or redis-cluster://host:7000,host:7001; one with a password comes from a variable',
    secret: 'password',
  });

export const graphVersion = () => text(/^v\d{1,3}\.\d$/, 'a Graph API version such as v25.0');

/** An id of Meta's. */
export const metaId = (what: string, where: string) =>
  z
    .string()
    .regex(/^\d{5,20}$/)
    .register(settingFacts, {
      allowed: `the numeric ${what} (Meta app dashboard, ${where}), 5 to 20 digits`,
      secret: 'when_wrong',
    });

/** A value of `env:`: often a plain address, sometimes a key. */
export const flowValue = () => z.string().register(settingFacts, { allowed: 'text', secret: 'hidden' });

function parseUrl(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined;
}

type AnySchema = z.core.$ZodType;

/** The schema without its default and its "may be missing". */
function unwrap(schema: AnySchema): AnySchema {
  const wrapped = schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional;
  return wrapped ? unwrap(schema.unwrap()) : schema;
}

/** The schema of what stands at `path`, unwrapped; undefined when nothing of that name belongs there. */
export function schemaAt(schema: AnySchema, path: readonly PropertyKey[]): AnySchema | undefined {
  const here = unwrap(schema);
  const [key, ...rest] = path;
  if (key === undefined) return here;
  const below = childSchema(here, key);
  return below === undefined ? undefined : schemaAt(below, rest);
}

function childSchema(schema: AnySchema, key: PropertyKey): AnySchema | undefined {
  if (schema instanceof z.ZodObject) {
    const shape: { [key: string]: AnySchema } = schema.shape;
    return Object.hasOwn(shape, key) ? shape[String(key)] : undefined;
  }
  if (schema instanceof z.ZodArray) return schema.element;
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return undefined;
}

/** Every setting of a schema, groups opened, in the order they are written there. */
export function settingPaths(schema: AnySchema, path: readonly string[] = []): string[][] {
  const here = unwrap(schema);
  if (!(here instanceof z.ZodObject)) return [[...path]];
  return Object.entries<AnySchema>(here.shape).flatMap(([key, child]) => settingPaths(child, [...path, key]));
}

/** Facts of the setting at `path`; those of a list hold for its entries. */
export function factsAt(schema: AnySchema, path: readonly PropertyKey[]): SettingFacts | undefined {
  const here = schemaAt(schema, path);
  if (here === undefined) return undefined;
  if (here instanceof z.ZodObject) return { allowed: `a group with ${Object.keys(here.shape).join(', ')}` };
  const own = settingFacts.get(here);
  if (own !== undefined) return own;
  if (!(here instanceof z.ZodArray)) return undefined;
  const entries = settingFacts.get(unwrap(here.element));
  return entries && { ...entries, allowed: `a list, each entry ${entries.allowed}` };
}
