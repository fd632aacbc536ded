import { type LlmResult, llmRequest } from '../flow/llm-request.js';
import type { Clock } from '../shared/clock.js';
import type { Exchanged, OneRequest } from './exchange.js';
import { SENTENCES, StoppingError } from './faults.js';
import { fromWire, type Structured, toWire } from './llm-wire.js';
import type { CallContext, CallHandler } from './perform-call.js';
import { readBody } from './read-body.js';
import { isWorthRepeating, pauseMs } from './retry.js';

export interface LlmCallDeps {
  /** one request and its answer; the operator named the host, so private ones are fine */
  exchange(request: OneRequest): Promise<Exchanged>;
  pause(ms: number): Promise<unknown>;
  clock: Clock;
  random(): number;
  limits: { timeoutMs: number; maxResponseBytes: number; structured: Structured };
}

const MAX_TRIES = 3;

/**
 * Performs `llm` calls: one chat completion, repeated while the endpoint is busy and time is left.
 *
 * @throws StoppingError only; all else is an `LlmResult`
 */
export function createLlmCall(deps: LlmCallDeps): CallHandler {
  const { clock, limits } = deps;
  return async function callModel(given, around) {
    const read = llmRequest.safeParse(given);
    if (!read.success) return failure('badRequest', 'the request has a part that no request has');
    const request = read.data;
    const { baseUrl } = around.endpoint.llm;
    const model = request.model ?? around.endpoint.llm.model;
    if (baseUrl === undefined) return failure('notConfigured', 'the endpoint has no `llm.baseUrl`');
    if (model === undefined) return failure('notConfigured', 'neither the step nor `llm` names a model');
    const body = toWire(request, model, limits.structured);
    const exchanged = await persist(
      (timeoutMs) => deps.exchange(asHttp(baseUrl, JSON.stringify(body), timeoutMs, limits.maxResponseBytes, around)),
      clock.nowMs() + (request.timeoutMs ?? limits.timeoutMs),
      deps,
    );
    if (exchanged.ended === 'failed') return failure(exchanged.fault, SENTENCES[exchanged.fault]);
    const { status, headers, body: bytes } = exchanged.answer;
    if (status >= 300) return failure(STATUSES[status] ?? 'httpStatus', `the endpoint of the model answered ${status}`);
    return { ...fromWire(readBody(bytes, headers).body, request) };
  };
}

/** What designers may want to tell apart. */
const STATUSES: { readonly [status: number]: string } = {
  401: 'unauthorized',
  403: 'unauthorized',
  429: 'tooManyRequests',
};

function asHttp(
  baseUrl: string,
  body: string,
  timeoutMs: number,
  maxBytes: number,
  { key, endpoint }: CallContext,
): OneRequest {
  const { apiKey } = endpoint.llm;
  return {
    url: new URL(`${baseUrl}/chat/completions`),
    method: 'POST',
    headers: {
      accept: 'application/json',
      'accept-encoding': 'gzip, deflate, br',
      'content-type': 'application/json',
      'idempotency-key': key,
      'user-agent': 'Parlance',
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    },
    body,
    timeoutMs,
    maxBytes,
  };
}

/** A question to a model changes nothing, so that it may be asked again whatever became of the first. */
async function persist(
  ask: (timeoutMs: number) => Promise<Exchanged>,
  deadlineMs: number,
  { clock, random, pause }: LlmCallDeps,
): Promise<Exchanged> {
  for (let tries = 1; ; tries++) {
    const exchanged = await ask(Math.max(1, deadlineMs - clock.nowMs()));
    if (exchanged.ended === 'failed' && exchanged.fault === 'stopping')
      throw new StoppingError('this process is stopping');
    const retryAfter = exchanged.ended === 'answered' ? exchanged.answer.headers['retry-after'] : undefined;
    const waitMs = pauseMs(tries, random(), retryAfter, clock.nowMs());
    const again = tries < MAX_TRIES && isWorthRepeating('GET', exchanged);
    if (!again || clock.nowMs() + waitMs >= deadlineMs) return exchanged;
    await pause(waitMs);
  }
}

function failure(reason: string, detail: string): Extract<LlmResult, { ok: false }> {
  return { ok: false, reason, detail };
}
