import { type HttpRequest, OWN_HEADERS, type Sent } from '../flow/http-request.js';
import { SENTENCES } from './faults.js';
import type { CallContext } from './perform-call.js';
import { isCallable, type Redirectable } from './redirect.js';

/** A request as the wire needs it, secrets in their places. */
export interface Prepared extends Redirectable {
  body: string | undefined;
}

/** Methods that change nothing: a key against doubling would say nothing. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** @returns the request, or why there is none: a fixed word and a sentence without values */
export function prepare(
  request: HttpRequest,
  { key, endpoint }: CallContext,
): Prepared | { reason: string; detail: string } {
  const url = URL.canParse(request.url) ? new URL(request.url) : undefined;
  if (url === undefined || !isCallable(url)) return { reason: 'badUrl', detail: SENTENCES.badUrl };
  const missing: string[] = [];
  const withheld: string[] = [];
  const reveal = (value: Sent): string => {
    if (typeof value === 'string') return value;
    const secret = Object.hasOwn(endpoint.secrets, value.secret) ? endpoint.secrets[value.secret] : undefined;
    if (secret === undefined) missing.push(value.secret);
    return `${value.prefix ?? ''}${secret ?? ''}`;
  };

  const headers: { [name: string]: string } = {
    accept: 'application/json, */*;q=0.5',
    'accept-encoding': 'gzip, deflate, br',
    'user-agent': 'Parlance',
  };
  if (!SAFE_METHODS.has(request.method)) headers['idempotency-key'] = key;
  const body = bodyOf(request, headers);
  for (const [name, value] of Object.entries(request.headers)) {
    if (OWN_HEADERS.has(name.toLowerCase()))
      return { reason: 'badHeader', detail: 'a header that is not for flows to set' };
    headers[name.toLowerCase()] = reveal(value);
    if (typeof value !== 'string') withheld.push(name.toLowerCase());
  }
  if (request.auth !== undefined) headers.authorization = authorizationOf(request.auth, reveal);
  if (missing.length > 0) {
    return { reason: 'noSecret', detail: `the endpoint has no secret \`${missing[0]?.slice(0, 64)}\`` };
  }
  return { url, method: request.method, headers, body, withheld: ['authorization', 'cookie', ...withheld] };
}

function bodyOf({ body }: HttpRequest, headers: { [name: string]: string }): string | undefined {
  if (body === undefined) return undefined;
  if ('json' in body) {
    headers['content-type'] = 'application/json';
    return JSON.stringify(body.json);
  }
  if ('text' in body) {
    headers['content-type'] = 'text/plain; charset=utf-8';
    return body.text;
  }
  headers['content-type'] = 'application/x-www-form-urlencoded';
  return new URLSearchParams(body.form).toString();
}

function authorizationOf(auth: NonNullable<HttpRequest['auth']>, reveal: (value: Sent) => string): string {
  if ('bearer' in auth) return `Bearer ${reveal(auth.bearer)}`;
  const pair = `${reveal(auth.basic.user)}:${reveal(auth.basic.password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
