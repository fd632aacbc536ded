import type { z } from 'zod';
import type { Block } from '../behaviour.js';
import { type BodyPath, readBodyPath } from '../expressions/body-path.js';
import { literalText, type Template } from '../expressions/template.js';
import { MAX_CACHE_MS, MAX_CALL_MS, MAX_RETRIES, METHODS, OWN_HEADERS } from '../http-request.js';
import {
  delegate,
  duration,
  field,
  mapOf,
  memoryPath,
  name,
  oneOf,
  plainText,
  report,
  shorthand,
  strict,
  template,
  value,
} from './fields.js';
import type { Problem } from './finding.js';
import { isRawMap, Plain } from './source.js';

/** A secret by its name, see `Sent`. */
export interface NamedSecret {
  secret: string;
  prefix?: string | undefined;
}

const secretName = field(
  (raw, ctx) => {
    const written = delegate(ctx, name, raw);
    if (written === undefined || /^[A-Z][A-Z0-9_]*$/.test(written)) return written;
    return void report(ctx, 'a secret is named in capitals, as the variable that holds it', {
      code: 'invalid-name',
      hint: `write ${written.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase()}`,
    });
  },
  { type: 'string', pattern: '^[A-Z][A-Z0-9_]*$' },
);

const namedSecret: z.ZodType<NamedSecret> = strict('a secret', {
  secret: secretName.describe('The name of a secret of the endpoint.'),
  prefix: plainText.optional().describe('What stands before it, for example `Bearer `.'),
});

/** A text with expressions, or a secret by its name. */
const sent: z.ZodType<Template | NamedSecret> = field(
  (raw, ctx) => (isRawMap(raw) ? delegate(ctx, namedSecret, raw) : delegate(ctx, template, raw)),
  (of) => ({ anyOf: [of(template), of(namedSecret)] }),
  'sent',
);

/** How long a call may take in all. */
export const callTimeout = field(
  (raw, ctx) => {
    const ms = delegate(ctx, duration, raw);
    if (ms === undefined || ms <= MAX_CALL_MS) return ms;
    return void report(ctx, `a call may take ${MAX_CALL_MS / 60_000} minutes at most: somebody waits for it`);
  },
  (of) => of(duration),
);

const cacheTime = field(
  (raw, ctx) => {
    const ms = delegate(ctx, duration, raw);
    if (ms === undefined || ms <= MAX_CACHE_MS) return ms;
    return void report(ctx, 'an answer is kept for 24h at most', { hint: 'write cache: 24h' });
  },
  (of) => of(duration),
);

const retries = field(
  (raw, ctx) => {
    const given = raw instanceof Plain ? raw.value : undefined;
    if (typeof given === 'number' && Number.isInteger(given) && given >= 0 && given <= MAX_RETRIES) return given;
    return void report(ctx, `a whole number from 0 to ${MAX_RETRIES} is expected`);
  },
  { type: 'integer', minimum: 0, maximum: MAX_RETRIES },
);

const bodyPath: z.ZodType<BodyPath> = field(
  (raw, ctx) => {
    const written = delegate(ctx, plainText, raw);
    const path = written === undefined ? undefined : readBodyPath(written);
    if (path === undefined && written !== undefined) {
      report(ctx, `\`${written}\` is no way into the body`, { code: 'invalid-path', hint: 'write items[0].name' });
    }
    return path;
  },
  { type: 'string' },
);

/** What of the body is wanted: one part of it, or several under names of their own. */
export type Pick = { part: BodyPath } | { parts: ReadonlyMap<string, BodyPath> };

const pick: z.ZodType<Pick> = field<Pick>(
  (raw, ctx) => {
    if (isRawMap(raw)) {
      const parts = delegate(ctx, mapOf(bodyPath), raw);
      return parts === undefined ? undefined : { parts };
    }
    const part = delegate(ctx, bodyPath, raw);
    return part === undefined ? undefined : { part };
  },
  (of) => ({ anyOf: [of(bodyPath), of(mapOf(bodyPath))] }),
);

const auth = strict('auth', {
  bearer: sent.optional().describe('A token, sent as `Authorization: Bearer …`.'),
  basic: strict('basic', { user: sent.describe('A text or a secret.'), password: sent.describe('A text or a secret.') })
    .optional()
    .describe('A user and a password.'),
  header: mapOf(sent).optional().describe('Headers of any name.'),
});

