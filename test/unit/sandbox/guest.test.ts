import { afterAll, describe, expect, it } from 'vitest';
import { createSandboxPool, SandboxUnavailable } from '../../../src/sandbox/pool.js';
import { job } from './support.js';

// The clock of the machine must not decide anything.
process.env.TZ = 'America/New_York';
const pool = createSandboxPool({ threads: 2, memoryMb: 64 });
afterAll(() => pool.close());

describe('a script', () => {
  it.each([
    ['new Date().toISOString()', '2026-01-06T09:00:00.000Z'],
    ['[Date.now(), new Date().getTime()].join()', '1767690000000,1767690000000'],
    ['new Date(2026, 0, 5, 10).toISOString()', '2026-01-05T10:00:00.000Z'],
    ["new Date('2026-01-05T10:00').getHours()", 10],
    ["new Date('2026-01-05T10:00:00+02:00').getUTCHours()", 8],
    ["new Date('Jan 5, 2026 10:00').getTimezoneOffset()", 0],
    ["format.date(new Date(), 'dateTime')", '06.01.2026, 10:00'],
    ["format.date('2026-01-05', 'long')", '5. Januar 2026'],
    ["[1.5, 2].map(n => format.money(n, 'EUR'))", ['1,50\u00a0€', '2,00\u00a0€']],
    ["date.add(date.now(), 1, 'day')", '2026-01-07T09:00:00.000Z'],
    ["['z', 'ä', 'a'].sort((a, b) => a.localeCompare(b))", ['a', 'ä', 'z']],
    ['[...new Set([1, 1, 2])]', [1, 2]],
    ['new Set([1])', [1]],
    ["new Map([['a', 1]])", { a: 1 }],
    ['({ a: undefined, b: NaN, c: new Date(0) })', { b: null, c: '1970-01-01T00:00:00.000Z' }],
    ["'aXb'.replace('X', '$&$&')", 'a$&$&b'],
    ["'aXb'.replace(/(X)/, '<$1>')", 'a<X>b'],
    ['[has(""), has(0), raw(1), Object.keys(null).length]', [false, true, 1, 0]],
    ["'\\ud800'.length + '\\u0000x'", '1\u0000x'],
  ])('%s gives %j', async (code, expected) => {
    const outcome = await pool.run(job(code));
    expect(outcome).toMatchObject({ outcome: 'value' });
    expect(outcome.outcome === 'value' && JSON.parse(outcome.json ?? 'null')).toEqual(expected);
  });

  it('gives nothing where there is nothing', async () =>
    expect(await pool.run(job('undefined'))).toEqual({ outcome: 'value', json: undefined, drawn: 0 }));

  it('draws the random numbers of its turn, the same in a second run, and says how many', async () => {
    const draw = (drawn: number) =>
      pool.run(job('[random.int(1, 1000), Math.random(), random.pick([1, 2, 3])]', { drawn }));
    const [first, again, later] = [await draw(0), await draw(0), await draw(1)];
    expect(first).toMatchObject({ outcome: 'value', drawn: 3 });
    expect(again).toEqual(first);
    expect(later).not.toEqual(first);
  });

  it.each([
    ["format.date('soon')", 'not a date: write 2026-01-31 or 2026-01-31T09:00:00Z'],
    ['JSON.parse(input.text)', 'the expression threw SyntaxError'],
    ['input.missing.text', "the expression threw TypeError: cannot read property 'text' of undefined"],
    ['input[input.text].text', "the expression threw TypeError: cannot read property 'text' of undefined"],
    ['null[input.text]', 'the expression threw TypeError'],
    ['(() => { throw new Error(input.text) })()', 'the expression threw an error'],
  ])('%s fails with a sentence that says nothing of the contact', async (code, detail) => {
    const memory = JSON.stringify({ input: { text: 'private words' } });
    expect(await pool.run(job(code, { memory }))).toEqual({ outcome: 'failed', reason: 'threw', detail, drawn: 0 });
  });

  it('says in which line code failed', async () =>
    expect(await pool.run(job('const a = 1;\n\nconst b = context.a.b.c;', { kind: 'code' }))).toMatchObject({
      detail: "the code threw TypeError in line 3: cannot read property 'b' of undefined",
    }));
});

it('many scripts at once share the threads, and each gets its own answer', async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, (_, index) => pool.run(job(`[1].map(x => x + ${index})`))),
  );
  expect(outcomes.map((it) => it.outcome === 'value' && it.json)).toEqual(outcomes.map((_, index) => `[${index + 1}]`));
});

it('a pool that is closed takes nothing more, and tells who waits', async () => {
  const closing = createSandboxPool({ threads: 1, memoryMb: 64 });
  const waiting = closing.run(job('1'));
  const refused = expect(waiting).rejects.toThrow(SandboxUnavailable);
  await closing.close();
  await refused;
  await expect(closing.run(job('1'))).rejects.toThrow('the sandbox is closed');
});
