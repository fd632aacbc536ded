import { describe, expect, it } from 'vitest';
import { parseExpression } from '../../../src/flow/expressions/expression.js';
import type { Json } from '../../../src/shared/json.js';
import { FALLBACK, type Talk, talkTo } from './talk.js';

describe('an expression that needs the sandbox', () => {
  it.each([
    ['context.items.filter(x => x.price > 3)', { context: ['items'] }],
    ['cc.items.map(({ name, n = input.text }) => name + n)', { context: ['items'], input: ['text'] }],
    ['context[input.text] + [].map(x => context.a)', { context: 'all', input: ['text'] }],
    ['/^[a-z]+$/i.test(ci.text)', { input: ['text'] }],
    ['new Date(profile.born).getFullYear()', { profile: ['born'] }],
    ['[...new Set(context.tags)]', { context: ['tags'] }],
    ['Math.sqrt(2) + JSON.parse(input.text).a', { input: ['text'] }],
    ['Object.entries(context).map(([k, v]) => `${k}: ${v}`)', { context: 'all' }],
    ['context.items.map(context => context.name)', { context: ['items'] }],
    ['context.items.map(text => text.trim())', { context: ['items'] }],
    ['(input => input.text)({ text: 1 })', {}],
    ['context.items.filter(Boolean).length', { context: ['items'] }],
    ['input.data instanceof Array', { input: ['data'] }],
    ['env.SHOP.match(/[a-z]/g).length', { env: ['SHOP'] }],
  ])('%s names what it reads', (source, reads) => {
    expect(parseExpression(source).script?.reads).toEqual(reads);
  });

  it.each([
    'context.items[0].name.toUpperCase()',
    'has(context.a) && Math.max(1, context.b) > Number(input.text)',
    '(context.a ?? (context.b || 1))',
    '[...context.a, { b: `${input.text}` }].length',
    "format.date(context.day, 'long')",
  ])('%s does not', (source) => expect(parseExpression(source).script).toBeUndefined());

  it.each([
    ['context.a.map(x => x.b)', '($$m(context,"a"))?.map(x => $$m(x,"b"))'],
    ["[1].map(x => ({ x, y: context['k'] }))", `([1])?.map(x => ({ x, y: $$m(context,'k') }))`],
    ['[1].map(({ a: [b = cc.c] }, ...d) => b)', '([1])?.map(({ a: [b = $$m(cc,"c")] }, ...d) => b)'],
    ['Math.sqrt(...context.a)', '(Math)?.sqrt(...$$s($$m(context,"a")))'],
    ["'a' in context ? /x/ : new Date(0)", "$$in('a',context) ? /x/ : new Date(0)"],
    ['context?.a?.b.map(x => `${x.y}!`)', '(($$m($$m(context,"a"),"b"))?.map(x => `${$$m(x,"y")}!`))'],
  ])('%s is written for it', (source, script) => expect(parseExpression(source).script?.code).toBe(script));
});

/** Answers the calls of a turn as a sandbox would that knows these scripts. */
function play(talk: Talk, text: string, known: { [code: string]: Json }): { said: unknown[]; asked: Json[] } {
  const said = [...talk.say(text)];
  const asked: Json[] = [];
  while (talk.last?.outcome === 'call' && talk.last.call !== undefined) {
    const { kind, request, ordinal } = talk.last.call;
    expect(kind).toBe('expression');
    asked.push(request);
    const answer = known[String(request.code)];
    if (answer === undefined) throw new Error(`nobody knows ${JSON.stringify(request.code)}`);
    said.push(...talk.answerCall(ordinal, answer));
  }
  return { said, asked };
}

const ok = (value: Json, drawn = 0) => ({ ok: true, value, drawn });
const A = '($$m(context,"a"))?.map(x => x)';
const B = '($$m(context,"b"))?.map(x => x)';

