import { Redis } from 'ioredis';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startParlance, type TestParlance } from '../support/parlance.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import { createSimulator, type Simulator, saidIn } from '../support/simulator.js';

const FLOW = `spec: 1
flow: welcome
context: { n: 0 }
steps:
  - if: input.text == 'person please'
    then:
      - handover: { message: A person is coming. }
      - say: I am back.
      - stop: true
  - set: { context.n: "{{ context.n + 1 }}" }
  - say: "a {{ context.n }} {{ input.text }}"
  - say: "b {{ context.n }} {{ input.text }}"
  - say: { text: Which one?, buttons: [{ id: red, title: Red }, { id: blue, title: Blue }] }
`;

/** The whole path on one machine: the simulator as Meta, the application in this process, a real Redis. */
let redis: TestRedis;
let client: Redis;
let simulator: Simulator;
let bot: TestParlance;

beforeAll(async () => {
  redis = await startTestRedis({ aof: 'everysec' });
  client = new Redis(redis.url);
  simulator = await createSimulator();
  bot = await startParlance({
    redisUrl: redis.url,
    role: 'all',
    files: { 'config/flows/welcome.yaml': FLOW },
    env: {
      GRAPH_API_URL: simulator.url,
      PARLANCE_OUTBOUND_UNCERTAIN_GRACE_MS: '1500',
      PARLANCE_CLOUD_API_TIMEOUT_MS: '1000',
      PARLANCE_OUTBOUND_PAUSED_RETRY_MS: '1000',
      PARLANCE_OPS_OPERATOR_KEY: 'an-operator-key-of-tests',
    },
  });
  simulator.setWebhookUrl(`${bot.url}/webhook/a-url-nobody-guesses`);
});

afterAll(async () => {
  await bot?.stop();
  await simulator?.stop();
  client?.disconnect();
  await redis?.stop();
});

afterEach(() => simulator.reset());

async function answersTo(contactId: string, text: string, count: number): Promise<string[]> {
  simulator.send(contactId, text);
  const texts: string[] = [];
  for (let i = 0; i < count; i++) texts.push(saidIn(await simulator.nextBotMessage(contactId, { timeoutMs: 15_000 })));
  return texts;
}

describe('a message', () => {
  it('is answered, in order, with the message delay between the replies', async () => {
    expect(await answersTo('rita', 'hi', 3)).toEqual(['a 1 hi', 'b 1 hi', 'Which one?']);
    const times = simulator.botMessages('rita').map(({ atMs }) => atMs);
    for (let i = 1; i < times.length; i++) expect((times[i] ?? 0) - (times[i - 1] ?? 0)).toBeGreaterThanOrEqual(490);
  });

  it('of a contact without a phone number is answered to the user id', async () => {
    expect(await answersTo('samira', 'salam', 1)).toEqual(['a 1 salam']);
  });

  it('is read and "typing…" shows while it is handled', async () => {
    await answersTo('zoe', 'hallo', 1);
    const calls = simulator.wireLog().map((entry) => JSON.stringify(entry));
    expect(calls.some((call) => call.includes('typing_indicator'))).toBe(true);
  });

  it('that only reacts is read, and nobody types for nothing', async () => {
    const { wamid } = simulator.send('zoe', { type: 'reaction', messageId: 'wamid.of-something', emoji: '👍' });
    const marked = () => simulator.wireLog().filter((entry) => JSON.stringify(entry.request ?? '').includes(wamid));
    await expect
      .poll(() => marked().map(({ summary }) => summary), { timeout: 10_000 })
      .toEqual(['reaction', 'mark read']);
  });

  it('sent twice by Meta is answered once; a burst is answered in order', async () => {
    simulator.setFault('duplicate', true);
    for (const text of ['1', '2', '3']) simulator.send('kofi', text);
    const texts: string[] = [];
    while (texts.length < 9) texts.push(saidIn(await simulator.nextBotMessage('kofi', { timeoutMs: 15_000 })));
    const expected = ['1', '2', '3'].flatMap((text) => [`a ${text} ${text}`, `b ${text} ${text}`, 'Which one?']);
    expect(texts).toEqual(expected);
    await simulator.webhooksSettled();
    expect(simulator.botMessages('kofi')).toHaveLength(9);
  });
});

describe('statuses', () => {
  it('end at what was best, for each message we sent', async () => {
    const close = simulator.openChat('rita');
    await answersTo('rita', 'status', 3);
    await expect
      .poll(
        async () => {
          const buckets = await client.keys('{p:0}:sm:*');
          const all = await Promise.all(buckets.map((key) => client.hvals(key)));
          return all.flat().filter((value) => value.startsWith('read|')).length;
        },
        { timeout: 10_000 },
      )
      .toBeGreaterThanOrEqual(3);
    close();
  });
});

