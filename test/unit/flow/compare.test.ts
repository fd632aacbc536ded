import { describe, expect, it } from 'vitest';
import { compareVersions } from '../../../src/flow/compare.js';
import type { FlowFile } from '../../../src/flow/load.js';
import { flowFiles, versionOf } from './talk.js';

const compared = (files: readonly FlowFile[]) => ({ version: versionOf(files), files });
const differences = (before: { [flow: string]: string }, after: { [flow: string]: string }) =>
  compareVersions(compared(flowFiles(before)), compared(flowFiles(after)));
const changes = (before: string, after: string) =>
  differences({ bot: before }, { bot: after }).changed[0]?.changes ?? [];

const BOT = `title: Bot
texts: { bye: { en: Goodbye, de: Tschüss } }
steps:
  - say: Hello
  - id: ask
    question: { type: text, text: Name?, into: context.name, timeout: 5m, onTimeout: [{ say: Late }, { stop: true }] }
  - if: context.name == 'Ana'
    then:
      - { id: known, say: I know you }
      - say: Welcome back
    else:
      - say: Nice to meet you
  - say: texts.bye
`;
const edited = (...edits: [from: string, to: string][]) =>
  edits.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`nothing like ${from}`);
    return text.replace(from, to);
  }, BOT);

describe('what changed, in words', () => {
  it.each<[string, string, unknown[]]>([
    ['nothing', BOT, []],
    ['layout, quotes and comments', edited(['say: Hello', 'say: "Hello" # greets'], ['steps:', '\nsteps:']), []],
    [
      'a text in one language',
      edited(['Goodbye', 'Bye']),
      [{ what: 'flow', fields: [{ field: 'texts.bye.en', before: 'Goodbye', after: 'Bye' }] }],
    ],
    [
      'what a step says',
      edited(['say: Hello', 'say: Hi']),
      [
        {
          what: 'changed',
          step: 'steps[0]',
          kind: 'say',
          was: undefined,
          fields: [{ field: 'say', before: 'Hello', after: 'Hi' }],
        },
      ],
    ],
    [
      'a key of a question: its branch is none of it',
      edited(['timeout: 5m', 'timeout: 10m, reprompt: Again?'], ['say: Late', 'say: Too late']),
      [
        {
          what: 'changed',
          step: 'ask',
          kind: 'question',
          was: undefined,
          fields: [
            { field: 'question.timeout', before: '5m', after: '10m' },
            { field: 'question.reprompt', before: undefined, after: 'Again?' },
          ],
        },
        {
          what: 'changed',
          step: 'steps[1].question.onTimeout[0]',
          kind: 'say',
          was: undefined,
          fields: [{ field: 'say', before: 'Late', after: 'Too late' }],
        },
      ],
    ],
    [
      'a step in front: the others are still the same',
      edited(['  - say: Hello', '  - say: New here\n  - say: Hello']),
      [{ what: 'added', step: 'steps[0]', kind: 'say', says: 'New here' }],
    ],
    [
      'a step less',
      edited(['  - say: Hello\n', '']),
      [{ what: 'removed', step: 'steps[0]', kind: 'say', says: 'Hello' }],
    ],
    [
      'a step with an id elsewhere, with what changed in it',
      edited(
        ['      - { id: known, say: I know you }\n', ''],
        ['    else:', '    else:\n      - { id: known, say: You! }'],
      ),
      [
        { what: 'moved', step: 'known', kind: 'say', from: 'steps[2]: then', to: 'steps[2]: else' },
        {
          what: 'changed',
          step: 'known',
          kind: 'say',
          was: undefined,
          fields: [{ field: 'say', before: 'I know you', after: 'You!' }],
        },
      ],
    ],
    [
      'a step of another kind under the same id',
      edited(['{ id: known, say: I know you }', '{ id: known, log: seen }']),
      [
        {
          what: 'changed',
          step: 'known',
          kind: 'log',
          was: 'say',
          fields: [
            { field: 'say', before: 'I know you', after: undefined },
            { field: 'log', before: undefined, after: 'seen' },
          ],
        },
      ],
    ],
    [
      'an id for a step that had none',
      edited(['  - say: Hello', '  - { id: hello, say: Hello }']),
      [
        {
          what: 'changed',
          step: 'hello',
          kind: 'say',
          was: undefined,
          fields: [{ field: 'id', before: undefined, after: 'hello' }],
        },
      ],
    ],
    [
      'a handler',
      `handlers: { error: [{ say: Sorry }] }\n${BOT}`,
      [{ what: 'added', step: 'handlers.error[0]', kind: 'say', says: 'Sorry' }],
    ],
  ])('%s', (_what, after, expected) => {
    expect(changes(BOT, after)).toEqual(expected);
  });

  it('a branch taken out leaves what is used elsewhere', () => {
    const [whole = '', branch = ''] =
      /\n {2}- if:[\s\S]*(\n {6}- \{ id: known, .*\})[\s\S]*else:\n.*\n/.exec(BOT) ?? [];
    const flat = BOT.replace(whole, `${branch.replace('      ', '  ')}\n`);
    expect(changes(BOT, flat)).toEqual([
      { what: 'removed', step: 'steps[2]', kind: 'if', says: "context.name == 'Ana'" },
      { what: 'moved', step: 'known', kind: 'say', from: 'steps[2]: then', to: 'steps' },
    ]);
  });

  it('flows that came and went', () => {
    const other = 'steps: [{ say: one }, { say: two }]';
    expect(differences({ bot: BOT, old: other }, { bot: BOT, fresh: 'steps: [{ say: one }]' })).toEqual({
      added: [{ flow: 'fresh', steps: 1 }],
      removed: [{ flow: 'old', steps: 2 }],
      changed: [],
    });
  });
});
