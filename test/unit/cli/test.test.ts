import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CalledWrongly } from '../../../src/cli/called-wrongly.js';
import { test as runTest } from '../../../src/cli/test.js';
import { readTestFile } from '../../../src/rehearsal/test-file.js';

const ROOT = join(import.meta.dirname, '../../..');

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'flow-tests-'));
  mkdirSync(join(cwd, 'config/flows'), { recursive: true });
});
afterEach(() => rmSync(cwd, { recursive: true }));

function write(name: string, text: string): void {
  mkdirSync(join(cwd, name, '..'), { recursive: true });
  writeFileSync(join(cwd, name), text);
}

const read = (name: string) => readFileSync(join(cwd, name), 'utf8');

async function run(options: Partial<Parameters<typeof runTest>[0]['options']> = {}, paths: string[] = [], dir = cwd) {
  const done = await runTest({
    paths,
    options: { flows: 'config/flows', parallel: 2, ...options },
    cwd: dir,
    color: false,
  });
  return { ...done, output: done.output.replace(/\(.* turns?\/s\)/, '(…)') };
}

const BOT = `spec: 1
flow: bot
steps:
  - say: "Hello {{ profile.name ?? 'there' }}!"
  - id: ask
    question: { type: number, text: How many?, into: context.count }
  - if: context.count > 3
    then: [{ say: That is a lot. }]
  - http:
      url: "https://shop.example/stock?n={{ context.count }}"
      auth: { bearer: { secret: SHOP_TOKEN } }
      into: context.stock
      onError: [{ say: The shop is asleep. }]
  - say: { text: "There are {{ context.stock.body.left }} left.", buttons: [{ id: buy, title: Buy }, { id: no, title: No }] }
  - id: choice
    wait: true
`;

const TESTS = `# What the bot is for.
flow: bot
tests:
  - name: a few
    http: [{ url: "*/stock?n=2", headers: { Authorization: Bearer SHOP_TOKEN }, reply: { json: { left: 7 } } }]
    turns:
      - { contact: Hi, bot: [Hello there!, How many?] }  # greets
      - contact: "2"
        bot:
          - { text: There are 7 left., buttons: [buy, no] }
        at: choice
  - name: the shop is asleep
    http: [{ url: "*", reply: { error: timeout } }]
    turns:
      - contact: Hi
      - { contact: "9", bot: [That is a lot., The shop is asleep., { contains: There are }] }
`;

describe('the examples', () => {
  it('are tested to every step', async () => {
    const { output, failed } = await run({ coverage: true }, [], ROOT);
    expect(output).toMatch(/order-status +(\d+)\/\1 +100 %/);
    expect(output).toMatch(/welcome +(\d+)\/\1 +100 %/);
    expect(failed).toBe(false);
  });
});

