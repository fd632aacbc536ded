import { describe, expect, it } from 'vitest';
import { loadFlows } from '../../../src/flow/load.js';
import type { Json } from '../../../src/shared/json.js';
import { flowFiles, type Talk, talkTo } from './talk.js';

const findings = (code: string) =>
  loadFlows(flowFiles({ bot: `steps:\n- code: |\n${code.replace(/^/gm, '    ')}\n` })).findings.map(
    ({ line, column, message, hint }) => `${line}:${column} ${message}${hint === undefined ? '' : ` (${hint})`}`,
  );

describe('the check of code', () => {
  it.each([
    ['an unfinished line', 'const a = 1;\nconst b = ;', ['6:15 not JavaScript: unexpected token']],
    ['the second of two equal lines', 'if (input.text) {\n}\n}', ['7:5 not JavaScript: unexpected token']],
    ['a name nobody declared', 'const a = 1;\ncontext.b = aa + c', ['6:17 `aa` is not known here (did you mean `a`?)']],
    [
      'what there is under another name',
      "await fetch('https://a.example')",
      ['5:11 `fetch` is not known here (write await http({ url }))'],
    ],
    [
      'an import',
      "const fs = await import('node:fs')",
      ['5:22 `import` is not available in code (code has no libraries but its helpers)'],
    ],
    [
      'an import at the top',
      "import fs from 'node:fs'",
      ["5:5 not JavaScript: 'import' and 'export' may appear only with 'sourceType: module'"],
    ],
    ['code that closes its function', '}); (async () => {', ['5:5 not JavaScript: unexpected token']],
    ['an octal number', 'const a = 012', ['5:15 not JavaScript: invalid number']],
  ])('finds %s', (_name, code, expected) => expect(findings(code)).toEqual(expected));

  it.each([
    'const { a, b: [c = 1, ...d] } = context; for (const e of d) say(`${a}${c}${e}`)',
    'function f(g, { h } = {}) { return g + h }\ntry { f(1) } catch (error) { log(error.name) }',
    'label: for (let i = 0; i < 2; i++) { if (i) continue label }\nreturn',
    "context.total = Math.max(...context.list.map(x => x.price)); say({ text: format.money(context.total, 'EUR') })",
    'const r = await http({ url: env.URL, method: "POST", body: { a: 1 } }); context.r = r.ok ? r.body : null',
    'class A { b = 1; static c() { return new A().b } }\ncontext.a = A.c()',
  ])('lets %s pass', (code) => expect(findings(code)).toEqual([]));
});

const FLOW = `context: { a: 1, gone: 2, kept: 3 }
steps:
- say: Before
- id: it
  code: say('x')
- say: "{{ context.a }} {{ context.gone ?? 'nothing' }} {{ context.kept }} {{ profile.tier ?? 'none' }} {{ random.int(1, 1000000) }}"`;

function answered(flow: string, answer: Json): { talk: Talk; said: unknown[] } {
  const talk = talkTo(flow);
  const said = talk.say('Hi');
  expect(talk.last).toMatchObject({ outcome: 'call', call: { kind: 'code', ordinal: 0 } });
  return { talk, said: [...said, ...talk.answerCall(0, answer)] };
}

const nothing = { set: {}, unset: [] };
const ok = (more: { [key: string]: Json }): Json => ({
  ...{ ok: true, say: [], log: [], context: nothing, profile: nothing, drawn: 0 },
  ...more,
});

describe('a code step', () => {
  it('asks for all of the memory, and what was said before is on its way', () => {
    const talk = talkTo(FLOW);
    expect(talk.say('Hi')).toEqual(['Before']);
    expect(talk.last?.call?.request).toMatchObject({
      code: "say('x')",
      memory: { context: { a: 1, gone: 2, kept: 3 }, profile: {}, input: { text: 'Hi' }, env: {} },
      drawn: 0,
    });
  });

  it('writes what code changed, takes away what it deleted, and leaves the rest', () => {
    const { talk, said } = answered(
      FLOW,
      ok({ context: { set: { a: { b: 1 } }, unset: ['gone'] }, profile: { set: { tier: 'gold' }, unset: [] } }),
    );
    expect(said).toEqual(['Before', expect.stringMatching(/^{"b":1} nothing 3 gold \d+$/)]);
    expect(talk.profile).toEqual({ tier: 'gold' });
  });

  it('says texts and messages, and evaluates nothing in them', () => {
    const { talk, said } = answered(
      FLOW,
      ok({
        say: [
          '{{ context.a }} }}',
          'texts.bye',
          { text: 'Which?', buttons: [{ id: 'a', title: '{{ 1 }}' }, 'B'] },
          { image: 'https://a.example/x.png' },
        ],
      }),
    );
    const [, ...messages] = talk.effects('send').length > 0 ? said : [];
    expect(messages.slice(0, 4)).toEqual([
      '{{ context.a }} }}',
      'texts.bye',
      { text: 'Which?', buttons: ['a', 'B'] },
      { image: 'https://a.example/x.png' },
    ]);
    expect(talk.effects('send')[2]?.message).toMatchObject({ buttons: [{ title: '{{ 1 }}' }, { title: 'B' }] });
  });

  it('draws on behind the numbers it has drawn', () => {
    const number = (drawn: number) =>
      String(answered(FLOW, ok({ drawn })).said.at(-1))
        .split(' ')
        .at(-1);
    const plain = talkTo('steps:\n- say: "{{ random.int(1, 1000000) }} {{ random.int(1, 1000000) }}"');
    const [first, second] = String(plain.say('Hi')[0]).split(' ');
    expect([number(0), number(1)]).toEqual([first, second]);
  });

  it.each([
    [
      'with its sentence',
      { ok: false, reason: 'timeout', detail: 'the code took more than 1000 ms' },
      'the code took more than 1000 ms',
    ],
    ['when nobody knows why', null, 'the code came to nothing'],
    [
      'when it said what is no message',
      ok({ say: [{ txt: 'private' }] }),
      'what `say()` was given is no message, see `txt`',
    ],
    [
      'when it wrote too much',
      ok({ context: { set: { big: 'x'.repeat(300_000) }, unset: [] } }),
      expect.stringContaining('the biggest keys: big'),
    ],
    [
      'when a message has conditions',
      ok({ say: [{ text: 'a', buttons: [{ id: 'a', title: 'A', when: 'true' }] }] }),
      '`when` in a message from code: decide it in the code',
    ],
  ])('fails %s', (_name, answer, detail) => {
    const { talk, said } = answered(FLOW, answer);
    expect([said, talk.failures]).toEqual([['Before', 'fallback'], [detail]]);
  });

  it('runs `onError` and goes on', () => {
    const { talk, said } = answered(
      'steps:\n- code: { script: "x()\\nfunction x() {}", timeout: 1s, onError: [{ say: Sorry. }] }\n- say: On.',
      { ok: false, reason: 'threw', detail: 'the code threw an error in line 1' },
    );
    expect([said, talk.warnings, talk.failures]).toEqual([
      ['Sorry.', 'On.'],
      ['the code threw an error in line 1'],
      [],
    ]);
  });
});
