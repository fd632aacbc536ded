import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CalledWrongly } from '../../../src/cli/called-wrongly.js';
import { type OpenChat, openChat } from '../../../src/cli/open-chat.js';
import { test as runTest } from '../../../src/cli/test.js';

const PARLANCE = join(import.meta.dirname, '../../../src/cli/parlance.ts');
const BOT = `spec: 1
flow: bot
steps:
  - say: "Hello {{ profile.name ?? 'there' }}!"
  - id: menu
    question:
      type: choice
      text: What would you like?
      choices: [{ id: tea, title: Tea }, { id: coffee, title: Coffee }]
      into: context.drink
      timeout: 10m
      onTimeout: [{ say: Another time. }, { stop: true }]
  - say: A moment.
  - id: brewing
    sleep: 5s
  - http: { url: "https://shop.example/{{ context.drink }}", into: context.answer }
  - say: "Your {{ context.drink }} costs {{ context.answer.body.price }}."
  - id: thanks
    wait: true
`;
const MOCKS = `flow: bot
http: [{ url: "*/tea", reply: { json: { price: 2 } } }, { url: "*/coffee", reply: { status: 404 } }]
tests: [{ name: hi, turns: [{ contact: Hi }] }]
`;

let cwd: string;
let chat: OpenChat | undefined;
let shown = '';

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'chat-'));
  mkdirSync(join(cwd, 'config/flows'), { recursive: true });
  write('config/flows/bot.yaml', BOT);
  write('mocks.test.yaml', MOCKS);
});
afterEach(async () => {
  await chat?.close();
  chat = undefined;
  rmSync(cwd, { recursive: true });
});

function write(name: string, text: string): void {
  writeFileSync(join(cwd, name), text);
}

function open(options: Partial<Parameters<typeof openChat>[0]['options']> = {}, flow?: string): OpenChat {
  shown = '';
  chat = openChat({
    flow,
    options: { flows: 'config/flows', profile: {}, mock: 'mocks.test.yaml', ...options },
    cwd,
    color: false,
    write: (text) => {
      shown += text;
    },
  });
  shown = '';
  return chat;
}

/** What is shown for each line. */
async function talk(on: OpenChat, ...lines: string[]): Promise<string[]> {
  const answers: string[] = [];
  for (const line of lines) {
    shown = '';
    await on.line(line);
    answers.push(shown.trimEnd());
  }
  return answers;
}

const MENU = 'bot  What would you like?\n      1  Tea  [tea]\n      2  Coffee  [coffee]';

