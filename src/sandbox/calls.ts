import type { CallHandler } from '../calls/perform-call.js';
import type { Json } from '../shared/json.js';
import { performCode } from './code-call.js';
import { failureOf, jobOf, type SandboxCallsDeps, scriptRequest } from './script-call.js';

/**
 * Performs `expression` and `code` calls.
 *
 * An answer is `{ ok: true, value?, drawn }`, that of code `{ ok: true, say, log, context, profile, drawn }`; or
 * `{ ok: false, reason, detail, drawn }` with a `SandboxFault` for its reason.
 */
export function createSandboxCalls(deps: SandboxCallsDeps): { expression: CallHandler; code: CallHandler } {
  return {
    async expression(given) {
      const read = scriptRequest.safeParse(given);
      if (!read.success) return UNREADABLE;
      const outcome = await deps.run({
        ...jobOf(read.data),
        kind: 'expression',
        answers: [],
        limits: { timeMs: deps.limits.expressionMs, maxResultLength: deps.limits.maxResultBytes },
      });
      if (outcome.outcome !== 'value') return failureOf(outcome);
      const { json, drawn } = outcome;
      return json === undefined ? { ok: true, drawn } : { ok: true, value: JSON.parse(json), drawn };
    },
    async code(given, around) {
      const read = scriptRequest.safeParse(given);
      return read.success ? performCode(read.data, around, deps) : UNREADABLE;
    },
  };
}

const UNREADABLE: Json = {
  ok: false,
  reason: 'badRequest',
  detail: 'the sandbox cannot read what it is to run',
  drawn: 0,
};
