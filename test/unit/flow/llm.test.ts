import { describe, expect, it } from 'vitest';
import { loadFlows } from '../../../src/flow/load.js';
import type { Json } from '../../../src/shared/json.js';
import { flowFiles, type Talk, talkTo } from './talk.js';

const ok = (more: { [key: string]: Json } = {}): Json => ({
  ok: true,
  text: 'Hello',
  finish: 'stop',
  usage: { input: 9, output: 2 },
  model: 'tiny',
  ...more,
});

function asked(llm: string, text = 'What is a scone?'): Talk {
  const talk = talkTo(`steps:\n- say: one moment\n- llm: ${llm}\n- say: "{{ context.a.text ?? context.a.error }}"`);
  expect(talk.say(text)).toEqual(['one moment']);
  return talk;
}

it.each([
  ['what the contact wrote', '{ into: context.a }', { prompt: 'What is a scone?' }],
  ['a prompt of its own', '"Translate: {{ input.text }}"', { prompt: 'Translate: What is a scone?' }],
  [
    'all there is',
    '{ prompt: x, system: "Speak {{ input.language }}.", model: large, maxTokens: 9, temperature: 0.5, timeout: 5s, json: true }',
    {
      prompt: 'x',
      system: 'Speak en-GB.',
      model: 'large',
      maxTokens: 9,
      temperature: 0.5,
      timeoutMs: 5000,
      json: true,
    },
  ],
  ['a schema', '{ json: { type: object, required: [a] } }', { json: { type: 'object', required: ['a'] } }],
  [
    'tools',
    '{ tools: { menu: { description: Shows the menu }, book: { description: Books, parameters: { type: object } } } }',
    {
      tools: {
        menu: { description: 'Shows the menu', parameters: { type: 'object', properties: {} } },
        book: { description: 'Books', parameters: { type: 'object' } },
      },
    },
  ],
])('asks a model with %s', (_what, llm, request) => {
  const { call } = asked(llm).last ?? {};
  expect(call).toMatchObject({ kind: 'llm', request });
});

it('keeps the answer, and the flow goes on', () => {
  const talk = asked('{ into: context.a, onError: [{ say: no }] }');
  expect(
    talk.answerCall(0, ok({ json: { topic: 'order' }, tool: { name: 'book', arguments: { guests: 2 } } })),
  ).toEqual(['Hello']);
  expect(talk.session?.context).toEqual({
    a: {
      text: 'Hello',
      json: { topic: 'order' },
      tool: { name: 'book', arguments: { guests: 2 } },
      finish: 'stop',
      usage: { input: 9, output: 2 },
      model: 'tiny',
    },
  });
});

it.each<[string, Json]>([
  ['timeout', { ok: false, reason: 'timeout', detail: 'the server did not answer in time' }],
  ['badAnswer', null],
])('runs onError when there is no answer (%s), then goes on', (error, result) => {
  const talk = asked('{ into: context.a, onError: [{ say: no }] }');
  expect(talk.answerCall(0, result)).toEqual(['no', error]);
  expect(talk.session?.context).toEqual({ a: { error } });
  expect(talk.warnings).toHaveLength(1);
});

it('tells in the trace when an answer is cut off', () => {
  const talk = asked('{ into: context.a }');
  talk.answerCall(0, ok({ finish: 'length' }));
  expect(talk.warnings).toEqual(['the answer is cut off: it is longer than `maxTokens`']);
});

describe('what was said before', () => {
  const FLOW = `steps:
- id: ask
  question: { type: text, text: How can I help?, into: context.q }
- if: input.text == 'secret'
  then: [{ blind: true }, { say: whispered }, { blind: false }]
- llm: { history: 4, into: context.a }
- say: { text: "{{ context.a.text }}", buttons: [{ id: more, title: Tell me more }] }
- id: w
  wait: true
- llm: { prompt: x, history: 20, into: context.b }
- say: "{{ context.b.text }}"`;
  const historyOf = (talk: Talk) => talk.last?.call?.request.history;

  it('goes with the question: this turn not yet, taps by their titles, the last ones only', () => {
    const talk = talkTo(FLOW);
    talk.say('Hi');
    talk.say('What is a scone?');
    expect(historyOf(talk)).toEqual([
      { by: 'contact', text: 'Hi' },
      { by: 'bot', text: 'How can I help?' },
    ]);
    talk.answerCall(0, ok({ text: 'Round bread.' }));
    talk.turn({
      kind: 'message',
      message: {
        messageId: 'm',
        type: 'interactive',
        text: 'more',
        data: { reply: { kind: 'button', id: 'more', title: 'Tell me more' } },
        attachments: [],
        supported: true,
        whatsapp: {},
      },
    });
    expect(historyOf(talk)).toEqual([
      { by: 'contact', text: 'Hi' },
      { by: 'bot', text: 'How can I help?' },
      { by: 'contact', text: 'What is a scone?' },
      { by: 'bot', text: 'Round bread.' },
    ]);
    talk.answerCall(0, ok());
    talk.say('again');
    expect(talk.session?.state.history).toHaveLength(6 + 2);
  });

  it('does not hold what a blind flow heard or said', () => {
    const talk = talkTo(FLOW);
    talk.say('Hi');
    talk.say('secret');
    talk.answerCall(0, ok({ text: 'Fine.' }));
    const kept = JSON.stringify(talk.session?.state.history);
    expect(kept).toContain('Fine.');
    expect(kept).not.toMatch(/secret|whispered/);
  });

  it('is bounded, and only kept by bots that ask a model', () => {
    const talk = talkTo('steps:\n- say: "{{ input.text }}"\n- llm: x');
    for (let i = 0; i < 30; i++) {
      talk.say(`${i} ${'x'.repeat(3000)}`);
      talk.answerCall(0, ok());
    }
    const { history } = talk.session?.state ?? {};
    expect(Array.isArray(history) && history.length).toBe(20);
    expect(JSON.stringify(history).length).toBeLessThan(21_500);
    const quiet = talkTo('steps:\n- say: Hello');
    quiet.say('Hi');
    expect(quiet.session?.state.history).toBeUndefined();
  });
});

describe('a finding', () => {
  it.each([
    [
      'JSON and tools',
      'json: true, tools: { a: { description: x } }',
      'a model answers with JSON or chooses a tool, not both',
    ],
    ['a long memory', 'history: 50', 'a session remembers 20 messages'],
    ['a tool that has no name', 'tools: { "a b": { description: x } }', '`a b` is not a name'],
    ['a tool nobody describes', 'tools: { a: {} }', 'a tool needs `description`'],
    ['a schema that is none', 'json: yes please', 'a JSON Schema, or true for any map, is expected'],
    ['a temperature', 'temperature: 3', 'a number from 0 to 2 is expected'],
    ['a misspelt key', 'sistem: x', '`sistem` is not a key of llm'],
  ])('with %s', (_what, keys, message) => {
    const { findings } = loadFlows(flowFiles({ bot: `steps:\n- llm: { ${keys} }` }));
    expect(findings.map((finding) => finding.message)).toEqual([message]);
  });
});
