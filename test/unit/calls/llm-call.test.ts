import type { Socket } from 'node:net';
import { Agent } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exchange } from '../../../src/calls/exchange.js';
import { createLlmCall } from '../../../src/calls/llm-call.js';
import type { Structured } from '../../../src/calls/llm-wire.js';
import type { CallContext } from '../../../src/calls/perform-call.js';
import { systemClock } from '../../../src/shared/clock.js';
import { isJsonObject, type Json, type JsonObject } from '../../../src/shared/json.js';
import { http, type RawServer, startRawServer } from '../cloud-api/raw-server.js';

let server: RawServer;
let agent: Agent;
let answer: (socket: Socket, index: number) => void;
beforeEach(async () => {
  server = await startRawServer((socket, _request, index) => answer(socket, index));
  agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  answer = (socket) => socket.write(says({ content: 'Hello!' }));
});
afterEach(async () => {
  await agent.destroy();
  await server.close();
});

const json = (body: unknown, status = 200, headers: string[] = []) =>
  http(status, JSON.stringify(body), ['content-type: application/json', ...headers]);

const says = (message: JsonObject, finish = 'stop') =>
  json({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    model: 'tiny-2026',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }],
    usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
  });

function ask(
  request: JsonObject,
  llm?: CallContext['endpoint']['llm'],
  structured: Structured = 'schema',
): Promise<Json> {
  const call = createLlmCall({
    exchange: (one) => exchange(agent, one),
    pause: async () => undefined,
    clock: systemClock,
    random: () => 0,
    limits: { timeoutMs: 3_000, maxResponseBytes: 5_000, structured },
  });
  const settings = llm ?? { baseUrl: `${server.url}/v1`, apiKey: 'sk-1', model: 'tiny' };
  return call(request, { key: 'c:1:0', endpoint: { id: 'shop', secrets: {}, llm: settings }, nowMs: 0 });
}

const sentBody = (index = 0): JsonObject => JSON.parse(server.requests[index]?.body ?? 'null');

const TOPIC = { type: 'object', properties: { topic: { enum: ['order', 'other'] } }, required: ['topic'] };
const TOOLS = {
  book: {
    description: 'Books a table',
    parameters: { type: 'object', properties: { guests: { type: 'integer' } }, required: ['guests'] },
  },
};

