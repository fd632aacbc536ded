import { afterAll, describe, expect, it } from 'vitest';
import { createSandboxPool } from '../../../src/sandbox/pool.js';
import { job } from './support.js';

const pool = createSandboxPool({ threads: 1, memoryMb: 64 });
afterAll(() => pool.close());

const BIG = 'a'.repeat(100_000);

/** Runs an attack while watching what it does to this process. */
async function attack(code: string, kind: 'expression' | 'code') {
  // The first script of a thread waits for its start, which is no part of the attack.
  await pool.run(job('1'));
  const before = process.memoryUsage().rss;
  let ticks = 0;
  const ticker = setInterval(() => {
    ticks += 1;
  }, 5);
  const startedMs = performance.now();
  const outcome = await pool.run(
    job(code, { kind, memory: JSON.stringify({ context: { list: [3, 1, 2], big: BIG }, profile: {}, input: {} }) }),
  );
  const tookMs = performance.now() - startedMs;
  clearInterval(ticker);
  return { outcome, tookMs, ticks, grownMiB: (process.memoryUsage().rss - before) / 1_048_576 };
}

/** An engine without memory ends a script in the middle of anything, also of saying so. */
const ATTACKS: [name: string, reason: string, code: string, kind?: 'code'][] = [
  ['an endless loop', 'timeout', '(() => { while (true); })()'],
  ['an endless loop in code', 'timeout', 'for (;;) {}', 'code'],
  ['endless microtasks', 'timeout', 'const next = () => Promise.resolve().then(next); await next()', 'code'],
  [
    'an endless generator',
    'timeout',
    '(() => { let n = 0; for (const one of (function* () { for (;;) yield 1; })()) n += one; })()',
  ],
  ['a promise nothing fulfils', 'pending', 'await new Promise(() => {})', 'code'],
  ['a list of an endless generator', 'memory|timeout|threw', '[...(function* () { for (;;) yield 1; })()]'],
  ['catastrophic backtracking', 'timeout', '/^(a+)+$/.test(context.big.slice(0, 40) + "!")'],
  ['a loop inside the engine', 'timeout', 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)'],
  ['a join of four billion', 'memory|timeout|threw', 'Array.prototype.join.call({ length: 2 ** 32 - 1 }, "x")'],
  ['multiplication without end', 'memory|timeout|threw', '(() => { let n = 3n; for (;;) n *= n; })()'],
  ['a huge power', 'memory|timeout|threw', '2n ** (2n ** 30n)'],
  ['a billion items', 'memory|timeout|threw', 'new Array(1e9).fill(0)'],
  [
    'a growing list of objects',
    'memory|timeout|threw',
    '(() => { const a = []; for (;;) a.push({ a: [1, 2, 3] }); })()',
  ],
  [
    'a growing list of buffers',
    'memory|timeout|threw',
    '(() => { const a = []; for (;;) a.push(new Uint8Array(1 << 20)); })()',
  ],
  ['a text that doubles', 'memory|timeout|threw', '(() => { let s = context.big; for (;;) s += s; })()'],
  ['a text of half a billion', 'memory|timeout|threw', '"x".repeat(2 ** 29)'],
  ['a buffer of four billion', 'memory|timeout|threw', 'new ArrayBuffer(2 ** 32)'],
  ['an array length beyond 2^32', 'memory|timeout|threw', '[].length = 2 ** 32'],
  ['deep recursion', 'stack', '(f => f(f))(f => f(f) + 1)'],
  ['deeply nested JSON', 'stack|threw|result', 'JSON.parse("[".repeat(50000) + "]".repeat(50000))'],
  [
    'JSON of a deep list',
    'stack|result|timeout',
    '(() => { let a = []; for (let i = 0; i < 20000; i++) a = [a]; return a; })()',
  ],
  ['a result too deep to store', 'result', '(() => { let a = 1; for (let i = 0; i < 150; i++) a = [a]; return a; })()'],
  ['a result too big to store', 'result', 'context.big + context.big'],
  ['a function', 'result', '() => 1'],
  ['a function inside', 'result', '({ a: [() => 1] })'],
  ['a promise', 'result', 'Promise.resolve(1)'],
  ['a symbol', 'result', 'Symbol("a")'],
  ['a number with n', 'result', '10n'],
  ['a value that holds itself', 'result', '(() => { const a = []; a.push(a); return a; })()'],
  ['a getter that never ends', 'timeout', '({ get a() { for (;;); } })'],
  ['a toJSON that never ends', 'timeout', '({ toJSON() { for (;;); } })'],
  ['a toJSON that throws', 'threw', '({ toJSON() { throw new TypeError("x"); } })'],
  ['a proxy that never ends', 'timeout', 'new Proxy({}, { ownKeys() { for (;;); } })'],
  [
    'an error that never says its name',
    'timeout',
    '(() => { const e = new Error(); Object.defineProperty(e, "name", { get() { for (;;); } }); throw e; })()',
  ],
  ['a thrown object', 'threw', '(() => { throw { secret: context.big }; })()'],
  ['a thrown nothing', 'threw', '(() => { throw undefined; })()'],
  ['the constructor of functions', 'threw', '(() => {}).constructor("return process")().exit()'],
  ['eval', 'threw', '(0, eval)("process.exit()")'],
  ['the host function', 'threw', '$$host("$random", "")'],
  ['import', 'threw|syntax', 'await import("node:fs")', 'code'],
  ['waiting on shared memory', 'memory|timeout|threw', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'],
  ['code that leaves its function', 'timeout', '}); for (;;); (async () => {', 'code'],
  ['more messages than anybody reads', 'threw', 'for (;;) say("x")', 'code'],
  [
    'more calls than a step may make',
    'threw',
    'await Promise.all(Array.from({ length: 11 }, () => http("https://a.example")))',
    'code',
  ],
  ['no result at all', 'result', 'context = () => 1', 'code'],
];

describe.sequential('an attack', () => {
  it.each(ATTACKS)(
    '%s ends as %s, and the next script knows nothing of it',
    async (_name, reason, code, kind) => {
      const { outcome, tookMs, ticks, grownMiB } = await attack(code, kind ?? 'expression');
      expect(outcome).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(`^(${reason})$`) });
      if (outcome.outcome === 'failed') expect(outcome.detail).not.toContain('aaaa');
      // Four times its limit by the clock when the machine is busy, and the pool's patience.
      expect(tookMs).toBeLessThan(2500);
      // This thread went on meanwhile: it was never held for as long as the script ran.
      if (tookMs > 200) expect(ticks).toBeGreaterThan(5);
      expect(grownMiB).toBeLessThan(200);
      expect(await pool.run(job('$$m(context, "list").map(x => x * 2)'))).toEqual({
        outcome: 'value',
        json: '[6,2,4]',
        drawn: 0,
      });
    },
    60_000,
  );

  it.each([
    [
      'a changed prototype',
      'Object.prototype.x = 1; Array.prototype.map = () => "mine"; JSON.stringify = () => "mine"; context.a = 1',
    ],
    ['changed globals', 'globalThis.secret = input; Math.max = () => 7; Promise.prototype.then = undefined'],
    ['a hidden key', 'context.a = JSON.parse(\'{ "__proto__": { "x": 1 }, "constructor": 1, "b": 2 }\')'],
  ])('%s stays in its guest', async (_name, code) => {
    await pool.run(job(code, { kind: 'code' }));
    expect(Object.keys(Object.prototype)).toEqual([]);
    const seen = await pool.run(job('[typeof globalThis.secret, typeof ({}).x, [1].map(x => x + 1), Math.max(1, 2)]'));
    expect(seen).toMatchObject({ json: '["undefined","undefined",[2],2]' });
  });

  it('hidden keys do not come out', async () => {
    const code = 'context.a = JSON.parse(\'{ "__proto__": { "x": 1 }, "constructor": 1, "b": 2 }\')';
    expect(await pool.run(job(code, { kind: 'code' }))).toMatchObject({ json: expect.stringContaining('"a":{"b":2}') });
  });
});
