import { expect, it } from 'vitest';
import { loadFlows } from '../../../src/flow/load.js';

/** The finding of a file that begins with `spec: 1` and `flow: bot`, so what is given starts on line 3. */
function firstFinding(text: string) {
  const [finding] = loadFlows([{ path: 'bot.yaml', text: `spec: 1\nflow: bot\n${text}` }]).findings;
  if (finding === undefined) return undefined;
  const { line, column, message, hint } = finding;
  return { at: `${line}:${column}`, message, ...(hint === undefined ? {} : { hint }) };
}

it.each([
  [
    'a tab',
    'steps:\n\t- say: Hello',
    { at: '4:1', message: 'a tab; YAML is indented by spaces', hint: 'set your editor to put two spaces for a tab' },
  ],
  [
    'a duplicate key',
    'steps:\n  - say: Hello\n    say: Bye',
    { at: '5:5', message: '`say` stands here twice, first on line 4' },
  ],
  [
    'an alias',
    'steps:\n  - say: *Thanks*',
    { at: '4:10', message: '`*Thanks*` is an alias in YAML, not text', hint: 'write it in quotes: "*Thanks*"' },
  ],
  [
    'an alias with more behind it',
    'steps:\n  - say: *Thanks* to all',
    { at: '4:10', message: '`*Thanks*` is an alias in YAML, not text', hint: 'write it in quotes: "*Thanks* to all"' },
  ],
  [
    'an anchor',
    'steps:\n  - say: &more Hello',
    { at: '4:10', message: '`&more` is an anchor in YAML, not text', hint: 'write it in quotes: "&more Hello"' },
  ],
  [
    'a tag',
    'steps:\n  - if: !context.done\n    then: [{ stop: true }]',
    {
      at: '4:9',
      message: 'what begins with `!` is a tag in YAML, not text',
      hint: 'write it in quotes: "!context.done"',
    },
  ],
  [
    'a comment glued behind text',
    'steps:\n  - say: Order # two',
    {
      at: '4:10',
      message: 'YAML takes what follows `#` as a comment and drops it',
      hint: 'write it in quotes: "Order # two", or put two spaces before a comment',
    },
  ],
  [
    'a bare expression',
    'steps:\n  - say: {{ context.name }}',
    {
      at: '4:10',
      message: 'a bare `{{ … }}` reads as a map in YAML, not as an expression',
      hint: 'write it in quotes: "{{ context.name }}"',
    },
  ],
  [
    'a bare expression with text behind it',
    'steps:\n  - say: {{ context.name }} is here',
    {
      at: '4:10',
      message: 'a bare `{{ … }}` reads as a map in YAML, not as an expression',
      hint: 'write it in quotes: "{{ context.name }} is here"',
    },
  ],
  [
    'a comma that splits a text',
    'steps:\n  - say: { text: Hello, my friend }',
    {
      at: '4:25',
      message: 'the comma before this splits the text inside `{ }`',
      hint: 'write it in quotes: "Hello, my friend"',
    },
  ],
  [
    'a colon in a text',
    'steps:\n  - say: Note: we are closed',
    {
      at: '4:10',
      message: 'YAML cannot read this: nested mappings are not allowed in compact mappings',
      hint: 'write it in quotes: "Note: we are closed"',
    },
  ],
  [
    'a reserved character',
    'steps:\n  - say: @here everybody',
    {
      at: '4:10',
      message: 'YAML cannot read this: plain value cannot start with reserved character @',
      hint: 'write it in quotes: "@here everybody"',
    },
  ],
  [
    'a second document',
    'steps:\n  - stop: true\n---\nflow: other',
    {
      at: '5:1',
      message: '`---` begins a second document',
      hint: 'one file is one flow: put the other flow in its own file',
    },
  ],
  [
    'a number with leading zeros where a value is stored',
    'steps:\n  - set: { context.zip: 00123 }',
    {
      at: '4:25',
      message: 'YAML reads `00123` as the number 123',
      hint: 'write "00123" for a text, 123 for the number',
    },
  ],
  [
    'a yes where true is meant',
    'steps:\n  - stop: yes',
    { at: '4:11', message: 'only `true` stands here', hint: 'to leave the step out, write `disabled: true` beside it' },
  ],
  [
    'a word for a switch',
    'steps:\n  - say: Hi\n    disabled: no',
    { at: '5:15', message: 'true or false is expected, not "no"' },
  ],
])('refuses %s', (_name, text, finding) => expect(firstFinding(text)).toEqual(finding));

it('refuses a directive that would change the version of YAML', () => {
  const { findings } = loadFlows([
    { path: 'bot.yaml', text: '%YAML 1.1\n---\nspec: 1\nflow: bot\nsteps: [{ stop: true }]\n' },
  ]);
  expect(findings.map(({ message }) => message)).toEqual(['a %YAML directive changes how the file is read']);
});

it.each([
  [
    'aliases that double',
    `a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nsteps: *c`,
    '`&a` is an anchor in YAML, not text',
  ],
  [
    'a list inside a list inside a list',
    `steps: ${'['.repeat(5000)}${']'.repeat(5000)}`,
    'lists and maps are nested more than 100 deep',
  ],
  [
    'a file of more than a megabyte',
    `steps:\n${'  - stop: true\n'.repeat(80_000)}`,
    'the file has 1200025 bytes; a flow file has 1048576 at most',
  ],
])('survives %s', (_name, text, message) => expect(firstFinding(text)).toMatchObject({ message }));

it.each([
  ['00123', '00123'],
  ['+49 30 1234', '+49 30 1234'],
  ['no', 'no'],
  ['1.10', '1.10'],
  ['0x1F', '0x1F'],
  ['~', '~'],
  ['true', 'true'],
  ['2026-01-05', '2026-01-05'],
  ['Hello  # a comment far away', 'Hello'],
  ['50% off & more, *today*', '50% off & more, *today*'],
  ['|-\n      two\n      lines', 'two\nlines'],
])('takes the text %s as it was written', (written, text) => {
  const { version, findings } = loadFlows([
    { path: 'bot.yaml', text: `spec: 1\nflow: bot\nsteps:\n  - id: it\n    say: ${written}\n` },
  ]);
  expect(findings).toEqual([]);
  expect(version?.byName.get('bot')?.steps.get('it')?.fields).toMatchObject({
    say: { fields: { text: [{ variants: new Map([['', { source: text }]]) }] } },
  });
});

it('reads JSON, tabs included', () => {
  const text = '{\n\t"spec": 1,\n\t"flow": "bot",\n\t"steps": [{ "say": "Hello" }]\n}';
  expect(loadFlows([{ path: 'bot.json', text }])).toMatchObject({ findings: [], version: { flows: ['bot'] } });
});