describe('parlance test', () => {
  beforeEach(() => write('config/flows/bot.yaml', BOT));

  it('passes in one line', async () => {
    write('config/flows/bot.test.yaml', TESTS);
    expect(await run()).toMatchObject({ output: '2 tests passed (…)\n', failed: false });
  });

  it('finds the flows of a test elsewhere', async () => {
    write('test/flows/deep/bot.test.yaml', TESTS);
    expect(await run()).toMatchObject({ output: '2 tests passed (…)\n' });
  });

  it('shows what came, where it was expected, and the conversation so far', async () => {
    write('config/flows/bot.test.yaml', TESTS.replace('left: 7', 'left: 8'));
    expect((await run({ trace: true })).output).toBe(
      [
        '✗ a few config/flows/bot.test.yaml',
        '  config/flows/bot.test.yaml:10:21 the message is another',
        '    - text: There are 7 left.',
        '    + text: There are 8 left.',
        '  The conversation so far:',
        '    contact  Hi',
        '             say bot/steps[0]: said',
        '             question bot/ask: asked',
        '    bot      Hello there!',
        '    bot      How many?',
        '             waits at bot/ask',
        '    contact  2',
        '             question bot/ask: answered',
        '             if bot/steps[2]: else',
        '             http bot/steps[3]: asked',
        '             http bot/steps[3]: ok',
        '             say bot/steps[4]: said',
        '             wait bot/choice: waits',
        '    bot      There are 8 left. [buy] [no]',
        '             waits at bot/choice',
        '',
        '1 failed, 1 test passed (…)',
        '',
      ].join('\n'),
    );
  });

  it('fails for a call no mock answers, and says which came nearest', async () => {
    write('config/flows/bot.test.yaml', TESTS.replace('n=2"', 'n=3"'));
    const { output } = await run({ filter: 'a few' });
    expect(output).toContain('no mock answers the http call GET https://shop.example/stock?n=2');
    expect(output).toContain('→ mock 1: its url is */stock?n=3');
  });

  it('says what is wrong with a test file as it does with a flow', async () => {
    write('config/flows/bot.test.yaml', 'flow: bto\ntests:\n  - name: one\n    turns: [{ contcat: Hi }]\n');
    const { output, failed } = await run();
    expect(failed).toBe(true);
    expect(output).toContain('config/flows/bot.test.yaml:4:15 error `contcat` is not a key of a turn');
    expect(output).toContain('did you mean `contact`?');
    expect(output).toContain('nothing was run');
  });

  it.each([
    ['an unknown flow', 'flow: bto\ntests: [{ name: one, turns: [{ contact: Hi }] }]', 'there is no flow `bto`'],
    [
      'a turn without an act',
      'flow: bot\ntests: [{ name: one, turns: [{ bot: Hi }] }]',
      'nothing happens in this turn',
    ],
    ['two acts', 'flow: bot\ntests: [{ name: one, turns: [{ tap: a, contact: Hi }] }]', 'one thing happens in a turn'],
    [
      'two tests of a name',
      'flow: bot\ntests: [{ name: a, turns: [{ wait: 1s }] }, { name: a, turns: [{ wait: 1s }] }]',
      'two tests have this name',
    ],
    [
      'no pattern',
      'flow: bot\ntests: [{ name: one, turns: [{ contact: Hi, bot: [{ matches: "(" }] }] }]',
      'this is no regular expression',
    ],
    [
      'a time without a zone',
      'flow: bot\ngiven: { now: "2026-01-06T09:00" }\ntests: [{ name: one, turns: [{ wait: 1s }] }]',
      'a time with its zone is expected',
    ],
    [
      'an unknown thing to send',
      'flow: bot\ntests: [{ name: one, turns: [{ contact: { imgae: {} } }] }]',
      'did you mean `image`?',
    ],
  ])('finds %s', async (_name, text, message) => {
    write('config/flows/bot.test.yaml', text);
    expect(await run()).toMatchObject({ failed: true, output: expect.stringContaining(message) });
  });

  it('runs nothing when the flows are broken', async () => {
    write('config/flows/bot.yaml', BOT.replace('say:', 'sya:'));
    write('config/flows/bot.test.yaml', TESTS);
    expect(await run()).toMatchObject({ failed: true, output: expect.stringContaining('unknown step `sya`') });
  });

  it('is called wrongly when there is nothing to run', async () => {
    await expect(run()).rejects.toThrow(CalledWrongly);
    await expect(run({}, ['nowhere'])).rejects.toThrow('There is no file or folder nowhere.');
    write('config/flows/bot.test.yaml', TESTS);
    expect(await run({ filter: 'nothing like it' })).toMatchObject({ failed: true });
  });

  it('says which steps and branches were never reached', async () => {
    write('config/flows/bot.test.yaml', TESTS);
    const { output } = await run({ coverage: true, filter: 'a few', coverageFile: 'lcov.info' });
    expect(output.split('\n').slice(0, -2)).toEqual([
      'flow            steps         branches',
      'bot        6/8   75 %       1/3   33 %',
      '',
      'Never reached:',
      '  config/flows/bot.yaml:8:12 say steps[2].then[0]',
      '  config/flows/bot.yaml:13:17 say steps[3].http.onError[0]',
      '  config/flows/bot.yaml:7:5 if steps[2]: branch then',
      '  config/flows/bot.yaml:9:5 http steps[3]: branch onError',
      '',
    ]);
    const lcov = read('lcov.info').split('\n');
    expect(lcov).toEqual(
      expect.arrayContaining(['SF:config/flows/bot.yaml', 'DA:4,1', 'DA:8,0', 'LF:8', 'LH:6', 'BRF:3', 'BRH:1']),
    );
  });

  it('leaves out the flows that named test files never came to', async () => {
    write('config/flows/bot.test.yaml', TESTS);
    write('config/flows/other.yaml', 'spec: 1\nflow: other\nsteps:\n  - say: Hello\n');
    expect((await run({ coverage: true })).output).toContain('other');
    const { output } = await run({ coverage: true }, ['config/flows/bot.test.yaml']);
    expect(output).toMatch(/^bot /m);
    expect(output).not.toContain('other');
  });

  it('writes JUnit XML that holds whatever a test is called', async () => {
    write(
      'config/flows/bot.test.yaml',
      TESTS.replace('name: a few', 'name: "a <few> & \\"more\\" \\u0007"').replace('left: 7', 'left: 8'),
    );
    await run({ junit: 'junit.xml' });
    const xml = read('junit.xml');
    expect(xml).toContain('<testsuites tests="2" failures="1" errors="0"');
    expect(xml).toContain('name="a &lt;few&gt; &amp; &quot;more&quot; ·"');
    expect(xml).toContain('<failure message="the message is another">');
  });

  it('writes anew what was expected wrongly, and nothing else', async () => {
    const wrong = TESTS.replace('[Hello there!, How many?]', '[Hi!]')
      .replace(
        '{ text: There are 7 left., buttons: [buy, no] }',
        '{ text: There are 5 left., buttons: [buy] } # how many',
      )
      .replace('at: choice', 'at: top')
      .replace('That is a lot., The', 'That is much., The');
    write('config/flows/bot.test.yaml', wrong);
    const { output, failed } = await run({ update: true });
    expect(output).toBe('config/flows/bot.test.yaml: 4 expectations written anew\n2 tests passed (…)\n');
    expect(failed).toBe(false);
    expect(read('config/flows/bot.test.yaml')).toBe(
      TESTS.replace(
        '{ text: There are 7 left., buttons: [buy, no] }',
        '{ text: There are 7 left., buttons: [buy, "no"] } # how many',
      ),
    );
    expect(await run()).toMatchObject({ output: '2 tests passed (…)\n' });
  });

  it('still fails where it is not an expectation that is wrong', async () => {
    write('config/flows/bot.test.yaml', TESTS.replace('[Hello there!, How many?]', '[Hi!]').replace('n=2', 'n=3'));
    const { output, failed } = await run({ update: true });
    expect(output).toMatch(/^config\/flows\/bot.test.yaml: \d expectations? written anew\n✗ a few/);
    expect(output).not.toContain('Hi!');
    expect(failed).toBe(true);
  });

  it('updates a list line by line', async () => {
    write(
      'config/flows/bot.test.yaml',
      'flow: bot\ntests:\n  - name: one\n    turns:\n      - contact: Hi\n        bot:\n          - Hello!\n        at: ask  # the question\n',
    );
    await run({ update: true });
    expect(read('config/flows/bot.test.yaml')).toBe(
      'flow: bot\ntests:\n  - name: one\n    turns:\n      - contact: Hi\n        bot:\n          - Hello there!\n          - How many?\n        at: ask  # the question\n',
    );
  });

  it('runs expressions that need the sandbox', async () => {
    write('config/flows/bot.yaml', 'spec: 1\nflow: bot\nsteps:\n  - say: "{{ [3, 1, 2].map((n) => n * 2).join() }}"\n');
    write('config/flows/bot.test.yaml', 'flow: bot\ntests: [{ name: one, turns: [{ contact: Hi, bot: "6,2,4" }] }]\n');
    expect(await run()).toMatchObject({ output: '1 test passed (…)\n' });
  });

  it('plays code and what it calls, models, reactions, and what a flow sends itself later', async () => {
    write(
      'config/flows/bot.yaml',
      `spec: 1
flow: bot
handlers:
  reaction: [{ say: "Thank you for the {{ input.data.reaction.emoji }}!" }]
steps:
  - code: |
      const answer = await http({ url: "https://shop.example/a" });
      say(String(answer.body.factor * 2));
  - llm: { model: small, prompt: "Greet {{ profile.name }}", into: context.greeting }
  - say: "{{ context.greeting.text }}"
  - notify: { in: 1h, say: Still there? }
`,
    );
    write(
      'config/flows/bot.test.yaml',
      `flow: bot
given: { profile: { name: Ana } }
http: [{ url: "*/a", reply: { json: { factor: 2 } } }]
tests:
  - name: one
    llm: [{ prompt: Greet Ana, model: small, reply: "Hello, dear Ana!" }]
    turns:
      - { contact: Hi, bot: ["4", "Hello, dear Ana!"] }
      - { contact: { reaction: 👍 }, bot: "Thank you for the 👍!" }
      - { wait: 1h, bot: Still there? }
`,
    );
    expect(await run()).toMatchObject({ output: '1 test passed (…)\n' });
  });
});

it('plays a copy of the examples from any folder', async () => {
  cpSync(join(ROOT, 'config/flows'), join(cwd, 'flows'), { recursive: true });
  expect(await run({}, ['flows/welcome.test.yaml'])).toMatchObject({ failed: false });
});

it('reads the test in the documentation', () => {
  const page = readFileSync(join(ROOT, 'docs/flows/testing.md'), 'utf8');
  const [, text = ''] = /```yaml\n(.*?)```/s.exec(page) ?? [];
  expect(readTestFile('page.test.yaml', text)).toMatchObject({
    findings: [],
    file: { content: { flow: 'order-status' } },
  });
});
