import { z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';

/**
 * What an `http` step asks of its host (call kind `http`), and what the host answers. The host reads it with this schema,
 * because code in the sandbox may ask for one, too.
 */

const json = z.custom<Json>((value) => value !== undefined);

/** A value of a request. A secret is named, and only the host knows it; `prefix` stands before it, as in `ApiKey …`. */
const sent = z.union([z.string(), z.strictObject({ secret: z.string(), prefix: z.string().optional() })]);
export type Sent = z.output<typeof sent>;

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;

/** Headers that belong to the connection, which is not the flow's. In lower case. */
export const OWN_HEADERS: ReadonlySet<string> = new Set([
  ...['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive', 'upgrade', 'expect', 'te', 'trailer'],
  ...['accept-encoding', 'proxy-authorization', 'proxy-connection'],
]);

/** No call may take longer: a contact waits, and a worker with it. */
export const MAX_CALL_MS = 120_000;
export const MAX_RETRIES = 5;
export const MAX_CACHE_MS = 24 * 3_600_000;

export const httpRequest = z.strictObject({
  method: z.enum(METHODS).default('GET'),
  /** with its query, percent-encoded */
  url: z.string(),
  headers: z.record(z.string(), sent).default({}),
  auth: z
    .union([
      z.strictObject({ bearer: sent }),
      z.strictObject({ basic: z.strictObject({ user: sent, password: sent }) }),
    ])
    .optional(),
  body: z
    .union([
      z.strictObject({ json }),
      z.strictObject({ text: z.string() }),
      /** name and value, in order */
      z.strictObject({ form: z.array(z.tuple([z.string(), z.string()])) }),
    ])
    .optional(),
  /** for all of it: tries, redirects, pauses between tries; without it the host's own limit holds */
  timeoutMs: z.int().min(1).max(MAX_CALL_MS).optional(),
  retries: z.int().min(0).max(MAX_RETRIES).default(0),
  /** how long an answer may be used again */
  cacheMs: z.int().min(1).max(MAX_CACHE_MS).optional(),
});
export type HttpRequest = z.output<typeof httpRequest>;

/** An answer as flows see it. Header names are in lower case. */
export type HttpAnswer = {
  status: number;
  headers: { [name: string]: string };
  /** parsed when it is JSON, else text; null when it is neither */
  body: Json;
};

export type HttpResult =
  | ({ ok: true; note?: string; tries: number } & HttpAnswer)
  /** without an answer `status` is 0 and `body` null; `reason` is a fixed word, `detail` a sentence without values */
  | ({ ok: false; reason: string; detail: string; note?: string; tries: number } & HttpAnswer);

/** Reads what the host answered. What is no such answer counts as none. */
export function readHttpResult(result: Json): HttpResult {
  const read = isJsonObject(result) ? result : {};
  const { status, headers, body = null, reason, detail, note, tries } = read;
  const answer = {
    status: typeof status === 'number' ? status : 0,
    headers: textsOf(headers),
    body,
    ...(typeof note === 'string' ? { note } : {}),
    tries: typeof tries === 'number' ? tries : 1,
  };
  if (read.ok === true && answer.status < 400) return { ok: true, ...answer };
  if (read.ok === true) {
    return { ok: false, reason: 'httpStatus', detail: `the server answered ${answer.status}`, ...answer };
  }
  return {
    ok: false,
    reason: typeof reason === 'string' ? reason : 'badAnswer',
    detail: typeof detail === 'string' ? detail : 'the call came to nothing',
    ...answer,
  };
}

function textsOf(headers: Json | undefined): { [name: string]: string } {
  const entries = isJsonObject(headers) ? Object.entries(headers) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** As a call asks for it; what is left out is not in it. */
export function asCall(request: object): JsonObject {
  return JSON.parse(JSON.stringify(request));
}
