import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CalledWrongly } from '../../../src/cli/called-wrongly.js';
import { type DeployOptions, deploy } from '../../../src/cli/deploy.js';
import { diff } from '../../../src/cli/diff.js';
import { rollback } from '../../../src/cli/rollback.js';
import { ServerRefused, ServerTooOld, ServerUnreachable } from '../../../src/cli/server.js';
import type { Terminal } from '../../../src/cli/terminal.js';
import { versions } from '../../../src/cli/versions.js';
import { withdraw } from '../../../src/cli/withdraw.js';
import { listen } from '../../../src/shared/listen.js';
import { snapshot } from '../../support/core.js';
import { startParlance, type TestParlance } from '../../support/parlance.js';
import { makeProject } from '../../support/project.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';
import { createSimulator, type Simulator, saidIn } from '../../support/simulator.js';

const KEY = 'an-operator-key-of-tests';

/** Greets, waits at a step called `at`, and says goodbye, always as the same bot. */
const bot = (name: string, at = 'ask') => `spec: 1
flow: welcome
steps:
  - say: "${name}: hello"
  - { id: ${at}, wait: true }
  - say: "${name}: bye {{ input.text }}"
`;

/** Web and two workers, each as a process has it, on one Redis; the simulator is Meta. */
let redis: TestRedis;
let client: Redis;
let simulator: Simulator;
let web: TestParlance;
let workers: TestParlance[];
beforeAll(async () => {
  redis = await startTestRedis();
  client = new Redis(redis.url);
  simulator = await createSimulator();
});
afterAll(async () => {
  client?.disconnect();
  await simulator?.stop();
  await redis?.stop();
});

const start = (role: 'web' | 'worker' | 'all', flow = bot('folder'), env: { [name: string]: string } = {}) =>
  startParlance({
    redisUrl: redis.url,
    role,
    files: { 'config/flows/welcome.yaml': flow },
    env: { GRAPH_API_URL: simulator.url, PARLANCE_OPS_OPERATOR_KEY: KEY, ...env },
  });

let here: ReturnType<typeof makeProject>;
let out: string;
let notes: string;
let answers: string[] | undefined;
beforeEach(async () => {
  workers = [await start('worker'), await start('worker')];
  web = await start('web');
  simulator.setWebhookUrl(`${web.url}/webhook/a-url-nobody-guesses`);
  here = makeProject({ 'config/flows/welcome.yaml': bot('one') });
  out = notes = '';
  answers = undefined;
});
afterEach(async () => {
  await Promise.all([web, ...workers].map((one) => one.stop()));
  simulator.reset();
  here.remove();
  await client.flushall();
});

function terminal(env: { [name: string]: string } = {}): Terminal {
  return {
    cwd: here.dir,
    env: { PARLANCE_SERVER: web.url, PARLANCE_OPERATOR_KEY: KEY, PARLANCE_BY: 'ana', ...env },
    color: false,
    write: (text) => {
      out += text;
    },
    note: (text) => {
      notes += text;
    },
    ask: answers === undefined ? undefined : async () => answers?.shift() ?? '',
  };
}

/** Writes the flow and deploys the folder. */
function save(flow: string, options: DeployOptions = {}): Promise<number> {
  writeFileSync(join(here.dir, 'config/flows/welcome.yaml'), flow);
  [out, notes] = ['', ''];
  return deploy('config/flows', options, terminal());
}

async function says(contact: string, text: string): Promise<string> {
  simulator.send(contact, text);
  return saidIn(await simulator.nextBotMessage(contact, { timeoutMs: 15_000 }));
}

/** Until every worker has taken the last change, and new conversations begin with this bot. */
async function everywhere(name: string): Promise<void> {
  await taken();
  expect(await beginsWith()).toBe(`${name}: hello`);
}

async function taken(): Promise<void> {
  const stored = JSON.parse((await client.hget('{p:ops}:flows:pointers', 'whatsapp')) ?? '{}');
  const numbers = await client.hgetall('{p:ops}:flows:numbers');
  const wanted = [numbers[stored.version], numbers[stored.canary?.version]];
  for (const worker of workers)
    await expect.poll(() => inUseIn(worker), { timeout: 5_000, interval: 20 }).toEqual(wanted);
}

/** What a worker last said it uses. */
function inUseIn(worker: TestParlance): (string | undefined)[] {
  const lines = worker
    .logText()
    .split('\n')
    .filter((line) => line.includes('flow version is in use'));
  const { version, canary }: { version?: number; canary?: number } = JSON.parse(lines.at(-1) ?? '{}');
  return [version, canary].map((number) => number?.toString());
}

