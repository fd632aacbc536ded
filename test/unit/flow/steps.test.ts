import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadFlows } from '../../../src/flow/load.js';
import { stepKinds } from '../../../src/flow/steps/step-kinds.js';
import { message, Talk, talkTo } from './talk.js';

/** What the example of each kind of step does: what is said, in order, and where the conversation waits then. */
const EXAMPLES: { [kind: string]: [turns: ((talk: Talk) => unknown[])[], said: unknown[], at: unknown] } = {
  say: [[(t) => t.say('Hi')], ['Hello there!', { text: 'How can I help?', buttons: ['track', 'talk'] }], 'top'],
  optionalQuestion: [
    [(t) => t.say('Hi'), (t) => t.say('4'), (t) => t.say('A table, please')],
    [
      'What can I do for you? And do tell me some time how many you are.',
      '4 guests, noted.',
      'Let me see what I can do.',
    ],
    'top',
  ],
  question: [
    [(t) => t.say('Hi'), (t) => t.say('many'), (t) => t.say('twelve'), (t) => t.say('four')],
    [
      'How many guests will you be?',
      'Please write a number from 1 to 8.',
      'Please write a number from 1 to 8.',
      'A table for 4, then.',
    ],
    'top',
  ],
  wait: [[(t) => t.say('Hi'), (t) => t.say('four')], ['Tell me anything.', 'You wrote 4 characters.'], 'top'],
  if: [[(t) => t.say('Hi')], ['Nice to meet you!'], 'top'],
  lookup: [[(t) => t.say('When do you OPEN?')], ['We are open from nine to five.'], 'top'],
  once: [
    [(t) => t.say('Hi'), (t) => t.say('Hi')],
    ['Hello, I am the bot of the bakery.', 'What else can I do for you?'],
    'top',
  ],
  goTo: [[(t) => t.say('help'), (t) => t.say('ok')], ['Here is how it works.', 'Thanks for asking.'], 'top'],
  every: [
    [(t) => t.say('Hi'), (t) => t.say('Hi')],
    ['This week there is walnut bread.', 'What can I do for you?', 'What can I do for you?'],
    'top',
  ],
  repeat: [
    [(t) => t.say('Hi'), (t) => t.say('soup'), (t) => t.say('fish')],
    ['1. What will Ana have?', '2. What will Ben have?', 'soup for Ana and fish for Ben: coming!'],
    'top',
  ],
  executeFlow: [[(t) => t.say('Hi')], ['2', '12', '012'], 'top'],
  think: [[(t) => t.say('Hi')], ['It costs 10 euros.'], 'top'],
  set: [[(t) => t.say('Hi')], ['Hello you, this is message 1.'], 'top'],
  unset: [[(t) => t.say('Hi')], ['Your basket is empty.'], 'top'],
  append: [[(t) => t.say('Hi')], ['In your basket: bread and cake.'], 'top'],
  profile: [
    [(t) => t.say('Hi')],
    ['walnut bread in Lisbon, noted.', 'We will write to you when there are offers.'],
    'top',
  ],
  inject: [
    [(t) => t.say('Hi'), (t) => t.turn({ kind: 'message', message: message({ type: 'inject', text: 'tea' }) })],
    ['I will tell you in five minutes.', 'It is time for tea.'],
    'top',
  ],
  notify: [[(t) => t.say('Hi'), (t) => t.say('yes')], ['I have kept your basket.', 'Let us go on, then.'], 'top'],
  track: [[(t) => t.say('Hi')], ['Your order is on its way.'], 'top'],
  blind: [[(t) => t.say('Hi'), (t) => t.say('1234')], ['What is your PIN?', 'Thank you.'], 'top'],
  raise: [[(t) => t.say('Hi')], ['Something is not right here. A colleague will look at it.'], 'top'],
  sleep: [[(t) => t.say('Hi'), (t) => t.ring()], ['Let me think …', 'I have an idea!'], 'top'],
  stop: [[(t) => t.say('Hi')], ['That was all.'], 'top'],
  endSession: [[(t) => t.say('Hi')], ['Goodbye!'], 'ended'],
  code: [
    [
      (t) => t.say('Hi'),
      (t) => t.answerCall(0, { ok: true, say: ['That is €13.00: delivery is free!'], context: { set: { total: 13 } } }),
    ],
    ['That is €13.00: delivery is free!'],
    'top',
  ],
  http: [
    [
      (t) => t.say('100001'),
      (t) => t.answerCall(0, { ok: true, status: 200, headers: {}, body: { order: { status: 'baked' } } }),
    ],
    ['One moment, I am looking it up.', 'Your order is baked.'],
    'top',
  ],
  llm: [
    [(t) => t.say('When do you open?'), (t) => t.answerCall(0, { ok: true, text: '', json: { topic: 'opening' } })],
    ['We are open from seven to six.'],
    'top',
  ],
  log: [[(t) => t.say('Hi')], [], 'top'],
  handover: [
    [(t) => t.say('Hi'), (t) => t.say('anybody?'), (t) => t.turn({ kind: 'handoverEnded' })],
    ['One moment, I am getting a colleague.', 'I am back. Can I do anything else for you?'],
    'top',
  ],
};