describe('a step with sandboxed expressions', () => {
  it('is run again with the answer of each, and sends only the memory they name', () => {
    const talk = talkTo(
      'context: { a: [1], b: [2], secret: 7 }\nsteps:\n- say: "{{ context.a.map(x => x) }} and {{ context.b.map(x => x) }}"',
    );
    const { said, asked } = play(talk, 'Hi', { [A]: ok([1]), [B]: ok([2]) });
    expect(said).toEqual(['[1] and [2]']);
    expect(asked).toMatchObject([{ memory: { context: { a: [1] } } }, { memory: { context: { b: [2] } } }]);
    expect(talk.last?.trace.map(({ outcome }) => outcome)).toEqual(['said']);
  });

  it('does what it did before only once: steps are counted once, warnings are said once, dice fall once', () => {
    const steps = `context: { a: [1], b: [2] }
steps:
- say: "{{ random.int(1, 1000000) }}"
- say: "{{ input.text.join() }}{{ random.int(1, 1000000) }} {{ context.a.map(x => x) }} {{ random.int(1, 1000000) }}"
- say: "{{ random.int(1, 1000000) }}"`;
    const numbers = (talk: Talk, said: unknown[]) => {
      expect(talk.warnings.filter((it) => it?.includes('join'))).toHaveLength(1);
      return said.join(' ').split(' ');
    };
    const sandboxed = talkTo(steps);
    const [first, second, value, third, fourth] = numbers(sandboxed, play(sandboxed, 'Hi', { [A]: ok('x', 2) }).said);
    const plain = talkTo(
      steps.replace('{{ context.a.map(x => x) }}', '{{ random.int(1, 1000000) }} {{ random.int(1, 1000000) }}'),
    );
    const [one, two, _draw, _other, three, four] = numbers(plain, plain.say('Hi'));
    expect([first, second, value, third, fourth]).toEqual([one, two, 'x', three, four]);
    expect(sandboxed.session?.state.turn).toBeUndefined();
  });

  it('fails as any expression does: nothing and a warning in a text, an error elsewhere', () => {
    const failing = { ok: false, reason: 'timeout', detail: 'it took more than 250 ms' };
    const text = talkTo('context: { a: [] }\nsteps:\n- say: "Hi {{ context.a.map(x => x) }}!"');
    expect(play(text, 'Hi', { [A]: failing }).said).toEqual(['Hi !']);
    expect(text.warnings).toEqual(['{{ context.a.map(x => x) }} gave nothing: it took more than 250 ms']);
    const condition = talkTo('context: { a: [] }\nsteps:\n- if: context.a.map(x => x)\n  then: [{ say: Yes }]');
    expect(play(condition, 'Hi', { [A]: failing }).said).toEqual([FALLBACK.type === 'text' ? FALLBACK.text : '']);
    expect(condition.failures).toEqual(['it took more than 250 ms']);
  });

  it('may be asked for in `when`, and then its own expressions come after', () => {
    const talk = talkTo(
      'context: { a: [], b: [] }\nsteps:\n- when: context.a.map(x => x)\n  say: "{{ context.b.map(x => x) }}"\n- say: "{{ context.b.map(x => x) }}"',
    );
    expect(play(talk, 'Hi', { [A]: ok(true), [B]: ok('b') })).toMatchObject({ said: ['b', 'b'], asked: [{}, {}, {}] });
    expect(play(talk, 'Hi', { [A]: ok(false), [B]: ok('b') })).toMatchObject({ said: ['b'], asked: [{}, {}] });
  });

  it('sees what the same step has just written', () => {
    const talk = talkTo(
      'context: { a: [1] }\nsteps:\n- set: { context.a: [2], context.c: "{{ context.a.map(x => x) }}" }\n- say: "{{ context.c }}"',
    );
    const { said, asked } = play(talk, 'Hi', { [A]: ok([4]) });
    expect([said, asked]).toMatchObject([['[4]'], [{ memory: { context: { a: [2] } } }]]);
  });

  it('validates an answer with it, and what the answer was is still known behind the call', () => {
    const talk = talkTo(
      'steps:\n- id: q\n  question: { type: text, text: Word?, validate: "/^[a-z]+$/.test(input.result)", reprompt: No. }\n- say: "{{ input.result }} {{ input.activeQuestion.type }}"\n- id: w\n  wait: true',
    );
    talk.say('Hi');
    const code = '(/^[a-z]+$/)?.test($$m(input,"result"))';
    const { said, asked } = play(talk, '12', { [code]: ok(false) });
    expect([said, asked, talk.at]).toMatchObject([['No.'], [{ memory: { input: { result: '12' } } }], 'q']);
    expect(play(talk, 'abc', { [code]: ok(true) }).said).toEqual(['abc text']);
    expect(talk.at).toBe('w');
  });

  it('takes nothing for an answer but what the host may give', () => {
    const talk = talkTo('context: { a: [] }\nsteps:\n- set: { context.b: "{{ context.a.map(x => x) }}" }');
    play(talk, 'Hi', { [A]: 'what?' });
    expect(talk.failures).toEqual(['the sandbox gave no answer']);
  });
});
