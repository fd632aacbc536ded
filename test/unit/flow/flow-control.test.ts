import { describe, expect, it } from 'vitest';
import { flowFiles, message, Talk, talkTo, versionOf } from './talk.js';

describe('a session', () => {
  it('begins with the default context and keeps it through `stop`', () => {
    const talk = talkTo(
      'context: { n: 0 }\nsteps:\n- set: { context.n: "{{ context.n + 1 }}" }\n- say: "{{ context.n }} of {{ input.execution }}"\n- stop: true',
    );
    expect([talk.say('a'), talk.say('b'), talk.at]).toEqual([['1 of 1'], ['2 of 2'], 'top']);
    expect(talk.session).toMatchObject({ id: 'session-1', handover: false, timers: [] });
  });

  it('loses the context when it ends, and the next message begins another', () => {
    const talk = talkTo(
      'context: { n: 0 }\nsteps:\n- set: { context.n: "{{ context.n + 1 }}" }\n- say: "{{ context.n }}"\n- endSession: true',
    );
    expect([talk.say('a'), talk.at, talk.last?.outcome]).toEqual([['1'], 'ended', 'ended']);
    expect(talk.say('b')).toEqual(['1']);
  });

  it('runs `handlers.start` once, before the first step', () => {
    const talk = talkTo('handlers: { start: [{ say: Welcome }] }\nsteps:\n- say: Menu');
    expect([talk.say('a'), talk.say('b')]).toEqual([['Welcome', 'Menu'], ['Menu']]);
  });

  it('goes on with the first step when `handlers.start` has waited', () => {
    const talk = talkTo(
      'on: { start: [{ say: Name? }, { id: name, wait: true }, { say: "Hi {{ input.text }}" }] }\nsteps:\n- say: Menu',
    );
    expect([talk.say('a'), talk.at, talk.say('Ana'), talk.say('b')]).toEqual([
      ['Name?'],
      'name',
      ['Hi Ana', 'Menu'],
      ['Menu'],
    ]);
  });

  it('runs `handlers.sessionExpired` with its context, and is over', () => {
    const talk = talkTo(`context: { n: 7 }
handlers: { sessionExpired: [{ say: "Bye, {{ context.n }}" }, { id: w, wait: true }] }
steps:
- id: q
  question: { type: text, text: Name?, timeout: 5m, onTimeout: [{ stop: true }] }`);
    talk.say('a');
    expect(talk.turn({ kind: 'expired' })).toEqual(['Bye, 7']);
    expect([talk.at, talk.last?.outcome, talk.effects('cancelTimer').length]).toEqual(['ended', 'ended', 1]);
    talk.turn({ kind: 'expired' });
    expect(talk.last?.outcome).toBe('ignored');
  });

  it('is over in silence when nobody handles its end, or the handler fails', () => {
    const quiet = talkTo('steps:\n- id: w\n  wait: true');
    quiet.say('a');
    expect([quiet.turn({ kind: 'expired' }), quiet.at]).toEqual([[], 'ended']);
    const failing = talkTo(
      'handlers: { sessionExpired: [{ if: input.text.join(), then: [{ stop: true }] }] }\nsteps:\n- id: w\n  wait: true',
    );
    failing.say('a');
    expect([failing.turn({ kind: 'expired' }), failing.at]).toEqual([[], 'ended']);
    expect(failing.failures).toEqual(['a text has no method `join`']);
  });

  it('begins at the top when its step is gone, keeping its context', () => {
    const talk = talkTo('context: { n: 1 }\nsteps:\n- say: old\n- id: here\n  wait: true');
    talk.say('a');
    const next = new Talk(
      versionOf(flowFiles({ bot: 'steps:\n- say: "new {{ context.n }}"\n- id: there\n  wait: true' })),
    );
    next.session = talk.session;
    expect(next.say('b')).toEqual(['new 1']);
    expect(next.last?.trace[0]).toMatchObject({ step: 'here', outcome: 'stepGone' });
  });

  it('stays where it is by id when the flow around it changes', () => {
    const talk = talkTo('steps:\n- say: old\n- id: here\n  wait: true\n- say: on');
    talk.say('a');
    const next = new Talk(
      versionOf(
        flowFiles({
          bot: 'steps:\n- say: new\n- say: newer\n- if: true\n  then: [{ id: here, wait: true }, { say: on }]',
        }),
      ),
    );
    next.session = talk.session;
    expect(next.say('b')).toEqual(['on']);
  });

  it('whose state nobody can read begins at the top', () => {
    const talk = talkTo('steps:\n- say: top');
    talk.session = { id: 's', startedMs: 1, context: { a: 1 }, state: { frames: 'many' }, timers: [], handover: false };
    expect(talk.say('b')).toEqual(['top']);
    expect(talk.session).toMatchObject({ id: 's', startedMs: 1, context: { a: 1 } });
  });
});

