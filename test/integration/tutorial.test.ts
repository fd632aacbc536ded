import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployment, deploy } from '../support/deployment.js';
import { holdPhone, type Phone } from '../support/phone.js';
import { freePort } from '../support/ports.js';
import { changed, isAsShown, type PageStep, readPage } from '../support/tutorial-page.js';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = 'docs/flows/your-first-bot.md';
/** Commands that go on until they are stopped. */
const LASTING = ['node kitchen.mjs', 'npm start'];
/** The page's ports, and a free one for each: others may be using them. */
const ports = new Map<string, string>();
const toOurs = (text: string) => text.replace(/\b(4000|8080|8081)\b/g, (port) => ports.get(port) ?? port);
const toPage = (text: string) => [...ports].reduce((now, [page, ours]) => now.replaceAll(ours, page), text);

let project: Deployment;
let phone: Phone;
const running: ChildProcess[] = [];

beforeAll(async () => {
  for (const port of ['4000', '8080', '8081']) ports.set(port, String(await freePort()));
  phone = holdPhone(`http://127.0.0.1:${ports.get('8081')}`);
  project = deploy(filesOf('config/flows', 'config/endpoints'));
});
afterAll(async () => {
  await Promise.all(
    running.map(async (child) => {
      const ended = once(child, 'close');
      // As Ctrl-C does: everything that was started in this terminal.
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        process.kill(-child.pid, 'SIGINT');
        await ended;
      }
    }),
  );
  project?.remove();
}, 30_000);

function filesOf(...folders: string[]): { [path: string]: string } {
  const names = folders.flatMap((folder) => readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(ROOT, name), 'utf8')]));
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(project.dir, path)), { recursive: true });
  writeFileSync(join(project.dir, path), toOurs(text));
}

/** In a shell and a process group of its own, which ends with this process, however that ends. */
function open(command: string): { child: ChildProcess; shown(): string } {
  const script = '(cat; kill -TERM -- -$$) <&3 >/dev/null 2>&1 & exec 3<&-; eval "$1" 2>&1';
  const child = spawn('sh', ['-c', script, 'sh', toOurs(command)], {
    cwd: project.dir,
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: project.dir,
      LANG: 'C.UTF-8',
      PORT: ports.get('8080'),
      PARLANCE_SIMULATOR_PORT: ports.get('8081'),
      PARLANCE_HTTP_HOST: '127.0.0.1',
      // npm's own: nothing of this may need the network, or say that npm itself is old.
      npm_config_offline: 'true',
      npm_config_update_notifier: 'false',
    },
  });
  child.once('exit', () => child.stdio[3]?.destroy());
  const parts: string[] = [];
  child.stdout?.setEncoding('utf8').on('data', (part: string) => void parts.push(part));
  return { child, shown: () => toPage(parts.join('')) };
}

async function run({ command, typed, shows }: PageStep & { does: 'runs' }): Promise<void> {
  const { child, shown } = open(command);
  if (LASTING.includes(command)) {
    running.push(child);
    const isDone = () => isAsShown(shown(), shows) || child.exitCode !== null;
    await expect.poll(isDone, { timeout: 25_000 }).toBe(true);
  } else {
    child.stdin?.end(typed.map((line) => `${line}\n`).join(''));
    await once(child, 'close');
  }
  // The texts are compared as such only to show where they differ.
  if (!isAsShown(shown(), shows)) expect(shown().trim()).toBe(shows);
}

/** What is written on the phone is written over its API; what comes must be on the page, all of it and in order. */
async function chat({ lines }: PageStep & { does: 'chats' }): Promise<void> {
  const bots = await phone.bots();
  const bot = lines.map(({ who }) => who).find((who) => bots.includes(who)) ?? '';
  let contact = '';
  for (const { who, says } of lines) {
    if (who === bot) expect(await phone.next(contact, bot)).toBe(says);
    else {
      contact = who;
      await phone.write(contact, bot, says);
    }
  }
}

function play(step: PageStep): void | Promise<void> {
  switch (step.does) {
    case 'writes':
      return write(step.path, step.text);
    case 'changes':
      return write(step.path, changed(toPage(readFileSync(join(project.dir, step.path), 'utf8')), step.hunks));
    case 'runs':
      return run(step);
    case 'chats':
      return chat(step);
  }
}

function nameOf(step: PageStep): string {
  if (step.does === 'runs') return `$ ${step.command}`;
  if (step.does === 'chats') return `${step.lines[0]?.who}: ${step.lines[0]?.says}`;
  return `${step.does} ${step.path}`;
}

describe(PAGE, () => {
  const steps = readPage(readFileSync(join(ROOT, PAGE), 'utf8'));

  it.each(steps.map((step) => [`line ${step.line}: ${nameOf(step)}`, step] as const))('%s', (_name, step) =>
    play(step),
  );
});

describe('the page is taken at its word', () => {
  const page = (text: string) => readPage(text.replaceAll("'''", '```'));

  it.each([
    ['a word', 'all well', 'all good'],
    ['a line that is missing', 'one', 'one\ntwo'],
    ['a line too many', 'one\ntwo', 'one'],
    ['what comes before …', 'one two', 'two …'],
    ['a sign that means something in patterns', 'ab', 'a.'],
  ])('refuses %s', (_name, shown, expected) => expect(isAsShown(shown, expected)).toBe(false));

  it.each([
    ['the same', 'one\n  two', 'one\n  two'],
    ['part of a line', 'took 15 ms', 'took … ms'],
    ['any lines', 'a\nb\nc\nd', 'a\n…\nd'],
    ['no lines', 'a\nd', 'a\n…\nd'],
  ])('accepts %s', (_name, shown, expected) => expect(isAsShown(shown, expected)).toBe(true));

  it('refuses a block that says nothing about itself', () => {
    expect(() => page("'''yaml\nsteps: []\n'''\n")).toThrow('no file name');
  });

  it('refuses a change of lines that are not there, or there twice', () => {
    const [step] = page("'''diff\n# a.yaml\n-one\n+two\n'''\n");
    const hunks = step?.does === 'changes' ? step.hunks : [];
    expect(changed('zero\none\n', hunks)).toBe('zero\ntwo\n');
    expect(() => changed('three\n', hunks)).toThrow('0 times');
    expect(() => changed('one\none\n', hunks)).toThrow('2 times');
  });
});
