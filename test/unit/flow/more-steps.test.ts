import { describe, expect, it } from 'vitest';
import { loadFlows } from '../../../src/flow/load.js';
import { flowFiles, message, NOW_MS, talkTo } from './talk.js';

const DAY_MS = 86_400_000;
const problems = (steps: string, rest = '') =>
  loadFlows(flowFiles({ bot: `${rest}steps:\n${steps}` })).findings.map(({ message: said }) => said);

describe('append', () => {
  it('begins a list, goes on with it, and puts nothing behind it for nothing', () => {
    const talk = talkTo(`steps:
- append: { context.words: "{{ input.text }}", context.none: "{{ context.missing }}" }
- say: "{{ context.words }} {{ has(context.none) }}"`);
    expect([talk.say('a'), talk.say('b')]).toEqual([['["a"] false'], ['["a","b"] false']]);
  });

  it('fails at what is no list, and writes nothing then', () => {
    const talk = talkTo('context: { n: 1, m: [] }\nsteps:\n- append: { context.m: x, context.n: x }');
    expect(talk.say('a')).toEqual(['fallback']);
    expect(talk.failures).toEqual(['`context.n` is not a list']);
    expect(talk.session?.context).toEqual({ n: 1, m: [] });
  });

  it.each([
    ['alone', '- append: { profile.tags: a }\n- append: { profile.tags: b }', { tags: ['a', 'b'] }],
    ['not behind a write of the same field', '- set: { profile.tags: [] }\n- append: { profile.tags: a }', undefined],
    ['not before a write of the same field', '- append: { profile.tags: a }\n- set: { profile.tags: [c] }', undefined],
    ['not inside a map', '- append: { profile.deep.tags: a }', undefined],
  ])('tells a host that shares profiles what was put behind a list: %s', (_what, steps, appended) => {
    const talk = talkTo(`steps:\n${steps}`);
    talk.profile = { tags: ['old'] };
    talk.say('a');
    expect(talk.effects('profile')[0]?.appended).toEqual(appended);
  });
});

describe('every', () => {
  const FLOW = `steps:
- { id: news, every: { interval: 1d, steps: [{ say: News! }, { id: w, question: { type: text, text: And you? } }] } }
- say: Hello
- endSession: true`;

  it('happens once in an interval, beyond the session, and waits inside', () => {
    const talk = talkTo(FLOW);
    expect([talk.say('a'), talk.at, talk.say('fine'), talk.at]).toEqual([
      ['News!', 'And you?'],
      'w',
      ['Hello'],
      'ended',
    ]);
    talk.nowMs += DAY_MS - 1;
    expect(talk.say('b')).toEqual(['Hello']);
    talk.nowMs += 1;
    expect(talk.say('c')).toEqual(['News!', 'And you?']);
  });

  it('is remembered where expressions do not see it', () => {
    const talk = talkTo(
      'steps:\n- { id: n, every: { interval: 1d, steps: [{ say: "{{ profile }}" }] } }\n- say: "{{ profile }}"',
    );
    talk.say('a');
    expect(talk.profile).toEqual({ '.bot/n': NOW_MS });
    expect(talk.say('b')).toEqual(['{}']);
  });

  it('forgets the oldest of a hundred, and all with `delete: true`', () => {
    const talk = talkTo(`steps:
- { id: n, every: { interval: 1d, steps: [{ say: once }] } }
- { if: "input.text == 'forget'", then: [{ profile: { delete: true } }] }`);
    talk.profile = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`.other/${i}`, i]));
    talk.say('a');
    expect([Object.keys(talk.profile).length, '.other/0' in talk.profile]).toEqual([100, false]);
    talk.say('forget');
    expect(talk.profile).toEqual({});
  });

  it('cannot be forged by code', () => {
    const talk = talkTo('steps:\n- code: profile["."] = 1');
    talk.say('a');
    talk.answerCall(0, { ok: true, say: [], log: [], drawn: 0, profile: { set: { '.bot/n': 1 }, unset: [] } });
    expect([talk.failures, talk.profile]).toEqual([['`.bot/n` cannot be written'], {}]);
  });

  it('wants an id', () => {
    expect(problems('- every: { interval: 1d, steps: [{ say: x }] }')).toEqual([
      'every is remembered by its id, but has none',
    ]);
  });
});