describe('executeFlow', () => {
  const flows = {
    bot: 'steps:\n- say: a1\n- executeFlow: sub\n- say: a2\n- id: end\n  say: a3',
    sub: "steps:\n- say: \"b {{ input.flow }}\"\n- id: w\n  wait: true\n- if: input.text == 'jump'\n  then: [{ goTo: { flow: bot, step: end } }]\n- if: input.text == 'again'\n  then: [{ goTo: w }]\n- if: input.text == 'stop'\n  then: [{ stop: true }]\n- say: b2",
  };

  it('comes back when the flow ends, also after waiting', () => {
    const talk = talkTo(flows);
    expect([talk.say('Hi'), talk.at, talk.say('x'), talk.at]).toEqual([
      ['a1', 'b bot'],
      'w',
      ['b2', 'a2', 'a3'],
      'top',
    ]);
  });

  it('does not come back from a `goTo`', () => {
    const talk = talkTo(flows);
    talk.say('Hi');
    expect([talk.say('jump'), talk.at]).toEqual([['a3'], 'top']);
  });

  it('does not come back after a `goTo` inside the executed flow', () => {
    const talk = talkTo(flows);
    talk.say('Hi');
    talk.say('again');
    expect([talk.say('x'), talk.at]).toEqual([['b2'], 'top']);
  });

  it('is left by `stop` at any depth', () => {
    const talk = talkTo(flows);
    talk.say('Hi');
    expect([talk.say('stop'), talk.at]).toEqual([[], 'top']);
  });

  it('names the circle when flows execute each other for ever', () => {
    const talk = talkTo({ a: 'steps: [{ executeFlow: b }]', b: 'steps: [{ executeFlow: a, when: input.text }]' });
    expect(talk.say('Hi')).toEqual(['fallback']);
    expect(talk.failures).toEqual(['flows execute each other 20 deep: it goes in a circle, a → b → a']);
  });
});

describe('a circle of steps', () => {
  it('is ended after a hundred steps, and named', () => {
    const talk = talkTo(
      'handlers: { error: [{ say: Sorry }] }\nsteps:\n- say: a\n- id: b\n  log: b\n- { goTo: b, when: input.text }',
    );
    expect(talk.say('Hi')).toEqual(['a', 'Sorry']);
    expect(talk.failures).toEqual([
      'more than 100 steps in one turn: it goes in a circle, bot/steps[2] → bot/b → bot/steps[2]',
    ]);
    expect(talk.at).toBe('top');
  });

  it('in the handler ends in the fallback', () => {
    const talk = talkTo(
      'handlers: { error: [{ id: e, log: e }, { goTo: e, when: input.text }] }\nsteps:\n- goTo: a\n- { id: a, goTo: a, when: input.text }',
    );
    expect(talk.say('Hi')).toEqual(['fallback']);
    expect(talk.failures).toHaveLength(2);
  });

  it('is not a long way', () => {
    const talk = talkTo(`steps:\n${'- log: x\n'.repeat(120)}`);
    expect(talk.say('Hi')).toEqual(['fallback']);
    expect(talk.failures).toEqual([
      'more than 100 steps in one turn: the last were bot/steps[97] → bot/steps[98] → bot/steps[99] → bot/steps[100]',
    ]);
  });
});

