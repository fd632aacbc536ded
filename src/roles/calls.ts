import { setTimeout as pause } from 'node:timers/promises';
import { Agent } from 'undici';
import { createMayConnect } from '../calls/allowed-hosts.js';
import { createAnswerCache } from '../calls/answer-cache.js';
import { exchange } from '../calls/exchange.js';
import { createGuardedAgent } from '../calls/guarded-agent.js';
import { createHttpCall } from '../calls/http-call.js';
import { createLlmCall } from '../calls/llm-call.js';
import { observeCalls } from '../calls/observe-calls.js';
import { type CallHandler, createPerformCall, type PerformCall } from '../calls/perform-call.js';
import { createSandboxCalls } from '../sandbox/calls.js';
import { createSandboxPool } from '../sandbox/pool.js';
import type { Clock } from '../shared/clock.js';
import type { Platform } from './platform.js';

export interface OpenCalls {
  performCall: PerformCall;
  /** ends the calls that are still open: their turns are run again elsewhere, with the same keys */
  close(): Promise<void>;
}

export interface OpenHandlers {
  handlers: { readonly [kind: string]: CallHandler };
  close(): Promise<void>;
}

/**
 * Everything flows can ask of this process, on the network and in the sandbox.
 *
 * @param wrap may stand in for the network, or watch it; code in the sandbox calls through it, too
 */
export function openHandlers(
  { calls, llm: models, sandbox: sandboxSettings }: Pick<Platform['config'], 'calls' | 'llm' | 'sandbox'>,
  clock: Clock,
  wrap: (kind: 'http' | 'llm', handler: CallHandler) => CallHandler = (_kind, handler) => handler,
): OpenHandlers {
  const dispatcher = createGuardedAgent({
    mayConnect: createMayConnect(calls.allowedPrivateHosts),
    connections: calls.connections,
  });
  const http = wrap(
    'http',
    createHttpCall({
      exchange: (request) => exchange(dispatcher, request),
      pause,
      cache: createAnswerCache(calls.cacheMaxBytes),
      clock,
      random: Math.random,
      limits: calls,
    }),
  );
  // The operator names the host of a model, so it may be on this machine; an answer that leads elsewhere is not followed.
  const toModels = new Agent({ connections: calls.connections, headersTimeout: 0, bodyTimeout: 0 });
  const llm = wrap(
    'llm',
    createLlmCall({
      exchange: (request) => exchange(toModels, request),
      pause,
      clock,
      random: Math.random,
      limits: { ...models, maxResponseBytes: calls.maxResponseBytes },
    }),
  );
  const pool = createSandboxPool(sandboxSettings);
  const sandbox = createSandboxCalls({ run: pool.run, http, limits: sandboxSettings });
  return {
    handlers: { http, llm, ...sandbox },
    close: async () => {
      await Promise.all([dispatcher.destroy(), toModels.destroy(), pool.close()]);
    },
  };
}

/** The handlers of this process, counted and logged. */
export function openCalls(
  { config, clock, metrics, log }: Pick<Platform, 'config' | 'clock' | 'metrics' | 'log'>,
  wrap?: Parameters<typeof openHandlers>[2],
): OpenCalls {
  const callsLog = log.child({ component: 'calls' });
  const { handlers, close } = openHandlers(config, clock, wrap);
  return {
    performCall: observeCalls(createPerformCall(handlers), {
      clock,
      observe({ endpoint, kind, outcome, tookMs, key }) {
        metrics.calls.inc({ endpoint, kind, outcome });
        metrics.callSeconds.observe({ endpoint, kind }, tookMs / 1000);
        // Expressions are many and soon done: their failures stand in the timeline, their number in the metrics.
        if (kind !== 'expression') callsLog.info({ endpoint, kind, outcome, tookMs, call: key }, 'call ended');
      },
    }),
    close,
  };
}