describe('repeat', () => {
  it('takes a list of a thousand under a limit of a hundred steps, and no longer one', () => {
    const talk = talkTo(`steps:
- set: { context.n: 0 }
- repeat: { for: item, in: "{{ profile.list }}", steps: [{ set: { context.n: "{{ context.n + item }}" } }] }
- say: "{{ context.n }}"`);
    talk.profile = { list: Array.from({ length: 1000 }, () => 1) };
    expect(talk.say('a')).toEqual(['1000']);
    talk.profile = { list: Array.from({ length: 1001 }, () => 1) };
    talk.say('b');
    expect(talk.failures).toEqual(['repeat takes 1000 items at most, this list has 1001']);
  });

  it('ends what goes round in a circle inside a round, and lists in lists that would take for ever', () => {
    const circle = talkTo(`steps:
- id: top
  repeat: { for: x, in: [1, 2], steps: [{ say: "{{ x }}" }, { goTo: top }] }`);
    circle.say('a');
    expect(circle.failures).toEqual([expect.stringMatching(/^more than 10000 steps in one turn$/)]);
    const nested = talkTo(`steps:
- repeat:
    for: x
    in: "{{ profile.list }}"
    steps: [{ repeat: { for: y, in: "{{ profile.list }}", steps: [{ log: "{{ x + y }}" }] } }]`);
    nested.profile = { list: Array.from({ length: 500 }, (_, i) => i) };
    nested.say('a');
    expect(nested.failures).toEqual([expect.stringContaining('more than 10000 steps')]);
  });

  it('keeps item and list across waits, inside other lists, whatever becomes of the list', () => {
    const talk = talkTo(`context: { rows: [[a, b], [c]] }
steps:
- repeat:
    for: row
    in: "{{ context.rows }}"
    index: i
    steps:
      - repeat:
          for: cell
          in: "{{ row }}"
          steps:
            - id: ask
              question: { type: text, text: "{{ i }}{{ cell }} of {{ row }}?" }
            - unset: context.rows
- say: done`);
    expect([talk.say('x'), talk.say('x'), talk.say('x'), talk.say('x'), talk.at]).toEqual([
      ['0a of ["a","b"]?'],
      ['0b of ["a","b"]?'],
      ['1c of ["c"]?'],
      ['done'],
      'top',
    ]);
  });

  it('does nothing for an empty list or none, and fails for what is no list', () => {
    const talk = talkTo('steps:\n- repeat: { for: x, in: "{{ context.list }}", steps: [{ say: never }] }\n- say: on');
    expect(talk.say('a')).toEqual(['on']);
    const wrong = talkTo('steps:\n- repeat: { for: x, in: "{{ input.text }}", steps: [{ say: never }] }');
    wrong.say('a');
    expect(wrong.failures).toEqual(['`in` of repeat is not a list']);
  });

  it('can be left, and another flow does not see its item', () => {
    const talk = talkTo({
      bot: `steps:
- repeat:
    for: x
    in: [1, 2, 3]
    steps: [{ executeFlow: other }, { if: x == 2, then: [{ goTo: out }] }]
- say: never
- { id: out, say: "out {{ context.seen }}" }`,
      other: 'steps:\n- append: { context.seen: 1 }',
    });
    expect(talk.say('a')).toEqual(['out [1,1]']);
    expect(problems('- say: "{{ x }}"\n- repeat: { for: x, in: [1], steps: [{ say: "{{ x }}" }] }')).toEqual([
      '`x` is not known here',
    ]);
  });

  it.each([
    ['- repeat: { for: input, in: [1], steps: [{ say: x }] }', '`input` already means something in expressions'],
    ['- repeat: { for: new, in: [1], steps: [{ say: x }] }', '`new` already means something in expressions'],
    ['- repeat: { for: x, index: x, in: [1], steps: [{ say: x }] }', '`for` and `index` need two names'],
    [
      '- repeat: { for: x, in: context.list, steps: [{ say: x }] }',
      'this is a text and no list: there is no `{{ }}` in it',
    ],
    [
      '- { id: r, repeat: { for: x, in: [1], steps: [{ id: inner, say: x }, { id: w, wait: true }] } }\n- goTo: inner',
      '`inner` is inside a repeat: nobody can jump into it',
    ],
  ])('%s is a mistake', (steps, said) => expect(problems(steps)).toEqual([said]));
});

