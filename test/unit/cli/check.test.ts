import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CalledWrongly } from '../../../src/cli/called-wrongly.js';
import { check } from '../../../src/cli/check.js';
import type { Format } from '../../../src/cli/show-findings.js';
import { FINDING_CODES } from '../../../src/flow/reading/finding-codes.js';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'check-'));
  mkdirSync(join(cwd, 'config/flows'), { recursive: true });
});
afterEach(() => rmSync(cwd, { recursive: true }));

function flow(name: string, text: string | Buffer, folder = 'config/flows'): void {
  const whole = typeof text === 'string' ? `spec: 1\nflow: ${name}\n${text}` : text;
  writeFileSync(join(cwd, folder, `${name}.yaml`), whole);
}

function run(paths = ['config/flows'], format: Format = 'text', more: { color?: boolean; maxWarnings?: number } = {}) {
  return check({ paths, cwd, format, color: false, ...more });
}

const TWO_FAULTS = 'steps:\n  - sya: Hello\n  - wait: true\n';

describe('for people', () => {
  it('shows the place, the line with a caret, what to write instead, and a sum', () => {
    flow('bot', TWO_FAULTS);
    expect(run()).toEqual({
      failed: true,
      output: [
        'config/flows/bot.yaml:4:5 error unknown step `sya` [unknown-step]',
        '  4 |   - sya: Hello',
        '    |     ^',
        '  → did you mean `say`?',
        '',
        '1 error in 1 flow file',
        '',
      ].join('\n'),
    });
  });

  it('says so when nothing is wrong', () => {
    flow('bot', 'steps: [{ say: Hello }]');
    flow('other', 'steps: [{ say: Hello }]');
    expect(run()).toEqual({ failed: false, output: 'nothing to complain about in 2 flow files\n' });
  });

  it.each([
    ['a plain text', 'ab'],
    ['a sign of two units', '😀'],
    ['an East Asian sign, as wide as two letters', 'あ'],
  ])('puts the caret behind %s', (_name, sign) => {
    flow('bot', `steps: [{ say: "${sign}{{ inptu }}" }]`);
    const caret = run().output.split('\n')[2] ?? '';
    expect(caret.slice('    | '.length)).toBe(`${' '.repeat('steps: [{ say: "ab{{ '.length)}^`);
  });

  it('cuts a long line around the place', () => {
    flow('bot', `steps: [{ say: "${'x'.repeat(5000)}{{ inptu }}" }]`);
    const [, line = '', caret = ''] = run().output.split('\n');
    expect(line.length).toBeLessThan(130);
    expect(line.slice(caret.indexOf('^'))).toMatch(/^inptu/);
  });

  it('keeps control characters of a file from the terminal', () => {
    flow('bot', 'steps: [{ say: "\u009b31m{{ inptu }}" }]');
    const { output } = run();
    expect(output).toContain('·31m');
    expect(output).not.toContain('\u009b');
  });

  it('has colours only where they are wanted', () => {
    flow('bot', TWO_FAULTS);
    expect(run().output).not.toContain('\u001b[');
    expect(run(['config/flows'], 'text', { color: true }).output).toContain('\u001b[31merror\u001b[0m');
  });
});

