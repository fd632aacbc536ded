import { z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../../shared/json.js';
import { DURATION_PATTERN, readDuration } from '../durations.js';
import { type Expression, ExpressionFault, parseExpression } from '../expressions/expression.js';
import { parseTemplate, type Template } from '../expressions/template.js';
import { isHidden } from '../expressions/value.js';
import { type MemoryPath, parseMemoryPath } from '../turn/memory.js';
import { didYouMean, type Problem } from './finding.js';
import { type JsonSchema, shaped } from './shape.js';
import { isRawMap, Plain, type Raw, type RawMap } from './source.js';

/**
 * The kinds of values a flow file is made of, as schemas from `Raw` to what the engine uses. Each reports its problems
 * with a path, a sentence and, where there is one, what to write instead.
 */

type Context = z.core.$RefinementCtx;

/** Reports a problem at the value being read, or below it; `invalid-value` unless a code says more. */
export function report(ctx: Context, message: string, more: Partial<Omit<Problem, 'message'>> = {}): void {
  const { path = [], ...params } = more;
  ctx.issues.push({ code: 'custom', message, path: [...path], params, input: ctx.value });
}

/** What a failed parse found, in the order of the file. */
export function problemsOf(error: z.ZodError): Problem[] {
  return error.issues.map((issue) => ({
    message: issue.message,
    path: issue.path,
    ...(issue.code === 'custom' ? issue.params : {}),
  }));
}

/** Reads `raw` with another schema as part of this one. */
export function delegate<T>(
  ctx: Context,
  schema: z.ZodType<T>,
  raw: unknown,
  path: readonly PropertyKey[] = [],
): T | undefined {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  for (const { message, ...problem } of problemsOf(result.error)) {
    report(ctx, message, { ...problem, path: [...path, ...problem.path] });
  }
  return undefined;
}

/**
 * A schema from `Raw`.
 *
 * @param read undefined when it reported why not
 * @param shape what editors should accept, see `shape.ts`
 */
export function field<T>(
  read: (raw: unknown, ctx: Context) => T | undefined,
  shape: Parameters<typeof shaped>[1],
  shapeName?: string,
): z.ZodType<T> {
  const schema = z.unknown().transform((raw, ctx) => {
    if (raw === undefined || (raw instanceof Plain && raw.source === '' && raw.value === null)) {
      report(ctx, 'something is missing here', { code: 'missing-value' });
      return z.NEVER;
    }
    const before = ctx.issues.length;
    const value = read(raw, ctx);
    if (value === undefined && ctx.issues.length === before) report(ctx, 'this cannot be read');
    return value ?? z.NEVER;
  });
  return shaped(schema, shape, shapeName);
}

/** What editors read from an unquoted scalar, where the engine takes its text. */
const SCALAR: JsonSchema = { type: ['string', 'number', 'boolean'] };

/** What kind of thing was written, for messages. */
function whatIs(raw: unknown): string {
  if (Array.isArray(raw)) return 'a list';
  if (isRawMap(raw)) return 'a map';
  return raw instanceof Plain ? `\`${raw.source}\`` : 'a text';
}

/** The text of a scalar as written; reports anything else. */
function textOf(raw: unknown, ctx: Context, path: readonly PropertyKey[] = []): string | undefined {
  if (typeof raw === 'string') return raw;
  if (!(raw instanceof Plain)) {
    report(ctx, `a text is expected, not ${whatIs(raw)}`, { path });
    return undefined;
  }
  if (raw.comment === undefined) return raw.source;
  report(ctx, 'YAML takes what follows `#` as a comment and drops it', {
    code: 'yaml-comment',
    path,
    hint: `write it in quotes: ${JSON.stringify(`${raw.source} ${raw.comment}`)}, or put two spaces before a comment`,
  });
  return undefined;
}

/** Runs a parser of expressions and reports its fault at its place inside the text. */
function parsed<T>(ctx: Context, parse: () => T): T | undefined {
  try {
    return parse();
  } catch (err) {
    if (!(err instanceof ExpressionFault)) throw err;
    const hint = err.hint === undefined ? {} : { hint: err.hint };
    report(ctx, err.message, { code: 'invalid-expression', offset: err.offset, ...hint });
    return undefined;
  }
}

/** A text that is no template: names, patterns. */
export const plainText = field((raw, ctx) => textOf(raw, ctx), SCALAR);

/** A text with expressions, the same in all languages. */
export const template: z.ZodType<Template> = field((raw, ctx) => {
  const source = textOf(raw, ctx);
  return source === undefined ? undefined : parsed(ctx, () => parseTemplate(source));
}, SCALAR);

/** JavaScript without braces, as behind `if`. */
export const expression: z.ZodType<Expression> = field(
  (raw, ctx) => {
    const source = textOf(raw, ctx);
    return source === undefined ? undefined : parsed(ctx, () => parseExpression(source));
  },
  SCALAR,
  'expression',
);

/** A text for contacts: in one language or several, or one of the flow's `texts`. */
export class Text {
  constructor(
    /** by language, in the file's order; one named '' when the text has only one language */
    readonly variants: ReadonlyMap<string, Template>,
    /** `bye` of `texts.bye`; then there are no variants here */
    readonly reference?: string,
  ) {}
}

const LANGUAGE = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/;
const languageNames = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/** Asking for the name of a language is slow, and every map in every file is asked about. */
const languagesSeen = new Map<string, boolean>();
const MAX_SEEN = 1000;

/** `de`, `pt-BR`; not any word of two or three letters, or a misspelt key would pass for a language. */
function isLanguage(key: string): boolean {
  let known = languagesSeen.get(key);
  if (known === undefined) {
    known = LANGUAGE.test(key) && languageNames.of(key.split('-')[0] ?? '') !== undefined;
    if (languagesSeen.size < MAX_SEEN) languagesSeen.set(key, known);
  }
  return known;
}

/** Whether a map is a text in several languages, and no other map whose keys happen to be short. */
export function isLanguageMap(raw: unknown, otherKeys: readonly string[] = []): raw is RawMap {
  if (!isRawMap(raw)) return false;
  const keys = Object.keys(raw);
  return keys.length > 0 && keys.every((key) => isLanguage(key) && !otherKeys.includes(key));
}

const TEXT_SHAPE: JsonSchema = {
  description: 'A text, or one for each language.',
  anyOf: [
    SCALAR,
    {
      type: 'object',
      minProperties: 1,
      propertyNames: { pattern: LANGUAGE.source },
      additionalProperties: SCALAR,
    },
  ],
};

export const text: z.ZodType<Text> = field(
  (raw, ctx) => {
    if (isRawMap(raw)) return languages(raw, ctx);
    const source = textOf(raw, ctx);
    if (source === undefined) return undefined;
    const reference = /^texts\.([\w-]+)$/.exec(source)?.[1];
    if (reference !== undefined) return new Text(new Map(), reference);
    if (source.trim() === '') return void report(ctx, 'the text is empty');
    const one = parsed(ctx, () => parseTemplate(source));
    return one === undefined ? undefined : new Text(new Map([['', one]]));
  },
  TEXT_SHAPE,
  'text',
);

function languages(raw: RawMap, ctx: Context): Text | undefined {
  const variants = new Map<string, Template>();
  for (const [language, value] of Object.entries(raw)) {
    if (!isLanguage(language)) {
      report(ctx, `\`${language}\` is not a language`, {
        path: [language],
        key: true,
        hint: 'write { en: Hello, de: Hallo }',
      });
      continue;
    }
    const one = delegate(ctx, template, value, [language]);
    if (one?.source.trim() === '') report(ctx, 'the text is empty', { path: [language] });
    if (one !== undefined) variants.set(language, one);
  }
  return variants.size === 0 ? undefined : new Text(variants);
}

/** One text, or several to choose from. */
export const texts: z.ZodType<readonly Text[]> = field(
  (raw, ctx) => (Array.isArray(raw) ? itemsOf(raw, text, ctx) : asList(delegate(ctx, text, raw))),
  (of) => ({ anyOf: [of(text), { type: 'array', minItems: 1, items: of(text) }] }),
);

function asList<T>(value: T | undefined): T[] | undefined {
  return value === undefined ? undefined : [value];
}

function itemsOf<T>(raw: readonly unknown[], item: z.ZodType<T>, ctx: Context): T[] | undefined {
  if (raw.length === 0) return void report(ctx, 'the list is empty');
  const items = raw.map((one, index) => delegate(ctx, item, one, [index]));
  return items.every((one) => one !== undefined) ? items : undefined;
}

/** A list with at least one item. */
export function listOf<T>(item: z.ZodType<T>): z.ZodType<readonly T[]> {
  return field(
    (raw, ctx) => {
      if (Array.isArray(raw)) return itemsOf(raw, item, ctx);
      return void report(ctx, `a list is expected, not ${whatIs(raw)}`);
    },
    (of) => ({ type: 'array', minItems: 1, items: of(item) }),
  );
}

/** A map from the designer's own keys. */
export function mapOf<T>(item: z.ZodType<T>): z.ZodType<ReadonlyMap<string, T>> {
  return field(
    (raw, ctx) => {
      if (!isRawMap(raw)) return void report(ctx, `a map is expected, not ${whatIs(raw)}`);
      const map = new Map<string, T>();
      for (const [key, value] of Object.entries(raw)) {
        const one = delegate(ctx, item, value, [key]);
        if (one !== undefined) map.set(key, one);
      }
      return map;
    },
    (of) => ({ type: 'object', additionalProperties: of(item) }),
  );
}

/**
 * A map with these keys and no others.
 *
 * @param planned keys that will come
 * @param elsewhere keys that were read before, and may have been misspelt
 */
export function strict<S extends z.ZodRawShape>(
  what: string,
  shape: S,
  planned: readonly string[] = [],
  elsewhere: readonly string[] = [],
): z.ZodType<z.output<z.ZodObject<S>>> {
  const schema = z.object(shape);
  const known = Object.keys(shape);
  return field(
    (raw, ctx) => {
      if (!isRawMap(raw)) return void report(ctx, `${what} is a map, not ${whatIs(raw)}`);
      const suggested = unknownKeys(raw, what, known, [planned, elsewhere], ctx);
      const result = schema.safeParse(raw);
      if (result.success) return result.data;
      for (const { message, ...problem } of problemsOf(result.error)) {
        const [key] = problem.path;
        const missing = problem.path.length === 1 && typeof key === 'string' && !Object.hasOwn(raw, key);
        // The key is there, but misspelt or without what belongs into it, and that was said.
        if ((missing || problem.code === 'missing-value') && typeof key === 'string' && suggested.has(key)) continue;
        report(
          ctx,
          missing ? `${what} needs \`${key}\`` : message,
          missing ? { ...problem, code: 'missing-key' } : problem,
        );
      }
      return undefined;
    },
    (of) => mapShape(shape, of),
  );
}

/** Keys the schema can do without are those it accepts without. */
function mapShape(shape: z.ZodRawShape, of: (schema: z.core.$ZodType) => JsonSchema): JsonSchema {
  const keys = Object.entries(shape);
  const required = keys.flatMap(([key, schema]) => (z.safeParse(schema, undefined).success ? [] : [key]));
  return {
    type: 'object',
    properties: Object.fromEntries(keys.map(([key, schema]) => [key, of(schema)])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

/**
 * A map that may be written shorter, as the value of one of its keys.
 *
 * @param short the schema of that key, for editors
 * @param isShort by default everything but a map
 */
export function shorthand<T>(
  key: string,
  short: z.ZodType,
  schema: z.ZodType<T>,
  isShort: (raw: unknown) => boolean = (raw) => raw !== undefined && !isRawMap(raw),
): z.ZodType<T> {
  const read = z.preprocess((raw) => (isShort(raw) ? { [key]: raw } : raw), schema);
  return shaped(read, (of) => ({ anyOf: [of(short), of(schema)] }));
}

/**
 * Several keys nobody knows beside the only one that is known, or one beside that one without a value: they belong into it
 * and are not indented enough. One mistake, said once.
 */
function outsideOf(
  raw: RawMap,
  known: readonly string[],
  others: readonly string[],
): (Problem & { owner: string }) | undefined {
  const inside = Object.keys(raw).filter((key) => known.includes(key));
  const strange = Object.keys(raw).filter((key) => !known.includes(key) && !others.includes(key));
  const [owner] = inside;
  const [first] = strange;
  if (owner === undefined || first === undefined || inside.length > 1) return undefined;
  const value = raw[owner];
  const isEmpty = value instanceof Plain && value.source === '';
  if (!isEmpty && !(isRawMap(value) && strange.length > 1)) return undefined;
  if (
    strange.some(
      (key) =>
        didYouMean(
          key,
          known.filter((name) => !Object.hasOwn(raw, name)),
        ) !== undefined,
    )
  )
    return undefined;
  const keys = strange.map((key) => `\`${key}\``).join(', ');
  const what = strange.length === 1 ? 'stands' : 'stand';
  const message = `${keys} ${what} beside \`${owner}:\`, not in it`;
  const hint = `indent ${strange.length === 1 ? 'it' : 'them'} further than \`${owner}\``;
  return { owner, message, path: [first], key: true, code: 'unknown-key', hint };
}

/** @returns keys of which nothing more is to be said when they are missing, or without a value */
function unknownKeys(
  raw: RawMap,
  what: string,
  known: readonly string[],
  [planned, elsewhere]: readonly [readonly string[], readonly string[]],
  ctx: Context,
): Set<string> {
  const suggested = new Set<string>();
  const outside = outsideOf(raw, known, [...planned, ...elsewhere]);
  if (outside !== undefined) {
    report(ctx, outside.message, outside);
    return new Set([outside.owner]);
  }
  for (const key of Object.keys(raw)) {
    if (known.includes(key)) continue;
    const place = { path: [key], key: true, code: 'unknown-key' as const };
    if (planned.includes(key)) {
      report(ctx, `\`${key}\` of ${what} is not available yet`, { ...place, code: 'not-available' });
      continue;
    }
    const hint = didYouMean(
      key,
      [...known, ...elsewhere, ...planned].filter((name) => !Object.hasOwn(raw, name)),
    );
    const meant = known.find((name) => hint?.includes(`\`${name}\``));
    if (meant !== undefined) suggested.add(meant);
    report(ctx, `\`${key}\` is not a key of ${what}`, {
      ...place,
      hint: hint ?? `it has ${known.join(', ')}`,
      ...(meant === undefined ? {} : { meant }),
    });
  }
  return suggested;
}

export const bool = field(
  (raw, ctx) => {
    if (raw instanceof Plain && typeof raw.value === 'boolean') return raw.value;
    const word =
      raw instanceof Plain && typeof raw.value === 'string' ? raw.source : typeof raw === 'string' ? raw : undefined;
    return void report(ctx, `true or false is expected, not ${word === undefined ? whatIs(raw) : `"${word}"`}`);
  },
  { type: 'boolean' },
);

/** `wait: true`: a step that has nothing to say but itself. */
export const yes = field(
  (raw, ctx) => {
    if (raw instanceof Plain && raw.value === true) return true;
    return void report(ctx, 'only `true` stands here', {
      hint: 'to leave the step out, write `disabled: true` beside it',
    });
  },
  { const: true },
);

/** A whole number from 1. */
export const count = field(
  (raw, ctx) => {
    if (raw instanceof Plain && typeof raw.value === 'number' && Number.isInteger(raw.value) && raw.value >= 1)
      return raw.value;
    return void report(ctx, 'a whole number from 1 is expected');
  },
  { type: 'integer', minimum: 1 },
);

/** @returns ms */
export const duration = field(
  (raw, ctx) => {
    const ms =
      raw instanceof Plain ? readDuration(raw.source) : typeof raw === 'string' ? readDuration(raw) : undefined;
    if (ms !== undefined && ms > 0) return ms;
    return void report(ctx, 'a time is expected, at most a year', { hint: 'write 1500ms, 2s, 10m, 24h or 7d' });
  },
  { type: 'string', pattern: DURATION_PATTERN },
  'duration',
);

/** @param synonyms what other languages call some of them */
export function oneOf<const T extends string>(
  values: readonly T[],
  planned: readonly string[] = [],
  synonyms: { readonly [word: string]: T } = {},
): z.ZodType<T> {
  return field(
    (raw, ctx) => {
      const written = textOf(raw, ctx);
      const found = values.find((value) => value === written);
      if (found !== undefined || written === undefined) return found;
      if (planned.includes(written))
        return void report(ctx, `\`${written}\` is not available yet`, { code: 'not-available' });
      const word = written.toLowerCase();
      const synonym = Object.hasOwn(synonyms, word) ? `did you mean \`${synonyms[word]}\`?` : undefined;
      const hint = synonym ?? didYouMean(written, values);
      return void report(ctx, `\`${written}\` is not one of ${values.join(', ')}`, hint === undefined ? {} : { hint });
    },
    { enum: values },
  );
}

const NAME = /^[A-Za-z][\w-]{0,63}$/;

/** A name other places refer to: a letter first, then letters, digits, - and _. */
export const name = field(
  (raw, ctx) => {
    const written = textOf(raw, ctx);
    if (written === undefined || NAME.test(written)) return written;
    return void report(ctx, `\`${written.slice(0, 70)}\` is not a name`, {
      code: 'invalid-name',
      hint: 'a letter, then letters, digits, - and _, 64 at most',
    });
  },
  { type: 'string', pattern: NAME.source },
  'name',
);

/** `context.order` or `profile.address.city`. */
export const memoryPath: z.ZodType<MemoryPath> = field(
  (raw, ctx) => {
    const written = textOf(raw, ctx);
    if (written === undefined) return undefined;
    const path = parseMemoryPath(written);
    if (typeof path !== 'string') return path;
    return void report(ctx, path, { code: 'invalid-path', hint: 'write context.order or profile.language' });
  },
  { type: 'string', pattern: '^(context|cc|profile|cp)\\.' },
  'memoryPath',
);

/** A value to store: JSON whose texts are templates. */
export type ValueTemplate =
  | { kind: 'template'; template: Template }
  | { kind: 'constant'; value: Json }
  | { kind: 'list'; items: readonly ValueTemplate[] }
  | { kind: 'map'; entries: readonly (readonly [string, ValueTemplate])[] };

export const value: z.ZodType<ValueTemplate> = z.unknown().transform((raw, ctx): ValueTemplate => {
  if (raw === undefined) report(ctx, 'something is missing here', { code: 'missing-value' });
  if (Array.isArray(raw)) {
    return { kind: 'list', items: raw.flatMap((item, index) => delegate(ctx, value, item, [index]) ?? []) };
  }
  if (isRawMap(raw)) {
    const entries = Object.entries(raw).flatMap(([key, item]): (readonly [string, ValueTemplate])[] => {
      if (isHidden(key)) report(ctx, `\`${key}\` cannot be written`, { code: 'invalid-path', path: [key], key: true });
      const one = delegate(ctx, value, item, [key]);
      return one === undefined ? [] : [[key, one]];
    });
    return { kind: 'map', entries };
  }
  if (raw instanceof Plain && typeof raw.value !== 'string') return { kind: 'constant', value: constant(raw, ctx) };
  const one = delegate(ctx, template, raw);
  return one === undefined ? z.NEVER : { kind: 'template', template: one };
});

/** A number must be what it looks like: `00123` is 123 to YAML, and a phone number loses its plus. */
function constant({ source, value: read }: Plain, ctx: Context, path: readonly PropertyKey[] = []): Json {
  if (typeof read === 'number' && String(read) !== source) {
    report(ctx, `YAML reads \`${source}\` as the number ${read}`, {
      code: 'yaml-number',
      path,
      hint: `write "${source}" for a text, ${read} for the number`,
    });
  }
  return read;
}

/** A map of plain JSON, as the default context is. */
export const jsonMap: z.ZodType<JsonObject> = field(
  (raw, ctx) => {
    const read = isRawMap(raw) ? plainJson(raw, ctx, []) : undefined;
    return isJsonObject(read) ? read : void report(ctx, `a map is expected, not ${whatIs(raw)}`);
  },
  { type: 'object' },
);

function plainJson(raw: Raw, ctx: Context, path: readonly PropertyKey[]): Json {
  if (Array.isArray(raw)) return raw.map((item, index) => plainJson(item, ctx, [...path, index]));
  if (isRawMap(raw)) {
    const map: JsonObject = {};
    for (const [key, item] of Object.entries(raw)) {
      if (isHidden(key))
        report(ctx, `\`${key}\` cannot be written`, { code: 'invalid-path', path: [...path, key], key: true });
      else map[key] = plainJson(item, ctx, [...path, key]);
    }
    return map;
  }
  if (typeof raw === 'string') return raw;
  return typeof raw.value === 'string' ? (textOf(raw, ctx, path) ?? null) : constant(raw, ctx, path);
}

/** Where a `goTo` leads: a step of this flow, or of another; without a step, that flow's beginning. */
export class Target {
  constructor(
    readonly flow: string | undefined,
    readonly step: string | undefined,
  ) {}
}

/** The name of another flow. */
export class FlowName {
  constructor(readonly name: string) {}
}

export const flowName: z.ZodType<FlowName> = field(
  (raw, ctx) => {
    const written = delegate(ctx, name, raw);
    return written === undefined ? undefined : new FlowName(written);
  },
  (of) => of(name),
);

/** The keys of a target that is a map. */
export const targetShape = {
  flow: name.optional().describe('Another flow; alone, its beginning.'),
  step: name.optional().describe('The `id` of the step.'),
};

const targetMap = strict('goTo', targetShape);

export const target: z.ZodType<Target> = field(
  (raw, ctx) => {
    if (!isRawMap(raw)) {
      const step = delegate(ctx, name, raw);
      return step === undefined ? undefined : new Target(undefined, step);
    }
    const map = delegate(ctx, targetMap, raw);
    if (map === undefined) return undefined;
    if (map.flow === undefined && map.step === undefined) return void report(ctx, 'goTo needs `step` or `flow`');
    return new Target(map.flow, map.step);
  },
  (of) => ({ anyOf: [of(name), of(targetMap)] }),
  'target',
);
