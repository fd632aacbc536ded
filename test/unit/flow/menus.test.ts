import { describe, expect, it } from 'vitest';
import { talkTo } from './talk.js';

/** Two menus with the same ids, one after the other. */
const TWICE = `
  - id: first
    question: { type: choice, text: Starter?, choices: [soup, salad], into: context.first }
  - id: second
    question: { type: choice, text: Main course?, choices: [soup, salad], into: context.second }
  - say: "{{ context.first }}, {{ context.second }}"
`;
const OLD = `handlers: { oldTap: [{ say: "{{ input.data.reply.title }} is over ({{ input.oldTap }})" }] }\n`;

describe('a tap that names its menu', () => {
  it('on an older one with the same ids is no answer to the open one', () => {
    const talk = talkTo(`steps:${TWICE}`);
    talk.say('Hi');
    const first = talk.menuNow;
    talk.tap('soup', first);
    const second = talk.menuNow;
    expect(second).not.toBe(first);
    expect([talk.tap('salad', first), talk.at]).toEqual([
      [{ text: 'Main course?', buttons: ['soup', 'salad'] }],
      'second',
    ]);
    expect(talk.tap('salad', second)).toEqual(['soup, salad']);
  });

  it('runs `handlers.oldTap`, which sees that it is one', () => {
    const talk = talkTo(`${OLD}steps:${TWICE}`);
    talk.say('Hi');
    const first = talk.menuNow;
    talk.tap('soup', first);
    expect([talk.tap('soup', first), talk.at]).toEqual([['soup is over (true)'], 'second']);
  });

  it('goes where its own button leads, and not where the same id of the newer menu does', () => {
    const menu = (
      text: string,
      step: string,
    ) => `  - say: { text: ${text}, buttons: [{ id: go, title: Go, goTo: ${step} }] }
  - id: wait-${step}
    wait: true
`;
    const talk = talkTo(
      `steps:\n${menu('Old', 'a')}${menu('New', 'b')}  - id: a\n    say: A\n  - stop: true\n  - id: b\n    say: B`,
    );
    talk.say('Hi');
    const old = talk.menuNow;
    talk.say('on');
    expect(talk.tap('go', old)).toEqual(['A']);
  });

  it('is old when the menu is of a session that is over', () => {
    const flow = `${OLD}steps:${TWICE}`;
    const talk = talkTo(flow);
    talk.say('Hi');
    const lastWeek = talk.menuNow;
    talk.turn({ kind: 'expired' });
    expect(talk.at).toBe('ended');
    expect(talk.tap('soup', lastWeek)).toEqual(['soup is over (true)']);
    expect(talk.say('Hi')).toEqual([{ text: 'Starter?', buttons: ['soup', 'salad'] }]);
  });

  it('is old when so many menus came after it that it was forgotten', () => {
    const talk = talkTo(
      `${OLD}steps:\n  - say: { text: Menu, buttons: [a] }\n  - id: w\n    wait: true\n  - goTo: top\n`.replace(
        '- say: {',
        '- id: top\n    say: {',
      ),
    );
    talk.say('Hi');
    const first = talk.menuNow;
    for (let more = 0; more < 12; more++) talk.say('more');
    expect(talk.tap('a', first)).toEqual(['a is over (true)']);
    expect(JSON.stringify(talk.session?.state.menus).length).toBeLessThan(1000);
  });

  it('of a menu said as the session ended begins the next one: such a menu names none', () => {
    const talk = talkTo(
      `${OLD}steps:\n  - if: input.text == 'again'\n    then: [{ say: Welcome back }]\n    else: [{ say: { text: Bye, buttons: [again] } }, { endSession: true }]`,
    );
    talk.say('Hi');
    expect([talk.at, talk.menuNow]).toEqual(['ended', undefined]);
    expect(talk.tap('again')).toEqual(['Welcome back']);
  });

  it('on *More* turns the page of its own menu, and that page names the same', () => {
    const ids = Array.from({ length: 12 }, (_, i) => `b${i}`).join(', ');
    const talk = talkTo(
      `steps:\n  - id: q\n    question: { type: text, text: Which?, buttons: [${ids}] }\n  - say: "{{ input.text }}"`,
    );
    talk.say('Hi');
    const menu = talk.menuNow;
    const [sent] = talk.effects('send');
    const more = sent?.message.type === 'list' ? sent.message.sections[0]?.rows.at(-1)?.id : undefined;
    talk.tap(more ?? '', menu);
    expect([talk.last?.trace.map(({ outcome }) => outcome), talk.menuNow]).toEqual([['nextPage'], menu]);
    expect(talk.tap('b11', menu)).toEqual(['b11']);
  });

  it('keeps its name when the turn is run again, and has another in the next', () => {
    const flow = `steps:\n  - say: { text: Menu, buttons: [a] }\n  - say: { text: Menu, buttons: [a] }`;
    const menus = () => {
      const talk = talkTo(flow);
      talk.say('Hi');
      const once = talk.effects('send').map(({ menu }) => menu);
      talk.say('Hi');
      return [...once, ...talk.effects('send').map(({ menu }) => menu)];
    };
    expect(menus()).toEqual(menus());
    expect(new Set(menus()).size).toBe(4);
  });
});

it('a tap that names no menu is the newest one’s with its id, as before menus had names', () => {
  const talk = talkTo(`steps:${TWICE}`);
  talk.say('Hi');
  talk.tap('soup');
  expect(talk.tap('salad')).toEqual(['soup, salad']);
});
