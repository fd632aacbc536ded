import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type HttpRequest, type HttpResult, httpRequest } from '../flow/http-request.js';
import type { Clock } from '../shared/clock.js';
import type { AnswerCache } from './answer-cache.js';
import type { Answer, Exchanged, OneRequest } from './exchange.js';
import { SENTENCES, StoppingError } from './faults.js';
import type { CallContext, CallHandler } from './perform-call.js';
import { type Prepared, prepare } from './prepare-request.js';
import { readBody } from './read-body.js';
import { nextHop } from './redirect.js';
import { isWorthRepeating, pauseMs } from './retry.js';

export interface HttpCallDeps {
  /** one request and its answer; on the network, through a `createGuardedAgent` */
  exchange(request: OneRequest): Promise<Exchanged>;
  /** lets time pass between two tries */
  pause(ms: number): Promise<unknown>;
  cache: AnswerCache;
  clock: Clock;
  /** in [0, 1) */
  random(): number;
  limits: {
    /** of a call that says nothing else */
    timeoutMs: number;
    maxResponseBytes: number;
  };
}

const MAX_REDIRECTS = 5;

/**
 * Performs `http` calls: secrets put in, redirects followed, repeated when that is harmless, all within one deadline.
 *
 * @throws StoppingError only; all else is an `HttpResult`
 */
export function createHttpCall(deps: HttpCallDeps): CallHandler {
  return async function callHttp(given, around) {
    const read = httpRequest.safeParse(given);
    if (!read.success) return failure('badRequest', 'the request has a part that no request has', 0);
    const request = read.data;
    const key = request.cacheMs === undefined ? undefined : cacheKey(request, around);
    const known = key === undefined ? undefined : deps.cache.get(key, deps.clock.nowMs());
    if (known !== undefined) return known;
    const result = await perform(request, around, deps);
    if (key !== undefined && result.ok) {
      const { tries: _, ...answer } = result;
      deps.cache.set(key, { ...answer, tries: 0 }, deps.clock.nowMs() + (request.cacheMs ?? 0));
    }
    return { ...result };
  };
}

async function perform(request: HttpRequest, around: CallContext, deps: HttpCallDeps): Promise<HttpResult> {
  const prepared = prepare(request, around);
  if ('reason' in prepared) return failure(prepared.reason, prepared.detail, 0);
  const { clock, limits } = deps;
  const deadlineMs = clock.nowMs() + (request.timeoutMs ?? limits.timeoutMs);
  for (let tries = 1; ; tries++) {
    const ended = await follow(prepared, deadlineMs, deps);
    const { exchanged } = ended;
    if (exchanged.ended === 'failed' && exchanged.fault === 'stopping') {
      throw new StoppingError('this process is stopping');
    }
    const waitMs = pauseMs(tries, deps.random(), retryAfterOf(exchanged), clock.nowMs());
    const again = tries <= request.retries && isWorthRepeating(ended.method, exchanged);
    if (!again || clock.nowMs() + waitMs >= deadlineMs) return resultOf(ended, tries);
    await deps.pause(waitMs);
  }
}

/** `method`: of the last request; `isLost`: its answer leads on once more than allowed. */
type Followed = { exchanged: Exchanged; method: string; isLost: boolean };

/** One try: the request, and where its answer points on to. */
async function follow(
  first: Prepared,
  deadlineMs: number,
  { exchange, clock, limits }: HttpCallDeps,
): Promise<Followed> {
  let hop = first;
  for (let hops = 0; ; hops++) {
    const timeoutMs = Math.max(1, deadlineMs - clock.nowMs());
    const exchanged = await exchange({ ...hop, timeoutMs, maxBytes: limits.maxResponseBytes });
    const location = exchanged.ended === 'answered' ? locationOf(exchanged.answer) : undefined;
    if (exchanged.ended === 'failed' || location === undefined || hops >= MAX_REDIRECTS) {
      return { exchanged, method: hop.method, isLost: location !== undefined };
    }
    const next = nextHop(hop, exchanged.answer.status, location);
    if (next === undefined) {
      return { exchanged: { ended: 'failed', fault: 'badUrl', written: true }, method: hop.method, isLost: false };
    }
    hop = { ...next, body: next.keepsBody ? hop.body : undefined };
  }
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

function locationOf({ status, headers }: Answer): string | undefined {
  return REDIRECTS.has(status) ? headers.location : undefined;
}

function retryAfterOf(exchanged: Exchanged): string | undefined {
  return exchanged.ended === 'answered' ? exchanged.answer.headers['retry-after'] : undefined;
}

function resultOf({ exchanged, isLost }: Followed, tries: number): HttpResult {
  if (exchanged.ended === 'failed') return failure(exchanged.fault, SENTENCES[exchanged.fault], tries);
  const { status, headers, body } = exchanged.answer;
  const answer = { status, headers: headersOf(headers), ...readBody(body, headers), tries };
  if (isLost) {
    return { ok: false, reason: 'tooManyRedirects', detail: `more than ${MAX_REDIRECTS} redirects`, ...answer };
  }
  if (status < 400) return { ok: true, ...answer };
  return { ok: false, reason: 'httpStatus', detail: `the server answered ${status}`, ...answer };
}

function failure(reason: string, detail: string, tries: number): Extract<HttpResult, { ok: false }> {
  return { ok: false, reason, detail, status: 0, headers: {}, body: null, tries };
}

function headersOf(headers: IncomingHttpHeaders): { [name: string]: string } {
  const entries = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
  );
  return Object.fromEntries(entries);
}

/** Everything that makes the answer what it is. Of a secret its name is enough: its value changes with a restart only. */
function cacheKey({ method, url, headers, auth, body }: HttpRequest, { endpoint }: CallContext): string {
  const parts = JSON.stringify([endpoint.id, method, url, headers, auth, body]);
  return createHash('sha256').update(parts).digest('base64url');
}
