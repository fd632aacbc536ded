import { createAnswerCache } from '../calls/answer-cache.js';
import type { Exchanged, OneRequest } from '../calls/exchange.js';
import { createHttpCall } from '../calls/http-call.js';
import type { CallContext, CallHandler } from '../calls/perform-call.js';
import { SettingsSchema } from '../config/schema.js';
import type { Clock } from '../shared/clock.js';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import { differences } from './expect.js';
import type { HttpMock, LlmMock } from './test-file.js';

/** A call the mocks had no answer for. */
export interface Unmocked {
  kind: 'http' | 'llm';
  /** `GET https://…`, or the beginning of a prompt */
  what: string;
  /** why the mock that came nearest did not answer */
  nearest?: string;
}

/** Answers for the calls of one test, and what became of them. */
export interface Mocks {
  http: CallHandler;
  llm: CallHandler;
  unmocked: readonly Unmocked[];
  /** mocks that were to answer more often than they were asked, by their place in the lists given */
  unused(): { kind: 'http' | 'llm'; index: number; used: number; times: number }[];
}

const CACHE_BYTES = 1_048_576;

/**
 * Each call is answered by the first mock that fits it and has answers left: `times`, 1 when it says nothing. Requests are
 * made as in production, secrets, tries and redirects included, but for the network and the time between tries.
 *
 * @param clock the conversation's
 */
export function createMocks(http: readonly HttpMock[], llm: readonly LlmMock[], clock: Clock): Mocks {
  const unmocked: Unmocked[] = [];
  const httpUsed = http.map(() => 0);
  const llmUsed = llm.map(() => 0);

  const callHttp = createHttpCall({
    async exchange(request) {
      const found = pick(http, httpUsed, (mock) => httpMisfit(mock, request));
      if ('mock' in found) return answered(found.mock.reply, request);
      const what = `${request.method} ${request.url.href}`;
      // A try that is repeated is still the same call.
      if (unmocked.at(-1)?.what !== what) unmocked.push({ kind: 'http', what, ...found });
      return { ended: 'failed', fault: 'refused', written: false };
    },
    pause: async () => undefined,
    cache: createAnswerCache(CACHE_BYTES),
    clock,
    random: () => 0,
    limits: SettingsSchema.parse({}).calls,
  });

  return {
    unmocked,
    http: (request, around) => callHttp(request, withSecrets(request, around)),
    async llm(request) {
      const found = pick(llm, llmUsed, (mock) => llmMisfit(mock, request));
      if ('mock' in found) return llmReply(found.mock.reply);
      unmocked.push({ kind: 'llm', what: JSON.stringify(promptOf(request).slice(0, 100)), ...found });
      return { ok: false, reason: 'unmocked', detail: 'no mock of the test answers this' };
    },
    unused: () => [...left('http', http, httpUsed), ...left('llm', llm, llmUsed)],
  };
}

/** A test has no secrets: each stands for itself, by its name. */
function withSecrets(request: Json, around: CallContext): CallContext {
  const secrets: { [name: string]: string } = {};
  const visit = (value: Json): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    else if (isJsonObject(value)) {
      if (typeof value.secret === 'string') secrets[value.secret] = value.secret;
      for (const item of Object.values(value)) visit(item);
    }
  };
  visit(request);
  return { ...around, endpoint: { ...around.endpoint, secrets: { ...secrets, ...around.endpoint.secrets } } };
}

function pick<M extends { times?: number | 'any' | undefined }>(
  mocks: readonly M[],
  used: number[],
  misfit: (mock: M) => string | undefined,
): { mock: M } | { nearest?: string } {
  let nearest: string | undefined;
  for (const [index, mock] of mocks.entries()) {
    const fault = misfit(mock);
    const before = used[index] ?? 0;
    if (fault === undefined && (mock.times === 'any' || before < (mock.times ?? 1))) {
      used[index] = before + 1;
      return { mock };
    }
    nearest ??=
      fault === undefined ? `mock ${index + 1} fits, but has answered already` : `mock ${index + 1}: ${fault}`;
  }
  return nearest === undefined ? {} : { nearest };
}

