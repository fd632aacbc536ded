import { expect, it } from 'vitest';
import { NEXT } from '../../../src/flow/behaviour.js';
import { createLoader } from '../../../src/flow/load.js';
import { memoryPath, plainText } from '../../../src/flow/reading/fields.js';
import { defineStep } from '../../../src/flow/step.js';
import { stepKinds } from '../../../src/flow/steps/step-kinds.js';
import { FALLBACK, flowFiles, Talk, versionOf } from './talk.js';

/** A kind of step like `http`: what the host answers goes into memory. */
const fetch = defineStep({
  kind: 'fetch',
  traits: { waits: true },
  shape: () => ({ fetch: plainText, into: memoryPath }),
  run: ({ fetch: what }) => ({ did: 'calls', next: { to: 'call', kind: 'fetch', request: { what }, memo: { what } } }),
  resume: ({ into }, view, event) => {
    if (event.event !== 'callResult') return { did: 'odd', next: NEXT };
    return {
      did: 'called',
      effects: [{ effect: 'assign', path: into, value: [view.memo ?? null, event.result] }],
      next: NEXT,
    };
  },
  example: '',
});

const load = createLoader([...stepKinds, fetch]);
const talkTo = (flow: string) => new Talk(versionOf(flowFiles({ bot: flow }), load));

const FLOW = `steps:
- id: q
  question: { type: text, text: Name?, timeout: 5m, onTimeout: [{ stop: true }] }
- set: { profile.asked: "{{ random.int(1, 1000000) }}" }
- say: "One moment, {{ input.result }}."
- id: first
  fetch: weather
  into: context.weather
- say: "{{ context.weather[1] }} for {{ input.text }}, {{ random.int(1, 1000000) }}"
- id: second
  fetch: news
  into: context.news
- say: "{{ context.news[0].what }} {{ context.news[1] }}"
- id: w
  wait: true`;

it('ends a part of a turn with what was said so far, and goes on at the same step with the result', () => {
  const talk = talkTo(FLOW);
  talk.say('Hi');
  expect(talk.say('Ana')).toEqual(['One moment, Ana.']);
  expect(talk.last).toMatchObject({
    outcome: 'call',
    call: { ordinal: 0, kind: 'fetch', request: { what: 'weather' } },
  });
  expect(talk.effects('profile')).toHaveLength(1);
  expect(talk.answerCall(0, 'Rain')).toEqual([expect.stringMatching(/^Rain for Ana, \d+$/)]);
  expect(talk.last?.call).toEqual({ ordinal: 1, kind: 'fetch', request: { what: 'news' } });
  expect(talk.answerCall(1, 'None')).toEqual(['news None']);
  expect([talk.at, talk.session?.state.turn, talk.session?.timers]).toEqual(['w', undefined, []]);
  expect(talk.effects('cancelTimer')).toEqual([{ effect: 'cancelTimer', token: 'conversation:1:t0' }]);
});

it('draws other random numbers behind a call than before it, and the same ones when run again', () => {
  const drawn = () => {
    const talk = talkTo(FLOW);
    talk.say('Hi');
    talk.say('Ana');
    return [talk.profile.asked, ...talk.answerCall(0, '')];
  };
  const [before, after] = drawn();
  expect(String(after)).not.toContain(String(before));
  expect(drawn()).toEqual([before, after]);
});

it('takes the result of no call but the open one', () => {
  const talk = talkTo(FLOW);
  talk.say('Hi');
  talk.say('Ana');
  const { session } = talk;
  for (const ordinal of [1, -1, 7]) {
    expect([talk.answerCall(ordinal, 'x'), talk.last?.outcome, talk.session]).toEqual([[], 'ignored', session]);
  }
});

it('that fails after a call stands where the turn began, with the question and its timer open', () => {
  const talk = talkTo(
    FLOW.replace(
      '- say: "{{ context.weather[1] }}',
      '- if: context.weather.trim()\n  then: [{ stop: true }]\n- say: "{{ context.weather[1] }}',
    ),
  );
  talk.say('Hi');
  talk.say('Ana');
  expect(talk.session?.timers).toEqual(['conversation:1:t0']);
  talk.answerCall(0, 'Rain');
  expect(talk.effects('send').map(({ message }) => message)).toEqual([FALLBACK]);
  expect([talk.at, talk.session?.timers, talk.effects('cancelTimer')]).toEqual(['q', ['conversation:1:t0'], []]);
});

it('counts the steps of a turn over its calls', () => {
  const talk = talkTo('steps:\n- id: f\n  fetch: x\n  into: context.x\n- goTo: f');
  talk.say('Hi');
  let calls = 0;
  while (talk.last?.outcome === 'call' && calls < 200) talk.answerCall(calls++, null);
  expect(talk.failures).toEqual([expect.stringMatching(/^more than 100 steps in one turn/)]);
  expect(calls).toBeLessThan(100);
});

it('is given up by a host that comes with another message', () => {
  const talk = talkTo(FLOW);
  talk.say('Hi');
  talk.say('Ana');
  expect(talk.say('Bob')).toEqual(['One moment, Bob.']);
});
