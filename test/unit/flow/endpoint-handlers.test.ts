import { describe, expect, it } from 'vitest';
import { message, type Talk, talkTo } from './talk.js';

const HOUSE = `
context: { from: house }
handlers:
  error: [{ say: The house is sorry. }]
  reaction: [{ say: "{{ context.from }} thanks you" }]
  optOut: [{ say: Never again. }]
intents:
  - { name: human, keywords: [human], goTo: agent }
  - { name: hours, keywords: [hours], steps: [{ say: From nine to five. }] }
  - { name: bye, keywords: [bye], steps: [{ say: The house says bye. }] }
steps:
  - id: agent
    say: A colleague is coming.
`;
const BOT = `
context: { from: bot }
handlers: { optOut: [{ say: The bot understands. }] }
intents: [{ name: bye, keywords: [bye], steps: [{ say: The bot says bye. }] }]
steps:
  - id: q
    question: { type: number, text: How many? }
  - raise: Oh
`;
const talk = (handlers = 'house'): Talk => {
  const made = talkTo({ bot: BOT, house: HOUSE }, { flow: 'bot', handlers });
  made.say('Hi');
  return made;
};
const happen = (to: Talk, event: 'reaction' | 'optOut') =>
  to.turn({ kind: 'event', event, message: message({ type: event }) });

describe('the handlers and intents of an endpoint', () => {
  it('count where no flow of the conversation has one, and leave the question open', () => {
    const to = talk();
    expect([happen(to, 'reaction'), to.at]).toEqual([['bot thanks you'], 'q']);
    expect(to.say('hours')).toEqual(['From nine to five.', 'How many?']);
    expect(to.say('3')).toEqual(['The house is sorry.']);
  });

  it('stand behind those of the flows', () => {
    const to = talk();
    expect(happen(to, 'optOut')).toEqual(['The bot understands.']);
    expect(to.say('bye')).toEqual(['The bot says bye.', 'How many?']);
  });

  it('may lead into their own flow', () => {
    const to = talk();
    expect([to.say('human'), to.at]).toEqual([['A colleague is coming.'], 'top']);
  });

  it('count also for what `think` says', () => {
    const to = talkTo(
      {
        bot: "steps:\n  - if: input.type == 'think'\n    then: [{ say: nobody knew }]\n    else: [{ think: human }]",
        house: HOUSE,
      },
      { flow: 'bot', handlers: 'house' },
    );
    expect(to.say('Hi')).toEqual(['A colleague is coming.']);
  });

  it.each([
    ['are none without a flow of them', undefined],
    ['are none in a version that lacks that flow', 'gone'],
  ])('%s', (_name, handlers) => {
    const to = talkTo({ bot: BOT, house: HOUSE }, { flow: 'bot', ...(handlers === undefined ? {} : { handlers }) });
    to.say('Hi');
    expect([happen(to, 'reaction'), to.say('hours'), to.say('3')]).toEqual([
      [],
      [expect.stringContaining('How many?')],
      ['fallback'],
    ]);
  });
});