describe('each kind of step', () => {
  it.each(stepKinds.map((kind) => [kind.kind, kind] as const))(
    '%s has an example that loads and runs',
    (name, { example }) => {
      const path = `${/^flow: (.*)$/m.exec(example)?.[1]}.yaml`;
      const { version, findings } = loadFlows([{ path, text: example }]);
      expect(findings).toEqual([]);
      const [turns, said, at] = EXAMPLES[name] ?? [[], undefined, undefined];
      if (version === undefined) throw new Error('no version');
      const talk = new Talk(version);
      expect(turns.flatMap((turn) => turn(talk))).toEqual(said);
      expect(talk.at).toBe(at);
      expect(talk.failures).toEqual(name === 'raise' ? ['the basket has no total'] : []);
    },
  );

  it('has a file of its own in the table', () => {
    const files = readdirSync(new URL('../../../src/flow/steps', import.meta.url)).filter(
      (file) => file !== 'step-kinds.ts',
    );
    expect(files).toHaveLength(stepKinds.length);
  });
});

describe('what all steps have', () => {
  it('leaves out a disabled step, and one whose `when` does not hold', () => {
    const talk = talkTo(`steps:
- { say: off, disabled: true }
- { say: never, when: "input.text == 'x'" }
- { say: always, when: "input.text == 'Hi'", note: for the reader }`);
    expect(talk.say('Hi')).toEqual(['always']);
    expect(talk.last?.trace.map(({ step, outcome }) => [step, outcome])).toEqual([
      ['steps[1]', 'skipped'],
      ['steps[2]', 'said'],
    ]);
  });
});

