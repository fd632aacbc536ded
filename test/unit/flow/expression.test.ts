import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate, type Memory, renderText, renderValue } from '../../../src/flow/expressions/evaluate.js';
import { ExpressionFault, parseExpression } from '../../../src/flow/expressions/expression.js';
import { parseTemplate } from '../../../src/flow/expressions/template.js';
import { FlowError } from '../../../src/flow/flow-error.js';
import type { JsonObject } from '../../../src/shared/json.js';
import { NOW_MS } from './talk.js';

function memory(context: JsonObject = {}, locale = 'en-GB', timeZone = 'UTC'): Memory {
  let draws = 0;
  const random = () => [0.1, 0.5, 0.9][draws++ % 3] ?? 0;
  return {
    input: { text: 'Hello' },
    context,
    profile: { name: 'Ana' },
    locals: {},
    env: { SHOP: 'bakery' },
    around: { nowMs: NOW_MS, locale, timeZone, random },
    sandbox: ({ code }) => {
      throw new FlowError(`sandbox: ${code}`);
    },
  };
}

const compute = (source: string, context?: JsonObject, locale?: string, timeZone?: string) =>
  evaluate(parseExpression(source), memory(context, locale, timeZone));

describe('an expression', () => {
  it.each([
    ['input.text', 'Hello'],
    ['ci.text + cp.name', 'HelloAna'],
    ['env.SHOP', 'bakery'],
    ['context.a.b.c', undefined],
    ['context.list[1].x', 2],
    ["context['list'].length", 2],
    ['context.list[5].x.y', undefined],
    ['context.missing.toUpperCase()', undefined],
    ["context.missing?.x ?? 'none'", 'none'],
    ['context.n > 2 && context.n < 4', true],
    ["context.n == '3'", true],
    ["context.n === '3'", false],
    ['context.missing == null', true],
    ['context.zero || 7', 7],
    ['context.zero ?? 7', 0],
    ['-context.n ** 2', undefined],
    ['(context.n + 1) * 2 % 5', 3],
    ['7 / 2 | 0', 3],
    ['!context.missing', true],
    ['typeof context.missing', 'undefined'],
    ["'n' in context", true],
    ["'toString' in context", false],
    ['context.n > 2 ? `big ${context.n}` : "small"', 'big 3'],
    ['[...context.words, 1 + 1]', ['a', 'b', 2]],
    ["{ ...context.obj, y: 1, ['z' + 1]: undefined }", { x: 1, y: 1 }],
    ["context.words.join(' and ')", 'a and b'],
    ["context.words.includes('b')", true],
    ["context.words.concat('c').at(-1)", 'c'],
    ["'a-b-c'.split('-').slice(1)", ['b', 'c']],
    ["'aXbX'.replaceAll('X', '$&')", 'a$&b$&'],
    ["'7'.padStart(3, '0')", '007'],
    ['(3.14159).toFixed(2)', '3.14'],
    ['[1, [2, null]] + ""', '1,2,'],
    ['({}) + ""', '[object Object]'],
    ["'b' > 'a'", true],
    ["'10' > 9", true],
    ['NaN == NaN', false],
    ['Math.max(1, 5, context.n)', 5],
    ['Math.round(2.5) + Number("4") + parseInt("12px")', 19],
    ['Object.keys(context.obj)', ['x']],
    ["has(context.n) && !has('') && !has(context.missing)", true],
    ['random.int(1, 6)', 1],
    ["random.pick(['a', 'b', 'c'])", 'a'],
  ])('%s is %j', (source, expected) => {
    const context = { n: 3, zero: 0, words: ['a', 'b'], list: [{ x: 1 }, { x: 2 }], obj: { x: 1 } };
    if (source === '-context.n ** 2') return expect(() => parseExpression(source)).toThrow(ExpressionFault);
    expect(compute(source, context)).toEqual(expected);
  });

  it.each([
    ['format.number(1234.5)', 'en-GB', '1,234.5'],
    ['format.number(1234.5, 2)', 'de-DE', '1.234,50'],
    ["format.money(4.8, 'EUR')", 'de-DE', '4,80\u00a0€'],
    ["format.money(4.8, 'EUR')", 'en-GB', '€4.80'],
    ["format.list(['a', 'b', 'c'])", 'en-GB', 'a, b and c'],
    ["format.list(['a', 'b'], 'or')", 'de-DE', 'a oder b'],
    ["format.date('2026-01-05', 'long')", 'en-GB', '5 January 2026'],
    ["format.date('2026-01-05T23:30:00Z', 'long')", 'de-DE', '6. Januar 2026'],
    ["format.date('2026-01-05T23:30:00Z', 'time')", 'en-GB', '00:30'],
    ["format.date('2026-01-05 23:30', 'weekday')", 'en-GB', 'Tuesday'],
    ['format.date(context.missing)', 'en-GB', ''],
    ["text.truncate('Hello world', 6)", 'en-GB', 'Hello…'],
    ["text.title('élan vITAL')", 'en-GB', 'Élan Vital'],
    ["text.slug('Füße & Hände!')", 'en-GB', 'fuße-hande'],
    ["text.escape('*a* _b_ ~c~')", 'en-GB', '∗a∗ ˍbˍ ∼c∼'],
    ['date.now()', 'en-GB', '2026-01-06T09:00:00.000Z'],
    ["date.add('2026-01-31', 1, 'month')", 'en-GB', '2026-02-28'],
    ["date.add('2026-01-31', 2, 'days')", 'en-GB', '2026-02-02'],
    ["date.add(date.now(), -90, 'minutes')", 'en-GB', '2026-01-06T07:30:00.000Z'],
    ["date.diff('2026-03-01', '2026-01-31', 'months')", 'en-GB', 1],
    ["date.diff('2026-01-05', '2026-01-08', 'days')", 'en-GB', -3],
  ])('%s in %s is %j', (source, locale, expected) =>
    expect(compute(source, {}, locale, 'Europe/Berlin')).toBe(expected),
  );

  it.each([
    ['context.list.toFixed(2)', 'a list has no method `toFixed`'],
    ['input.text.join()', 'a text has no method `join`'],
    ['context.obj.slice(1)', 'a map has no method `slice`'],
    ['(true).slice(1)', 'true and false have no method `slice`'],
    ['context[context.key]', '`__proto__` cannot be read'],
    ["input.text[['constructor'] + '']", '`constructor` cannot be read'],
    ['{ [context.key]: 1 }', '`__proto__` cannot be written'],
    ["'x'.repeat(1e9)", 'a text of more than 262144 characters'],
    ["'x'.padEnd(1e9)", 'a text of more than 262144 characters'],
    ["'x'.repeat(2e5).split('')", 'a list of more than 10000 items'],
    ["'x'.repeat(2e5) + 'x'.repeat(2e5)", 'a text of more than 262144 characters'],
    ["'x'.repeat(2e5).replaceAll('x', 'xx')", 'a text of more than 262144 characters'],
    ["['x'.repeat(2e5), 'x'.repeat(2e5)].join()", 'a text of more than 262144 characters'],
    ['(1).toFixed(101)', 'a number of digits is between 0 and 100'],
    ["'x' in 'xyz'", '`in` looks into a map or a list'],
    ["format.date('soon')", 'not a date: write 2026-01-31 or 2026-01-31T09:00:00Z'],
    [
      "format.date('2026-01-05', 'loud')",
      'a style of `format.date` is short, medium, long, full, time, dateTime, weekday, month, year',
    ],
    ["format.money(1, 'euros')", "`format.money` takes a currency such as 'EUR'"],
    ["date.add('2026-01-05', 1, 'moons')", 'a unit of time is seconds, minutes, hours, days, weeks, months or years'],
    ["date.add('2026-01-05', 1e12, 'days')", 'a date outside the calendar'],
    ['random.int(6, 1)', '`random.int` takes the least and the most'],
  ])('%s fails: %s', (source, message) => {
    const context: JsonObject = { list: [], obj: {}, key: '__proto__' };
    expect(() => compute(source, context)).toThrow(new FlowError(message));
  });

  it('sees nothing of prototypes, and no own property that hides one', () => {
    const hostile = JSON.parse('{ "__proto__": { "admin": true }, "toString": 5, "items": { "valueOf": 1 } }');
    expect(compute('context.admin', hostile)).toBeUndefined();
    expect(compute('context.hasOwnProperty', hostile)).toBeUndefined();
    expect(compute("context + ''", hostile)).toBe('[object Object]');
    expect(compute('context.items == "[object Object]"', hostile)).toBe(true);
    expect(compute('{ ...context }.admin', hostile)).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('a template', () => {
  it.each([
    ['{{ context.n }}', 3],
    ['{{ context.list }}', [1, 2]],
    ['{{ context.missing }}', undefined],
    ['{{ context.n }} ', '3 '],
    ['a{{ context.missing }}b{{ null }}c', 'abc'],
    ["{{ '}}' }} and {{ { a: { b: 1 } }.a.b }}", '}} and 1'],
    ['list: {{ context.list }}', 'list: [1,2]'],
    ['no braces', 'no braces'],
    ['single { brace }', 'single { brace }'],
  ])('%s is %j', (source, expected) =>
    expect(renderValue(parseTemplate(source), memory({ n: 3, list: [1, 2] }))).toEqual(expected),
  );

  it('leaves out what fails, and tells', () => {
    const failures: string[] = [];
    const text = renderText(parseTemplate('Hi {{ input.text.join() }}!'), memory(), (_error, { source }) =>
      failures.push(source),
    );
    expect([text, failures]).toEqual(['Hi !', ['input.text.join()']]);
  });

  it('never evaluates a value again', () => {
    expect(renderValue(parseTemplate('You wrote {{ context.text }}'), memory({ text: '{{ env.SHOP }}' }))).toBe(
      'You wrote {{ env.SHOP }}',
    );
  });
});

describe('whatever is written', () => {
  const word = fc.constantFrom(
    'context',
    'cc',
    'input',
    'text',
    'list',
    'a',
    '__proto__',
    'constructor',
    'toString',
    'length',
    'slice',
    'join',
    'format',
    'date',
    'Math',
    'max',
    'has',
  );
  const token = fc.oneof(
    word,
    fc.constantFrom(
      '.',
      '?.',
      '[',
      ']',
      '(',
      ')',
      '+',
      '-',
      '*',
      '==',
      '??',
      '&&',
      '?',
      ':',
      ',',
      '...',
      '{',
      '}',
      '`',
      "'",
      '"',
      '!',
      '1e9',
      '0',
      '=>',
      '=',
      'new ',
      'x',
    ),
  );

  it('an expression is refused when loaded, fails by name, or gives JSON', () => {
    fc.assert(
      fc.property(fc.array(token, { maxLength: 14 }), fc.dictionary(fc.string(), fc.jsonValue()), (tokens, context) => {
        const outcome = attempt(() => {
          const value = compute(tokens.join(''), JSON.parse(JSON.stringify(context)));
          return JSON.stringify(value === undefined ? null : value);
        });
        expect(outcome).toMatch(/^(refused|failed|json)$/);
      }),
      { numRuns: 3000 },
    );
  });

  function attempt(run: () => string): string {
    try {
      JSON.parse(run());
      return 'json';
    } catch (err) {
      if (err instanceof ExpressionFault) return 'refused';
      if (err instanceof FlowError) return 'failed';
      throw err;
    }
  }
});
