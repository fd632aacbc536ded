import { describe, expect, it } from 'vitest';
import { NOW_MS, talkTo } from './talk.js';

const asking = (fields: string) =>
  `steps:\n- id: q\n  question: { ${fields} }\n- id: after\n  say: "got {{ input.result }}"`;

describe('a question', () => {
  it.each([
    ['type: text, text: Name?', 'Ana ', 'Ana'],
    ['type: number, text: How many?', 'three', 3],
    ['type: email, text: Where to?', 'It is ana@example.com', 'ana@example.com'],
    ['type: yesNo, text: Sure?', 'yes please', true],
    ['type: yesNo, text: Sure?', 'nope', false],
    ['type: regex, pattern: "^[0-9]{6}$", text: Order?', ' 123456 ', '123456'],
    ['type: choice, text: Which?, choices: [Red, Blue]', '2', 'Blue'],
    [
      'type: choice, text: Which?, choices: [{ id: r, title: Red, synonyms: { en: [crimson], de: [rot] } }, Blue]',
      'rot',
      'r',
    ],
  ])('%s is answered by "%s"', (fields, answer, result) => {
    const talk = talkTo(asking(`${fields}, into: context.answer`));
    talk.say('Hi');
    expect(talk.at).toBe('q');
    expect(talk.say(answer)).toEqual([`got ${result}`]);
    expect(talk.session?.context).toEqual({ answer: result });
  });

  it.each([
    ['type: text, text: Name?', '   '],
    ['type: number, text: How many?', 'many'],
    ['type: number, text: How many?, validate: input.result > 3', '3'],
    ['type: email, text: Where to?', 'home'],
    ['type: yesNo, text: Sure?', 'perhaps'],
    ['type: regex, pattern: "^[0-9]{6}$", text: Order?', '12345'],
    ['type: regex, pattern: "^.+$", text: Order?', 'x'.repeat(100_000)],
    ['type: choice, text: Which?, choices: [Red, Blue]', 'green'],
  ])('%s is not answered by "%s"', (fields, answer) => {
    const talk = talkTo(asking(`${fields}, reprompt: Again!`));
    talk.say('Hi');
    const [again] = talk.say(answer);
    expect(again === 'Again!' || again).toEqual(
      fields.includes('choice') ? { text: 'Again!', buttons: ['Red', 'Blue'] } : true,
    );
    expect(talk.at).toBe('q');
  });

  it('asks the same again without a reprompt, taking its texts in turn, with a hint in the language of the contact', () => {
    const talk = talkTo(asking('type: number, text: [One?, Two?], mode: loop'), { locale: 'de-DE' });
    const hint = 'Hier brauche ich eine Zahl, zum Beispiel 12.';
    expect([talk.say('Hi'), talk.say('x'), talk.say('x'), talk.say('3')]).toEqual([
      ['One?'],
      [`${hint}\n\nTwo?`],
      [`${hint}\n\nOne?`],
      ['got 3'],
    ]);
  });

  it('only asks again in a language it has no words of', () => {
    const talk = talkTo(asking('type: number, text: Ile?'), { locale: 'pl-PL' });
    talk.say('Hi');
    expect(talk.say('x')).toEqual(['Ile?']);
  });

  it('takes the texts of a reprompt by the attempt', () => {
    const talk = talkTo(asking('type: number, text: How many?, reprompt: { text: [First, Second], mode: sequence }'));
    expect(['Hi', 'a', 'b', 'c', '3'].map((text) => talk.say(text)[0])).toEqual([
      'How many?',
      'First',
      'Second',
      'Second',
      'got 3',
    ]);
  });

  it('runs steps as a reprompt and keeps counting', () => {
    const talk = talkTo(`steps:
- id: q
  question:
    type: number
    text: How many?
    reprompt: [{ say: "Not a number, {{ input.text }}" }, { say: Try again }]
    maxAttempts: 3
    onMaxAttempts: [{ say: Never mind }]
- say: after`);
    talk.say('Hi');
    expect(talk.say('a')).toEqual(['Not a number, a', 'Try again']);
    expect(talk.say('b')).toEqual(['Not a number, b', 'Try again']);
    expect(talk.say('c')).toEqual(['Never mind', 'after']);
  });

  it('is skipped when the answer is known', () => {
    const talk = talkTo(asking('type: text, text: Name?, skipIf: has(profile.name)'));
    talk.profile = { name: 'Ana' };
    expect(talk.say('Hi')).toEqual(['got ']);
  });

  it('shows the contact what was asked as `input.activeQuestion`', () => {
    const talk = talkTo(
      asking(
        'type: number, text: How many?, reprompt: "{{ input.activeQuestion.step }} {{ input.activeQuestion.attempts }}"',
      ),
    );
    talk.say('Hi');
    expect([talk.say('a'), talk.say('b')]).toEqual([['q 0'], ['q 1']]);
  });

  it('sends four choices as a list and takes the tap', () => {
    const talk = talkTo(asking('type: choice, text: Which?, choices: [A, B, C, D]'));
    expect(talk.say('Hi')).toEqual([{ text: 'Which?', rows: ['A', 'B', 'C', 'D'] }]);
    expect(talk.tap('D')).toEqual(['got D']);
  });
});