let strangers = 0;
/** Somebody who has never written before. */
function stranger(): string {
  const n = ++strangers;
  simulator.addContact({
    contactId: `stranger-${n}`,
    name: 'Stranger',
    bsuid: `PT.${n}`,
    waId: String(491_700_000_000 + n),
  });
  return `stranger-${n}`;
}
const beginsWith = () => says(stranger(), 'hi');

describe('a designer', () => {
  it('deploys while a conversation is in the middle: it ends on the old version, a new one begins on the new', async () => {
    expect(await says('rita', 'hi')).toBe('folder: hello');
    expect(await save(bot('one', 'other'), { message: 'a new name' })).toBe(0);
    expect(notes).toMatch(/1 conversation is under way on another version; 1 waits at a step that is gone/);
    expect(notes).toContain('welcome/ask  (version 1)');
    expect(out).toContain(`Version 2 is deployed on ${web.url}.\n  whatsapp: version 1 → version 2\n`);
    await everywhere('one');
    expect(await says('rita', 'Rita')).toBe('folder: bye Rita');

    out = '';
    await versions({}, terminal());
    expect(out).toMatch(/whatsapp {2}version 2\n/);
    expect(out).toMatch(/ {2}2 {2}just now {2}ana {6}1 flow {2}1 session {2}in use: whatsapp {2}a new name\n/);
    expect(out).toMatch(/ {2}1 {2}just now {2}\(start\) {2}1 flow {2}1 session\n/);
    expect(out).toContain('version 2 deployed by ana (whatsapp)');

    out = '';
    await diff(1, 2, { folder: 'config/flows' }, terminal());
    expect(out).toContain('Version 1 → version 2\n~ flow welcome\n');
    expect(out).toContain('~ steps[0] (say)\n      say: "folder: hello" → "one: hello"\n');
    out = '';
    await diff(undefined, undefined, { folder: 'config/flows' }, terminal());
    expect(out).toBe('Version 2 → config/flows\nNo difference.\n');

    out = '';
    await rollback(undefined, {}, terminal());
    expect(out).toContain('whatsapp: version 2 → version 1');
    await everywhere('folder');
    await expect(rollback(undefined, {}, terminal())).rejects.toThrow('There is no version before the one in use.');
  });

  it('moves conversations by step id, or is asked what shall become of those whose step is gone', async () => {
    await says('rita', 'hi');
    await save(bot('one'), { move: true });
    await everywhere('one');
    expect(await says('rita', 'Rita')).toBe('one: bye Rita');

    await says('zoe', 'hi');
    answers = ['m'];
    expect(await save(bot('two', 'other'))).toBe(0);
    await everywhere('two');
    // Her step is gone: the message begins at the top.
    expect(await says('zoe', 'Zoe')).toBe('two: hello');

    answers = ['c'];
    expect(await save(bot('three', 'third'))).toBe(1);
    expect(notes).toContain('Nothing was deployed.');
    await everywhere('two');
  });

  it('withdraws a version that went wrong, with the conversations on it', async () => {
    await save(bot('one'));
    await everywhere('one');
    expect(await says('rita', 'hi')).toBe('one: hello');
    await expect(withdraw(2, { end: true }, terminal())).rejects.toThrow('add --yes');
    await expect(withdraw(2, {}, terminal())).rejects.toThrow('--move, --end or --keep');
    answers = ['n', 'y'];
    expect(await withdraw(2, { end: true }, terminal())).toBe(1);
    expect(await withdraw(2, { end: true }, terminal())).toBe(0);
    expect(notes).toContain('whatsapp: version 2 → version 1');
    await everywhere('folder');
    expect(await says('rita', 'Rita')).toBe('folder: hello');
  });

  it('gives a share of the contacts something new, and each stays on its side', async () => {
    expect(await save(bot('canary'), { canary: 50 })).toBe(0);
    expect(out).toContain('50 % of contacts begin with version 2, the others stay on version 1');
    await taken();
    const contacts = Array.from({ length: 12 }, stranger);
    const first = await Promise.all(contacts.map((contact) => says(contact, 'hi')));
    expect(new Set(first)).toEqual(new Set(['canary: hello', 'folder: hello']));
    await Promise.all(contacts.map((contact) => says(contact, 'bye')));
    expect(await Promise.all(contacts.map((contact) => says(contact, 'hi again')))).toEqual(first);
  });

  it('is told what is wrong before anything leaves the machine, and again by the server', async () => {
    const before = await snapshot(client, '{p:ops}:flows*');
    expect(await save('spec: 1\nflow: welcome\nsteps:\n  - sai: hello\n')).toBe(1);
    expect(out).toMatch(/welcome\.yaml:4:5 error unknown step `sai`/);
    const answer = await fetch(`${web.url}/ops/flows/versions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ files: [{ path: 'welcome.yaml', text: 'flow: [' }] }),
    });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ error: 'flows_unfit', findings: [{ file: 'welcome.yaml', line: 1 }] });
    expect(await snapshot(client, '{p:ops}:flows*')).toEqual(before);
  });

  it('who was not the first is told, and may insist', async () => {
    let meanwhile: Promise<number> | undefined;
    answers = [];
    await says('rita', 'hi');
    const slow: Terminal = {
      ...terminal(),
      async ask() {
        meanwhile ??= save(bot('fast'), { yes: true });
        expect(await meanwhile).toBe(0);
        writeFileSync(join(here.dir, 'config/flows/welcome.yaml'), bot('slow', 'other'));
        return '';
      },
    };
    writeFileSync(join(here.dir, 'config/flows/welcome.yaml'), bot('slow', 'other'));
    expect(await deploy('config/flows', {}, slow)).toBe(1);
    expect(notes).toMatch(/Somebody was faster: endpoint whatsapp was switched to version 2 at .*--force/);
    out = '';
    await versions({ json: true }, terminal());
    expect(JSON.parse(out)).toMatchObject({
      versions: [{ number: 3 }, { number: 2 }, { number: 1 }],
      endpoints: [{ version: 2 }],
    });
    expect(await deploy('config/flows', { force: true, yes: true }, terminal())).toBe(0);
    await everywhere('slow');
  });
});

describe('a restart', () => {
  it('does not undo a rollback or a deploy; a folder that has changed since is put into use', async () => {
    await save(bot('one'));
    for (const worker of workers) await worker.stop();
    workers = [await start('worker')];
    await everywhere('one');
    await rollback(1, {}, terminal());
    await save(bot('two'));
    await rollback(undefined, {}, terminal());
    for (const worker of workers) await worker.stop();
    workers = [await start('worker')];
    await everywhere('folder');
    for (const worker of workers) await worker.stop();
    workers = [await start('worker', bot('edited'))];
    await everywhere('edited');
  });

  it('with folders that nobody is to apply leaves the version in use, and still finds one at the very first', async () => {
    const off = { PARLANCE_FLOWS_APPLY_AT_START: 'false' };
    for (const worker of workers) await worker.stop();
    workers = [await start('worker', bot('edited'), off)];
    await everywhere('folder');
    for (const worker of workers) await worker.stop();
    await client.flushall();
    workers = [await start('worker', bot('edited'), off)];
    await everywhere('edited');
  });
});

describe('an upload', () => {
  const head = (length: number, key = KEY) =>
    `POST /ops/flows/versions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;

  it('that is cut off in the middle changes nothing', async () => {
    const body = JSON.stringify({ files: [{ path: 'welcome.yaml', text: bot('cut') }] });
    const before = await snapshot(client, '{p:ops}:flows*');
    const socket = connectSocket(Number(new URL(web.url).port), '127.0.0.1');
    await once(socket, 'connect');
    await new Promise((resolve) => socket.write(head(body.length) + body.slice(0, -20), resolve));
    socket.destroy();
    await once(socket, 'close');
    // The next request is answered behind it.
    out = '';
    await versions({}, terminal());
    expect(out).not.toMatch(/^ {2}2 /m);
    expect(await snapshot(client, '{p:ops}:flows*')).toEqual(before);
  });

  it.each([
    ['too large', { files: [{ path: 'a.yaml', text: 'x'.repeat(17 * 1_048_576) }] }, 413, 'too_large'],
    ['with keys nobody knows', { files: [{ path: 'a.yaml', text: '' }], flows: 1 }, 400, 'bad_request'],
    ['with a path out of the folder', { files: [{ path: '../../etc/passwd', text: '' }] }, 400, 'bad_request'],
    ['without files', { files: [] }, 400, 'bad_request'],
  ])('%s is refused by name', async (_what, body, status, error) => {
    const answer = await fetch(`${web.url}/ops/flows/versions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect([answer.status, await answer.json()]).toMatchObject([status, { error }]);
  });

  it('from a page of another site, or without the key, is refused before it is read', async () => {
    const url = `${web.url}/ops/flows/versions`;
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(401);
    const authorization = `Bearer ${KEY}`;
    const foreign = await fetch(url, {
      method: 'POST',
      body: '{}',
      headers: { authorization, origin: 'https://x.example' },
    });
    expect(foreign.status).toBe(403);
  });
});

describe('a command', () => {
  const listWith = (env: { [name: string]: string }) => versions({}, terminal(env));

  it('says what to do when the server, or the key, is not there', async () => {
    await expect(listWith({ PARLANCE_OPERATOR_KEY: 'wrong' })).rejects.toThrow(CalledWrongly);
    await expect(listWith({ PARLANCE_OPERATOR_KEY: '' })).rejects.toThrow('set PARLANCE_OPERATOR_KEY');
    await expect(listWith({ PARLANCE_SERVER: 'bot' })).rejects.toThrow('--server wants an address');
    await expect(listWith({ PARLANCE_SERVER: 'http://bot.example.com' })).rejects.toThrow('use https');
    await expect(listWith({ PARLANCE_SERVER: 'http://127.0.0.1:9' })).rejects.toThrow(ServerUnreachable);
    await expect(diff(7, undefined, { folder: 'config/flows' }, terminal())).rejects.toThrow(ServerRefused);
  });

  it('finds the server of this machine, and the key in .env', async () => {
    writeFileSync(join(here.dir, '.env'), `PARLANCE_OPS_OPERATOR_KEY=${KEY}\nPORT=${new URL(web.url).port}\n`);
    await listWith({ PARLANCE_SERVER: '', PARLANCE_OPERATOR_KEY: '' });
    expect(out).toContain('In use');
  });

  it('knows a server that is too old, or none of ours, and never sends the key on', async () => {
    const seen: (string | undefined)[] = [];
    const other = createServer((req, res) => {
      seen.push(req.headers.authorization);
      if (req.url?.startsWith('/moved')) res.writeHead(302, { location: `http://127.0.0.1:${port}/elsewhere` }).end();
      else if (req.url?.startsWith('/broken')) res.writeHead(502).end('<html>Bad Gateway</html>');
      else res.writeHead(404).end('Not Found');
    });
    const port = await listen(other, 0, '127.0.0.1');
    try {
      await expect(listWith({ PARLANCE_SERVER: `http://127.0.0.1:${port}` })).rejects.toThrow(ServerTooOld);
      await expect(listWith({ PARLANCE_SERVER: `http://127.0.0.1:${port}/moved` })).rejects.toThrow(ServerUnreachable);
      await expect(listWith({ PARLANCE_SERVER: `http://127.0.0.1:${port}/broken` })).rejects.toThrow('failed (502)');
      expect(seen).toHaveLength(3);
    } finally {
      other.close();
    }
  });

  it('refuses what contradicts itself', async () => {
    expect(await save(bot('one'), { dryRun: true })).toBe(0);
    expect(out).toContain('This would be version 2.\n  whatsapp: version 1 → version 2');
    await expect(save(bot('one'), { move: true, end: true })).rejects.toThrow('exclude each other');
    await expect(save(bot('one'), { move: true, canary: 5 })).rejects.toThrow('leave out --move');
    await expect(deploy('nowhere', {}, terminal())).rejects.toThrow('no file or folder');
  });
});

describe('in development', () => {
  it('a saved file is in use at once and conversations go on in it; one with faults leaves all as it was', async () => {
    for (const worker of workers) await worker.stop();
    const project = makeProject({});
    const dev = await start('worker', bot('folder'), {
      PARLANCE_FLOWS_DIR: project.dir,
      PARLANCE_FLOWS_WATCH: 'true',
    }).catch(() => undefined);
    expect(dev).toBeUndefined();
    writeFileSync(join(project.dir, 'welcome.yaml'), bot('folder'));
    workers = [await start('worker', bot('folder'), { PARLANCE_FLOWS_DIR: project.dir, PARLANCE_FLOWS_WATCH: 'true' })];
    await says('rita', 'hi');
    writeFileSync(join(project.dir, 'welcome.yaml'), 'steps: [');
    await expect.poll(() => workers[0]?.logText(), { timeout: 10_000 }).toContain('saved flows not deployed');
    expect(workers[0]?.logText()).toMatch(/welcome\.yaml:1:\d+ /);
    writeFileSync(join(project.dir, 'welcome.yaml'), bot('saved'));
    await expect.poll(() => workers[0]?.logText(), { timeout: 10_000 }).toContain('saved flows deployed');
    await everywhere('saved');
    expect(await says('rita', 'Rita')).toBe('saved: bye Rita');
    project.remove();
  });
});
