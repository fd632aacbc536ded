import { describe, expect, it } from 'vitest';
import { SettingsSchema } from '../../../src/config/schema.js';
import { judge } from '../../../src/rehearsal/judge.js';
import { play } from '../../../src/rehearsal/play.js';
import { readTestFile } from '../../../src/rehearsal/test-file.js';
import { flowFiles, versionOf } from '../flow/talk.js';

const { conversation: limits } = SettingsSchema.parse({});

const BOT = `
context: { tries: 0 }
steps:
  - say: "Hello {{ profile.name ?? 'there' }}!"
  - id: ask
    question:
      type: regex
      pattern: "^[0-9]{6}$"
      text: What is your order number?
      reprompt: Six digits, please.
      into: context.order
      timeout: 10m
      onTimeout: [{ say: I will be here. }, { stop: true }]
  - say: { text: "Order {{ context.order }}.", buttons: [{ id: track, title: Track it }, { id: done, title: Thanks }] }
  - id: after
    wait: true
  - say: "You tapped {{ input.text }} at {{ input.currentTime.hour }}:{{ input.currentTime.minute }}."
`;

/** What a test of the bot above fails with. */
async function failuresOf(turns: string, more = '', bot = BOT) {
  const text = `flow: bot\n${more}tests:\n  - name: one\n    turns:\n${turns.replace(/^/gm, '      ')}`;
  const { file, findings } = readTestFile('bot.test.yaml', text);
  const [test] = file?.content.tests ?? [];
  if (file === undefined || test === undefined) throw new Error(JSON.stringify(findings));
  const played = await play(file, test, { version: versionOf(flowFiles({ bot })), limits, handlers: () => ({}) });
  return judge(test, played, ['tests', 0]).map((failure) => {
    const { line, column } = file.place(failure);
    // What an editor shows under the cursor.
    const at = text
      .split('\n')
      [line - 1]?.slice(column - 1)
      .split(/[,}\]]/)[0];
    return { at, message: failure.message, diff: failure.diff };
  });
}

describe('a test that is right', () => {
  it('has the handlers of an endpoint when it names them', async () => {
    const bot = `
handlers: { reaction: [{ say: Thanks. }] }
steps: [{ say: Hello. }]
`;
    const turns = '- { contact: Hi, bot: Hello. }\n- { contact: { reaction: "👍" }, bot: Thanks. }';
    expect(await failuresOf(turns, 'given: { handlers: bot }\n', bot)).toEqual([]);
  });

  it('has the files of its contact at once, or not, as it says', async () => {
    const bot = `
steps:
  - if: has(input.attachments[0].url)
    then: [{ say: "{{ input.attachments[0].type }} of {{ input.attachments[0].size }} bytes" }, { stop: true }]
  - say: "{{ input.attachments[0].state }}: {{ input.attachments[0].reason }}"
`;
    const turns = [
      '- { contact: { image: { caption: Look } }, bot: image of 1000 bytes }',
      '- { contact: { document: { size: 5 } }, bot: document of 5 bytes }',
      '- { contact: { video: { reason: tooLarge } }, bot: "refused: tooLarge" }',
      '- { contact: { voice: { reason: timeout } }, bot: "failed: timeout" }',
    ];
    expect(await failuresOf(turns.join('\n'), '', bot)).toEqual([]);
  });

  it('lets a message fail', async () => {
    const bot = `
handlers:
  status: [{ say: "{{ input.data.step }}: {{ input.data.codes[0] }}" }]
steps:
  - id: ask
    question: { type: number, text: How many? }
  - say: Thanks.
`;
    const turns = `- { contact: Hi, bot: How many? }
- { fails: ask, bot: "ask: 131026", at: ask }
- { fails: bot/ask, codes: [131047], bot: "ask: 131047" }
- { contact: "3", bot: Thanks. }
- { fails: nobody, bot: [] }`;
    expect(await failuresOf(turns, '', bot)).toEqual([
      {
        at: 'nobody',
        message: 'the step nobody has said nothing: these have: ask, handlers.status[0], steps[1]',
        diff: [],
      },
    ]);
  });

  it('collects a burst of messages as its endpoint does', async () => {
    const turns = `- { contact: Where, bot: [] }
- { wait: 1s, bot: [] }
- { contact: is my parcel?, bot: [] }
- { wait: 1s, bot: [] }
- { wait: 500ms, bot: "[Where\\nis my parcel?]" }
- { contact: Hm, bot: [] }
- { contact: { reaction: "👍" }, bot: [] }
- { wait: 10s, bot: "[Hm]" }`;
    expect(await failuresOf(turns, 'given: { collect: 1500ms }\n', 'steps: [{ say: "[{{ input.text }}]" }]')).toEqual(
      [],
    );
  });

  it.each([
    ['interrupt', ['Awake by text.'], ['Now Again.'], []],
    ['queue', [], [], ['Awake by timer.', 'Now Hello.', 'Hi Again.']],
    ['drop', [], [], ['Awake by timer.']],
  ])('does with messages during a sleep as its endpoint does: %s', async (duringSleep, first, second, then) => {
    const bot = `
steps:
  - say: "Hi {{ input.text }}."
  - sleep: 10s
  - say: Awake by {{ input.type }}.
  - wait: true
  - say: "Now {{ input.text }}."
`;
    const turns = [
      { contact: 'Ana', bot: 'Hi Ana.' },
      { wait: '9s', bot: [] },
      { contact: 'Hello', bot: first },
      { contact: 'Again', bot: second },
      { wait: '1s', bot: then },
    ];
    const written = turns.map((turn) => `- ${JSON.stringify(turn)}`).join('\n');
    expect(await failuresOf(written, `given: { duringSleep: ${duringSleep} }\n`, bot)).toEqual([]);
  });

  it('hears what a flow starts at once, at a time, and takes back', async () => {
    const bot = `
steps:
  - if: input.type == 'inject'
    then: [{ say: "It is time for {{ input.text }}." }, { stop: true }]
  - lookup: "{{ input.text }}"
    cases:
      tea: [{ inject: { text: tea, in: 5m, name: timer } }, { notify: Two things to say. }]
      forget it: [{ inject: { cancel: timer } }]
`;
    const turns = `- { contact: tea, bot: Two things to say. }
- { wait: 4m, bot: [] }
- { wait: 2m, bot: It is time for tea. }
- { contact: tea, bot: Two things to say. }
- { contact: forget it, bot: [] }
- { wait: 20m, bot: [] }`;
    expect(await failuresOf(turns, '', bot)).toEqual([]);
  });

  it.each([
    [
      'texts and a reprompt',
      '- { contact: Hi, bot: ["Hello there!", What is your order number?] }\n- { contact: abc, bot: "Six digits, please." }',
    ],
    [
      'a name given',
      '- { contact: Hi, bot: ["Hello Ana!", { contains: order number }] }',
      'given: { profile: { name: Ana } }\n',
    ],
    ['a pattern', '- { contact: Hi, bot: [{ matches: "^Hello" }, { text: { matches: "number.$" } }] }'],
    [
      'buttons by id and by title',
      '- contact: Hi\n- { contact: "123456", bot: [{ text: Order 123456., buttons: [track, Thanks] }], at: after, context: { order: "123456" } }\n- { tap: Track it, bot: You tapped track at 9:0., ends: true, at: top }',
    ],
    ['time that passes', '- contact: Hi\n- { wait: 9m, bot: [] }\n- { wait: 2m, bot: I will be here., at: top }'],
    [
      'the end of a session',
      '- contact: Hi\n- { wait: 11m, at: top }\n- { wait: 31m, bot: [], at: ended, ends: true }',
    ],
    [
      'a clock of its own',
      '- contact: Hi\n- contact: "123456"\n- { tap: track, bot: You tapped track at 23:30. }',
      'given: { now: "2026-03-01T23:30:00Z" }\n',
    ],
    [
      'a zone of its own',
      '- contact: Hi\n- contact: "123456"\n- { tap: track, bot: You tapped track at 18:0. }',
      'given: { timeZone: Asia/Tokyo }\n',
    ],
    ['a context given', '- { contact: Hi, context: { tries: 7, order: null } }', 'given: { context: { tries: 7 } }\n'],
    ['something the bot cannot read', '- { contact: { unsupported: poll } }'],
  ])('passes: %s', async (_name, turns, more?: string) => expect(await failuresOf(turns, more)).toEqual([]));
});

