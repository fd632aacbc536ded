import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { classify, type Example, train } from '../../../src/flow/intents/classifier.js';
import { DEFAULT_THRESHOLD } from '../../../src/flow/intents/intent.js';
import { loadFlows } from '../../../src/flow/load.js';
import { flowFiles, talkTo } from './talk.js';

const byLanguage = z.record(z.string(), z.array(z.string()));
const { intents, outside } = z
  .object({ intents: z.record(z.string(), byLanguage), outside: byLanguage })
  .parse(parse(readFileSync(new URL('../../fixtures/intents/shop.yaml', import.meta.url), 'utf8')));
const TAUGHT = 5;
const cases = Object.entries(intents).flatMap(([intent, languages]) =>
  Object.values(languages).flatMap((texts) => texts.map((text, index) => ({ intent, text, taught: index < TAUGHT }))),
);
const examples: Example[] = cases.filter(({ taught }) => taught);
const model = train(examples);

describe('the classifier', () => {
  it('finds the intent of texts it was not taught, in three languages with one model', () => {
    const asked = cases.filter(({ taught }) => !taught);
    const right = asked.filter(({ intent, text }) => classify(text, model)[0]?.intent === intent);
    expect(asked).toHaveLength(90);
    expect(right.length).toBeGreaterThanOrEqual(83);
  });

  it('is sure of most of them, and rarely of a wrong one', () => {
    const sure = cases
      .filter(({ taught }) => !taught)
      .map(({ intent, text }) => ({ intent, best: classify(text, model)[0] }))
      .filter(({ best }) => (best?.score ?? 0) >= DEFAULT_THRESHOLD);
    const right = sure.filter(({ intent, best }) => best?.intent === intent);
    expect(right.length).toBeGreaterThanOrEqual(72);
    expect(sure.length - right.length).toBeLessThanOrEqual(3);
  });

  it('leaves alone what is none of the intents', () => {
    const taken = Object.values(outside)
      .flat()
      .filter((text) => (classify(text, model)[0]?.score ?? 0) >= DEFAULT_THRESHOLD);
    expect(taken.length).toBeLessThanOrEqual(3);
  });

  it('learns the same from the same examples', () => {
    expect(train(examples)).toEqual(model);
  });

  it.each(['', '👍', '123456', 'constructor', 'x'.repeat(100_000)])('is sure of nothing about "%s"', (text) => {
    expect(classify(text, model)[0]?.score ?? 0).toBeLessThan(DEFAULT_THRESHOLD);
  });
});

const BOT = `intents:
- name: human
  examples: [talk to a person, agent please, I need help from someone]
  keywords: { en: [agent], de: [mitarbeiter] }
  goTo: agent
- name: hours
  examples: [when are you open, what are your opening hours, until when is the shop open]
  executeFlow: hours
- name: order
  pattern: "^order (?<code>[a-f]+)$"
  steps: [{ say: "Order {{ input.slots.code }} is on its way." }]
- name: quiet
  keywords: [quiet]
steps:
- say: Hello
- id: q
  question: { type: number, text: How many?, reprompt: A number please, maxAttempts: 2, onMaxAttempts: [{ say: Enough }] }
- id: name
  question: { type: text, text: Your name? }
- id: w
  wait: true
- say: "end {{ input.intent }}"
- stop: true
- id: agent
  handover: { message: A colleague comes }
`;
const bot = (more = '') => ({ bot: BOT + more, hours: 'steps: [{ say: From 8 to 6 }]' });

