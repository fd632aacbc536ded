import { setTimeout as pause } from 'node:timers/promises';
import { createMayConnect } from '../../../src/calls/allowed-hosts.js';
import { createAnswerCache } from '../../../src/calls/answer-cache.js';
import { exchange } from '../../../src/calls/exchange.js';
import { createGuardedAgent } from '../../../src/calls/guarded-agent.js';
import { createHttpCall, type HttpCallDeps } from '../../../src/calls/http-call.js';
import type { CallContext } from '../../../src/calls/perform-call.js';
import { type HttpResult, readHttpResult } from '../../../src/flow/http-request.js';
import { systemClock } from '../../../src/shared/clock.js';
import type { JsonObject } from '../../../src/shared/json.js';

export const AROUND: CallContext = {
  key: '106540352242922.contact:7:0',
  endpoint: { id: 'shop', secrets: { ORDERS_TOKEN: 's3cret', OTHER: 'other' }, llm: {} },
  nowMs: 0,
};

export interface CallRig {
  call(request: JsonObject, around?: CallContext): Promise<HttpResult>;
  stop(): Promise<void>;
}

/** `http` calls that may go to these hosts. */
export function callRig(allowedPrivateHosts: string[], other: Partial<HttpCallDeps> = {}): CallRig {
  const dispatcher = createGuardedAgent({ mayConnect: createMayConnect(allowedPrivateHosts), connections: 4 });
  const handler = createHttpCall({
    exchange: (request) => exchange(dispatcher, request),
    pause,
    cache: createAnswerCache(100_000),
    clock: systemClock,
    random: () => 0,
    limits: { timeoutMs: 5_000, maxResponseBytes: 10_000 },
    ...other,
  });
  return {
    call: async (request, around = AROUND) => readHttpResult(await handler(request, around)),
    stop: () => dispatcher.destroy(),
  };
}