describe('a test that is wrong', () => {
  it.each([
    [
      'another text',
      '- { contact: Hi, bot: ["Hello Ana!", What is your order number?] }',
      {
        at: '"Hello Ana!"',
        message: 'the bot said something else',
        diff: ['- Hello Ana!', '+ Hello there!', '  What is your order number?'],
      },
    ],
    [
      'a message too few',
      '- { contact: Hi, bot: [What is your order number?] }',
      {
        at: '[What is your order number?',
        message: 'the bot said 2 messages, and 1 message was expected',
        diff: ['+ Hello there!', '  What is your order number?'],
      },
    ],
    [
      'a message too many',
      '- contact: Hi\n  bot:\n    - Hello there!\n    - How are you?\n    - What is your order number?',
      {
        at: 'How are you?',
        message: 'the bot said 2 messages, and 3 messages were expected',
        diff: ['  Hello there!', '- How are you?', '  What is your order number?'],
      },
    ],
    [
      'silence expected',
      '- { contact: Hi, bot: [] }',
      {
        at: '[',
        message: 'the bot said 2 messages, and nothing was expected',
        diff: ['+ Hello there!', '+ What is your order number?'],
      },
    ],
    [
      'another button',
      '- contact: Hi\n- { contact: "123456", bot: [{ text: Order 123456., buttons: [track, thanks] }] }',
      {
        at: 'thanks',
        message: 'the message is another',
        diff: ['- buttons.1: thanks', '+ buttons.1: { id: done, title: Thanks }'],
      },
    ],
    [
      'a value in the context',
      '- contact: Hi\n- { contact: "123456", context: { order: 123456 } }',
      { at: '123456 ', message: 'context.order is another', diff: ['- 123456', '+ "123456"'] },
    ],
    [
      'another place',
      '- { contact: Hi, at: after }',
      { at: 'after ', message: 'the session waits elsewhere', diff: ['- after', '+ bot/ask'] },
    ],
    [
      'no end',
      '- { contact: Hi, ends: true }',
      { at: 'true ', message: 'the session waits at bot/ask', diff: ['- ends: true', '+ ends: false'] },
    ],
    [
      'nothing to tap',
      '- contact: Hi\n- { tap: track }',
      { at: 'track ', message: 'there is nothing to tap called track: nothing was offered so far', diff: [] },
    ],
    [
      'a mock nobody used',
      '- contact: Hi',
      { at: '{ url: "*"', message: 'nothing called this http mock', diff: [] },
      'http: [{ url: "*", times: 1, reply: { status: 200 } }]\n',
    ],
  ])('fails: %s', async (_name, turns, failure, more?: string) =>
    expect(await failuresOf(turns, more)).toEqual([failure]),
  );

  it('is told by the first turn that went wrong', async () => {
    const failures = await failuresOf('- { contact: Hi, bot: Hm }\n- { contact: abc, bot: Hm }');
    expect(failures.map(({ at }) => at)).toEqual(['Hm ']);
  });
});
