import type { Clock } from '../shared/clock.js';
import { isJsonObject, type Json } from '../shared/json.js';
import type { PerformCall } from './perform-call.js';

/** A call that has ended, as metrics and logs may know it: nothing of what was asked or answered. */
export interface ObservedCall {
  endpoint: string;
  kind: string;
  /** `ok`, a fixed word for why not, or `broken` when this machine's own parts failed */
  outcome: string;
  tookMs: number;
  /** `<conversation>:<seq>:<ordinal>` */
  key: string;
}

/** The same calls, each told about when it has ended. */
export function observeCalls(
  performCall: PerformCall,
  { clock, observe }: { clock: Clock; observe(call: ObservedCall): void },
): PerformCall {
  return async function observedCall(call, around) {
    const startedMs = clock.nowMs();
    let outcome = 'broken';
    try {
      const result = await performCall(call, around);
      outcome = outcomeOf(result);
      return result;
    } finally {
      const tookMs = clock.nowMs() - startedMs;
      observe({ endpoint: around.endpoint.id, kind: call.kind, outcome, tookMs, key: around.key });
    }
  };
}

function outcomeOf(result: Json): string {
  if (!isJsonObject(result) || result.ok === true) return 'ok';
  return typeof result.reason === 'string' ? result.reason : 'failed';
}
