import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPlainYaml } from '../../../src/flow/reading/plain-yaml.js';
import { readYaml } from '../../../src/flow/reading/read-source.js';
import { stepKinds } from '../../../src/flow/steps/step-kinds.js';

const root = new URL('../../../', import.meta.url);

function textsIn(folder: string): string[] {
  return readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => readFileSync(new URL(`${folder}/${name}`, root), 'utf8'));
}

const examples = stepKinds.map(({ example }) => example);
const flows = textsIn('config/flows');
const broken = textsIn('test/fixtures/flows/broken');

/** The parser's word counts: nothing may be read that it refuses, or reads as something else. */
function agrees(text: string): boolean {
  const quick = readPlainYaml(text);
  if (quick === undefined) return false;
  const { raw, findings } = readYaml('bot.yaml', text);
  expect({ raw: quick, findings: [] }, JSON.stringify(text)).toStrictEqual({ raw, findings });
  return true;
}

describe('a file in plain YAML', () => {
  it('is read as the parser reads it, and nearly every flow is one', () => {
    const read = [...flows, ...examples].filter(agrees).length;
    expect(read / (flows.length + examples.length)).toBeGreaterThan(0.8);
  });

  it('is never one that the parser refuses', () => {
    for (const text of broken) agrees(text);
  });

  it.each([
    ['a list as far left as its key', 'a:\n- b\n- c: 1\n  d: 2\ne: f\n'],
    ['lists in lists', '- - a\n  - b\n- c\n'],
    ['a text behind |', 'a: |\n  one\n    two\n\n  # three\nb: |-\n  four\n'],
    ['quotes', `a: "x \\"y\\" \\n \\\\ # z"  # really\nb: 'it''s'\n"c d": e\n'f': g\n`],
    ['maps and lists on a line', 'a: { b: [c, "d, e", { f: 10:30 }], g: {}, h: [] }\n'],
    ['numbers and words', 'a: 00123\nb: -1.50\nc: no\nd: true\ne: ~\nf: +49 30 1\ng: 1.2.3\nh: .5\ni: 1e\nj: 0\n'],
    ['comments on lines of their own', '# a\na: b\n  # c\nd:\n    # e\n  f: g\n'],
    ['no end of line at the end', 'a: b'],
  ])('may have %s', (_what, text) => expect(agrees(`x: y\n${text}`) || agrees(text)).toBe(true));

  it.each([
    ['a comment that may be text', 'a: b # c\n'],
    ['text that goes on', 'a: b\n  c\n'],
    ['a colon in the text', 'a: b: c\n'],
    ['no value', 'a:\nb: c\n'],
    ['a key twice', 'a: b\na: c\n'],
    ['a bare expression', 'a: {{ b }}\n'],
    ['a lost comma', 'a: { b: c, d }\n'],
    ['an alias', 'a: *b\n'],
    ['an anchor', 'a: &b c\n'],
    ['a tag', 'a: !b c\n'],
    ['an octal number', 'a: 0o17\n'],
    ['an exponent', 'a: 1e3\n'],
    ['infinity', 'a: .inf\n'],
    ['indentation that does not fit', 'a:\n    b: c\n  d: e\n'],
    ['a list behind its key', 'a: - b\n'],
    ['quotes that go on', 'a: "b" c\n'],
    ['a second document', 'a: b\n---\nc: d\n'],
    ['a tab', 'a:\tb\n'],
  ])('is not one with %s', (_what, text) => expect(readPlainYaml(text)).toBeUndefined());

  /** Texts with a few letters changed, taken away, or moved: what people make of files by mistake, and worse. */
  it('is read alike whatever is done to it', () => {
    const signs = [
      ...' \n:-#"\'{}[],|>&*!%@`?\\.~0a1e',
      '\n  ',
      '\n- ',
      ': ',
      ' #',
      '- ',
      '\n    ',
      "''",
      '""',
      '\n#',
      'é',
      '<<: ',
    ];
    const change = fc.record({
      at: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
      take: fc.integer({ min: 0, max: 6 }),
      put: fc.constantFrom('', ...signs),
    });
    let alike = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...flows, ...examples, ...broken).map((text) => text.slice(0, 1500)),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (text, changes) => {
          let changed = text;
          for (const { at, take, put } of changes) {
            const place = Math.floor(at * changed.length);
            changed = changed.slice(0, place) + put + changed.slice(place + take);
          }
          if (agrees(changed)) alike += 1;
        },
      ),
      { numRuns: Number(process.env.YAML_RUNS ?? 3000) },
    );
    expect(alike).toBeGreaterThan(300);
  });

  it('is read alike when it is made of signs', () => {
    const piece = fc.constantFrom(
      ...[
        'a',
        'b: ',
        'c:',
        '- ',
        '-',
        '\n',
        '\n  ',
        '\n    ',
        '{ ',
        ' }',
        '[',
        ']',
        ', ',
        '"',
        "'",
        '|',
        '|-',
        '>',
        '#',
        ' # ',
      ],
      ...[
        '  # ',
        ' ',
        '1',
        '0x1',
        '.5',
        '1.',
        '1e3',
        '~',
        'no',
        'null',
        '\\n',
        '\\',
        '?',
        '? ',
        ':',
        '!',
        '&a',
        '*a',
        'é',
        '%',
        '.',
      ],
    );
    let alike = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        if (agrees(`k: v\n${pieces.join('')}\n`) || agrees(`k: ${pieces.join('')}`)) alike += 1;
      }),
      { numRuns: Number(process.env.YAML_RUNS ?? 3000) },
    );
    expect(alike).toBeGreaterThan(100);
  });
});