function left(kind: 'http' | 'llm', mocks: readonly { times?: number | 'any' | undefined }[], used: readonly number[]) {
  return mocks.flatMap(({ times = 1 }, index) => {
    const count = used[index] ?? 0;
    return times !== 'any' && count < times ? [{ kind, index, used: count, times }] : [];
  });
}

function httpMisfit(mock: HttpMock, { method, url, headers, body }: OneRequest): string | undefined {
  if (mock.method !== undefined && mock.method !== method) return `it is for ${mock.method}`;
  if (!globMatches(mock.url, url.href)) return `its url is ${mock.url}`;
  const [header] = mock.headers === undefined ? [] : differences(lowerKeys(mock.headers), headers, true);
  if (header !== undefined) return `the header ${header.path.join('.')} is another`;
  const [inBody] = mock.body === undefined ? [] : differences(mock.body, sentBody(body, headers['content-type']));
  if (inBody !== undefined) return `the body differs${inBody.path.length === 0 ? '' : ` at ${inBody.path.join('.')}`}`;
  return undefined;
}

/** What a request carries, as a test writes it: the JSON, a form as a map, or the text. */
function sentBody(body: string | undefined, type: string | undefined): Json | undefined {
  if (body !== undefined && type === 'application/x-www-form-urlencoded') return formOf(new URLSearchParams(body));
  try {
    return body === undefined ? undefined : JSON.parse(body);
  } catch {
    return body;
  }
}

/** A field that comes more than once is a list. */
function formOf(fields: URLSearchParams): JsonObject {
  const form: JsonObject = {};
  for (const name of new Set(fields.keys())) {
    const values = fields.getAll(name);
    form[name] = values.length === 1 ? (values[0] ?? '') : values;
  }
  return form;
}

function answered(
  { status = 200, headers, json, text, delay = 0, error }: HttpMock['reply'],
  request: OneRequest,
): Exchanged {
  const fault = error ?? (delay > request.timeoutMs ? 'timeout' : undefined);
  if (fault !== undefined) return { ended: 'failed', fault, written: fault !== 'refused' };
  const type = json === undefined ? 'text/plain' : 'application/json';
  const body = Buffer.from(json === undefined ? (text ?? '') : JSON.stringify(json));
  const given = Object.fromEntries([...(headers ?? [])].map(([name, value]) => [name.toLowerCase(), value]));
  return { ended: 'answered', answer: { status, headers: { 'content-type': type, ...given }, body } };
}

function llmMisfit({ prompt, model }: LlmMock, request: JsonObject): string | undefined {
  if (model !== undefined && model !== request.model) return `it is for the model ${model}`;
  const asked = promptOf(request);
  if (prompt === undefined) return undefined;
  const fits = typeof prompt === 'string' ? asked.includes(prompt) : differences(prompt, asked).length === 0;
  return fits ? undefined : 'the prompt is another';
}

function llmReply({ text, json, tool, error }: LlmMock['reply']): Json {
  if (error !== undefined) return { ok: false, reason: error, detail: `the mock answers with ${error}` };
  return {
    ok: true,
    text: text ?? (json === undefined ? '' : JSON.stringify(json)),
    ...(json === undefined ? {} : { json }),
    ...(tool === undefined ? {} : { tool: { name: tool.name, arguments: tool.arguments ?? null } }),
    finish: tool === undefined ? 'stop' : 'tool',
    usage: { input: 0, output: 0 },
    model: 'mock',
  };
}

function promptOf(request: JsonObject): string {
  return textAt(request, 'prompt');
}

function textAt(request: JsonObject, key: string): string {
  const value = request[key];
  return typeof value === 'string' ? value : '';
}

function lowerKeys(map: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key.toLowerCase(), value]));
}

/** `*` stands for anything. */
export function globMatches(glob: string, text: string): boolean {
  const [first = '', ...rest] = glob.split('*');
  if (rest.length === 0) return text === glob;
  const last = rest.pop() ?? '';
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