describe('a failure', () => {
  const failing = 'if: input.text.join()\n  then: [{ stop: true }]';

  it('runs `handlers.error`, keeps what was done, and the next message starts where this one did', () => {
    const talk = talkTo(`handlers: { error: [{ say: "Sorry, {{ context.n }}" }] }
context: { n: 0, broken: true }
steps:
- id: q
  question: { type: text, text: Name? }
- set: { context.n: "{{ context.n + 1 }}" }
- say: "Hi {{ input.result }}"
- if: "context.broken ? input.text.join() : true"
  then: [{ say: done }]`);
    talk.say('Hi');
    expect(talk.say('Ana')).toEqual(['Hi Ana', 'Sorry, 1']);
    expect([talk.at, talk.failures]).toEqual(['q', ['a text has no method `join`']]);
    expect(talk.say('Bob')).toEqual(['Hi Bob', 'Sorry, 2']);
  });

  it('without a handler sends the fallback, or nothing when there is none', () => {
    expect(talkTo(`steps:\n- say: a\n- ${failing}`).say('Hi')).toEqual(['a', 'fallback']);
    expect(talkTo(`steps:\n- say: a\n- ${failing}`, { fallback: undefined }).say('Hi')).toEqual(['a']);
  });

  it('in the handler sends the fallback after what the handler said', () => {
    expect(
      talkTo(`handlers:\n  error:\n  - say: Sorry\n  - ${failing.replace('\n', '\n  ')}\nsteps:\n- ${failing}`).say(
        'Hi',
      ),
    ).toEqual(['Sorry', 'fallback']);
  });

  it('in a flow without a handler runs the one of its caller', () => {
    const talk = talkTo({
      bot: 'handlers: { error: [{ say: bot is sorry }] }\nsteps:\n- executeFlow: sub',
      sub: `steps:\n- ${failing}`,
    });
    expect(talk.say('Hi')).toEqual(['bot is sorry']);
  });

  it("in a flow left by `goTo` runs the one of the endpoint's flow", () => {
    const talk = talkTo({
      bot: 'handlers: { error: [{ say: bot is sorry }] }\nsteps:\n- goTo: { flow: sub }',
      sub: `steps:\n- ${failing}`,
    });
    expect(talk.say('Hi')).toEqual(['bot is sorry']);
  });

  it('may be answered by going elsewhere, waiting or ending', () => {
    const flow = (steps: string) => `handlers: { error: ${steps} }\nsteps:\n- ${failing}\n- id: help\n  say: Help`;
    const gone = talkTo(flow('[{ goTo: help }]'));
    expect([gone.say('Hi'), gone.at]).toEqual([['Help'], 'top']);
    const waiting = talkTo(flow('[{ say: Shall I? }, { id: w, wait: true }, { say: "{{ input.text }}!" }]'));
    expect([waiting.say('Hi'), waiting.at, waiting.say('Yes'), waiting.at]).toEqual([
      ['Shall I?'],
      'w',
      ['Yes!'],
      'top',
    ]);
    const ended = talkTo(flow('[{ endSession: true }]'));
    expect([ended.say('Hi'), ended.at]).toEqual([[], 'ended']);
  });

  it('after a timer went off leaves the question open without its timer', () => {
    const talk = talkTo(
      `steps:\n- id: q\n  question:\n    type: text\n    text: Name?\n    timeout: 5m\n    onTimeout:\n    - ${failing.replace('\n', '\n    ')}\n- say: "{{ input.result }}"`,
    );
    talk.say('Hi');
    expect([talk.ring(), talk.at, talk.session?.timers]).toEqual([['fallback'], 'q', []]);
    expect(talk.say('Ana')).toEqual(['Ana']);
  });

  it('leaves the timer of the question open when its answer led to it', () => {
    const talk = talkTo(
      `steps:\n- id: q\n  question: { type: text, text: Name?, timeout: 5m, onTimeout: [{ say: late }, { stop: true }] }\n- ${failing}`,
    );
    talk.say('Hi');
    expect([talk.say('Ana'), talk.at, talk.effects('cancelTimer')]).toEqual([['fallback'], 'q', []]);
    expect(talk.ring()).toEqual(['late']);
  });

  it('in a text is a gap and a warning, not a failure', () => {
    const talk = talkTo('steps:\n- say: "Hi {{ input.text.join() }}!"');
    expect(talk.say('secret')).toEqual(['Hi !']);
    expect(talk.warnings).toEqual(['{{ input.text.join() }} gave nothing: a text has no method `join`']);
  });

  it('never puts what the contact wrote into the trace', () => {
    const talk = talkTo(`steps:\n- log: "{{ input.text }}"\n- say: "{{ input.text }}"\n- ${failing}`);
    talk.say('my-secret');
    expect(JSON.stringify(talk.last?.trace)).not.toContain('my-secret');
  });
});

