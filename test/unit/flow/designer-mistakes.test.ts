import { describe, expect, it } from 'vitest';
import { loadFlows } from '../../../src/flow/load.js';

/** What is found in a file, each with its line and what it is about, as a designer reads it. */
function found(text: string): string[] {
  return loadFlows([{ path: 'bot.yaml', text }]).findings.map(({ severity, line, column, message, hint }) => {
    const about = text.split('\n')[line - 1]?.slice(column - 1, column + 5);
    return `${severity === 'warning' ? '~' : ''}${line} at ${about?.trim()}: ${message} → ${hint}`;
  });
}

const bot = (steps: string) => `spec: 1\nflow: bot\nsteps:\n${steps}`;
const COLOUR = `  - id: colour
    question: { type: choice, text: Which?, choices: [{ id: red, title: Red }, { id: blue, title: Blue }], into: context.colour }
`;
const SURE = '  - id: sure\n    question: { type: yesNo, text: Sure?, into: context.sure }\n';

describe('a value in one pair of braces', () => {
  it.each<[string, string[]]>([
    [
      '"Hello { profile.name }!"',
      [
        '~4 at { prof: `{ profile.name }` is said as it is written: a value stands in two braces → write {{ profile.name }}',
      ],
    ],
    [
      '{ text: "Hi {{ profile.name }} {cp.name}" }',
      ['~4 at {cp.na: `{cp.name}` is said as it is written: a value stands in two braces → write {{ cp.name }}'],
    ],
    ['"Write {name} or { a, b }"', []],
    [`"{{ [{ a: profile.name }].map(({ a }) => a).join('') }}"`, []],
  ])('in %s', (said, expected) => expect(found(bot(`  - say: ${said}\n`))).toEqual(expected));
});

describe('a value that no answer is', () => {
  const after = (question: string, rest: string, more = '') => found(`${bot(question + rest)}${more}`);
  const condition = (text: string) => `  - if: ${text}\n    then: [{ say: A }]\n`;

  it.each<[string, string, string[]]>([
    ['a choice', COLOUR + condition("context.colour == 'red' || cc.colour != 'blue'"), []],
    [
      'a misspelt choice',
      COLOUR + condition("context.colour == 'rde'"),
      ["~6 at 'rde': `context.colour` is never 'rde': that is no choice of the question → did you mean `red`?"],
    ],
    [
      'nothing like a choice, the other way round',
      COLOUR + condition('"\'green\' === context.colour"'),
      ["~6 at 'green: `context.colour` is never 'green': that is no choice of the question → there are red, blue"],
    ],
    [
      'a word for yes',
      SURE + condition("context.sure == 'yes'"),
      ["~6 at 'yes': `context.sure` is never 'yes': that is no answer of the question → the answer is true or false"],
    ],
    ['yes', SURE + condition('context.sure == true'), []],
    [
      'the title of a choice, in a case',
      `${COLOUR}  - lookup: "{{ context.colour }}"\n    cases: { red: [{ say: A }], Blue: [{ say: B }] }\n`,
      ["~7 at Blue:: `context.colour` is never 'Blue': that is no choice of the question → did you mean `blue`?"],
    ],
    ['true in a case', `${SURE}  - lookup: "{{ context.sure }}"\n    cases: { true: [{ say: A }] }\n`, []],
    [
      'anything in a case that looks for more than the value',
      `${COLOUR}  - lookup: "{{ context.colour }}"\n    match: contains\n    cases: { re: [{ say: A }] }\n`,
      [],
    ],
    ['what a step sets', `${COLOUR}  - set: { context.colour: green }\n${condition("context.colour == 'green'")}`, []],
    ['what code may set', `${COLOUR}  - code: context.colour = 'green'\n${condition("context.colour == 'green'")}`, []],
    [
      'what another question asks',
      `${COLOUR}  - id: free\n    question: { type: text, text: Which?, into: context.colour }\n${condition("context.colour == 'green'")}`,
      [],
    ],
  ])('and %s', (_what, steps, expected) => expect(after('', steps)).toEqual(expected));

  it('counts what the context begins with', () => {
    const steps = COLOUR + condition("context.colour == 'none'");
    expect(found(bot(steps))).toHaveLength(1);
    expect(found(`spec: 1\nflow: bot\ncontext: { colour: none }\nsteps:\n${steps}`)).toEqual([]);
  });
});

describe('the answer of an http step under another name', () => {
  const http = (into: string) => `  - http: { url: "https://shop.example", into: ${into} }\n`;
  it('is the one that was meant', () => {
    expect(found(bot(`${http('context.order')}  - say: "{{ context.result.body.status }}"\n`))).toEqual([
      '~5 at contex: nothing sets `context.result.body.status` → did you mean `context.order.body.status`? That is where the `http` step puts its answer',
    ]);
    expect(
      found(bot(`${http('context.order')}${http('context.customer')}  - say: "{{ context.result.body.status }}"\n`)),
    ).toEqual([
      '~6 at contex: nothing sets `context.result.body.status` → `http` steps put their answers into `context.order` and `context.customer`',
    ]);
  });
});

