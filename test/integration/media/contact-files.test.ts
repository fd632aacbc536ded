import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startParlance, type TestParlance } from '../../support/parlance.js';
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