export function httpFields(steps: z.ZodType<Block>) {
  return shorthand(
    'url',
    template,
    strict('http', {
      method: oneOf(METHODS).optional().describe('GET; POST when there is a `body` or a `form`.'),
      url: template.describe('Values behind the host are percent-encoded; `raw(x)` is not.'),
      headers: mapOf(sent).optional().describe('By name; a value may be `{ secret: NAME }`.'),
      query: mapOf(value)
        .optional()
        .describe('Joined to the url; what is nothing is left out, a list repeats its name.'),
      body: value.optional().describe('A map or a list is sent as JSON, a text as text.'),
      form: mapOf(value).optional().describe('Sent as a web form.'),
      auth: auth.optional().describe('`bearer`, `basic` or `header`; secrets as `{ secret: NAME }`.'),
      timeout: callTimeout.optional().describe('For all of it, tries and pauses included; 8s when nothing is said.'),
      retries: retries.optional().describe('Tries more, where nothing can happen twice.'),
      cache: cacheTime.optional().describe('How long a good answer is used again; GET only.'),
      pick: pick.optional().describe('The part of the body to keep: `items[0].name`, or several by name.'),
      into: memoryPath.optional().describe('Gets `status`, `headers`, `body`; after a failure also `error`.'),
      onError: steps
        .optional()
        .describe('Runs on a status of 400 and above, a timeout, a fault of the network; then the flow goes on.'),
    }),
  );
}

export type HttpFields = z.output<ReturnType<typeof httpFields>>;

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What the keys of an `http` step must not be together. Paths begin at the step. */
export function httpProblems(fields: HttpFields): Problem[] {
  return [...urlProblems(fields), ...bodyProblems(fields), ...headerProblems(fields)].map((problem) => ({
    ...problem,
    path: ['http', ...problem.path],
  }));
}

function urlProblems({ url }: HttpFields): Problem[] {
  const [first] = url.parts;
  if (typeof first !== 'string') {
    return first === undefined ? [{ path: ['url'], code: 'missing-value', message: 'the url is empty' }] : [];
  }
  if (!/^https?:\/\//i.test(first)) {
    const hint = 'write https://shop.example.com/…, or "{{ env.SHOP_URL }}/…"';
    return [{ path: ['url'], message: 'a url begins with https:// or http://', hint }];
  }
  const literal = literalText(url);
  if (literal !== undefined && !URL.canParse(literal)) {
    return [{ path: ['url'], message: `\`${literal.slice(0, 80)}\` is not a url` }];
  }
  const hasPassword = /^https?:\/\/[^/?#]*@/i.test(first);
  if (!hasPassword) return [];
  const hint = 'write auth: { basic: { user: …, password: { secret: NAME } } }';
  return [{ path: ['url'], code: 'plain-secret', message: 'a url holds no user and password', hint }];
}

/** GET, unless something is sent or the step says so. */
export function methodOf({ method, body, form }: HttpFields): (typeof METHODS)[number] {
  return method ?? (body === undefined && form === undefined ? 'GET' : 'POST');
}

function bodyProblems(fields: HttpFields): Problem[] {
  const { body, form, cache } = fields;
  const code = 'invalid-combination';
  const method = methodOf(fields);
  const problems: Problem[] = [];
  if (body !== undefined && form !== undefined) {
    problems.push({ code, path: ['form'], key: true, message: 'a request has a `body` or a `form`, not both' });
  }
  const key = body !== undefined ? 'body' : form !== undefined ? 'form' : undefined;
  if (key !== undefined && (method === 'GET' || method === 'HEAD')) {
    problems.push({ code, path: [key], key: true, message: `a ${method} has no ${key}`, hint: 'use `query`, or POST' });
  }
  if (cache !== undefined && method !== 'GET') {
    problems.push({ code, path: ['cache'], key: true, message: 'only the answer of a GET can be kept' });
  }
  return problems;
}

function headerProblems({ headers = new Map(), auth }: HttpFields): Problem[] {
  const problems: Problem[] = [];
  const ways = [auth?.bearer, auth?.basic, auth?.header].filter((way) => way !== undefined).length;
  if (auth !== undefined && ways !== 1) {
    const message = 'auth is one of `bearer`, `basic` and `header`';
    problems.push({ code: 'invalid-combination', path: ['auth'], message });
  }
  const named = [
    ...[...headers.keys()].map((header) => ({ header, path: ['headers', header] })),
    ...[...(auth?.header?.keys() ?? [])].map((header) => ({ header, path: ['auth', 'header', header] })),
  ];
  for (const { header, path } of named) {
    if (!HEADER_NAME.test(header)) {
      problems.push({ path, key: true, code: 'invalid-name', message: `\`${header}\` is no name of a header` });
    } else if (OWN_HEADERS.has(header.toLowerCase())) {
      problems.push({ path, key: true, message: `\`${header}\` belongs to the connection and cannot be set` });
    }
  }
  return problems;
}
