import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Terminal } from '../../../src/cli/terminal.js';
import { type UploadOptions, upload } from '../../../src/cli/upload.js';
import { png } from '../../support/media-host.js';
import { startParlance, type TestParlance } from '../../support/parlance.js';
import { WHATSAPP_ENV, WHATSAPP_YAML } from '../../support/project.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';
import { createSimulator, type Simulator } from '../../support/simulator.js';

const KEY = 'an-operator-key-of-tests';
const LOGO = png(9_000);
const second = (text: string) =>
  `${text.replace(/phoneNumberId: .*/, 'phoneNumberId: "106540352242923"').replace(/urlToken: .*/, 'urlToken: another-url-nobody-guesses')}id: second\n`;

/** From a file on somebody's disk to the app at Meta: command, server and calls, all real. */
let redis: TestRedis;
let simulator: Simulator;
let bot: TestParlance;
let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parlance-upload-'));
  const files: [string, Buffer | string][] = [
    ['logo.png', LOGO],
    ['menu.pdf', '%PDF-1.7 the menu'],
    ['lie.png', 'GIF89a'],
    ['notes.txt', 'notes'],
    ['large.png', png(5 * 1_048_576 + 1)],
  ];
  for (const [name, content] of files) writeFileSync(join(dir, name), content);
  redis = await startTestRedis({ aof: 'everysec' });
  simulator = await createSimulator();
  bot = await startParlance({
    redisUrl: redis.url,
    files: { 'config/endpoints/second.yaml': second(WHATSAPP_YAML) },
    env: { GRAPH_API_URL: simulator.url, PARLANCE_OPS_OPERATOR_KEY: KEY },
  });
});
afterAll(async () => {
  await bot?.stop();
  await simulator?.stop();
  await redis?.stop();
  rmSync(dir, { recursive: true });
});
afterEach(() => {
  expect(readdirSync(join(bot.dir, 'data/media/arriving'))).toEqual([]);
});

async function run(file: string, options: UploadOptions = {}): Promise<string> {
  const said: string[] = [];
  const terminal: Terminal = {
    cwd: dir,
    env: { PARLANCE_SERVER: bot.url, PARLANCE_OPERATOR_KEY: KEY },
    color: false,
    write: (text) => void said.push(text),
    note: (text) => void said.push(`# ${text}`),
    ask: undefined,
  };
  await upload(file, options, terminal);
  return said.join('');
}

async function graph(path: string, body?: object): Promise<{ [key: string]: unknown }> {
  const answer = await request(`${simulator.url}/v25.0${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${WHATSAPP_ENV.WHATSAPP_ACCESS_TOKEN}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return Object(await answer.body.json());
}

describe('parlance upload', () => {
  it('prints the handle a template with a picture is created with', async () => {
    const said = await run('logo.png');
    const [, handle = ''] = /^# .*\n(4::\S+)\n$/.exec(said) ?? [];
    const template = (header_handle: string) => ({
      name: `menu_${header_handle.length}`,
      language: 'en_US',
      category: 'MARKETING',
      components: [
        { type: 'HEADER', format: 'IMAGE', example: { header_handle: [header_handle] } },
        { type: 'BODY', text: 'Our new menu is there.' },
      ],
    });
    const path = `/${WHATSAPP_ENV.WHATSAPP_WABA_ID}/message_templates`;
    expect(await graph(path, template(handle))).toMatchObject({ status: 'PENDING' });
    expect(await graph(path, template('4::guessed'))).toMatchObject({ error: { code: 100 } });
    expect(await run('menu.pdf', { json: true, endpoint: 'whatsapp' })).toMatch(
      /^{"handle":"4::\S+","endpoint":"whatsapp"}\n$/,
    );
  });

  it('changes the picture of a profile', async () => {
    const said = await run('logo.png', { profilePicture: true, endpoint: 'whatsapp' });
    expect(said).toBe('The profile of whatsapp shows logo.png.\n');
    const { data } = await graph(
      `/${WHATSAPP_ENV.WHATSAPP_PHONE_NUMBER_ID}/whatsapp_business_profile?fields=profile_picture_url`,
    );
    const shown = await request(String(Object(data)[0].profile_picture_url));
    expect(Buffer.from(await shown.body.arrayBuffer()).equals(LOGO)).toBe(true);
  });

  it.each<[string, string, UploadOptions, string]>([
    ['a file that is not there', 'none.png', {}, 'There is no file none.png.'],
    ['a type Meta takes for neither', 'notes.txt', {}, 'Meta takes JPEG, PNG, MP4 and PDF for a template'],
    ['a PDF for a profile', 'menu.pdf', { profilePicture: true }, 'Meta takes JPEG and PNG for a profile'],
    ['a file that is not what its name says', 'lie.png', {}, 'The file is no image/png, whatever its name says.'],
    ['a file that is too large', 'large.png', {}, 'The file is larger than the 5 MB'],
    ['an endpoint nobody knows', 'logo.png', { endpoint: 'thrid' }, 'There is no such endpoint: there are '],
    ['a profile of nobody in particular', 'logo.png', { profilePicture: true }, 'Say which endpoint it is for: '],
    ['a wrong key', 'logo.png', { key: 'another' }, 'does not know this operator key'],
  ])('refuses %s in words', async (_what, file, options, words) => {
    await expect(run(file, options)).rejects.toThrow(words);
  });

  it('says why Meta did not take it', async () => {
    simulator.addRule({ via: 'call', effect: { code: 200 }, match: { path: '/uploads' }, times: 1 });
    await expect(run('logo.png')).rejects.toThrow(/^Meta did not take the file \(\w+, error 200\)\.$/);
    // The number is not this account's.
    await expect(run('logo.png', { profilePicture: true, endpoint: 'second' })).rejects.toThrow(/error 100\)/);
  });

  it('logs no handle and no name', () => {
    expect(bot.logText()).toContain('file given to Meta');
    expect(bot.logText()).not.toMatch(/4::|logo\.png|hush/);
  });
});
