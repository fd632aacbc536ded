import type { Json, JsonObject } from '../../shared/json.js';
import { NEXT, type Outcome, type StepEffect, type View } from '../behaviour.js';
import { partOf } from '../expressions/body-path.js';
import type { Template } from '../expressions/template.js';
import { withQuery } from '../expressions/url-template.js';
import { toMessageText, type Value } from '../expressions/value.js';
import { asCall, type HttpRequest, type HttpResult, readHttpResult, type Sent } from '../http-request.js';
import {
  type HttpFields,
  httpFields,
  httpProblems,
  methodOf,
  type NamedSecret,
  type Pick,
} from '../reading/http-fields.js';
import { defineStep } from '../step.js';

/**
 * Asks another system. Whatever comes of it is data in `into`: what went wrong runs `onError`, and the flow goes on.
 */
export const http = defineStep({
  kind: 'http',
  describe: 'Asks another system over HTTP. The flow waits for the answer; what was said before has left by then.',
  shape: (steps) => ({ http: httpFields(steps) }),
  check: ({ http: fields }) => httpProblems(fields),
  run: ({ http: fields }, view) => ({
    did: 'asked',
    next: { to: 'call', kind: 'http', request: requestOf(fields, view) },
  }),
  resume({ http: { into, pick, onError } }, view, event): Outcome {
    if (event.event !== 'callResult') return { did: 'givenUp', next: NEXT };
    const result = readHttpResult(event.result);
    if (!result.ok) view.warn(result.detail);
    if (result.note !== undefined) view.warn(NOTES[result.note] ?? result.note);
    const effects: StepEffect[] =
      into === undefined ? [] : [{ effect: 'assign', path: into, value: rememberedOf(result, pick) }];
    if (result.ok) return { did: 'ok', effects, next: NEXT };
    return { did: result.reason, effects, next: onError === undefined ? NEXT : { to: 'block', block: onError } };
  },
  example: `
spec: 1
flow: http
steps:
  - say: One moment, I am looking it up.
  - http:
      url: "https://shop.example.com/orders/{{ input.text }}"
      query: { fields: [status, eta] }
      auth: { bearer: { secret: ORDERS_TOKEN } }
      timeout: 5s
      retries: 1
      pick: { status: order.status, eta: order.eta }
      into: context.order
      onError: [{ say: "I cannot see our orders at the moment ({{ context.order.error }})." }, { stop: true }]
  - say: "Your order is {{ context.order.body.status }}."
`,
});

const NOTES: { readonly [note: string]: string } = {
  notJson: 'the answer says to be JSON and is not; its body is a text',
  tooDeep: 'the answer is nested too deep; its body is a text',
  notText: 'the answer is no text; its body is nothing',
};

function requestOf(fields: HttpFields, view: View): JsonObject {
  const { auth, timeout, retries, cache } = fields;
  const headers = new Map([...(fields.headers ?? []), ...(auth?.header ?? [])]);
  return asCall({
    method: methodOf(fields),
    url: withQuery(
      view.url(fields.url),
      [...(fields.query ?? [])].map(([key, written]) => [key, view.value(written)]),
    ),
    headers: Object.fromEntries([...headers].map(([header, written]) => [header, sentOf(written, view)])),
    ...authOf(auth, view),
    ...bodyOf(fields, view),
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    ...(retries === undefined ? {} : { retries }),
    ...(cache === undefined ? {} : { cacheMs: cache }),
  });
}

function sentOf(written: Template | NamedSecret, view: View): Sent {
  if ('secret' in written) return written;
  return toMessageText(view.value({ kind: 'template', template: written }));
}

type Auth = NonNullable<HttpRequest['auth']>;

function authOf(auth: HttpFields['auth'], view: View): { auth?: Auth } {
  if (auth?.bearer !== undefined) return { auth: { bearer: sentOf(auth.bearer, view) } };
  if (auth?.basic === undefined) return {};
  const { user, password } = auth.basic;
  return { auth: { basic: { user: sentOf(user, view), password: sentOf(password, view) } } };
}

function bodyOf({ body, form }: HttpFields, view: View): { body?: NonNullable<HttpRequest['body']> } {
  if (form !== undefined) {
    const pairs = [...form].flatMap(([key, written]) => formPairs(key, view.value(written)));
    return { body: { form: pairs } };
  }
  if (body === undefined) return {};
  const value = view.value(body);
  // A text is sent as it is; what only looks like one in the file, `"{{ context.order }}"`, keeps its own type.
  return { body: typeof value === 'string' ? { text: value } : { json: value ?? null } };
}

function formPairs(key: string, value: Value): [string, string][] {
  const values = Array.isArray(value) ? value : [value];
  return values.flatMap((one): [string, string][] =>
    one === undefined || one === null ? [] : [[key, toMessageText(one)]],
  );
}

/** What `into` gets. `pick` is about the answer that was hoped for: what a failure says is kept whole. */
function rememberedOf(result: HttpResult, pick: Pick | undefined): Json {
  const { status, headers, body } = result;
  if (!result.ok) return { status, headers, body, error: result.reason };
  return { status, headers, body: pick === undefined ? body : picked(body, pick) };
}

function picked(body: Json, pick: Pick): Json {
  if ('part' in pick) return partOf(body, pick.part);
  return Object.fromEntries([...pick.parts].map(([key, path]) => [key, partOf(body, path)]));
}