describe('say', () => {
  it.each([
    ['sequence', ['one', 'two', 'three', 'three', 'three']],
    ['loop', ['one', 'two', 'three', 'one', 'two']],
  ])('takes its texts in the mode %s', (mode, said) => {
    const talk = talkTo(`steps:\n- say: { text: [one, two, three], mode: ${mode} }`);
    expect(said.flatMap(() => talk.say('Hi'))).toEqual(said);
  });

  it('takes any of its texts at random, the same when the turn is run again', () => {
    const flow = 'steps:\n- say: [one, two, three]';
    const first = talkTo(flow);
    const second = talkTo(flow);
    const said = Array.from({ length: 30 }, () => first.say('Hi')[0]);
    expect(new Set(said)).toEqual(new Set(['one', 'two', 'three']));
    expect(Array.from({ length: 30 }, () => second.say('Hi')[0])).toEqual(said);
  });

  it.each([
    [undefined, 'en-GB', 'Hello'],
    [undefined, 'de-AT', 'Hallo'],
    ['de', 'en-GB', 'Hallo'],
    ['de-CH', 'en-GB', 'Hallo'],
    ['fr', 'en-GB', 'Hello'],
    ['fr', 'it-IT', 'Hallo'],
    ['not a language!', 'en-GB', 'Hello'],
  ])('speaks to a contact with language %s at an endpoint for %s', (language, locale, said) => {
    const talk = talkTo('steps:\n- say: { de: Hallo, en: Hello }', { locale });
    if (language !== undefined) talk.profile = { language };
    expect(talk.say('Hi')).toEqual([said]);
  });

  it('speaks a language from the moment it is chosen', () => {
    const talk = talkTo(`steps:
- say: { en: Hello, de: Hallo }
- set: { profile.language: "{{ input.text }}" }
- say: { en: "Hello {{ format.number(1.5) }} {{ input.language }}", de: "Hallo {{ format.number(1.5) }} {{ input.language }}" }`);
    expect(talk.say('de')).toEqual(['Hello', 'Hallo 1,5 de']);
  });

  it('sends three buttons as buttons and four as a list, in the language of the contact', () => {
    const talk = talkTo(
      `steps:
- say: { text: three, buttons: [A, B, { id: c, title: C }], header: { image: "https://x.example/a.png" }, footer: f }
- say: { text: four, buttons: [A, B, C, D], header: Top }`,
      { locale: 'de-DE' },
    );
    talk.say('Hi');
    expect(talk.effects('send').map(({ message }) => message)).toEqual([
      {
        type: 'buttons',
        text: 'three',
        header: { type: 'image', link: 'https://x.example/a.png' },
        footer: 'f',
        buttons: [
          { id: 'A', title: 'A' },
          { id: 'B', title: 'B' },
          { id: 'c', title: 'C' },
        ],
      },
      {
        type: 'list',
        text: 'four',
        header: { type: 'text', text: 'Top' },
        button: 'Auswählen',
        sections: [{ rows: ['A', 'B', 'C', 'D'].map((id) => ({ id, title: id })) }],
      },
    ]);
  });

  it('shows the buttons whose `when` holds, and a text when none does', () => {
    const talk = talkTo(`steps:
- say: { text: pick, buttons: [{ id: a, title: A, when: "input.text == 'a'" }, { id: b, title: B, when: "input.text == 'b'" }] }`);
    expect([talk.say('a'), talk.say('x')]).toEqual([[{ text: 'pick', buttons: ['a'] }], ['pick']]);
  });

  it('sends a list with sections, descriptions and ids from memory', () => {
    const talk = talkTo(`context: { n: 7 }
steps:
- say:
    text: pick
    list:
      button: Open
      sections:
        - { title: First, rows: [{ id: "order-{{ context.n }}", title: "Order {{ context.n }}", description: the last one }] }
        - { title: Second, rows: [{ id: z, title: Z }] }`);
    talk.say('Hi');
    expect(talk.effects('send')[0]?.message).toEqual({
      type: 'list',
      text: 'pick',
      button: 'Open',
      sections: [
        { title: 'First', rows: [{ id: 'order-7', title: 'Order 7', description: 'the last one' }] },
        { title: 'Second', rows: [{ id: 'z', title: 'Z' }] },
      ],
    });
  });

  it('sends an image by link', () => {
    const talk = talkTo(
      'steps:\n- say: { image: { link: "https://x.example/{{ input.text }}.png", caption: "{{ input.text }}" } }',
    );
    talk.say('cat');
    expect(talk.effects('send')[0]?.message).toEqual({
      type: 'image',
      link: 'https://x.example/cat.png',
      caption: 'cat',
    });
  });

  it('cuts what is too long only with its values, and says so in the trace', () => {
    const talk = talkTo('steps:\n- say: "{{ input.text }}"\n- say: { text: pick, buttons: ["{{ input.text }}"] }');
    const [text] = talk.say(`${'😀'.repeat(5000)}`);
    expect([...String(text)]).toHaveLength(4096);
    expect(talk.failures).toEqual(['the id of a button or row has between 1 and 256 characters']);
    expect(talk.warnings).toEqual([
      'the text was cut from 5000 to 4096 characters',
      'the button title was cut from 5000 to 20 characters',
    ]);
  });

  it('says nothing when there is nothing to say', () => {
    const talk = talkTo('steps:\n- say: "{{ context.missing }}"\n- say: after');
    expect(talk.say('Hi')).toEqual(['after']);
    expect(talk.warnings).toEqual(['there was nothing to say: the text is empty']);
  });

  it.each([
    [
      '{ text: x, buttons: [{ id: "{{ input.text }}", title: A }, { id: Hi, title: B }] }',
      'two buttons or rows of one message have the same id',
    ],
    [
      '{ text: x, buttons: [{ id: a, title: "{{ input.text }}" }, { id: b, title: Hi }] }',
      'two buttons of one message have the same title',
    ],
    ['{ text: x, buttons: [{ id: a, title: "{{ context.none }}" }] }', 'a button or row has no title'],
    ['{ image: { link: "{{ input.text }}" } }', 'the link of an image does not begin with https://'],
  ])('fails rather than send what Meta refuses: %s', (say, failure) => {
    const talk = talkTo(`steps:\n- say: ${say}`);
    expect(talk.say('Hi')).toEqual(['fallback']);
    expect(talk.failures).toEqual([failure]);
  });

  it('takes a text of `texts`', () => {
    const talk = talkTo(
      'texts: { bye: { en: "Bye {{ input.text }}", de: Tschüss } }\nsteps:\n- say: texts.bye\n- say: { text: texts.bye, buttons: [A] }',
    );
    expect(talk.say('Ana')).toEqual(['Bye Ana', { text: 'Bye Ana', buttons: ['A'] }]);
  });
});

