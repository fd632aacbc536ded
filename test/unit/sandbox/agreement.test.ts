import fc from 'fast-check';
import { expect, it } from 'vitest';
import { evaluate, type Memory } from '../../../src/flow/expressions/evaluate.js';
import { parseExpression } from '../../../src/flow/expressions/expression.js';
import { writeScript } from '../../../src/flow/expressions/expression-script.js';
import { FlowError } from '../../../src/flow/flow-error.js';
import { GuestHouse } from '../../../src/sandbox/guest.js';
import { NOW_MS } from '../flow/talk.js';

/** What generated expressions read. */
const CONTEXT = {
  n: 3,
  half: 2.5,
  zero: 0,
  text: 'Hello World',
  digits: '042',
  empty: '',
  yes: true,
  nothing: null,
  list: [3, 1, 'two', null, [4, 5]],
  words: ['a', 'b', 'c'],
  obj: { x: 1, y: 'why', inner: { z: [1, 2] } },
};

const paths = fc.constantFrom(
  ...Object.keys(CONTEXT).map((key) => `context.${key}`),
  ...[
    'context.missing',
    'context.missing.a.b',
    'context.obj.x',
    'context.obj.inner.z',
    "cc['words'][1]",
    'context.list[4][0]',
  ],
  ...[
    'input.text',
    'context.text.length',
    'context.list.length',
    'context.obj.length',
    'context.toString',
    'input.map',
  ],
);
const literals = fc.constantFrom(
  '0',
  '1',
  '-1',
  '2.5',
  '1e3',
  "'a'",
  "'1'",
  "'l'",
  "''",
  "' x '",
  'true',
  'false',
  'null',
  'undefined',
  'NaN',
);

const TEXT_METHODS = [
  'at',
  'charAt',
  'concat',
  'endsWith',
  'includes',
  'indexOf',
  'lastIndexOf',
  'padEnd',
  'padStart',
  'replace',
  'replaceAll',
  'slice',
  'split',
  'startsWith',
  'substring',
  'toLowerCase',
  'toUpperCase',
  'trim',
  'trimEnd',
  'trimStart',
  'toString',
];
const LIST_METHODS = ['at', 'concat', 'includes', 'indexOf', 'join', 'lastIndexOf', 'slice', 'toReversed', 'toString'];
const HELPERS = [
  'has',
  'raw',
  'String',
  'Boolean',
  'parseInt',
  'parseFloat',
  'Array.isArray',
  'Object.keys',
  'Object.values',
  'Math.abs',
  'Math.ceil',
  'Math.floor',
  'Math.max',
  'Math.min',
  'Math.round',
  'Math.sign',
  'Math.trunc',
  'text.slug',
  'text.truncate',
  'format.number',
  'format.list',
];
const BINARY = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '<',
  '<=',
  '>',
  '>=',
  '==',
  '!=',
  '===',
  '!==',
  '&',
  '|',
  '^',
  '<<',
  '>>',
  '>>>',
  '&&',
  '||',
  '??',
  'in',
];

// Lists and maps hold JSON, where nothing is null or not there at all: only that differs from JavaScript.
const present = (source: string) => `((${source}) ?? null)`;