describe('a timeout', () => {
  const flow = `steps:
- id: q
  question: { type: text, text: Name?, timeout: 10m, onTimeout: [{ say: Too late }, { stop: true }], validate: input.result != 'x' }
- id: w
  wait: true`;

  it('asks for a timer whose clock starts when the question was sent, and runs `onTimeout` when it goes off', () => {
    const talk = talkTo(flow);
    talk.say('Hi');
    const token = 'conversation:1:t0';
    expect(talk.effects('timer')).toEqual([{ effect: 'timer', token, dueMs: NOW_MS + 600_000, afterSendMs: 600_000 }]);
    expect(talk.session?.timers).toEqual([token]);
    expect(talk.ring()).toEqual(['Too late']);
    expect([talk.at, talk.session?.timers, talk.effects('cancelTimer')]).toEqual(['top', [], []]);
  });

  it('is cancelled by the answer', () => {
    const talk = talkTo(flow);
    talk.say('Hi');
    talk.say('Ana');
    expect(talk.effects('cancelTimer')).toEqual([{ effect: 'cancelTimer', token: 'conversation:1:t0' }]);
    expect([talk.at, talk.session?.timers]).toEqual(['w', []]);
  });

  it('begins anew with a reprompt', () => {
    const talk = talkTo(flow);
    talk.say('Hi');
    talk.say('x');
    expect([talk.effects('cancelTimer'), talk.session?.timers]).toEqual([
      [{ effect: 'cancelTimer', token: 'conversation:1:t0' }],
      ['conversation:2:t0'],
    ]);
  });

  it('that comes after the answer does nothing', () => {
    const talk = talkTo(flow);
    talk.say('Hi');
    talk.say('Ana');
    const before = talk.session;
    expect(talk.turn({ kind: 'timer', token: 'conversation:1:t0' })).toEqual([]);
    expect([talk.last?.outcome, talk.session]).toEqual(['ignored', before]);
  });
});

describe('a sleep', () => {
  const flow = 'steps:\n- say: a\n- id: nap\n  sleep: 2s\n- say: "b {{ input.type }} {{ input.text }}"';

  it('goes on when its timer goes off', () => {
    const talk = talkTo(flow);
    expect([talk.say('Hi'), talk.ring()]).toEqual([['a'], ['b timer ']]);
  });

  it("asks for a timer by the turn's clock", () => {
    const talk = talkTo(flow);
    talk.say('Hi');
    expect(talk.effects('timer')).toEqual([{ effect: 'timer', token: 'conversation:1:t0', dueMs: NOW_MS + 2000 }]);
  });

  it('is interrupted by a message, which is the input then', () => {
    const talk = talkTo(flow);
    expect([talk.say('Hi'), talk.say('wait!')]).toEqual([['a'], ['b text wait!']]);
    expect(talk.effects('cancelTimer')).toHaveLength(1);
  });
});