describe('for tools', () => {
  it('lists findings as JSON', () => {
    flow('bot', TWO_FAULTS);
    expect(JSON.parse(run(['config/flows'], 'json').output)).toEqual({
      files: 1,
      errors: 1,
      warnings: 0,
      findings: [
        {
          severity: 'error',
          code: 'unknown-step',
          file: 'config/flows/bot.yaml',
          line: 4,
          column: 5,
          message: 'unknown step `sya`',
          hint: 'did you mean `say`?',
        },
      ],
    });
  });

  it('writes SARIF whose rules explain every result', () => {
    flow('bot', TWO_FAULTS);
    const sarif = z.object({
      version: z.literal('2.1.0'),
      runs: z.tuple([
        z.object({
          columnKind: z.literal('utf16CodeUnits'),
          tool: z.object({
            driver: z.object({
              name: z.string(),
              rules: z.array(z.object({ id: z.string(), shortDescription: z.object({ text: z.string() }) })),
            }),
          }),
          results: z.array(z.unknown()),
        }),
      ]),
    });
    const { runs } = sarif.parse(JSON.parse(run(['config/flows'], 'sarif').output));
    expect(runs[0].tool.driver.rules.map(({ id }) => id)).toEqual(Object.keys(FINDING_CODES));
    expect(runs[0].results).toEqual([
      {
        ruleId: 'unknown-step',
        level: 'error',
        message: { text: 'unknown step `sya` (did you mean `say`?)' },
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: 'config/flows/bot.yaml' },
              region: { startLine: 4, startColumn: 5 },
            },
          },
        ],
      },
    ]);
  });

  it('annotates a build on GitHub, one line a finding whatever the text', () => {
    flow('bot', 'steps: [{ say: "50% \\n,{{ inptu }}" }, { "s\\ny%": 1 }]');
    expect(run(['config/flows'], 'github').output.split('\n')).toEqual([
      '::error file=config/flows/bot.yaml,line=3,col=27,title=invalid-expression::`inptu` is not known here (did you mean `input`?)',
      '::error file=config/flows/bot.yaml,line=3,col=42,title=unknown-step::unknown step `s%0Ay%25`',
      '',
    ]);
  });
});

describe('what is checked', () => {
  it('a single file, with the flows beside it in mind', () => {
    flow('bot', 'steps: [{ executeFlow: other }]');
    flow('other', TWO_FAULTS);
    expect(run(['config/flows/bot.yaml'])).toEqual({
      failed: false,
      output: 'nothing to complain about in 1 flow file\n',
    });
    expect(run(['config/flows/other.yaml']).failed).toBe(true);
  });

  it('not the tests and schemas beside the flows', () => {
    flow('bot', 'steps: [{ say: Hello }]');
    flow('bot.test', 'tests: []');
    writeFileSync(join(cwd, 'config/flows/flow.schema.json'), '{}');
    expect(run().output).toBe('nothing to complain about in 1 flow file\n');
  });

  it('a file that is not UTF-8', () => {
    flow('bot', Buffer.from('spec: 1\nflow: bot\nsteps: [{ say: Gr\xfc\xdfe }]', 'latin1'));
    const { output, failed } = run();
    expect(failed).toBe(true);
    expect(output).toContain('config/flows/bot.yaml:1:1 error the file is not UTF-8 [file-encoding]');
  });

  it('an empty folder', () => {
    expect(run()).toEqual({
      failed: true,
      output: 'error there are no flow files [no-flows]\n\n1 error in 0 flow files\n',
    });
  });

  it('not a folder that is not there', () => {
    expect(() => run(['config/flwos'])).toThrow(CalledWrongly);
    expect(() => run(['config/flwos'])).toThrow('There is no file or folder config/flwos.');
  });
});

it('warnings fail only when there are more than allowed', () => {
  flow('bot', 'steps:\n  - wait: true\n  - wait: true');
  expect(run().failed).toBe(false);
  expect(run(['config/flows'], 'text', { maxWarnings: 2 }).failed).toBe(false);
  expect(run(['config/flows'], 'text', { maxWarnings: 1 }).failed).toBe(true);
});

