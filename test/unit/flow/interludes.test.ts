import { describe, expect, it } from 'vitest';
import type { FlowEvent } from '../../../src/flow/turn/turn.js';
import { message, type Talk, talkTo } from './talk.js';

function happen(talk: Talk, event: FlowEvent, data: object = {}): unknown[] {
  return talk.turn({ kind: 'event', event, message: message({ type: event, data: JSON.parse(JSON.stringify(data)) }) });
}

const QUESTION =
  'steps:\n- id: q\n  question: { type: number, text: How many?, timeout: 5m, onTimeout: [{ stop: true }] }\n- say: ok';

describe.each(['reaction', 'system', 'status', 'optOut'] as const)('`handlers.%s`', (event) => {
  const flow = `handlers: { ${event}: [{ say: "{{ input.type }}" }] }\n${QUESTION}`;

  it('is an interlude: the question stays open, with its time', () => {
    const talk = talkTo(flow);
    talk.say('Hi');
    const timers = talk.session?.timers;
    expect(happen(talk, event)).toEqual([event]);
    expect([talk.at, talk.session?.timers, talk.effects('cancelTimer')]).toEqual(['q', timers, []]);
    expect(talk.say('3')).toEqual(['ok']);
  });

  it('begins no session by itself', () => {
    const talk = talkTo(flow);
    expect([happen(talk, event), talk.at]).toEqual([[event], 'ended']);
  });

  it('does nothing where it is missing', () => {
    const talk = talkTo(QUESTION);
    talk.say('Hi');
    const before = talk.session;
    expect(happen(talk, event)).toEqual([]);
    expect([talk.last?.outcome, talk.session]).toEqual(['ignored', before]);
  });

  it('that fails says nothing: nobody waits for an answer', () => {
    const talk = talkTo(
      `handlers: { ${event}: [{ if: null.x.y(), then: [{ stop: true }] }, { raise: Oh }] }\n${QUESTION}`.replace(
        '{ if: null.x.y(), then: [{ stop: true }] }, ',
        '',
      ),
    );
    talk.say('Hi');
    expect([happen(talk, event), talk.at]).toEqual([[], 'q']);
    expect(talk.failures).toHaveLength(1);
  });
});

describe('`handlers.referral`', () => {
  const flow = `handlers: { start: [{ say: Welcome }], referral: [{ say: "From {{ input.referral.headline }}" }] }\n${QUESTION}`;
  const fromAd = { kind: 'message' as const, message: message({ text: '7', referral: { headline: 'Spring' } }) };

  it('runs before the first step of a session', () => {
    expect(talkTo(flow).turn(fromAd)).toEqual(['Welcome', 'From Spring', 'How many?']);
  });

  it('asks what was open again: what the advertisement lets people say is no answer', () => {
    const talk = talkTo(flow);
    talk.say('Hi');
    expect([talk.turn(fromAd), talk.at]).toEqual([['From Spring', 'How many?'], 'q']);
  });
});

describe('`handlers.oldTap`', () => {
  const flow = (handlers: string) => `${handlers}steps:
- say: { text: Menu, buttons: [a, b] }
- id: w
  wait: true
- id: q
  question: { type: number, text: How many?, maxAttempts: 2, onMaxAttempts: [{ say: Enough }] }`;

  it('answers a tap on an older menu', () => {
    const talk = talkTo(flow('handlers: { oldTap: [{ say: "{{ input.text }} is over" }] }\n'));
    talk.say('Hi');
    talk.tap('a');
    expect([talk.tap('b'), talk.at]).toEqual([['b is over'], 'q']);
  });

  it('missing, the open question is asked again and no attempt counts', () => {
    const talk = talkTo(flow(''));
    talk.say('Hi');
    talk.tap('a');
    expect([talk.tap('b'), talk.tap('b'), talk.tap('b')]).toEqual([['How many?'], ['How many?'], ['How many?']]);
  });
});

describe('an optional question', () => {
  const flow = (more: string, rest: string) => `steps:
- optionalQuestion: { type: integer, text: "How many are you?", into: context.guests, ${more} }
${rest}`;
  const WAIT = '- id: w\n  wait: true\n- id: end\n  say: "went on with {{ input.text }}"';

  it('does not wait, and stores an answer that comes; the message goes on', () => {
    const talk = talkTo(flow('inputs: 1', WAIT));
    expect([talk.say('Hi'), talk.at]).toEqual([['How many are you?'], 'w']);
    expect(talk.say('4')).toEqual(['went on with 4']);
    expect(talk.session?.context).toEqual({ guests: 4 });
  });

  it('with steps for its answer leaves what is open as it was', () => {
    const talk = talkTo(flow('onAnswer: [{ say: "{{ context.guests }} noted" }]', WAIT));
    talk.say('Hi');
    expect([talk.say('4'), talk.at, talk.say('x')]).toEqual([['4 noted'], 'w', ['went on with x']]);
  });

  it('costs an open question no attempt, but what answers that is not taken from it', () => {
    const ask =
      '- id: q\n  question: { type: email, text: Mail?, maxAttempts: 1, onMaxAttempts: [{ say: Enough }] }\n- say: thanks';
    const talk = talkTo(flow('inputs: 3', ask));
    talk.say('Hi');
    expect([talk.say('4'), talk.session?.context]).toEqual([['Mail?'], { guests: 4 }]);
    expect(talk.say('a@example.com')).toEqual(['thanks']);
    const other = talkTo(flow('inputs: 3', ask.replace('email', 'number')));
    other.say('Hi');
    other.say('4');
    expect(other.session?.context).toEqual({});
  });

  it('at the top answers instead of the first step, or before it', () => {
    const talk = talkTo(flow('onAnswer: [{ say: noted }]', '- say: top'));
    talk.say('Hi');
    expect([talk.say('4'), talk.at]).toEqual([['noted'], 'top']);
    const other = talkTo(flow('inputs: 1', '- say: "top {{ context.guests }}"'));
    other.say('Hi');
    expect(other.say('4')).toEqual(['How many are you?', 'top 4']);
  });

  it('is forgotten after its inputs, and after its answer', () => {
    const flows = flow(
      'inputs: 2',
      '- id: a\n  wait: true\n- id: b\n  wait: true\n- id: c\n  wait: true\n- id: d\n  wait: true',
    );
    const talk = talkTo(flows);
    for (const text of ['Hi', 'x', 'y']) talk.say(text);
    talk.say('4');
    expect(talk.session?.context).toEqual({});
    const other = talkTo(flows);
    for (const text of ['Hi', '4', '5']) other.say(text);
    expect(other.session?.context).toEqual({ guests: 4 });
  });
});
