import { describe, expect, it } from 'vitest';
import { loadFlows } from '../../../src/flow/load.js';
import { flowFiles, message, talkTo } from './talk.js';

describe('`goTo` with `wait`', () => {
  const flow = `
handlers: { reaction: [{ say: Thanks. }] }
intents:
  - { name: human, keywords: [human], steps: [{ say: A colleague is coming. }] }
steps:
  - say: Bye for now.
  - goTo: { step: later, wait: true }
  - id: later
    say: "You said {{ input.text }}"
  - id: end
    wait: true
`;

  it('ends the turn, and the next message goes on there', () => {
    const talk = talkTo(flow);
    expect([talk.say('Hi'), talk.at]).toEqual([['Bye for now.'], 'later']);
    expect([talk.say('hello again'), talk.at]).toEqual([['You said hello again'], 'end']);
  });

  it('lets an intent or a handler have its say first, and still waits behind it', () => {
    const talk = talkTo(flow);
    talk.say('Hi');
    expect([talk.say('human'), talk.at]).toEqual([['A colleague is coming.'], 'later']);
    const reaction = { kind: 'event', event: 'reaction', message: message({ type: 'reaction' }) } as const;
    expect([talk.turn(reaction), talk.at]).toEqual([['Thanks.'], 'later']);
    expect(talk.say('well')).toEqual(['You said well']);
  });

  it('may wait at the beginning of another flow, where a question is then asked', () => {
    const talk = talkTo(
      {
        bot: 'steps: [{ say: Bye. }, { goTo: { flow: other, wait: true } }]',
        other: 'steps: [{ id: q, question: { type: number, text: How many? } }, { say: ok }]',
      },
      { flow: 'bot' },
    );
    talk.say('Hi');
    expect([talk.say('5'), talk.say('5')]).toEqual([['How many?'], ['ok']]);
  });

  it('is no endless loop, and leaves nothing unreachable', () => {
    const text = 'steps:\n  - id: a\n    say: Round and round.\n  - goTo: { step: a, wait: true }\n';
    expect(loadFlows(flowFiles({ bot: text })).findings).toEqual([]);
    expect(loadFlows(flowFiles({ bot: text.replace(', wait: true', '') })).findings).toMatchObject([
      { code: 'endless-loop' },
    ]);
  });
});

describe('`goTo` with `text` or `data`', () => {
  it('gives what follows another input, in this turn', () => {
    const talk = talkTo(`
steps:
  - goTo: { step: there, text: "{{ input.text }}!", data: { size: 3 } }
  - id: there
    say: "{{ input.type }} {{ input.text }} {{ input.data.size }}"
`);
    expect(talk.say('Hi')).toEqual(['goTo Hi! 3']);
  });

  it('looks for no intents in it', () => {
    const talk = talkTo(`
intents: [{ name: human, keywords: [human], goTo: agent }]
steps:
  - goTo: { step: there, text: human }
  - id: there
    say: "{{ input.intent ?? 'none' }}"
  - stop: true
  - id: agent
    say: Agent.
`);
    expect(talk.say('Hi')).toEqual(['none']);
  });

  it('fails when its data are no map', () => {
    const talk = talkTo('steps: [{ goTo: { step: a, data: "{{ 3 }}" } }, { id: a, say: A }]');
    expect([talk.say('Hi'), talk.failures]).toEqual([['fallback'], ['`data` of goTo is not a map']]);
  });
});

it.each([
  ['nowhere to go', '{ text: Hi }', 'goTo needs `step` or `flow`'],
  ['a wait with a text', '{ step: a, wait: true, text: Hi }', '`wait` has no `text` or `data` beside it'],
  ['a wait that is none', '{ step: a, wait: 2s }', expect.stringContaining('only `true` stands here')],
])('%s is a finding', (_name, leads, message) => {
  const { findings } = loadFlows(flowFiles({ bot: `steps:\n  - goTo: ${leads}\n  - { id: a, say: A }` }));
  expect(findings.map((one) => one.message)).toEqual([message]);
});

it('the button of a menu only leads somewhere', () => {
  const say = '- say: { text: Hi, buttons: [{ id: b, title: B, goTo: { step: a, text: Hi } }] }';
  const { findings } = loadFlows(flowFiles({ bot: `steps:\n  ${say}\n  - { id: a, say: A }` }));
  expect(findings).toMatchObject([{ code: 'unknown-key' }]);
});