describe('an intent', () => {
  it('is tried before the first step', () => {
    expect(talkTo(bot()).say('can I talk to a person please')).toEqual(['A colleague comes']);
  });

  it('waits for `handlers.start`', () => {
    const talk = talkTo(bot('handlers: { start: [{ say: Welcome }] }'));
    expect([talk.say('when do you open'), talk.at]).toEqual([['Welcome', 'From 8 to 6'], 'top']);
  });

  it('with a flow comes back to the question without costing an attempt', () => {
    const talk = talkTo(bot());
    talk.say('Hi');
    expect(talk.say('when are you open?')).toEqual(['From 8 to 6', 'How many?']);
    expect(talk.say('many')).toEqual(['A number please']);
    expect(talk.say('when are you open?')).toEqual(['From 8 to 6', 'How many?']);
    expect(talk.say('many')[0]).toBe('Enough');
  });

  it('with steps has the groups of its pattern as `input.slots`', () => {
    const talk = talkTo(bot());
    talk.say('Hi');
    expect(talk.say('order abc')).toEqual(['Order abc is on its way.', 'How many?']);
  });

  it('with goTo abandons the question', () => {
    const talk = talkTo(bot());
    talk.say('Hi');
    expect([talk.say('agent please'), talk.session?.handover]).toEqual([['A colleague comes'], true]);
  });

  it('does not take what answers a strict question', () => {
    const talk = talkTo(
      bot()
        .bot.replace('keywords: [quiet]', 'keywords: ["3"]\n  goTo: agent')
        .replace('executeFlow: hours', 'goTo: agent'),
    );
    talk.say('Hi');
    expect(talk.say('3')).toEqual(['Your name?']);
  });

  it('interrupts an open question only by a keyword alone', () => {
    const talk = talkTo(bot());
    talk.say('Hi');
    talk.say('3');
    expect([talk.say('my agent is Ana'), talk.at]).toEqual([[], 'w']);
    const other = talkTo(bot());
    other.say('Hi');
    other.say('3');
    expect(other.say('Agent!')).toEqual(['A colleague comes']);
  });

  it('is reached by its payload, also from a button', () => {
    expect(talkTo(bot()).tap('cIntent:human')).toEqual(['A colleague comes']);
    expect(talkTo(bot()).say('cIntent:nobody')).toEqual(['Hello', 'How many?']);
  });

  it('without an action is only told', () => {
    const talk = talkTo(bot());
    for (const text of ['Hi', '3', 'Ana']) talk.say(text);
    expect(talk.say('quiet')).toEqual(['end quiet']);
  });

  it('leaves a question that is not interruptible alone', () => {
    const talk = talkTo(
      bot().bot.replace('reprompt:', 'interruptible: false, reprompt:').replace('executeFlow: hours', 'goTo: agent'),
    );
    talk.say('Hi');
    expect(talk.say('agent')).toEqual(['A number please']);
  });

  it('of the nearest flow counts', () => {
    const talk = talkTo({
      bot: 'intents: [{ name: help, keywords: [help], steps: [{ say: outer }] }]\nsteps: [{ executeFlow: inner }, { say: back }]',
      inner:
        'intents: [{ name: help, keywords: [help], steps: [{ say: inner }] }]\nsteps: [{ id: q, question: { type: number, text: N? } }]',
    });
    talk.say('Hi');
    expect([talk.say('help'), talk.say('1'), talk.say('help')]).toEqual([['inner', 'N?'], ['back'], ['outer']]);
  });

  it('answers an intent question', () => {
    const talk = talkTo(
      'intents: [{ name: a, keywords: [apple] }, { name: b, keywords: [pear] }]\nsteps: [{ id: q, question: { type: intent, text: What?, intents: [b], into: context.x } }, { say: ok }]',
    );
    talk.say('Hi');
    expect([talk.say('an apple'), talk.say('a pear'), talk.session?.context]).toEqual([['What?'], ['ok'], { x: 'b' }]);
  });

  it('missing, `handlers.intentNone` answers in the middle of a session', () => {
    const talk = talkTo(
      'intents: [{ name: a, keywords: [apple], steps: [{ say: fruit }] }]\nhandlers: { intentNone: [{ say: Sorry? }] }\nsteps: [{ say: Hello }]',
    );
    expect([talk.say('Hi'), talk.say('hm'), talk.say('apple')]).toEqual([['Hello'], ['Sorry?'], ['fruit']]);
  });
});

describe('the check', () => {
  const messages = (intents: string) =>
    loadFlows(flowFiles({ bot: `intents: ${intents}\nsteps: [{ stop: true }]` })).findings.map(
      ({ code, severity, line, column, message }) => `${line}:${column} ${severity} ${code} ${message}`,
    );

  it.each([
    ['[{ name: a, keywords: [x], pattern: "(a+)+$" }]', /^3:\d+ error invalid-pattern the pattern can take for ever/],
    [
      '[{ name: a, keywords: [x] }, { name: a, keywords: [y] }]',
      /error duplicate-intent two intents of this flow have the name `a`$/,
    ],
    [
      '[{ name: a, keywords: [x] }, { name: b, keywords: [X!] }]',
      /warning ambiguous-words "X!" is also one of the keywords of `a`$/,
    ],
    [
      '[{ name: a, examples: [x y, y z, z x] }, { name: b, examples: [X Y, a b, b c] }]',
      /warning ambiguous-words "X Y" is also one of the examples of `a`$/,
    ],
    ['[{ name: a }]', /warning unreachable-intent no message has the intent `a`$/],
    ['[{ name: a, examples: [hello there] }]', /warning few-examples one example teaches little$/],
    ['[{ name: a, keywords: [x], goTo: nowhere }]', /error unknown-target there is no step `nowhere` in flow bot$/],
    ['[{ name: a, keywords: [x], executeFlow: nowhere }]', /error unknown-flow there is no flow `nowhere`$/],
    [
      '[{ name: a, keywords: [x], goTo: y, steps: [{ stop: true }] }]',
      /error invalid-combination an intent has one of/,
    ],
    ['[{ name: a, keywords: [x], threshold: 2 }]', /error invalid-value a number above 0, 1 at most, is expected$/],
  ])('finds what is wrong with %s', (text, expected) => {
    expect(messages(text)).toEqual([expect.stringMatching(expected)]);
  });

  it.each([
    ['choices: [{ id: a, title: A }, { id: a, title: B }]', 'duplicate-choice', 'two choices have the id `a`'],
    [
      'choices: [{ id: a, title: A, synonyms: [x] }, { id: b, title: B, synonyms: [X] }]',
      'ambiguous-words',
      '`a` and `b` both answer to "x", so it means neither of them',
    ],
  ])('finds what is wrong with %s', (text, code, sentence) => {
    const { findings } = loadFlows(
      flowFiles({ bot: `steps: [{ id: q, question: { type: choice, text: Which?, ${text} } }]` }),
    );
    expect(findings.map((found) => [found.code, found.message])).toEqual([[code, sentence]]);
  });
});

it('what is wrong with an intent is shown there, also behind one that is disabled', () => {
  const text = `spec: 1
flow: bot
intents:
  - { name: off, keywords: [off], disabled: true, goTo: a }
  - { name: on, keywords: [on], goTo: nowhere }
steps:
  - { id: a, say: A }
`;
  const { findings } = loadFlows([{ path: 'bot.yaml', text }]);
  expect(findings).toMatchObject([{ code: 'unknown-target', line: 5 }]);
});