describe('a question', () => {
  it('is a chat completion, with what was said before', async () => {
    const history = [
      { by: 'contact', text: 'Hi' },
      { by: 'bot', text: 'Hello' },
    ];
    const result = await ask({ prompt: 'How are you?', system: 'Be kind.', history, maxTokens: 50, temperature: 0.2 });
    expect(result).toEqual({
      ok: true,
      text: 'Hello!',
      finish: 'stop',
      usage: { input: 12, output: 3 },
      model: 'tiny-2026',
    });
    expect(server.requests[0]).toMatchObject({
      requestLine: 'POST /v1/chat/completions HTTP/1.1',
      headers: { authorization: 'Bearer sk-1', 'idempotency-key': 'c:1:0', 'content-type': 'application/json' },
    });
    expect(sentBody()).toEqual({
      model: 'tiny',
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello' },
        { role: 'user', content: 'How are you?' },
      ],
      max_completion_tokens: 50,
      temperature: 0.2,
    });
  });

  it('goes to the model of the step before that of the endpoint, and without a key where there is none', async () => {
    await ask({ prompt: 'Hi', model: 'large' }, { baseUrl: `${server.url}/v1` });
    expect(sentBody().model).toBe('large');
    expect(server.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it.each([
    ['no base URL', { model: 'tiny' }],
    ['no model', { baseUrl: 'http://127.0.0.1:1/v1' }],
  ])('is not asked with %s', async (_what, llm) => {
    expect(await ask({ prompt: 'Hi' }, llm)).toMatchObject({ ok: false, reason: 'notConfigured' });
    expect(server.requests).toEqual([]);
  });
});

describe('an answer in JSON', () => {
  it('is asked for by its schema', async () => {
    answer = (socket) => socket.write(says({ content: '{"topic":"order"}' }));
    expect(await ask({ prompt: 'Hi', json: TOPIC })).toMatchObject({ ok: true, json: { topic: 'order' } });
    expect(sentBody().response_format).toEqual({ type: 'json_schema', json_schema: { name: 'answer', schema: TOPIC } });
  });

  it('is asked for in words where an endpoint only knows "an object"', async () => {
    answer = (socket) => socket.write(says({ content: '```json\n{"topic":"other"}\n```' }));
    expect(await ask({ prompt: 'Hi', json: TOPIC, system: 'Sort.' }, undefined, 'object')).toMatchObject({
      json: { topic: 'other' },
    });
    expect(sentBody()).toMatchObject({ response_format: { type: 'json_object' } });
    expect(JSON.stringify(sentBody().messages)).toContain('must fit this JSON Schema');
  });

  it.each<[string, string, true | JsonObject, string]>([
    ['no JSON', 'It is an order.', true, 'stop'],
    ['another kind of JSON', '[1]', true, 'stop'],
    ['a word that was not asked for', '{"topic":"weather"}', TOPIC, 'stop'],
    ['nothing of what was asked for', '{}', TOPIC, 'stop'],
    ['half of it', '{"topic":"ord', TOPIC, 'length'],
  ])('that is %s is none', async (_what, content, schema, finish) => {
    answer = (socket) => socket.write(says({ content }, finish));
    const result = await ask({ prompt: 'Hi', json: schema });
    expect(result).toMatchObject({ ok: false, reason: 'badJson' });
    expect(JSON.stringify(result)).not.toContain('weather');
  });
});

describe('a tool', () => {
  const chooses = (name: string, args: string) =>
    says(
      { content: null, tool_calls: [{ id: 'call_1', type: 'function', function: { name, arguments: args } }] },
      'tool_calls',
    );

  it('may be chosen, with arguments that fit', async () => {
    answer = (socket) => socket.write(chooses('book', '{"guests":4}'));
    expect(await ask({ prompt: 'Hi', tools: TOOLS })).toMatchObject({
      ok: true,
      tool: { name: 'book', arguments: { guests: 4 } },
      finish: 'tool',
    });
    expect(sentBody().tools).toEqual([{ type: 'function', function: { name: 'book', ...TOOLS.book } }]);
  });

  it.each([
    ['that does not exist', 'constructor', '{}'],
    ['with arguments that are no JSON', 'book', '{"guests":'],
    ['with arguments that do not fit', 'book', '{"guests":"four"}'],
  ])('%s is no answer', async (_what, name, args) => {
    answer = (socket) => socket.write(chooses(name, args));
    expect(await ask({ prompt: 'Hi', tools: TOOLS })).toMatchObject({ ok: false, reason: 'badTool' });
  });
});

describe('a model that does not answer', () => {
  it.each<[string, string, (socket: Socket) => void]>([
    ['unauthorized', 'does not know the key', (s) => s.write(json({ error: {} }, 401))],
    ['tooManyRequests', 'is too busy for too long', (s) => s.write(json({}, 429, ['retry-after: 99']))],
    ['httpStatus', 'does not like the request', (s) => s.write(json({ error: { message: 'x' } }, 400))],
    ['httpStatus', 'lives elsewhere', (s) => s.write(json({}, 307, ['location: http://169.254.169.254/']))],
    ['badAnswer', 'is no model', (s) => s.write(http(200, '<html>', ['content-type: text/html']))],
    ['badAnswer', 'has nothing to choose from', (s) => s.write(json({ choices: [] }))],
    ['refusal', 'refuses', (s) => s.write(says({ content: null, refusal: 'no' }))],
    ['refusal', 'is silenced', (s) => s.write(says({ content: '' }, 'content_filter'))],
    ['empty', 'says nothing', (s) => s.write(says({ content: '' }))],
    ['tooLarge', 'says too much', (s) => s.write(says({ content: 'x'.repeat(10_000) }))],
    ['timeout', 'thinks for ever', () => undefined],
  ])('%s: it %s', async (reason, _what, how) => {
    answer = how;
    const timeoutMs = reason === 'timeout' ? 200 : 3_000;
    const result = await ask({ prompt: 'Hi', timeoutMs });
    expect(result).toMatchObject({ ok: false, reason });
    expect(isJsonObject(result) && typeof result.detail).toBe('string');
  });

  it('is asked again while it is busy', async () => {
    answer = (socket, index) => socket.write(index < 2 ? json({}, 429, ['retry-after: 0']) : says({ content: 'Now.' }));
    expect(await ask({ prompt: 'Hi' })).toMatchObject({ ok: true, text: 'Now.' });
    expect(server.requests).toHaveLength(3);
  });

  it('is not asked for ever', async () => {
    answer = (socket) => socket.write(json({}, 503));
    expect(await ask({ prompt: 'Hi' })).toMatchObject({ ok: false, reason: 'httpStatus' });
    expect(server.requests).toHaveLength(3);
  });
});

it('an answer that was cut off says so', async () => {
  answer = (socket) => socket.write(says({ content: 'Once upon a' }, 'length'));
  expect(await ask({ prompt: 'Hi' })).toMatchObject({ ok: true, text: 'Once upon a', finish: 'length' });
});

it('ends with an error of this machine when the process stops', async () => {
  answer = () => void agent.destroy();
  await expect(ask({ prompt: 'Hi' })).rejects.toMatchObject({ code: 'calls_stopping' });
});