describe('think', () => {
  it('begins again at the top with another input, out of other flows, and keeps the context', () => {
    const talk = talkTo({
      bot: `steps:
- say: "{{ input.type }} {{ input.text }} {{ input.data.n }} {{ context.n }}"
- if: input.type != 'think'
  then: [{ set: { context.n: 1 } }, { executeFlow: other }, { say: never }]`,
      other: 'steps:\n- think: { text: "again {{ input.text }}", data: { n: 2 } }',
    });
    expect(talk.say('Hi')).toEqual(['text Hi  ', 'think again Hi 2 1']);
    expect(talk.at).toBe('top');
  });

  it('names the circle when it never ends', () => {
    const talk = talkTo('steps:\n- say: x\n- think: on\n  when: has(input.text)');
    talk.say('a');
    expect(talk.failures).toEqual([
      'more than 100 steps in one turn: it goes in a circle, bot/steps[0] → bot/steps[1] → bot/steps[0]',
    ]);
  });

  it('does not keep an expired session alive', () => {
    const talk = talkTo(
      'handlers: { sessionExpired: [{ think: late }] }\nsteps:\n- say: "{{ input.text }}"\n- { id: w, wait: true }',
    );
    talk.say('a');
    expect([talk.turn({ kind: 'expired' }), talk.at]).toEqual([['late'], 'ended']);
  });
});

describe('profile', () => {
  it('deletes, updates and merges in this order, and keeps when a contact agreed', () => {
    const talk = talkTo(`steps:
- profile:
    delete: [old, address.zip]
    update: { nick: "{{ profile.old }}" }
    merge: { address: { city: Porto }, size: 3 }
    optIn: [offers, news]
    optOut: calls`);
    talk.profile = {
      old: 'Rita',
      address: { street: 'Rua', zip: '1' },
      optIns: { calls: 'x' },
      optOuts: { news: 'x' },
    };
    talk.say('a');
    const now = new Date(NOW_MS).toISOString();
    expect(talk.profile).toEqual({
      nick: 'Rita',
      address: { street: 'Rua', city: 'Porto' },
      size: 3,
      optIns: { offers: now, news: now },
      optOuts: { calls: now },
    });
  });

  it('forgets all but what WhatsApp says, and speaks the language of the endpoint again', () => {
    const talk = talkTo('steps:\n- profile: { delete: true }\n- say: { en: "Bye {{ profile.waId }}", de: Ciao }');
    talk.profile = { waId: '351', language: 'de', colour: 'red' };
    expect(talk.say('a')).toEqual(['Bye 351']);
    expect(talk.profile).toEqual({ waId: '351' });
  });

  it.each([
    ['- profile: {}', 'profile needs `update`, `merge`, `delete`, `optIn` or `optOut`'],
    ['- profile: { update: { waId: x } }', '`waId` is what WhatsApp says, not a flow'],
    ['- profile: { delete: true, merge: { a: 1 } }', 'behind `delete: true` there is nothing to merge into'],
    ['- profile: { delete: __proto__ }', '`__proto__` cannot be read or written'],
  ])('%s is a mistake', (steps, said) => expect(problems(steps)).toEqual([said]));
});

describe('raise', () => {
  it('runs the error handler with its message for the designer; a second one in the handler sends the fallback', () => {
    const talk = talkTo(
      'handlers: { error: [{ say: Sorry }, { raise: twice }] }\nsteps:\n- say: before\n- raise: once',
    );
    expect(talk.say('a')).toEqual(['before', 'Sorry', 'fallback']);
    expect(talk.failures).toEqual(['once', 'twice']);
  });

  it('has no values in its message', () => {
    expect(problems('- raise: "no {{ input.text }}"')).toEqual([
      'the message of an error has no values: it goes to the log, not to the contact',
    ]);
  });
});