describe('a quote', () => {
  const OPENS = ['4 at "Hello: this " is not closed on its line → write "Hello there"'];
  it.each<[string, string, string[]]>([
    ['that is not closed', '  - say: "Hello there\n  - say: Bye\n  - wait: true\n', OPENS],
    ['that the next one closes', '  - say: "Hello there\n  - say: "Bye"\n  - say: Bye\n', OPENS],
    ['whose echo is a second error', `  - say: "Hello there\n  - say: 'Bye'\n  - say: 'a\n`, OPENS],
    [
      'that is closed by an apostrophe',
      "  - say: 'It's me'\n",
      ["4 at s me': the text in ' ends before this → write '' for the ' inside, or take the other kind of quotes"],
    ],
    [
      'that is only the beginning of an expression',
      "  - if: 'yes' == input.text\n    then: [{ say: A }]\n",
      ["4 at == inp: the text in ' ends before this → write it in quotes: \"'yes' == input.text\""],
    ],
    ['over two lines of text', '  - say: "Hello\n      there - and: here"\n', []],
    [
      'that is closed behind a list, and is not the mistake',
      '  - say: "We have\n      - apples\n      - pears" # today\n  - say: Bye\n - say: A\n',
      ['8 at - say:: this `- ` is not indented like those before it → indent all items of a list alike'],
    ],
    [
      'of a word processor in an expression',
      '  - if: input.text == “yes”\n    then: [{ say: A }]\n',
      ["4 at “yes”: “ is no quote in an expression → write ' in its place: word processors bend quotes"],
    ],
    [
      'of a word processor around a text',
      '  - say: “Note: closed”\n',
      [
        '4 at “Note:: YAML cannot read this: nested mappings are not allowed in compact mappings → YAML knows the quotes " and \' only: word processors bend them',
      ],
    ],
  ])('%s', (_what, steps, expected) => expect(found(bot(steps))).toEqual(expected));
});

describe('a word of other languages', () => {
  const condition = (text: string) => found(bot(`  - if: ${text}\n    then: [{ say: A }]\n`));

  it.each<[string, string]>([
    ["input.text == 'a' or input.text == 'b'", '→ write || instead of or'],
    ["input.text == 'a' AND cc.n > 1", '→ write && instead of AND'],
    ['not input.text', '→ write ! instead of not'],
    ['cc.n <> 3', '→ write != instead of <>'],
    ["input.text is 'a'", '→ write == instead of is'],
    ["input.text contains 'a'", '→ write .includes(…) instead of contains'],
    // Of no language, or a name that only begins like one.
    ['cc.n order', '→ undefined'],
  ])('in %s', (text, expected) => expect(condition(text)).toEqual([expect.stringContaining(expected)]));

  it('in braces', () => {
    expect(found(bot('  - say: "{{ input.text or 1 }}"\n'))).toEqual([
      expect.stringContaining('`}}` is missing behind the expression → write || instead of or'),
    ]);
  });

  it('that is the name of something is none', () => {
    expect(
      found(bot('  - set: { context.is: 1, context.or: 2 }\n  - if: cc.is == cc.or\n    then: [{ say: A }]\n')),
    ).toEqual([]);
  });
});

describe('a file that begins otherwise', () => {
  it.each<[string, string, string[]]>([
    [
      'without `spec`',
      'flow: bot\nsteps: [{ say: Hi }]\n',
      ['1 at flow:: a flow needs `spec` → begin the file with the line `spec: 1`'],
    ],
    [
      'with its version in quotes',
      'spec: "1"\nflow: bot\nsteps: [{ say: Hi }]\n',
      ['1 at "1": this version reads `spec: 1` → write it without quotes'],
    ],
    [
      'with its steps',
      '- say: Hi\n',
      [
        '1 at - say:: a flow is a map, not a list → begin the file with `spec: 1`, `flow:` and its name, and `steps:`; the list belongs below that',
      ],
    ],
    [
      'without steps',
      'spec: 1\nflow: bot\n',
      ['1 at spec:: a flow needs `steps` → write `steps:`, and each step below it as `  - say: Hello`'],
    ],
  ])('%s', (_what, text, expected) => expect(found(text)).toEqual(expected));
});

describe('keys that are not indented enough', () => {
  it.each<[string, string, string[]]>([
    [
      'below a key without a value, said once',
      '  - say:\n    text: Hi\n    buttons: [A]\n',
      ['5 at text:: `text`, `buttons` stand beside `say:`, not in it → indent them further than `say`'],
    ],
    [
      'below a map they belong to',
      '  - id: q\n    question:\n      type: text\n      text: Hi\n    into: context.a\n    reprompt: Again\n',
      ['8 at into:: `into`, `reprompt` stand beside `question:`, not in it → indent them further than `question`'],
    ],
    ['but misspelt', '  - sya: Hi\n', ['4 at sya: H: unknown step `sya` → did you mean `say`?']],
    [
      'but a branch without its steps',
      '  - if: input.text == "a"\n    then:\n',
      ['5 at : a list of steps is expected → begin each step with `- `'],
    ],
  ])('%s', (_what, steps, expected) => expect(found(bot(steps))).toEqual(expected));
});

it.each([
  ['int', 'integer'],
  ['Boolean', 'yesNo'],
  ['dropdwn', undefined],
  ['tel', 'phone'],
  ['select', 'choice'],
  ['numbr', 'number'],
])('a question of type %s is meant to be %s', (type, meant) => {
  const [finding] = loadFlows([
    { path: 'bot.yaml', text: bot(`  - id: q\n    question: { type: ${type}, text: Hi }\n`) },
  ]).findings;
  expect(finding?.hint).toBe(meant === undefined ? undefined : `did you mean \`${meant}\`?`);
});
