import type { FlowCall } from '../flow/turn/turn.js';
import { BotError } from '../shared/errors.js';
import type { Json, JsonObject } from '../shared/json.js';

/** What calls need of the endpoint whose flow makes them. */
export interface CallEndpoint {
  id: string;
  /** values of `{ secret: NAME }`: they go into requests, never into results, logs or errors */
  secrets: { readonly [name: string]: string };
  /** the language model of `llm` calls */
  llm: {
    /** without a slash at its end; undefined: there is none */
    readonly baseUrl?: string | undefined;
    readonly apiKey?: string | undefined;
    /** of calls that name none */
    readonly model?: string | undefined;
  };
}

/** What surrounds a call. */
export interface CallContext {
  /** `<conversation>:<seq>:<ordinal>`, the same when the turn is run again: the idempotency key */
  key: string;
  endpoint: CallEndpoint;
  /** epoch ms, the turn's: the same when it is run again */
  nowMs: number;
  /** nothing of it is to be kept */
  blind?: true;
}

/**
 * Does what one kind of call asks for.
 *
 * @returns plain JSON for whatever a flow, a server or a model does, right or wrong: `{ ok: true, … }` or
 *   `{ ok: false, reason, detail }`
 * @throws only when this machine's own parts fail; the turn is then run again later
 */
export type CallHandler = (request: JsonObject, around: CallContext) => Promise<Json>;

/** Performs a call a flow asks for; see `CallHandler`. */
export type PerformCall = (call: FlowCall, around: CallContext) => Promise<Json>;

/** No handler knows the call: another version of Parlance has written it. */
class UnknownCallError extends BotError {
  override readonly name = 'UnknownCallError';
  readonly code = 'unknown_call';
}

/** Sends each call to the handler of its kind. */
export function createPerformCall(handlers: { readonly [kind: string]: CallHandler }): PerformCall {
  return async function performCall({ kind, request }, around) {
    const handler = Object.hasOwn(handlers, kind) ? handlers[kind] : undefined;
    if (handler === undefined) throw new UnknownCallError(`this version makes no ${kind.slice(0, 40)} calls`);
    return handler(request, around);
  };
}
