import type { z } from 'zod';
import type { Json, JsonObject } from '../../shared/json.js';
import { type Block, NEXT, type Outcome, type StepEffect, type View } from '../behaviour.js';
import { MAX_HISTORY } from '../history.js';
import { asCall } from '../http-request.js';
import { type LlmResult, readLlmResult } from '../llm-request.js';
import {
  count,
  delegate,
  field,
  jsonMap,
  mapOf,
  memoryPath,
  plainText,
  report,
  shorthand,
  strict,
  template,
} from '../reading/fields.js';
import type { Problem } from '../reading/finding.js';
import { callTimeout } from '../reading/http-fields.js';
import { isRawMap, Plain } from '../reading/source.js';
import { defineStep } from '../step.js';

const schema = field<true | JsonObject>(
  (raw, ctx) => {
    if (isRawMap(raw)) return delegate(ctx, jsonMap, raw);
    if (raw instanceof Plain && raw.value === true) return true;
    const hint = 'write json: { type: object, properties: { topic: { type: string } }, required: [topic] }';
    return void report(ctx, 'a JSON Schema, or true for any map, is expected', { hint });
  },
  { anyOf: [{ const: true }, { type: 'object' }] },
);

const temperature = field(
  (raw, ctx) => {
    const given = raw instanceof Plain ? raw.value : undefined;
    if (typeof given === 'number' && given >= 0 && given <= 2) return given;
    return void report(ctx, 'a number from 0 to 2 is expected');
  },
  { type: 'number', minimum: 0, maximum: 2 },
);

const tool = strict('a tool', {
  description: plainText.describe('For the model: when to choose it.'),
  parameters: jsonMap.optional().describe('A JSON Schema of what the model is to give with it.'),
});

const fieldsOf = (steps: z.ZodType<Block>) =>
  shorthand(
    'prompt',
    template,
    strict('llm', {
      prompt: template.optional().describe('What the model is asked; what the contact wrote when it is left out.'),
      system: template.optional().describe('Who the model is and what it must keep to.'),
      model: template.optional().describe('The model of the endpoint, or of the settings, when it is left out.'),
      history: count
        .optional()
        .describe(`So many messages of the session from before this turn, ${MAX_HISTORY} at most.`),
      json: schema.optional().describe('The answer is JSON that fits this schema.'),
      tools: mapOf(tool).optional().describe('What the model may choose instead of answering.'),
      maxTokens: count.optional().describe('The longest answer.'),
      temperature: temperature.optional().describe('From 0, always much the same, to 2.'),
      timeout: callTimeout.optional().describe('For all of it, tries included; 30s when nothing is said.'),
      into: memoryPath
        .optional()
        .describe('Gets `text`, `json`, `tool`, `finish`, `usage`, `model`; after a failure `error`.'),
      onError: steps.optional().describe('Runs when there is no answer that can be used; then the flow goes on.'),
    }),
  );

type LlmFields = z.output<ReturnType<typeof fieldsOf>>;

/**
 * Asks a language model. What comes back is data: the flow decides what to say and which way to go, by `json` or by the
 * tool the model chose.
 */
export const llm = defineStep({
  kind: 'llm',
  describe: 'Asks a language model behind an OpenAI-compatible endpoint. The flow waits for the answer.',
  shape: (steps) => ({ llm: fieldsOf(steps) }),
  check: ({ llm: fields }) => problemsOf(fields).map((problem) => ({ ...problem, path: ['llm', ...problem.path] })),
  run: ({ llm: fields }, view) => ({
    did: 'asked',
    next: { to: 'call', kind: 'llm', request: requestOf(fields, view) },
  }),
  resume({ llm: { into, onError } }, view, event): Outcome {
    if (event.event !== 'callResult') return { did: 'givenUp', next: NEXT };
    const result = readLlmResult(event.result);
    if (!result.ok) view.warn(result.detail);
    else if (result.finish === 'length') view.warn('the answer is cut off: it is longer than `maxTokens`');
    const effects: StepEffect[] =
      into === undefined ? [] : [{ effect: 'assign', path: into, value: rememberedOf(result) }];
    if (result.ok) return { did: 'ok', effects, next: NEXT };
    return { did: result.reason, effects, next: onError === undefined ? NEXT : { to: 'block', block: onError } };
  },
  example: `
spec: 1
flow: llm
steps:
  - llm:
      system: You read messages to a bakery and say what they are about.
      history: 6
      json:
        type: object
        properties: { topic: { enum: [order, opening, other] } }
        required: [topic]
      into: context.guess
      onError: [{ say: I did not get that. How can I help? }, { stop: true }]
  - lookup: "{{ context.guess.json.topic }}"
    cases:
      order: [{ say: What is your order number? }]
      opening: [{ say: We are open from seven to six. }]
    otherwise: [{ say: Let me get a colleague. }]
`,
});

function problemsOf({ json, tools, history }: LlmFields): Problem[] {
  const problems: Problem[] = [];
  if (json !== undefined && tools !== undefined) {
    const message = 'a model answers with JSON or chooses a tool, not both';
    problems.push({ code: 'invalid-combination', path: ['tools'], key: true, message });
  }
  if (history !== undefined && history > MAX_HISTORY) {
    problems.push({ path: ['history'], message: `a session remembers ${MAX_HISTORY} messages` });
  }
  for (const name of tools?.keys() ?? []) {
    if (/^[A-Za-z][\w-]{0,63}$/.test(name)) continue;
    const hint = 'a letter, then letters, digits, - and _, 64 at most';
    problems.push({
      code: 'invalid-name',
      path: ['tools', name],
      key: true,
      message: `\`${name}\` is not a name`,
      hint,
    });
  }
  return problems;
}

function requestOf(fields: LlmFields, view: View): JsonObject {
  const { prompt, system, model, history, json, tools, maxTokens, temperature: heat, timeout } = fields;
  const written = typeof view.input.text === 'string' ? view.input.text : '';
  return asCall({
    prompt: prompt === undefined ? written : view.render(prompt),
    ...(system === undefined ? {} : { system: view.render(system) }),
    ...(model === undefined ? {} : { model: view.render(model) }),
    ...(history === undefined ? {} : { history: view.history.slice(-history) }),
    ...(json === undefined ? {} : { json }),
    ...(tools === undefined ? {} : { tools: Object.fromEntries([...tools].map(asTool)) }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(heat === undefined ? {} : { temperature: heat }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
  });
}

/** A tool that takes nothing still has parameters on the wire. */
function asTool([name, { description, parameters = { type: 'object', properties: {} } }]: [
  string,
  z.output<typeof tool>,
]): [string, JsonObject] {
  return [name, { description, parameters }];
}

function rememberedOf(result: LlmResult): Json {
  if (!result.ok) return { error: result.reason };
  const { text, json, tool: chosen, finish, usage, model } = result;
  return {
    text,
    ...(json === undefined ? {} : { json }),
    ...(chosen === undefined ? {} : { tool: chosen }),
    finish,
    usage,
    model,
  };
}
