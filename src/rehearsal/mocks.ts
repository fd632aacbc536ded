import type { CallHandler } from '../calls/perform-call.js';
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

/**
 * Each call is answered by the first mock that fits it and has answers left: `times`, 1 when it says nothing.
 */
export function createMocks(http: readonly HttpMock[], llm: readonly LlmMock[]): Mocks {
  const unmocked: Unmocked[] = [];
  const httpUsed = http.map(() => 0);
  const llmUsed = llm.map(() => 0);

  return {
    unmocked,
    async http(request) {
      const found = pick(http, httpUsed, (mock) => httpMisfit(mock, request));
      if ('mock' in found) return httpReply(found.mock.reply, request);
      const what = `${textAt(request, 'method') || 'GET'} ${textAt(request, 'url')}`;
      unmocked.push({ kind: 'http', what, ...found });
      return { ok: false, reason: 'unmocked', detail: 'no mock of the test answers this' };
    },
    async llm(request) {
      const found = pick(llm, llmUsed, (mock) => llmMisfit(mock, request));
      if ('mock' in found) return llmReply(found.mock.reply);
      unmocked.push({ kind: 'llm', what: JSON.stringify(promptOf(request).slice(0, 100)), ...found });
      return { ok: false, reason: 'unmocked', detail: 'no mock of the test answers this' };
    },
    unused: () => [...left('http', http, httpUsed), ...left('llm', llm, llmUsed)],
  };
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

function httpMisfit(mock: HttpMock, request: JsonObject): string | undefined {
  const method = textAt(request, 'method') || 'GET';
  if (mock.method !== undefined && mock.method !== method) return `it is for ${mock.method}`;
  if (!globMatches(mock.url, textAt(request, 'url'))) return `its url is ${mock.url}`;
  const headers = isJsonObject(request.headers) ? lowerKeys(request.headers) : {};
  const [header] = mock.headers === undefined ? [] : differences(lowerKeys(mock.headers), headers, true);
  if (header !== undefined) return `the header ${header.path.join('.')} is another`;
  const [body] = mock.body === undefined ? [] : differences(mock.body, sentBody(request.body));
  if (body !== undefined) return `the body differs${body.path.length === 0 ? '' : ` at ${body.path.join('.')}`}`;
  return undefined;
}

/** What a request carries, as a test writes it: the JSON, the text, or a form as a map. */
function sentBody(body: Json | undefined): Json | undefined {
  if (!isJsonObject(body)) return undefined;
  if (!Array.isArray(body.form)) return body.json ?? body.text;
  const form: JsonObject = {};
  for (const pair of body.form) {
    const [name, value = ''] = Array.isArray(pair) ? pair : [];
    if (typeof name !== 'string') continue;
    const before = form[name];
    form[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return form;
}

function httpReply(
  { status = 200, headers, json, text, delay = 0, error }: HttpMock['reply'],
  request: JsonObject,
): Json {
  const timeoutMs = typeof request.timeoutMs === 'number' ? request.timeoutMs : Number.POSITIVE_INFINITY;
  const reason = error ?? (delay > timeoutMs ? 'timeout' : undefined);
  if (reason !== undefined) return { ok: false, reason, detail: `the mock answers with ${reason}` };
  return { ok: true, status, headers: lowerKeys(Object.fromEntries(headers ?? [])), body: json ?? text ?? '' };
}

function llmMisfit({ prompt, model }: LlmMock, request: JsonObject): string | undefined {
  if (model !== undefined && model !== request.model) return `it is for the model ${model}`;
  const asked = promptOf(request);
  if (prompt === undefined) return undefined;
  const fits = typeof prompt === 'string' ? asked.includes(prompt) : differences(prompt, asked).length === 0;
  return fits ? undefined : 'the prompt is another';
}

function llmReply(reply: LlmMock['reply']): Json {
  if ('error' in reply) return { ok: false, reason: 'model', detail: reply.error };
  return 'json' in reply
    ? { ok: true, text: JSON.stringify(reply.json), json: reply.json }
    : { ok: true, text: reply.text };
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
