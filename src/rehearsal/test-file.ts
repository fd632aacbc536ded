import { z } from 'zod';
import {
  bool,
  count,
  delegate,
  duration,
  jsonMap,
  listOf,
  mapOf,
  name,
  oneOf,
  plainText,
  problemsOf,
  report,
  strict,
} from '../flow/reading/fields.js';
import type { Finding, Problem } from '../flow/reading/finding.js';
import { readSource } from '../flow/reading/read-source.js';
import { isRawMap, Plain, type Raw } from '../flow/reading/source.js';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import { CONTACT_KEYS } from './contact-message.js';

/** Every turn of a test whose file says nothing else begins here: a Tuesday, 09:00 UTC. */
export const DEFAULT_NOW_MS = Date.UTC(2026, 0, 6, 9);

/** A value of a test as written: what looks like a number in a message is still text there. */
const asWritten = (raw: Raw): Json => {
  if (Array.isArray(raw)) return raw.map(asWritten);
  if (isRawMap(raw)) return Object.fromEntries(Object.entries(raw).map(([key, item]) => [key, asWritten(item)]));
  if (raw instanceof Plain) return raw.value === null ? null : raw.source;
  return raw;
};

/** Reports each `{ matches: … }` that is no pattern. */
function patternFaults(value: Json, ctx: z.core.$RefinementCtx, path: readonly PropertyKey[]): void {
  if (typeof value !== 'object' || value === null) return;
  if (isJsonObject(value) && typeof value.matches === 'string' && Object.keys(value).length === 1) {
    if (!isPattern(value.matches)) report(ctx, 'this is no regular expression', { path: [...path, 'matches'] });
  }
  const entries: [PropertyKey, Json][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  for (const [key, item] of entries) patternFaults(item, ctx, [...path, key]);
}

function isPattern(written: string): boolean {
  try {
    new RegExp(written, 'su');
    return true;
  } catch {
    return false;
  }
}

/** A glued comment has cut the text off; the fields of flows report it, so what is read here is read with theirs. */
function readText(ctx: z.core.$RefinementCtx, raw: unknown, path: readonly PropertyKey[] = []): string | undefined {
  return delegate(ctx, plainText, raw, path);
}

const message: z.ZodType<Json> = z.unknown().transform((raw, ctx): Json => {
  if (Array.isArray(raw)) {
    report(ctx, 'one message is expected, not a list');
    return z.NEVER;
  }
  if (!isRawMap(raw)) return readText(ctx, raw) ?? z.NEVER;
  const value = asWritten(raw);
  patternFaults(value, ctx, []);
  return value;
});

/** `bot: Hello`, or a list; `[]` when the bot says nothing. */
const messages: z.ZodType<readonly Json[]> = z.unknown().transform((raw, ctx): readonly Json[] =>
  (Array.isArray(raw) ? raw : [raw]).flatMap((item, index) => {
    const one = delegate(ctx, message, item, Array.isArray(raw) ? [index] : []);
    return one === undefined ? [] : [one];
  }),
);

const values: z.ZodType<JsonObject> = z.unknown().transform((raw, ctx): JsonObject => {
  const value = delegate(ctx, jsonMap, raw);
  if (value === undefined) return z.NEVER;
  patternFaults(value, ctx, []);
  return value;
});

/** Any JSON. */
const json: z.ZodType<Json> = z.unknown().transform((raw, ctx): Json => {
  if (isRawMap(raw)) return delegate(ctx, jsonMap, raw) ?? z.NEVER;
  if (Array.isArray(raw)) return raw.flatMap((item, index) => delegate(ctx, json, item, [index]) ?? []);
  if (raw instanceof Plain && typeof raw.value !== 'string') return raw.value;
  return readText(ctx, raw) ?? z.NEVER;
});

const instant: z.ZodType<number> = z.unknown().transform((raw, ctx): number => {
  const written = readText(ctx, raw);
  if (written === undefined) return z.NEVER;
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(written) ? Date.parse(written) : NaN;
  if (Number.isNaN(ms)) report(ctx, 'a time with its zone is expected', { hint: 'write "2026-01-06T09:00:00Z"' });
  return ms;
});

const localeTag: z.ZodType<string> = z.unknown().transform((raw, ctx): string => {
  const written = readText(ctx, raw) ?? '';
  if (!isKnown(() => Intl.getCanonicalLocales(written).length))
    report(ctx, 'a language is expected', { hint: 'en-GB' });
  return written;
});

const timeZone: z.ZodType<string> = z.unknown().transform((raw, ctx): string => {
  const written = readText(ctx, raw) ?? '';
  if (!isKnown(() => new Intl.DateTimeFormat('en', { timeZone: written }))) {
    report(ctx, 'a time zone is expected', { hint: 'write Europe/Lisbon or UTC' });
  }
  return written;
});

function isKnown(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

const given = strict('given', {
  handlers: name.optional(),
  locale: localeTag.optional(),
  timeZone: timeZone.optional(),
  now: instant.optional(),
  profile: jsonMap.optional(),
  context: jsonMap.optional(),
  env: mapOf(plainText).optional(),
  sessionExpiration: duration.optional(),
  messageDelay: duration.optional(),
  // As the endpoint has them: what becomes of messages that come during a sleep, and how long bursts are collected.
  duringSleep: oneOf(['interrupt', 'queue', 'drop']).optional(),
  collect: duration.optional(),
  // As `conversation` in config/default.yaml: to test with a server's own, or what a bot says when it meets one.
  limits: strict('limits', {
    stepsPerTurn: count.optional(),
    flowDepth: count.optional(),
    maxMemoryBytes: count.optional(),
  }).optional(),
});
export type Given = z.output<typeof given>;

/** `times: any` may also not be used at all. */
const times: z.ZodType<number | 'any'> = z.unknown().transform((raw, ctx): number | 'any' => {
  if (raw === 'any') return 'any';
  return delegate(ctx, count, raw) ?? z.NEVER;
});

const httpReply = strict('a reply', {
  status: count.optional(),
  headers: mapOf(plainText).optional(),
  json: json.optional(),
  text: plainText.optional(),
  delay: duration.optional(),
  error: oneOf(['timeout', 'network', 'refused', 'hostNotFound', 'tls', 'tooLarge', 'badAnswer']).optional(),
});

const httpMock = strict('an http mock', {
  method: oneOf(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']).optional(),
  url: plainText,
  headers: values.optional(),
  body: json.optional(),
  times: times.optional(),
  reply: httpReply,
});
export type HttpMock = z.output<typeof httpMock>;

const llmReplyMap = strict('a reply', {
  text: plainText.optional(),
  json: json.optional(),
  tool: strict('a tool', { name: plainText, arguments: json.optional() }).optional(),
  error: plainText.optional(),
});

/** `reply: Hello`, or a map. */
const llmReply: z.ZodType<z.output<typeof llmReplyMap>> = z.unknown().transform((raw, ctx) => {
  if (isRawMap(raw)) return delegate(ctx, llmReplyMap, raw) ?? z.NEVER;
  const text = readText(ctx, raw);
  return text === undefined ? z.NEVER : { text };
});

const llmMock = strict('an llm mock', {
  prompt: message.optional(),
  model: plainText.optional(),
  times: times.optional(),
  reply: llmReply,
});
export type LlmMock = z.output<typeof llmMock>;

const CONTACT_HINT = `it is a text, or one of ${CONTACT_KEYS.join(', ')}`;

/** `contact: Hi`, `contact: { location: … }`. */
const contact: z.ZodType<JsonObject> = z.unknown().transform((raw, ctx): JsonObject => {
  if (!isRawMap(raw)) return { text: readText(ctx, raw) ?? '' };
  const shape = Object.fromEntries(CONTACT_KEYS.map((key) => [key, z.unknown().optional()]));
  if (delegate(ctx, strict('what a contact sends', shape), raw) === undefined) return z.NEVER;
  const keys = Object.keys(raw).filter((key) => key !== 'referral');
  if (keys.length !== 1) report(ctx, 'a contact sends one thing at a time', { hint: CONTACT_HINT });
  const sent = delegate(ctx, jsonMap, raw);
  return sent ?? z.NEVER;
});

/**
 * `fails: ask`: the last message of that step does not reach the contact; `codes` are Meta's.
 * `tap: track`, or `{ tap: track, on: part of the text of the message }` for one of several alike.
 */
const turn = strict('a turn', {
  note: plainText.optional(),
  contact: contact.optional(),
  tap: plainText.optional(),
  on: plainText.optional(),
  wait: duration.optional(),
  handoverEnded: bool.optional(),
  fails: plainText.optional(),
  codes: listOf(count).optional(),
  bot: messages.optional(),
  context: values.optional(),
  profile: values.optional(),
  at: plainText.optional(),
  ends: bool.optional(),
}).transform((one, ctx) => {
  const acts = (['contact', 'tap', 'wait', 'handoverEnded', 'fails'] as const).filter((key) => one[key] !== undefined);
  if (acts.length === 0) {
    report(ctx, 'nothing happens in this turn', {
      hint: 'begin it with `contact`, `tap`, `wait`, `fails` or `handoverEnded`',
    });
  }
  const [, second] = acts;
  if (second !== undefined) report(ctx, 'one thing happens in a turn', { path: [second], key: true });
  if (one.on !== undefined && one.tap === undefined) report(ctx, '`on` belongs to `tap`', { path: ['on'], key: true });
  if (one.codes !== undefined && one.fails === undefined)
    report(ctx, '`codes` belong to `fails`', { path: ['codes'], key: true });
  return one;
});
export type TestTurn = z.output<typeof turn>;

const test = strict('a test', {
  name: plainText,
  note: plainText.optional(),
  given: given.optional(),
  http: listOf(httpMock).optional(),
  llm: listOf(llmMock).optional(),
  turns: listOf(turn),
});
export type FlowTest = z.output<typeof test>;

const testFile = strict('a test file', {
  flow: name,
  note: plainText.optional(),
  given: given.optional(),
  http: listOf(httpMock).optional(),
  llm: listOf(llmMock).optional(),
  tests: listOf(test),
}).transform((file, ctx) => {
  const seen = new Set<string>();
  file.tests.forEach(({ name: title }, index) => {
    if (seen.has(title)) report(ctx, 'two tests have this name', { path: ['tests', index, 'name'] });
    seen.add(title);
  });
  return file;
});

export interface TestFile {
  path: string;
  text: string;
  content: z.output<typeof testFile>;
  /** gives a problem its place in the file */
  place(problem: Problem): Finding;
}

/**
 * Reads a `*.test.yaml`, with the same rules and the same kind of findings as a flow file.
 *
 * @param path as findings should name it
 */
export function readTestFile(path: string, text: string): { file: TestFile | undefined; findings: Finding[] } {
  const { raw, findings, place } = readSource(path, text);
  if (raw === undefined) return { file: undefined, findings };
  const read = testFile.safeParse(raw);
  if (!read.success) return { file: undefined, findings: problemsOf(read.error).map(place) };
  return { file: { path, text, content: read.data, place }, findings };
}
