import { z } from 'zod';
import type { CallHandler } from '../calls/perform-call.js';
import { isJsonObject, type Json } from '../shared/json.js';
import type { SandboxJob, SandboxOutcome } from './job.js';

export interface SandboxLimits {
  /** of one expression */
  expressionMs: number;
  /** of a `code` step, without what its http calls take; what a step asks for is cut to this */
  codeMs: number;
  /** of a result as JSON */
  maxResultBytes: number;
}

export interface SandboxCallsDeps {
  /** of the pool */
  run(job: SandboxJob): Promise<SandboxOutcome>;
  /** performs `http()` of code */
  http: CallHandler;
  limits: SandboxLimits;
}

/** What the engine asks for. */
export const scriptRequest = z.object({
  code: z.string(),
  memory: z.custom<Json>(isJsonObject),
  nowMs: z.number(),
  locale: z.string(),
  timeZone: z.string(),
  seed: z.string(),
  drawn: z.number(),
  timeoutMs: z.number().optional(),
});
export type ScriptCall = z.output<typeof scriptRequest>;

export function jobOf({ code, memory, nowMs, locale, timeZone, seed, drawn }: ScriptCall) {
  return { code, memory: JSON.stringify(memory), nowMs, locale, timeZone, seed, drawn };
}

export function failureOf(outcome: Exclude<SandboxOutcome, { outcome: 'value' }>): Json {
  if (outcome.outcome === 'failed') {
    const { reason, detail, drawn } = outcome;
    return { ok: false, reason, detail, drawn };
  }
  return { ok: false, reason: 'pending', detail: 'the script waits for an answer nobody gives', drawn: 0 };
}