describe('track', () => {
  it('tells goals and steps', () => {
    const talk = talkTo('steps:\n- track: { step: begun }\n- track: bought');
    talk.say('a');
    expect(talk.effects('track').map(({ kind, name }) => [kind, name])).toEqual([
      ['step', 'begun'],
      ['goal', 'bought'],
    ]);
  });

  it.each([
    ['- track: { goal: a, step: b }', 'track needs `goal` or `step`'],
    ['- track: "{{ input.text }}"', 'a goal or step has one name: with values in it, nobody could count it'],
    [`- track: ${'x'.repeat(129)}`, 'a goal or step has 128 characters at most, this one 129'],
  ])('%s is a mistake', (steps, said) => expect(problems(steps)).toEqual([said]));
});

describe('blind', () => {
  it('marks what is not to be kept, over waits, until it ends', () => {
    const talk = talkTo(`steps:
- say: open
- blind: true
- log: hidden
- track: hidden
- { id: pin, question: { type: text, text: PIN? } }
- say: secret
- blind: false
- say: open again
- track: seen`);
    talk.say('a');
    expect(talk.effects('send').map(({ blind }) => blind)).toEqual([undefined, true]);
    expect([talk.effects('log'), talk.effects('track'), talk.last?.blind, talk.session?.blind]).toEqual([
      [],
      [],
      true,
      true,
    ]);
    talk.say('1234');
    expect(talk.effects('send').map(({ blind }) => blind)).toEqual([true, undefined]);
    expect([talk.effects('track').length, talk.last?.blind, talk.session?.blind]).toEqual([1, true, undefined]);
    expect(talk.last?.trace.filter(({ blind }) => blind).map(({ kind }) => kind)).toEqual(['question', 'say']);
  });
});

describe('a flow with a context of its own', () => {
  const FLOWS = {
    bot: `context: { name: outer }
handlers: { error: [{ say: "error in {{ context.name }}" }] }
steps:
- executeFlow: { flow: ask, context: own, input: { name: "{{ input.text }}" }, result: context.got }
- say: "{{ context.name }} got {{ context.got }}"`,
    ask: `context: { name: default, greeting: Hello }
steps:
- id: q
  question: { type: text, text: "{{ context.greeting }} {{ context.name }}?", into: context.result }
- { if: "context.result == 'leave'", then: [{ goTo: { flow: other } }] }
- { if: "context.result == 'raise'", then: [{ raise: on purpose }] }
- set: { context.name: inner }`,
    other: 'steps:\n- say: "left to {{ context.name }}"',
  };
  const asked = () => {
    const talk = talkTo(FLOWS, { flow: 'bot' });
    expect(talk.say('Ana')).toEqual(['Hello Ana?']);
    return talk;
  };

  it('does not touch its caller, waits, and hands back a result', () => {
    const talk = asked();
    expect(talk.session?.context).toEqual({ name: 'outer' });
    expect(talk.say('yes')).toEqual(['outer got yes']);
    expect(talk.session?.context).toEqual({ name: 'outer', got: 'yes' });
  });

  it('is left for good by `goTo`', () => expect(asked().say('leave')).toEqual(['left to outer']));

  it('is there again after an error, whose handler sees the context of its own flow', () => {
    const talk = asked();
    expect(talk.say('raise')).toEqual(['error in outer']);
    expect([talk.at, talk.say('yes')]).toEqual(['q', ['outer got yes']]);
  });

  it('wants `context: own` for `input` and `result`', () => {
    expect(problems('- executeFlow: { flow: bot, input: { a: 1 }, result: context.x }')).toEqual([
      '`input` needs `context: own`: a shared context has all values anyway',
      '`result` needs `context: own`: a shared context has all values anyway',
    ]);
  });

  it('names the circle when flows execute each other', () => {
    const talk = talkTo({
      bot: 'steps:\n- executeFlow: two',
      two: 'steps:\n- executeFlow: bot\n  when: has(input.text)',
    });
    talk.say('a');
    expect(talk.failures).toEqual(['flows execute each other 20 deep: it goes in a circle, bot → two → bot']);
  });
});

