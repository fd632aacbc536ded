import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploy } from '../../../src/cli/deploy.js';
import type { Terminal } from '../../../src/cli/terminal.js';
import { isJsonObject } from '../../../src/shared/json.js';
import { png } from '../../support/media-host.js';
import { startParlance, type TestParlance } from '../../support/parlance.js';
import { makeProject } from '../../support/project.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';
import { createSimulator, type Simulator } from '../../support/simulator.js';

const flow = (picture: string) => `spec: 1
flow: welcome
steps:
  - say: { image: { file: ${picture}, caption: Our menu } }
  - say: { document: { file: prices/2026.pdf } }
  - say: { text: Which one?, header: { image: { file: ${picture} } }, buttons: [{ id: a, title: A }] }
`;
const MENU = png(5_000);
const PRICES = Buffer.from('%PDF-1.7 prices');
const KEY = 'an-operator-key-of-tests';

/** From a file beside the flows to the contact's phone: folder, store, upload and message, all real. */
let redis: TestRedis;
let simulator: Simulator;
let bot: TestParlance;
beforeAll(async () => {
  redis = await startTestRedis({ aof: 'everysec' });
  simulator = await createSimulator();
  bot = await startParlance({
    redisUrl: redis.url,
    role: 'all',
    files: {
      'config/flows/welcome.yaml': flow('menu.png'),
      'config/flows/media/menu.png': MENU,
      'config/flows/media/prices/2026.pdf': PRICES,
      'config/flows/media/.hidden': 'not a file of the bot',
    },
    env: { GRAPH_API_URL: simulator.url, PARLANCE_OPS_OPERATOR_KEY: KEY },
  });
  simulator.setWebhookUrl(`${bot.url}/webhook/a-url-nobody-guesses`);
});
afterAll(async () => {
  await bot?.stop();
  await simulator?.stop();
  await redis?.stop();
});

/** What the contact gets: the ids of the files of three messages. */
async function answer(): Promise<string[]> {
  simulator.send('rita', 'hi');
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) {
    const { message } = await simulator.nextBotMessage('rita', { timeoutMs: 15_000 });
    JSON.stringify(message, (key, value: unknown) => {
      const holds = key === 'image' || key === 'document';
      if (holds && isJsonObject(value) && typeof value.id === 'string') ids.push(value.id);
      return value;
    });
  }
  return ids;
}

const fileOf = async (mediaId: string): Promise<Buffer> => {
  const { body } = await request(`${simulator.url}/sim/media/${mediaId}`);
  return Buffer.from(await body.arrayBuffer());
};
const uploads = () => simulator.wireLog().filter(({ url }) => url.endsWith('/media')).length;