describe('lookup', () => {
  it.each([
    ['exact', 'Yes', 'other'],
    ['exact', 'yes', 'case'],
    ['ignoreCase', ' YES ', 'case'],
    ['contains', 'well, Yes!', 'case'],
    ['contains', 'no', 'other'],
    ['regex', 'yes', 'case'],
    ['regex', 'y'.repeat(2000), 'other'],
  ])('matches %s against %s: %s', (match, text, said) => {
    const talk = talkTo(
      `steps:\n- lookup: "{{ input.text }}"\n  match: ${match}\n  cases: { yes: [{ say: case }] }\n  otherwise: [{ say: other }]`,
    );
    expect(talk.say(text)).toEqual([said]);
  });

  it('compares values of any type as texts, and is not fooled by names of JavaScript', () => {
    const talk = talkTo(`context: { n: 7, yes: true }
steps:
- { lookup: "{{ context.n }}", cases: { 7: [{ say: seven }] } }
- { lookup: "{{ context.yes }}", cases: { true: [{ say: yes }] } }
- { lookup: "{{ context.none }}", cases: { "": [{ say: nothing }] } }
- { lookup: "{{ input.text }}", cases: { x: [{ say: x }] }, otherwise: [{ say: other }] }`);
    expect(talk.say('constructor')).toEqual(['seven', 'yes', 'nothing', 'other']);
    expect(talk.last?.trace[0]).toEqual({ flow: 'bot', step: 'steps[0]', kind: 'lookup', outcome: '7' });
  });
});

describe('set and unset', () => {
  it('keep the types of values, and see what was written before', () => {
    const talk = talkTo(`context: { n: 1, list: [1], old: x }
steps:
- set:
    context.n: "{{ context.n + 1 }}"
    context.twice: "{{ context.n * 2 }}"
    context.all: { list: "{{ [...context.list, context.n] }}", text: "n is {{ context.n }}", fixed: [true, null, 1.5] }
    context.deep.down.here: yes
    context.none: "{{ context.missing }}"
    context.nan: "{{ 0 / 0 }}"
- unset: context.old`);
    talk.say('Hi');
    expect(talk.session?.context).toEqual({
      n: 2,
      list: [1],
      twice: 4,
      all: { list: [1, 2], text: 'n is 2', fixed: [true, null, 1.5] },
      deep: { down: { here: 'yes' } },
      nan: null,
    });
  });

  it('give the profile back as one patch of fields', () => {
    const talk = talkTo(`steps:
- set: { profile.address.city: "{{ input.text }}", profile.seen: true, profile.tmp: 1 }
- unset: [profile.tmp, profile.old]
- say: "{{ profile.address.city }}, {{ profile.address.street }}"`);
    talk.profile = { address: { street: 'Main St' }, old: 1, name: 'Ana' };
    expect(talk.say('Porto')).toEqual(['Porto, Main St']);
    expect(talk.effects('profile')).toEqual([
      { effect: 'profile', set: { address: { street: 'Main St', city: 'Porto' }, seen: true }, unset: ['tmp', 'old'] },
    ]);
  });

  it('do not write into what is no map, and then write nothing of the step', () => {
    const talk = talkTo('context: { a: text }\nsteps:\n- set: { context.b: 1, context.a.x: 2 }');
    expect(talk.say('Hi')).toEqual(['fallback']);
    expect(talk.failures).toEqual(['`a` is not a map, so it has no `x`']);
    expect(talk.session?.context).toEqual({ a: 'text' });
  });
});

it('log gives a line at its level', () => {
  const talk = talkTo('steps:\n- log: { level: warn, message: "n is {{ 1 + 1 }}" }\n- log: plain');
  talk.say('Hi');
  expect(talk.effects('log')).toEqual([
    { effect: 'log', level: 'warn', message: 'n is 2', flow: 'bot', step: 'steps[0]' },
    { effect: 'log', level: 'info', message: 'plain', flow: 'bot', step: 'steps[1]' },
  ]);
});
