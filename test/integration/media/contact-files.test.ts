import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startParlance, type TestParlance } from '../../support/parlance.js';
import { WHATSAPP_YAML } from '../../support/project.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';
import { createSimulator, type Simulator, saidIn } from '../../support/simulator.js';

const FLOW = `spec: 1
flow: welcome
steps:
  - if: has(input.attachments[0].url)
    then:
      - say: "{{ input.attachments[0].mimeType }} {{ input.attachments[0].size }} {{ raw(input.attachments[0].url) }}"
    else:
      - say: "{{ input.text }} {{ input.attachments[0].reason }}"
`;

/** From the contact's phone to the link a flow can give away: simulator, application and Redis, all real. */
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
      'config/flows/welcome.yaml': FLOW,
      // The only calls before an answer are those for the file.
      'config/endpoints/whatsapp.yaml': `${WHATSAPP_YAML}markAsRead: false\ntypingIndicator: false\n`,
    },
    env: {
      GRAPH_API_URL: simulator.url,
      PUBLIC_URL: 'https://bot.example',
    },
  });
  simulator.setWebhookUrl(`${bot.url}/webhook/a-url-nobody-guesses`);
});
afterAll(async () => {
  await bot?.stop();
  await simulator?.stop();
  await redis?.stop();
});
afterEach(() => simulator.reset());

const answer = async () => saidIn(await simulator.nextBotMessage('rita', { timeoutMs: 15_000 }));

describe('a picture of a contact', () => {
  it('is stored, and its link gives it to whoever has it', async () => {
    simulator.send('rita', { type: 'image' });
    const [type, size, link = ''] = (await answer()).split(' ');
    expect(type).toMatch(/^image\//);
    expect(link).toMatch(
      /^https:\/\/bot\.example\/media\/in\/\d{4}-\d\d-\d\d\/[\w-]+\.\w+\?expires=\d+&signature=[\w-]+$/,
    );
    const path = link.replace('https://bot.example', '');
    const got = await request(bot.url).get(path);
    expect(got.status).toBe(200);
    expect(got.headers).toMatchObject({
      'content-type': type,
      'content-length': size,
      'content-disposition': 'inline',
      'x-content-type-options': 'nosniff',
    });
    expect(bot.logText()).toContain('file of a contact fetched');
    for (const secret of [path, 'signature=', '351910000101']) expect(bot.logText()).not.toContain(secret);
  });

  it('leaves no address of Meta’s and no token in the log, whatever becomes of it', async () => {
    simulator.send('rita', { type: 'image' });
    expect(await answer()).toMatch(/^image/);
    simulator.addRule({ via: 'call', effect: { answer: 'html' }, match: { path: '/v' }, times: 3 });
    simulator.send('rita', { type: 'image' });
    expect(await answer()).toBe(' unreachable');
    simulator.addRule({ via: 'call', effect: { code: 190 }, match: { path: '/v' }, times: 1 });
    simulator.send('rita', { type: 'image' });
    expect(await answer()).toBe(' notAuthorized');
    const log = bot.logText();
    expect(log).toMatch(/"outcome":"unreachable"[^\n]*file of a contact fetched/);
    expect(log).not.toMatch(/\/media\/[0-9a-f]{32}|hush|lookaside/);
  });

  it('comes before what the contact wrote behind it', async () => {
    simulator.send('rita', { type: 'image' });
    simulator.send('rita', 'and?');
    expect(await answer()).toMatch(/^image/);
    expect(await answer()).toBe('and? ');
  });

  it('is counted', async () => {
    const { text } = await request(bot.url).get('/metrics');
    expect(text).toMatch(/parlance_media_files_total\{endpoint="whatsapp",kind="image",outcome="ready"\} [2-9]/);
  });
});