describe('when Meta', () => {
  it('throttles, the messages wait and keep their order', async () => {
    simulator.setFault('throttle-number', true, { times: 2 });
    expect(await answersTo('rita', 'slow', 3)).toEqual([
      expect.stringMatching(/^a \d+ slow$/),
      expect.stringMatching(/^b \d+ slow$/),
      'Which one?',
    ]);
  });

  it('refuses a message, the next ones are sent and the refused one lies in the dead letters', async () => {
    simulator.injectError({ code: 131047, via: 'send', times: 1 });
    expect(await answersTo('zoe', 'refused', 2)).toEqual([expect.stringMatching(/^b \d+ refused$/), 'Which one?']);
    await expect
      .poll(
        async () => (await request(bot.url).get('/ops/queues/api/queues').auth('', 'an-operator-key-of-tests')).text,
        { timeout: 10_000 },
      )
      .toContain('Dead letters');
    await expect.poll(() => client.zcard('{p:ops}:dead:failed'), { timeout: 10_000 }).toBe(1);
  });

  it('takes a message and never answers, its status settles it and it is sent once', async () => {
    simulator.setFault('no-answer', true, { times: 1 });
    expect(await answersTo('kofi', 'lost answer', 3)).toEqual([
      expect.stringMatching(/^a \d+ lost answer$/),
      expect.stringMatching(/^b \d+ lost answer$/),
      'Which one?',
    ]);
    expect(simulator.botMessages('kofi')).toHaveLength(3);
  });

  it('rejects the token, messages wait, health says so, and they go out by themselves once it works', async () => {
    simulator.setFault('token-expired', true);
    simulator.send('samira', 'token');
    await expect
      .poll(async () => (await request(bot.url).get('/health/ready')).body, { timeout: 10_000 })
      .toMatchObject({
        status: 'degraded',
        checks: expect.arrayContaining([
          expect.objectContaining({ name: 'endpoint whatsapp', ok: false }),
          expect.objectContaining({ name: expect.stringMatching(/^graph v\d/), ok: true }),
        ]),
      });
    simulator.setFault('token-expired', false);
    expect(saidIn(await simulator.nextBotMessage('samira', { timeoutMs: 40_000 }))).toMatch(/^a \d+ token$/);
    await expect
      .poll(async () => (await request(bot.url).get('/health/ready')).body.status, { timeout: 5_000 })
      .toBe('ready');
  }, 60_000);
});

describe("the operators' pages", () => {
  it('ask for the key', async () => {
    for (const path of ['/ops', '/ops/queues', '/ops/events', '/ops/queues/api/queues']) {
      expect((await request(bot.url).get(path)).status).toBe(401);
      expect((await request(bot.url).get(path).auth('', 'wrong')).status).toBe(401);
    }
    expect((await request(bot.url).get('/ops/queues').auth('', 'an-operator-key-of-tests')).status).toBe(200);
    expect(
      (await request(bot.url).get('/ops/events').set('authorization', 'Bearer an-operator-key-of-tests')).status,
    ).toBe(200);
  });

  it.each([
    ['a form of another page', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['an old browser on another page', { origin: 'https://evil.example' }],
    ['a page that hides where it comes from', { origin: 'null' }],
  ])('take no changes from %s, whatever the browser remembers', async (_name, headers) => {
    const res = await request(bot.url)
      .post('/ops/queues/api/queues/dead/add')
      .set(headers)
      .auth('', 'an-operator-key-of-tests')
      .type('text/plain')
      .send('x');
    expect(res.status).toBe(403);
  });

  it('tell what became of a message, without a word of it', async () => {
    await answersTo('rita', 'where am i', 3);
    const { body, text } = await request(bot.url).get('/ops/events').auth('', 'an-operator-key-of-tests');
    const kinds = new Set(body.events.map((event: { k: string }) => event.k));
    expect([...kinds]).toEqual(expect.arrayContaining(['turn', 'sent']));
    expect(text).not.toContain('where am i');
  });

  it('send a refused message again, at the end of its conversation, when an operator retries it', async () => {
    simulator.injectError({ code: 131047, via: 'send', times: 1 });
    expect(await answersTo('kofi', 'again', 2)).toHaveLength(2);
    const auth = (req: request.Test) => req.auth('', 'an-operator-key-of-tests');
    await expect.poll(async () => (await deadOf('again')).length, { timeout: 10_000 }).toBe(1);
    const [id] = await deadOf('again');
    const retried = await auth(request(bot.url).put(`/ops/queues/api/queues/dead/${id}/retry`));
    expect(retried.status).toBeLessThan(300);
    expect(saidIn(await simulator.nextBotMessage('kofi', { timeoutMs: 15_000 }))).toMatch(/^a \d+ again$/);
  });

  async function deadOf(text: string): Promise<string[]> {
    const ids = await client.zrange('{p:ops}:dead:failed', '0', '-1');
    const data = await Promise.all(ids.map((id) => client.hget(`{p:ops}:dead:${id}`, 'data')));
    return ids.filter((_, i) => data[i]?.includes(text));
  }
});

it('gives a conversation to a person and takes it back', async () => {
  simulator.send('rita', 'person please');
  expect(saidIn(await simulator.nextBotMessage('rita', { timeoutMs: 15_000 }))).toBe('A person is coming.');
  simulator.send('rita', 'are you there?');
  const events = async () =>
    (await request(bot.url).get('/ops/events').auth('', 'an-operator-key-of-tests')).body.events;
  await expect
    .poll(async () => (await events()).filter((it: { outcome?: string }) => it.outcome === 'ignored').length, {
      timeout: 10_000,
    })
    .toBe(1);
  const conversation = (await events()).find((it: { outcome?: string }) => it.outcome === 'ignored').c;
  const ended = await request(bot.url)
    .post(`/ops/conversations/${conversation}/end-handover`)
    .auth('', 'an-operator-key-of-tests');
  expect(ended.status).toBe(202);
  expect(saidIn(await simulator.nextBotMessage('rita', { timeoutMs: 15_000 }))).toBe('I am back.');
  expect(simulator.botMessages('rita')).toHaveLength(2);
});

it('logs the path of a message and nothing private', async () => {
  await answersTo('zoe', 'a secret word', 3);
  const text = bot.logText();
  for (const sentence of ['webhook stored', 'turn committed', 'message sent']) expect(text).toContain(sentence);
  // Whole words of hers only: two letters, or seven digits, also come up in ids and times by chance.
  for (const hidden of ['secret word', '491510000102', 'Nguyễn', 'wamid.', 'hush-']) expect(text).not.toContain(hidden);
});
