import type { CallContext } from '../calls/perform-call.js';
import { readDuration } from '../flow/durations.js';
import { readHttpResult } from '../flow/http-request.js';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import { failureOf, jobOf, type SandboxCallsDeps, type ScriptCall } from './script-call.js';

/** More rounds than code may make http calls. */
const MAX_ROUNDS = 20;

/**
 * Runs code to its end. `http()` ends a run: its requests are performed here, and the code is run again from its first
 * line with the answers. Nothing in the sandbox differs between two runs (time, random numbers, memory), so that it comes
 * to the same place, and nobody holds a thread while a server thinks.
 *
 * The idempotency key of a request is `<key>:<n>`.
 */
export async function performCode(
  call: ScriptCall,
  around: CallContext,
  { run, http, limits }: SandboxCallsDeps,
): Promise<Json> {
  const answers: string[] = [];
  const timeMs = Math.min(call.timeoutMs ?? limits.codeMs, limits.codeMs);
  const job = { ...jobOf(call), kind: 'code' as const, limits: { timeMs, maxResultLength: limits.maxResultBytes } };
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const outcome = await run({ ...job, answers });
    if (outcome.outcome === 'failed') return failureOf(outcome);
    if (outcome.outcome === 'value') return resultOf(JSON.parse(outcome.json ?? 'null'), call.memory, outcome.drawn);
    const first = answers.length;
    const results = await Promise.all(
      outcome.requests.map((json, index) =>
        http(asHttpCall(JSON.parse(json)), { ...around, key: `${around.key}:${first + index}` }),
      ),
    );
    answers.push(...results.map(asAnswer));
  }
  return { ok: false, reason: 'pending', detail: 'the code asks for http calls without end', drawn: 0 };
}

/** What code gives `http()`, as a step would write it, in the words of an `http` call. */
function asHttpCall(given: Json): JsonObject {
  if (!isJsonObject(given)) return {};
  const { url, query, body, timeout, ...rest } = given;
  const ms = typeof timeout === 'string' ? readDuration(timeout) : timeout;
  return {
    ...rest,
    url: withQuery(typeof url === 'string' ? url : '', query),
    ...(body === undefined || body === null
      ? {}
      : { body: typeof body === 'string' ? { text: body } : { json: body } }),
    ...(ms === undefined ? {} : { timeoutMs: ms }),
  };
}

function withQuery(url: string, query: Json | undefined): string {
  if (!isJsonObject(query) || !URL.canParse(url)) return url;
  const full = new URL(url);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null)
      full.searchParams.append(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  return full.href;
}

/** `{ ok, status, headers, body }`, and on failure `reason` and `detail`. */
function asAnswer(result: Json): string {
  const { note: _, tries: __, ...answer } = readHttpResult(result);
  return JSON.stringify(answer);
}

/** What code has said, logged and changed. A key that is gone, or is nothing now, is taken away. */
function resultOf(result: Json, memory: Json, drawn: number): Json {
  const before = isJsonObject(memory) ? memory : {};
  const after = isJsonObject(result) ? result : {};
  for (const name of ['context', 'profile']) {
    if (isJsonObject(after[name])) continue;
    return { ok: false, reason: 'result', detail: `the code left a ${name} that is no map`, drawn };
  }
  const { say = [], log = [] } = after;
  return { ok: true, say, log, ...changesOf('context', before, after), ...changesOf('profile', before, after), drawn };
}

function changesOf(name: 'context' | 'profile', before: JsonObject, after: JsonObject): JsonObject {
  const [old, now] = [mapOf(before[name]), mapOf(after[name])];
  const set = Object.entries(now).filter(
    ([key, value]) => !Object.hasOwn(old, key) || JSON.stringify(old[key]) !== JSON.stringify(value),
  );
  const unset = Object.keys(old).filter((key) => !Object.hasOwn(now, key));
  return { [name]: { set: Object.fromEntries(set), unset } };
}

function mapOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