describe('something the endpoint cannot read', () => {
  const flow = `handlers: { unsupported: [{ say: Sorry? }] }
steps:
- id: q
  question: { type: number, text: How many?, maxAttempts: 1, onMaxAttempts: [{ say: enough }], timeout: 5m, onTimeout: [{ stop: true }] }
- say: "{{ input.result }}"`;

  it('runs `handlers.unsupported` while the question stays open, its attempts and its timer too', () => {
    const talk = talkTo(flow);
    talk.say('Hi');
    const { timers } = talk.session ?? {};
    expect([talk.sendSticker(), talk.at, talk.session?.timers]).toEqual([['Sorry?'], 'q', timers]);
    expect(talk.say('3')).toEqual(['3']);
  });

  it('at the top does not start the flow', () => {
    const talk = talkTo(flow);
    expect([talk.sendSticker(), talk.at]).toEqual([['Sorry?'], 'top']);
  });

  it('is an empty input where nobody handles it', () => {
    const talk = talkTo('steps:\n- id: q\n  question: { type: text, text: Name?, reprompt: In words please }');
    expect([talk.sendSticker(), talk.sendSticker()]).toEqual([['Name?'], ['In words please']]);
  });

  it('asks the question again when the handler has waited, without losing an attempt', () => {
    const talk = talkTo(flow.replace('[{ say: Sorry? }]', '[{ say: Sorry? }, { id: w, wait: true }, { say: Thanks }]'));
    talk.say('Hi');
    expect([talk.sendSticker(), talk.at, talk.session?.timers]).toEqual([['Sorry?'], 'w', []]);
    talk.sendSticker();
    expect([talk.say('text'), talk.at, talk.session?.timers.length]).toEqual([['Thanks', 'How many?'], 'q', 1]);
    expect(talk.say('3')).toEqual(['3']);
  });

  it('does not pile up handlers that wait', () => {
    const talk = talkTo(flow.replace('[{ say: Sorry? }]', '[{ say: Sorry? }, { id: w, wait: true }]'));
    talk.say('Hi');
    for (let i = 0; i < 30; i++) talk.sendSticker();
    expect(talk.session?.state.frames).toHaveLength(2);
  });
});

describe('a menu', () => {
  const flow = `steps:
- say: { text: Menu, buttons: [{ id: a, title: A, goTo: a }, { id: b, title: B }] }
- id: w
  wait: true
- say: "w {{ input.text }} {{ input.data.reply.title }}"
- id: q
  question: { type: text, text: Name?, maxAttempts: 1, onMaxAttempts: [{ say: enough }] }
- say: "q {{ input.result }}"
- stop: true
- id: a
  say: A it is
- id: wa
  wait: true`;

  it('takes a tap as input, or where its button leads', () => {
    const talk = talkTo(flow);
    talk.say('Hi');
    expect([talk.tap('b'), talk.at]).toEqual([['w b b', 'Name?'], 'q']);
    expect([talk.tap('a'), talk.at]).toEqual([['A it is'], 'wa']);
  });

  it('from before does not answer the question that is open now', () => {
    const talk = talkTo(flow);
    talk.say('Hi');
    talk.tap('b');
    expect([talk.tap('b'), talk.at]).toEqual([['Name?'], 'q']);
    expect(talk.last?.trace).toMatchObject([{ outcome: 'oldTap' }]);
    expect(talk.say('b')).toEqual(['q b']);
  });

  it('stays open over a sleep and a reprompt', () => {
    const talk = talkTo(`steps:
- say: { text: Menu, buttons: [yes, no] }
- { id: s, sleep: 2s }
- id: q
  question: { type: yesNo, text: Well? }
- say: "{{ input.result }}"`);
    talk.say('Hi');
    talk.ring();
    talk.say('hm');
    expect(talk.tap('no')).toEqual(['false']);
  });

  it('that nobody sent is a text like any other', () => {
    const talk = talkTo(flow);
    expect(talk.tap('constructor')).toEqual([{ text: 'Menu', buttons: ['a', 'b'] }]);
    expect(talk.tap('__proto__')).toEqual(['w __proto__ __proto__', 'Name?']);
  });

  it('is forgotten after ten others', () => {
    const talk = talkTo(
      'steps:\n- say: { text: Menu, buttons: [{ id: "m{{ input.text }}", title: M, goTo: t }] }\n- stop: true\n- id: t\n  say: tapped',
    );
    for (let i = 0; i < 11; i++) talk.say(String(i));
    expect([talk.tap('m1'), talk.tap('m0')]).toEqual([['tapped'], [{ text: 'Menu', buttons: ['mm0'] }]]);
    expect(talk.session?.state.menus).toHaveLength(10);
  });
});