const { expression } = fc.letrec<{ expression: string; args: string[] }>((tie) => ({
  args: fc.array(tie('expression'), { maxLength: 2 }),
  expression: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    paths,
    literals,
    fc
      .tuple(tie('expression'), fc.constantFrom(...BINARY), tie('expression'))
      .map(([a, op, b]) => `(${a}) ${op} (${b})`),
    fc
      .tuple(fc.constantFrom('!', '-', '+', '~', 'typeof ', 'void '), tie('expression'))
      .map(([op, a]) => `${op}(${a})`),
    fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, c]) => `(${a}) ? (${b}) : (${c})`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `\`<\${${a}}|\${${b}}>\``),
    fc
      .tuple(tie('args'), tie('expression'))
      .map(([items, more]) => `[${[...items.map(present), `...(${more})`].join(', ')}]`),
    fc
      .tuple(tie('expression'), tie('expression'))
      .map(([a, b]) => `({ a: ${present(a)}, 'b c': ${present(b)}, ...context.obj })`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `(${a})[${b}]`),
    fc.tuple(tie('expression'), fc.constantFrom('x', 'length', 'inner')).map(([a, key]) => `(${a}).${key}`),
    fc
      .tuple(
        fc.constantFrom('context.text', 'context.digits', 'input.text', "'a-b-a'"),
        fc.constantFrom(...TEXT_METHODS),
        tie('args'),
      )
      .map(([a, name, args]) => `${a}.${name}(${args.join(', ')})`),
    fc
      .tuple(
        fc.constantFrom('context.list', 'context.words', 'context.missing'),
        fc.constantFrom(...LIST_METHODS),
        tie('args'),
      )
      .map(([a, name, args]) => `${a}.${name}(${args.map(present).join(', ')})`),
    fc
      .tuple(tie('expression'), fc.constantFrom(...TEXT_METHODS, 'toFixed', 'join'))
      .map(([a, name]) => `(${a}).${name}(1)`),
    fc
      .tuple(fc.constantFrom(...HELPERS), tie('expression'), tie('args'))
      .map(([name, first, args]) => `${name}(${[first, ...args].join(', ')})`),
  ),
}));

const memory: Memory = {
  input: { text: 'Ana' },
  context: CONTEXT,
  profile: {},
  env: {},
  locals: {},
  around: { nowMs: NOW_MS, locale: 'en-GB', timeZone: 'UTC', random: () => 0 },
  sandbox: () => {
    throw new Error('not of the plain subset');
  },
};

function inHost(source: string): string {
  try {
    return JSON.stringify({ value: evaluate(parseExpression(source), memory) });
  } catch (err) {
    if (err instanceof FlowError) return '"failed"';
    throw err;
  }
}

const BATCH = 100;

it('the host and the sandbox agree on 10 000 expressions of the plain subset', async () => {
  const house = await GuestHouse.open(64);
  let compared = 0;
  const run = (sources: readonly string[]): unknown[] => {
    const scripts = sources.map((source) => writeScript(parseExpression(source).ast, source));
    const tried = scripts.map(
      (script) => `(() => { try { return { value: (${script}) } } catch { return 'failed' } })()`,
    );
    const outcome = house.run({
      kind: 'expression',
      code: `[${tried.join(',\n')}]`,
      memory: JSON.stringify({ input: memory.input, context: CONTEXT }),
      ...{ nowMs: NOW_MS, locale: 'en-GB', timeZone: 'UTC', seed: '', drawn: 0, answers: [] },
      limits: { timeMs: 20_000, maxResultLength: 10_000_000 },
    });
    house.renew();
    if (outcome.outcome !== 'value') throw new Error(JSON.stringify(outcome));
    const results: unknown = JSON.parse(outcome.json ?? '');
    return Array.isArray(results) ? results : [];
  };
  const seed = Date.now() % 2 ** 31;
  const sources = fc.sample(expression, { numRuns: 11_000, seed }).filter((source) => source.length < 2000);
  const different: string[] = [];
  for (let from = 0; from < sources.length; from += BATCH) {
    const batch = sources.slice(from, from + BATCH);
    run(batch).forEach((result, index) => {
      const [source = '', sandboxed] = [batch[index], JSON.stringify(result)];
      if (sandboxed !== inHost(source))
        different.push(`${source}: ${inHost(source)} in the host, ${sandboxed} in the sandbox`);
      compared += 1;
    });
  }
  expect(compared).toBeGreaterThanOrEqual(10_000);
  const shortest = different.toSorted((a, b) => a.length - b.length).slice(0, 12);
  expect(shortest, `with seed ${seed}`).toEqual([]);
}, 120_000);