describe('a file beside the flows', () => {
  it('is deployed with them, uploaded once, and reused', async () => {
    const [image = '', document = '', header] = await answer();
    expect((await fileOf(image)).equals(MENU)).toBe(true);
    expect((await fileOf(document)).equals(PRICES)).toBe(true);
    expect(header).toBe(image);
    expect(await answer()).toEqual([image, document, image]);
    expect(uploads()).toBe(2);
  });

  it('is uploaded anew when Meta has forgotten it', async () => {
    simulator.reset();
    const [image = ''] = await answer();
    expect((await fileOf(image)).equals(MENU)).toBe(true);
  });

  it('is sent by `parlance deploy` before the version that needs it', async () => {
    const project = makeProject({ 'flows/welcome.yaml': flow('new.png') });
    const media = join(project.dir, 'flows/media');
    mkdirSync(join(media, 'prices'), { recursive: true });
    const bytes = png(7_000);
    writeFileSync(join(media, 'new.png'), bytes);
    writeFileSync(join(media, 'prices/2026.pdf'), PRICES);
    const said: string[] = [];
    const terminal: Terminal = {
      cwd: project.dir,
      env: { PARLANCE_SERVER: bot.url, PARLANCE_OPERATOR_KEY: KEY },
      color: false,
      write: (text) => void said.push(text),
      note: (text) => void said.push(text),
      ask: undefined,
    };
    expect([await deploy('flows', { end: true }, terminal), said.join('')]).toEqual([
      0,
      expect.stringContaining('deployed'),
    ]);
    const [image = ''] = await answer();
    expect((await fileOf(image)).equals(bytes)).toBe(true);
    project.remove();
  });

  it('that is not what it was announced as is refused, and a version without its files too', async () => {
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/octet-stream' };
    const put = await request(`${bot.url}/ops/flows/files/${'a'.repeat(64)}`, { method: 'PUT', headers, body: 'x' });
    expect([put.statusCode, await put.body.json()]).toMatchObject([422, { error: 'wrong_file' }]);
    const manifest = { path: 'menu.png', sha256: 'a'.repeat(64), bytes: 1, type: 'image/png' };
    const posted = await request(`${bot.url}/ops/flows/versions`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({
        files: [
          { path: 'welcome.yaml', text: 'spec: 1\nflow: welcome\nsteps:\n  - say: { image: { file: menu.png } }\n' },
          { path: 'media.manifest', text: `${JSON.stringify(manifest)}\n` },
        ],
      }),
    });
    expect([posted.statusCode, await posted.body.json()]).toMatchObject([409, { error: 'missing_files' }]);
    const without = await request(`${bot.url}/ops/flows/files/${'a'.repeat(64)}`, { method: 'PUT', body: 'x' });
    expect(without.statusCode).toBe(401);
    await without.body.dump();
  });

  it('that is too large is refused in words, announced or not, and nothing of it is kept', async () => {
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/octet-stream' };
    const url = `${bot.url}/ops/flows/files/${'a'.repeat(64)}`;
    // Announced: it is not waited for.
    const announced = await new Promise<[number | undefined, string]>((resolve, reject) => {
      const req = httpRequest(url, { method: 'PUT', headers: { ...headers, 'content-length': 105 * 1_048_576 } });
      req.on('error', reject).on('response', (res) => {
        let text = '';
        res.on('data', (chunk) => {
          text += chunk;
        });
        res.on('end', () => {
          req.destroy();
          resolve([res.statusCode, text]);
        });
      });
      req.flushHeaders();
    });
    expect(announced).toEqual([413, expect.stringContaining('larger than the 100 MB that WhatsApp takes')]);
    // Not announced: the connection is still there when its end has come.
    const piece = Buffer.alloc(1_048_576);
    const body = Readable.from(
      (function* () {
        for (let n = 0; n < 101; n++) yield piece;
      })(),
    );
    const put = await request(url, { method: 'PUT', headers, body });
    expect([put.statusCode, await put.body.json()]).toMatchObject([413, { error: 'too_large' }]);
  });

  it('that is too large is what `parlance deploy` says', async () => {
    const project = makeProject({ 'flows/welcome.yaml': flow('new.png') });
    const media = join(project.dir, 'flows/media');
    mkdirSync(join(media, 'prices'), { recursive: true });
    writeFileSync(join(media, 'new.png'), png(9_000));
    writeFileSync(join(media, 'prices/2026.pdf'), PRICES);
    writeFileSync(join(media, 'film.bin'), '');
    truncateSync(join(media, 'film.bin'), 101 * 1_048_576);
    const said: string[] = [];
    const terminal: Terminal = {
      cwd: project.dir,
      env: { PARLANCE_SERVER: bot.url, PARLANCE_OPERATOR_KEY: KEY },
      color: false,
      write: (text) => void said.push(text),
      note: (text) => void said.push(text),
      ask: undefined,
    };
    expect([await deploy('flows', {}, terminal), said.join('')]).toEqual([
      1,
      expect.stringContaining('larger than the 100 MB that WhatsApp takes'),
    ]);
    project.remove();
  });
});