describe('a handover', () => {
  const flow = 'steps:\n- id: q\n  handover: One moment.\n- say: "Back: {{ input.type }}"\n- id: w\n  wait: true';

  it('is silent until the person is done', () => {
    const talk = talkTo(flow);
    expect(talk.say('Hi')).toEqual(['One moment.']);
    expect(talk.effects('handover')).toEqual([{ effect: 'handover', flow: 'bot', step: 'q' }]);
    expect(talk.session?.handover).toBe(true);
    for (const input of [
      { kind: 'message', message: message({ text: 'x' }) },
      { kind: 'expired' },
      { kind: 'timer', token: 'x' },
    ] as const) {
      const { session } = talk;
      expect([talk.turn(input), talk.last?.outcome, talk.session]).toEqual([[], 'ignored', session]);
    }
    expect([talk.turn({ kind: 'handoverEnded' }), talk.session?.handover]).toEqual([['Back: handoverEnded'], false]);
  });

  it('that nobody took does not end', () => {
    const talk = talkTo('steps:\n- id: w\n  wait: true');
    talk.say('Hi');
    expect([talk.turn({ kind: 'handoverEnded' }), talk.last?.outcome]).toEqual([[], 'ignored']);
  });
});

describe('memory', () => {
  it('that grows too big is a failure that names its biggest keys, and nothing of the step is written', () => {
    const talk = talkTo(
      `context: { a: aa, big: "" }
steps:
- set: { context.big: "{{ context.big + input.text }}" }
- say: "{{ context.big.length }}"`,
      { limits: { stepsPerTurn: 100, flowDepth: 20, maxMemoryBytes: 1000 } },
    );
    expect(talk.say('x'.repeat(600))).toEqual(['600']);
    expect(talk.say('y'.repeat(600))).toEqual(['fallback']);
    expect(talk.failures).toEqual([
      'context is over 1000 bytes or 100 levels deep; the biggest keys: big (over 1000), a (4)',
    ]);
    expect(String(talk.session?.context.big)).toHaveLength(600);
  });

  it('that doubles with every step is found before it is written out', () => {
    const talk = talkTo(
      `context: { a: [x] }\nsteps:\n${'- set: { context.a: "{{ [context.a, context.a] }}" }\n'.repeat(40)}`,
    );
    expect(talk.say('Hi')).toEqual(['fallback']);
    expect(talk.failures[0]).toMatch(/^context is over 262144 bytes/);
  });

  it('that gets deeper with every step is found before JSON runs out of stack', () => {
    const talk = talkTo(`context: { a: 1 }\nsteps:\n- set: { context.a: "{{ [context.a] }}" }`);
    for (let i = 0; i < 120; i++) talk.say('Hi');
    expect(talk.failures[0]).toMatch(/100 levels deep/);
  });

  it('of a profile is bounded, too', () => {
    const talk = talkTo('steps:\n- set: { profile.bio: "{{ input.text }}" }', {
      limits: { stepsPerTurn: 100, flowDepth: 20, maxMemoryBytes: 1000 },
    });
    talk.say('x'.repeat(2000));
    expect([talk.failures, talk.effects('profile')]).toEqual([
      ['profile is over 1000 bytes or 100 levels deep; the biggest keys: bio (over 1000)'],
      [],
    ]);
  });

  it('that is too big from the start is a failure', () => {
    const talk = talkTo(`context: { big: ${'x'.repeat(2000)} }\nsteps:\n- say: Hi`, {
      limits: { stepsPerTurn: 100, flowDepth: 20, maxMemoryBytes: 1000 },
    });
    expect(talk.say('Hi')).toEqual(['fallback']);
  });

  it('of the engine is bounded, too', () => {
    const talk = talkTo('steps:\n- id: w\n  wait: true', {
      limits: { stepsPerTurn: 100, flowDepth: 20, maxMemoryBytes: 100 },
    });
    expect(talk.say('Hi')).toEqual(['fallback']);
    expect([talk.failures, talk.session?.state]).toEqual([['state is over 100 bytes'], { inputs: 1 }]);
  });

  it('shows the message, the session and the time', () => {
    const talk = talkTo(
      'steps:\n- say: "{{ input.type }} {{ input.messageId }} {{ input.sessionId }} {{ input.channel }} {{ input.language }} {{ input.currentTime.dayOfWeek }} {{ input.currentTime.hour }} {{ input.whatsapp.x }} {{ env.SHOP }}"',
      { timeZone: 'Europe/Berlin', env: { SHOP: 'bakery' } },
    );
    const input = { kind: 'message', message: message({ whatsapp: { x: 1 } }) } as const;
    expect(talk.turn(input)).toEqual(['text message-1 session-1 whatsapp en-GB Tuesday 10 1 bakery']);
  });
});

it('refuses a request for a flow the version does not have', () => {
  const talk = talkTo('steps:\n- say: Hi', { flow: 'other' });
  expect(() => talk.say('Hi')).toThrow('there is no flow `other` in this version');
});
