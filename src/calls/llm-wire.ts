import type { LlmRequest, LlmResult } from '../flow/llm-request.js';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import { misfit } from './json-fit.js';

/**
 * Requests and answers as OpenAI spells them, and everybody who copied that.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */

/** How a model is asked for JSON: by schema, or with the schema in words for those that only know "an object". */
export type Structured = 'schema' | 'object';

export function toWire(request: LlmRequest, model: string, structured: Structured): JsonObject {
  const { json, tools = {}, maxTokens, temperature, history, prompt } = request;
  const system = [request.system, json === undefined ? undefined : jsonInWords(json, structured)];
  const instructions = system.filter((part) => part !== undefined).join('\n\n');
  const choices = Object.entries(tools);
  return {
    model,
    messages: [
      ...(instructions === '' ? [] : [{ role: 'system', content: instructions }]),
      ...history.map(({ by, text }) => ({ role: by === 'bot' ? 'assistant' : 'user', content: text })),
      { role: 'user', content: prompt },
    ],
    ...(json === undefined ? {} : { response_format: responseFormat(json, structured) }),
    ...(choices.length === 0
      ? {}
      : {
          tools: choices.map(([name, { description, parameters }]) => ({
            type: 'function',
            function: { name, description, parameters },
          })),
        }),
    ...(maxTokens === undefined ? {} : { max_completion_tokens: maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
  };
}

function jsonInWords(json: true | JsonObject, structured: Structured): string | undefined {
  if (json === true) return 'Answer with a JSON object and nothing else.';
  if (structured === 'schema') return undefined;
  return `Answer with a JSON object and nothing else. It must fit this JSON Schema:\n${JSON.stringify(json)}`;
}

function responseFormat(json: true | JsonObject, structured: Structured): JsonObject {
  if (json === true || structured === 'object') return { type: 'json_object' };
  return { type: 'json_schema', json_schema: { name: 'answer', schema: json } };
}

/** @param body of an answer with a good status, parsed */
export function fromWire(body: Json, request: LlmRequest): LlmResult {
  const read = isJsonObject(body) ? body : {};
  const choice = Array.isArray(read.choices) ? read.choices[0] : undefined;
  const message = isJsonObject(choice) && isJsonObject(choice.message) ? choice.message : undefined;
  if (!isJsonObject(choice) || message === undefined) {
    return failure('badAnswer', 'the answer is not one of a chat completion');
  }
  if (choice.finish_reason === 'content_filter' || typeof message.refusal === 'string') {
    return failure('refusal', 'the model refused to answer');
  }
  const about = {
    usage: usageOf(read.usage),
    model: typeof read.model === 'string' ? read.model : '',
    finish: choice.finish_reason === 'length' ? 'length' : 'stop',
  };
  const text = typeof message.content === 'string' ? message.content : '';
  const call = Array.isArray(message.tool_calls) ? message.tool_calls[0] : undefined;
  if (call !== undefined) {
    const tool = readTool(call, request.tools ?? {});
    if (tool === undefined)
      return failure('badTool', 'the model chose a tool, or arguments, that the step does not have');
    return { ok: true, text, tool, ...about, finish: 'tool' };
  }
  if (request.json === undefined) {
    return text === '' ? failure('empty', 'the model said nothing') : { ok: true, text, ...about };
  }
  const json = parse(text);
  if (json === undefined) {
    const cut = about.finish === 'length' ? ': it is cut off at `maxTokens`' : '';
    return failure('badJson', `the answer is no JSON${cut}`);
  }
  const wanted = request.json === true ? { type: 'object' } : request.json;
  const where = misfit(json, wanted);
  if (where === undefined) return { ok: true, text, json, ...about };
  return failure('badJson', `the answer does not fit the schema${where === '' ? '' : ` at \`${where.slice(0, 80)}\``}`);
}

function failure(reason: string, detail: string): LlmResult {
  return { ok: false, reason, detail };
}

function readTool(call: Json, tools: NonNullable<LlmRequest['tools']>): { name: string; arguments: Json } | undefined {
  const chosen = isJsonObject(call) && isJsonObject(call.function) ? call.function : {};
  const { name } = chosen;
  const tool = typeof name === 'string' && Object.hasOwn(tools, name) ? tools[name] : undefined;
  if (typeof name !== 'string' || tool === undefined) return undefined;
  const given = typeof chosen.arguments === 'string' ? parse(chosen.arguments || '{}') : chosen.arguments;
  return given !== undefined && misfit(given, tool.parameters) === undefined ? { name, arguments: given } : undefined;
}

function usageOf(usage: Json | undefined): { input: number; output: number } {
  const { prompt_tokens: input, completion_tokens: output } = isJsonObject(usage) ? usage : {};
  return { input: typeof input === 'number' ? input : 0, output: typeof output === 'number' ? output : 0 };
}

/** JSON, also in a fence of Markdown, which small models cannot leave out. */
function parse(text: string): Json | undefined {
  const bare = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?```\s*$/.exec(text)?.[1] ?? text;
  try {
    const json: Json = JSON.parse(bare);
    return json;
  } catch {
    return undefined;
  }
}