describe('handover', () => {
  it('runs `whenClosed` while nobody is there, and hands over when somebody is, or when it has none', () => {
    const flow = 'steps:\n- { id: h, handover: { message: Wait, whenClosed: [{ say: Closed }] } }\n- say: on';
    expect(talkTo(flow, { handoverOpen: false }).say('a')).toEqual(['Closed', 'on']);
    expect(talkTo(flow, { handoverOpen: true }).say('a')).toEqual(['Wait']);
    expect(talkTo('steps:\n- { id: h, handover: Wait }', { handoverOpen: false }).say('a')).toEqual(['Wait']);
  });
});

describe('inject and notify', () => {
  const acts = (steps: string) => {
    const talk = talkTo(`steps:\n${steps}`);
    talk.say('Ana');
    return [...talk.effects('elsewhere').map(({ act }) => act), ...talk.failures];
  };

  it.each([
    [
      '- inject: { text: "hi {{ input.text }}", data: { n: 1 }, in: 2h, name: tea }',
      { to: undefined, do: 'inject', text: 'hi Ana', data: { n: 1 }, atMs: NOW_MS + 7_200_000, name: 'tea' },
    ],
    [
      '- notify: { say: Hello, to: { waId: "+351 910 000 001" } }',
      {
        to: { waId: '351910000001' },
        do: 'notify',
        messages: [{ message: { type: 'text', text: 'Hello' } }],
        atMs: undefined,
        name: undefined,
      },
    ],
    [
      '- notify: { say: Hello, at: "2026-01-07T09:00:00Z" }',
      expect.objectContaining({ do: 'notify', atMs: NOW_MS + DAY_MS }),
    ],
    ['- inject: { cancel: "{{ input.text }}" }', { to: undefined, do: 'cancel', name: 'Ana' }],
    ['- inject: { text: x, at: "{{ input.text }}" }', 'not a date: write 2026-01-31 or 2026-01-31T09:00:00Z'],
    ['- inject: { text: x, at: "2028-01-01" }', '`at` is more than a year away'],
    [
      '- inject: { text: x, to: { waId: "{{ input.text }}" } }',
      '`waId` is no phone number: digits with the country code',
    ],
    ['- inject: { text: x, to: { contactId: "{{ input.text }}" } }', '`contactId` is none'],
  ])('%s', (steps, act) => expect(acts(steps)).toEqual([act]));

  it.each([
    ['- inject: { in: 2h }', 'inject needs `text` or `data`'],
    ['- notify: { say: x, in: 2h, at: "2026-01-01" }', '`in` and `at` are two times'],
    ['- notify: { say: x, name: n }', 'a name is to cancel by, but this happens at once: `in` or `at` is missing'],
    ['- notify: { cancel: n, say: x }', '`cancel` stands alone, without `say`'],
    ['- notify: { say: x, to: { waId: "1", bsuid: b } }', '`to` needs one of `contactId`, `waId`, `bsuid`'],
    [
      '- notify: { say: { text: x, buttons: [{ id: a, title: A, goTo: top }] } }\n- { id: top, say: x }',
      'a tap on a notification is an input like any other: its button cannot have `goTo`',
    ],
  ])('%s is a mistake', (steps, said) => expect(problems(steps)).toEqual([said]));

  it('injected text answers the open question, as if the contact had written it', () => {
    const talk = talkTo(
      'steps:\n- { id: q, question: { type: number, text: How many? } }\n- say: "{{ input.result }}"',
    );
    talk.say('a');
    expect(talk.turn({ kind: 'message', message: message({ type: 'inject', text: '4' }) })).toEqual(['4']);
  });
});

describe('what a session that waits wants to be done with the next message', () => {
  it.each([
    ['- { id: w, sleep: 2s }', { asleep: true }],
    ['- { id: q, question: { type: text, text: Tell me, collect: 1500ms } }', { collectMs: 1500 }],
    ['- { id: w, wait: true }', undefined],
  ])('%s', (steps, arrival) => {
    const talk = talkTo(`steps:\n${steps}\n- { id: behind, wait: true }`);
    talk.say('a');
    expect(talk.session?.arrival).toEqual(arrival);
    talk.say('b');
    expect(talk.session?.arrival).toBeUndefined();
  });
});