describe('with the endpoints of the project', () => {
  const endpoint = (name: string, text: string) => {
    mkdirSync(join(cwd, 'config/endpoints'), { recursive: true });
    writeFileSync(join(cwd, `config/endpoints/${name}.yaml`), text);
  };
  const told = (paths?: string[]) =>
    run(paths, 'text')
      .output.split('\n')
      .filter((line) => /\[[\w-]+\]$|^ {2}→/.test(line));

  it('names flows that no conversation comes to, but not those only such a flow leads to', () => {
    endpoint('shop', 'simulated: true\nflow: bot\nhandlers: rules\n');
    flow('bot', 'steps: [{ executeFlow: news }]');
    flow('news', 'steps: [{ say: Hello }]');
    flow('rules', 'handlers: { optOut: [{ goTo: { flow: bye } }] }\nsteps: [{ say: Hello }]');
    flow('bye', 'steps: [{ say: Bye }]');
    flow('old', 'steps: [{ executeFlow: older }]');
    flow('older', 'steps: [{ say: Hello }]');
    flow('ping', 'steps: [{ wait: true, id: a }, { goTo: { flow: pong } }]');
    flow('pong', 'steps: [{ wait: true, id: a }, { goTo: { flow: ping } }]');
    expect(told()).toEqual([
      'config/flows/old.yaml:2:7 warning no endpoint begins with `old`, and no flow runs it [unused-flow]',
      '  → name it as the `flow` of an endpoint, run it with `executeFlow`, or delete the file',
      'config/flows/ping.yaml:2:7 warning no endpoint begins with `ping`, and no flow runs it [unused-flow]',
      '  → name it as the `flow` of an endpoint, run it with `executeFlow`, or delete the file',
    ]);
  });

  it('names a misspelt flow, with the place in the file of the endpoint', () => {
    endpoint('shop', '# our shop\nsimulated: true\nflow: bto\nhandlers: house-rules\n');
    flow('bot', 'steps: [{ say: Hello }]');
    expect(run()).toMatchObject({ failed: true });
    expect(told()).toEqual([
      'config/endpoints/shop.yaml:3:7 error endpoint shop begins with the flow `bto`, and no file declares it [unknown-flow]',
      '  → did you mean `bot`?',
      'config/endpoints/shop.yaml:4:11 error endpoint shop has its handlers in the flow `house-rules`, and no file declares it [unknown-flow]',
      '  → there are bot',
      'config/flows/bot.yaml:2:7 warning no endpoint begins with `bot`, and no flow runs it [unused-flow]',
      '  → name it as the `flow` of an endpoint, run it with `executeFlow`, or delete the file',
    ]);
    expect(run().output).toContain('  3 | flow: bto\n');
  });

  it('takes a flow from a variable, and says nothing when it is not set here', () => {
    endpoint('shop', 'flow: ${SHOP_FLOW}\nphoneNumberId: ${SHOP_NUMBER}\n');
    flow('bot', 'steps: [{ say: Hello }]');
    flow('other', 'steps: [{ say: Hello }]');
    expect(told()).toEqual([]);
    writeFileSync(join(cwd, '.env'), 'SHOP_FLOW=bot\n');
    expect(told()[0]).toContain('no endpoint begins with `other`');
    writeFileSync(join(cwd, '.env'), 'SHOP_FLOW=bto\n');
    expect(told()[0]).toMatch(/^config\/endpoints\/shop.yaml:1:7 error endpoint shop begins with the flow `bto`/);
  });

  it.each([
    ['names its handlers by a variable that is not set here', 'simulated: true\nflow: bot\nhandlers: ${HOUSE_RULES}\n'],
    ['cannot be read', 'simulated: true\n\tflow: other\n'],
    ['is no list of names', '- flow: other\n'],
  ])('says of no flow that nothing begins with it when a file beside %s', (_what, text) => {
    endpoint('desk', 'simulated: true\nflow: bot\n');
    endpoint('shop', text);
    flow('bot', 'steps: [{ say: Hello }]');
    flow('other', 'steps: [{ say: Hello }]');
    expect(told()).toEqual([]);
  });

  it('speaks of the file that was asked for only', () => {
    endpoint('shop', 'simulated: true\nflow: bto\n');
    flow('bot', 'steps: [{ say: Hello }]');
    flow('other', 'steps: [{ say: Hello }]');
    expect(told(['config/flows/other.yaml'])).toEqual([
      expect.stringContaining('no endpoint begins with `other`'),
      expect.stringContaining('→'),
    ]);
  });

  it('leaves what a half-read bot may lack alone', () => {
    endpoint('shop', 'simulated: true\nflow: broken\n');
    flow('bot', 'steps: [{ say: Hello }]');
    flow('broken', 'steps: [{ say: [ }]');
    expect(told().filter((line) => !line.includes('broken.yaml'))).toEqual([]);
  });
});