describe('a chat', () => {
  it('shows menus with numbers, taps by number, and ends a pause with an empty line', async () => {
    const on = open();
    const answers = await talk(on, 'Hi', '1');
    expect(answers).toEqual([`bot  Hello there!\n${MENU}`, 'bot  A moment.']);
    expect(on.pauseMs()).toBe(5000);
    expect((await talk(on, ''))[0]).toMatch(
      /^⇄ http GET https:\/\/shop\.example\/tea → 200 in \d+ ms\nbot {2}Your tea costs 2\.$/,
    );
    expect(on.pauseMs()).toBeUndefined();
  });

  it('says what is known when asked', async () => {
    const on = open({ profile: { name: 'Ana' } });
    const [, context, profile, session] = await talk(on, 'Hi', '/context', '/profile', '/session');
    expect(JSON.parse(context ?? '')).toEqual({});
    expect(JSON.parse(profile ?? '')).toEqual({ waId: '447700900123', name: 'Ana' });
    expect(session).toMatch(/^It waits at bot\/menu, the next timer is due in 600 s\./);
  });

  it('lets time pass, sends other things, and begins anew', async () => {
    const on = open();
    expect(await talk(on, 'Hi', '/wait 11m', '/send {"image":{"caption":"coffee"}}', '/reset', '/session')).toEqual([
      expect.stringContaining('Hello there!'),
      'bot  Another time.',
      expect.stringContaining('Hello there!'),
      'A new conversation begins.',
      'There is no session: the next message begins one.',
    ]);
  });

  it('collects a burst until a pause, which an empty line ends', async () => {
    const question = '{ type: text, text: Tell me, collect: 2s }';
    write(
      'config/flows/bot.yaml',
      `spec: 1\nflow: bot\nsteps: [{ question: ${question} }, { say: "{{ input.text }}" }]\n`,
    );
    const on = open();
    expect(await talk(on, 'Hi', 'one', 'two')).toEqual(['bot  Tell me', '', '']);
    expect(on.pauseMs()).toBe(2000);
    expect(await talk(on, '')).toEqual(['bot  one\n     two']);
    expect(on.pauseMs()).toBeUndefined();
  });

  it('taps what an older message offered, and shows the way', async () => {
    const on = open();
    await talk(on, 'Hi', '/trace on');
    const [answer = ''] = await talk(on, '/tap Tea');
    expect(answer.split('\n').map((line) => line.trim())).toEqual([
      'bot  A moment.',
      'question bot/menu: answered',
      'say bot/steps[2]: said',
      'sleep bot/brewing: sleeps',
    ]);
  });

  it.each([
    ['/dance', 'There is no command /dance; /help lists them.'],
    ['/tap wine', 'Nothing called wine was offered.'],
    ['/wait long', 'Write how long: /wait 10m, /wait 1h 30m'],
    ['/send {', 'Write JSON with one key, for example /send {"image":{"caption":"Look"}}'],
  ])('says what is wrong with %s', async (line, answer) => expect(await talk(open(), line)).toEqual([answer]));

  it('shows why a flow failed without being asked', async () => {
    write('config/flows/bot.yaml', 'spec: 1\nflow: bot\nsteps: [{ raise: the stock is unknown }]\n');
    const [answer] = await talk(open(), 'Hi');
    expect(answer).toMatch(/failed \(.+\)/);
    expect(answer).toContain('Sorry, something went wrong');
  });

  it('goes on with the flows as they are saved, and with the old ones while they are broken', async () => {
    const on = open();
    await talk(on, 'Hi');
    write('config/flows/bot.yaml', BOT.replace('say: A moment.', 'sya: A moment.'));
    expect((await talk(on, '/trace off'))[0]).toContain('error unknown step `sya`');
    write('config/flows/bot.yaml', BOT.replace('say: A moment.', 'say: Coming!'));
    expect(await talk(on, 'tea')).toEqual(['The flows were reloaded.\nbot  Coming!']);
  });

  it('records a test that passes', async () => {
    const on = open({ record: 'said.test.yaml', profile: { name: 'Ana' } });
    await talk(
      on,
      'Hi',
      'something else',
      '2',
      '',
      '/send {"location":{"latitude":1,"longitude":2}}',
      '/reset',
      'Hi',
      '/wait 11m',
    );
    const recorded = readFileSync(join(cwd, 'said.test.yaml'), 'utf8');
    expect(recorded).toContain('- { url: "https://shop.example/coffee", reply: { status: 404');
    expect(recorded).toContain('{ wait: 5s, bot:');
    const options = { flows: 'config/flows', parallel: 1 };
    const { output } = await runTest({ paths: ['said.test.yaml'], options, cwd, color: false });
    expect(output).toMatch(/^2 tests passed/);
  });

  it('keeps control characters of a message from the terminal', async () => {
    write('config/flows/bot.yaml', 'spec: 1\nflow: bot\nsteps: [{ say: "{{ input.text }}" }]\n');
    expect(await talk(open(), 'a\u001b[31mb')).toEqual(['bot  a·[31mb']);
  });

  it('is called wrongly without a flow to begin with', () => {
    expect(() => open({}, 'wine')).toThrow(new CalledWrongly('There is no flow wine; there are bot.'));
    write('config/flows/other.yaml', 'spec: 1\nflow: other\nsteps: [{ say: Hi }]\n');
    expect(() => open()).toThrow('Say which flow: bot, other.');
    expect(() => open({ mock: 'none.yaml' }, 'bot')).toThrow('There is no file none.yaml.');
  });
});

it('reads lines from a pipe and passes over pauses', async () => {
  const args = ['--import', import.meta.resolve('tsx'), PARLANCE, 'chat', 'bot', '--mock', 'mocks.test.yaml'];
  const child = spawn(process.execPath, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += String(chunk);
  });
  child.stdin.end('Hi\nTea\n/quit\nnever read\n');
  const [code] = await once(child, 'close');
  expect(out.replace(/in \d+ ms/, 'in 0 ms')).toBe(
    [
      'bot: write as the contact would; /help for more, /quit to end.',
      'bot  Hello there!',
      MENU,
      'bot  A moment.',
      '⇄ http GET https://shop.example/tea → 200 in 0 ms',
      'bot  Your tea costs 2.',
      '',
    ].join('\n'),
  );
  expect(code).toBe(0);
});
