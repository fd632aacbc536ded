import { z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import { MAX_CALL_MS } from './http-request.js';

/** What an `llm` step asks of its host (call kind `llm`), and what the host answers. */

const jsonObject = z.custom<JsonObject>(isJsonObject);

export const llmRequest = z.strictObject({
  /** without one, the endpoint's */
  model: z.string().optional(),
  system: z.string().optional(),
  prompt: z.string(),
  /** what was said before this turn, oldest first */
  history: z.array(z.strictObject({ by: z.enum(['contact', 'bot']), text: z.string() })).default([]),
  /** a JSON Schema the answer must fit, or true for any map */
  json: z.union([z.literal(true), jsonObject]).optional(),
  /** by name; the model may choose one instead of answering */
  tools: z.record(z.string(), z.strictObject({ description: z.string(), parameters: jsonObject })).optional(),
  maxTokens: z.int().min(1).optional(),
  temperature: z.number().min(0).max(2).optional(),
  /** for all of it, tries included; without it the host's own limit holds */
  timeoutMs: z.int().min(1).max(MAX_CALL_MS).optional(),
});
export type LlmRequest = z.output<typeof llmRequest>;

export type LlmResult =
  | {
      ok: true;
      text: string;
      /** parsed, with `json` */
      json?: Json;
      /** the tool the model chose, with arguments that fit its parameters */
      tool?: { name: string; arguments: Json };
      /** why the model stopped: `stop`, `length`, `tool` */
      finish: string;
      /** tokens */
      usage: { input: number; output: number };
      model: string;
    }
  /** `reason` is a fixed word, `detail` a sentence without values */
  | { ok: false; reason: string; detail: string };

/** Reads what the host answered; what is missing is empty, and what is no answer at all counts as a failure. */
export function readLlmResult(result: Json): LlmResult {
  const read = isJsonObject(result) ? result : {};
  const { reason, detail, text, json, tool, finish, usage, model } = read;
  if (read.ok !== true) {
    return {
      ok: false,
      reason: typeof reason === 'string' ? reason : 'badAnswer',
      detail: typeof detail === 'string' ? detail : 'the call came to nothing',
    };
  }
  const tokens = isJsonObject(usage) ? usage : {};
  return {
    ok: true,
    text: typeof text === 'string' ? text : '',
    ...(json === undefined ? {} : { json }),
    ...(isJsonObject(tool) && typeof tool.name === 'string'
      ? { tool: { name: tool.name, arguments: tool.arguments ?? null } }
      : {}),
    finish: typeof finish === 'string' ? finish : 'stop',
    usage: { input: numberOf(tokens.input), output: numberOf(tokens.output) },
    model: typeof model === 'string' ? model : '',
  };
}

function numberOf(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0;
}
