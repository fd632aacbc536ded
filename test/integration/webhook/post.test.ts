import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { Redis } from 'ioredis';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signatureOf, startParlance, type TestParlance, textsBody, WEBHOOK_PATH } from '../../support/parlance.js';
import { WHATSAPP_ENV } from '../../support/project.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';

const FIXTURES = new URL('../../fixtures/webhook/', import.meta.url);
const SECOND_YAML = `flow: welcome
phoneNumberId: "106540352242999"
wabaId: \${WHATSAPP_WABA_ID}
appId: \${WHATSAPP_APP_ID}
appSecrets: \${WHATSAPP_APP_SECRET}
accessToken: \${WHATSAPP_ACCESS_TOKEN}
verifyToken: \${WHATSAPP_VERIFY_TOKEN}
urlToken: second-url-nobody-guesses
`;
const OFF_YAML = SECOND_YAML.replace('106540352242999', '106540352242998')
  .replace('second-url', 'off-url')
  .concat('enabled: false\n');
const OTHER_APP_YAML = SECOND_YAML.replace('106540352242999', '106540352242997')
  .replace('second-url', 'other-url')
  .replace('${WHATSAPP_APP_ID}', '"670843887430000"')
  .replace('${WHATSAPP_APP_SECRET}', '${OTHER_SECRET}');

let redis: TestRedis;
let bot: TestParlance;
let client: Redis;

beforeAll(async () => {
  redis = await startTestRedis({ config: { maxmemory: '256mb', 'maxmemory-policy': 'noeviction' } });
  client = new Redis(redis.url);
  await client.flushall();
  bot = await startParlance({
    redisUrl: redis.url,
    files: {
      'config/endpoints/second.yaml': SECOND_YAML,
      'config/endpoints/off.yaml': OFF_YAML,
      'config/endpoints/other.yaml': OTHER_APP_YAML,
    },
    env: { OTHER_SECRET: 'hush-other-secret', PARLANCE_OPS_OPERATOR_KEY: 'an-operator-key-of-tests' },
  });
});

afterAll(async () => {
  await bot?.stop();
  client?.disconnect();
  await redis?.stop();
});

const post = (body: Buffer | string, headers: { [name: string]: string } = {}, path = WEBHOOK_PATH) =>
  request(bot.url).post(path).set('content-type', 'application/json').set(headers).send(body);

const signed = (body: unknown, path?: string) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return post(text, { 'x-hub-signature-256': signatureOf(text) }, path);
};

/** All conversations with messages waiting: inbox list by conversation id. */
async function inboxes(): Promise<Map<string, string[]>> {
  const keys = await client.keys('{p:*}:i:*');
  return new Map(
    await Promise.all(
      keys.map(
        async (key): Promise<[string, string[]]> => [key.replace(/^.*:i:/, ''), await client.lrange(key, 0, -1)],
      ),
    ),
  );
}

async function metric(line: string): Promise<number> {
  const { text } = await request(bot.url).get('/metrics');
  return Number(
    text
      .split('\n')
      .find((it) => it.startsWith(`${line} `))
      ?.split(' ')[1] ?? 0,
  );
}

describe('who may post', () => {
  const body = JSON.stringify(textsBody([['351910000001', 'olá 👋']]));

  it.each([
    ['no signature', {}],
    ['an empty signature', { 'x-hub-signature-256': '' }],
    ['another algorithm', { 'x-hub-signature-256': 'sha1=abc' }],
    ['a cut-off digest', { 'x-hub-signature-256': signatureOf(body).slice(0, -2) }],
    ['an upper-case digest', { 'x-hub-signature-256': signatureOf(body).toUpperCase() }],
    ['another secret', { 'x-hub-signature-256': signatureOf(body, 'other') }],
    ['the secret of another app', { 'x-hub-signature-256': signatureOf(body, 'hush-other-secret') }],
    [
      'the signature of re-serialised JSON',
      { 'x-hub-signature-256': signatureOf(JSON.stringify(JSON.parse(body), null, 1)) },
    ],
  ])('answers 401 and stores nothing for %s', async (_name, headers) => {
    const before = await client.dbsize();
    const res = await post(body, headers);
    expect([res.status, res.text]).toEqual([401, 'Unauthorized']);
    expect(await client.dbsize()).toBe(before);
  });

  it('takes the bytes as they are: Meta escapes what others do not', async () => {
    const escaped = body
      .replace(/[^ -~]/g, (ch) => `\\u${ch.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .replaceAll('/', '\\/');
    expect(escaped).not.toBe(body);
    expect((await post(escaped, { 'x-hub-signature-256': signatureOf(escaped) })).status).toBe(200);
  });

  it('does not know a URL nobody was given', async () => {
    const res = await signed({ entry: [] }, '/webhook/some-other-token');
    expect([res.status, res.text]).toEqual([404, 'Not Found']);
  });

  it('takes no other path and no other method', async () => {
    expect((await signed({}, '/webhook')).status).toBe(404);
    expect((await signed({}, `${WEBHOOK_PATH}/x`)).status).toBe(404);
    expect((await request(bot.url).put(WEBHOOK_PATH)).status).toBe(404);
  });
});

describe('what may be posted', () => {
  it('answers 413 to 5 MB, whether the length is told or not', async () => {
    const big = Buffer.alloc(5 * 1024 * 1024, 'x');
    const told = await fetch(bot.url + WEBHOOK_PATH, { method: 'POST', body: big }).then(
      (res) => res.status,
      (err: Error) => err.name,
    );
    expect([413, 'TypeError']).toContain(told); // the answer may meet a socket still being written
    const req = request(bot.url).post(WEBHOOK_PATH).set('transfer-encoding', 'chunked');
    req.write(big.toString());
    await req.then(
      (res) => expect(res.status).toBe(413),
      () => undefined,
    );
    expect(await metric('parlance_webhook_requests_total{outcome="too_large"}')).toBeGreaterThanOrEqual(1);
  });

  it.each([
    ['cut-off JSON', '{"object":"whatsapp_business_account","entry":[{"id'],
    ['no JSON at all', 'hello'],
    ['an empty body', ''],
  ])('answers 400 to %s', async (_name, text) => {
    const res = await signed(text);
    expect([res.status, res.text]).toEqual([400, 'Bad Request']);
  });

  it('takes 1000 updates in 3 MB, each once and in order', async () => {
    await client.del(...(await client.keys('{p:*}:i:*')), 'nothing');
    const texts = Array.from({ length: 1000 }, (_, i): [string, string] => [
      `35191${String(i % 50).padStart(7, '0')}`,
      `${i} ${'ä'.repeat(1450)}`,
    ]);
    const text = JSON.stringify(textsBody(texts));
    expect(Buffer.byteLength(text)).toBeGreaterThan(2.9 * 1024 * 1024);
    const [first, again] = [await signed(text), await signed(text)];
    expect([first.status, again.status]).toEqual([200, 200]);
    const lists = await inboxes();
    expect([...lists.values()].flat()).toHaveLength(1000);
    for (const items of lists.values()) {
      const numbers = items.map((item) => Number(/"body":"(\d+)/.exec(item)?.[1]));
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      expect(numbers).toHaveLength(20);
    }
  });

  it('keeps the neighbours of a bad item, and the bad item in quarantine', async () => {
    const body = textsBody([
      ['351910000011', 'one'],
      ['351910000012', 'two'],
      ['351910000013', 'three'],
    ]);
    const messages: { id?: string }[] = body.entry[0]?.changes[0]?.value.messages ?? [];
    delete messages[1]?.id;
    const before = await client
      .zcard('{p:ops}:quarantine:failed')
      .then(async (n) => n + (await client.llen('{p:ops}:quarantine:wait')));
    expect((await signed(body)).status).toBe(200);
    const texts = [...(await inboxes()).values()].flat().filter((item) => /"(one|two|three)"/.test(item));
    expect(texts).toHaveLength(2);
    const after = await client
      .zcard('{p:ops}:quarantine:failed')
      .then(async (n) => n + (await client.llen('{p:ops}:quarantine:wait')));
    expect(after).toBe(before + 1);
  });

  it('routes each change by its number, all numbers of the app behind one URL', async () => {
    expect((await signed(textsBody([['351910000021', 'to the second']], '106540352242999'))).status).toBe(200);
    expect([...(await inboxes()).keys()].some((id) => id.startsWith('106540352242999.'))).toBe(true);
  });

  it('puts messages for numbers it does not serve into quarantine, also those of another app', async () => {
    for (const number of ['999999999999999', '106540352242997']) {
      expect((await signed(textsBody([['351910000022', 'lost?']], number))).status).toBe(200);
      expect([...(await inboxes()).keys()].some((id) => id.startsWith(`${number}.`))).toBe(false);
    }
    expect(await metric('parlance_inbound_updates_total{kind="quarantined",outcome="unknown_number"}')).toBe(2);
  });

  it('answers 200 for an endpoint that is switched off, counts it and stores nothing', async () => {
    expect((await signed(textsBody([['351910000023', 'anybody?']], '106540352242998'))).status).toBe(200);
    expect([...(await inboxes()).keys()].some((id) => id.startsWith('106540352242998.'))).toBe(false);
    expect(await metric('parlance_inbound_updates_total{kind="any",outcome="disabled"}')).toBe(1);
  });
});

describe('every form Meta sends', () => {
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith('.json'));

  it.each(names)('stores %s', async (name) => {
    const text = readFileSync(new URL(name, FIXTURES), 'utf8').replaceAll(
      /"phone_number_id":\s*"\d+"/g,
      `"phone_number_id":"${WHATSAPP_ENV.WHATSAPP_PHONE_NUMBER_ID}"`,
    );
    const before = await stored();
    const res = await signed(text);
    expect(res.status).toBe(200);
    const after = await stored();
    // Statuses of messages that are not ours, and app-level news met before, add nothing; everything else is there.
    if (!name.startsWith('status-')) expect(after).toBeGreaterThan(before);
  });

  async function stored(): Promise<number> {
    const messages = [...(await inboxes()).values()].flat().length;
    const parked = (await client.llen('{p:ops}:quarantine:wait')) + (await client.xlen('{p:ops}:account'));
    const known = await client.keys('{p:*}:a:*');
    const identities = await Promise.all(known.map((key) => client.hlen(key)));
    return messages + parked + identities.reduce((sum, n) => sum + n, 0);
  }

  it('shows account news as events to an operator', async () => {
    const res = await request(bot.url).get('/ops/events').query({ limit: 1000 }).auth('', 'an-operator-key-of-tests');
    const fields = new Set(res.body.events.map((event: { field?: string }) => event.field));
    expect([...fields]).toEqual(
      expect.arrayContaining([
        'account_update',
        'message_template_status_update',
        'phone_number_quality_update',
        'flows',
      ]),
    );
    expect(res.text).not.toContain('raw');
  });

  it('shows an operator, and nobody else, how accounts, numbers and templates stand', async () => {
    const ask = (query: object) => request(bot.url).get('/ops/account').query(query);
    expect((await ask({})).status).toBe(401);
    const res = await ask({ level: 'warn' }).auth('', 'an-operator-key-of-tests');
    expect(res.body.now).toEqual(
      expect.arrayContaining([expect.objectContaining({ field: 'message_template_status_update', level: 'warn' })]),
    );
    const one = await ask({ field: 'phone_number_quality_update', limit: 1 }).auth('', 'an-operator-key-of-tests');
    expect(one.body.news).toEqual([expect.objectContaining({ about: expect.stringMatching(/^number \d+$/) })]);
  });
});

describe('trouble with an account', () => {
  const alert = (severity: string, description: string) => ({
    object: 'whatsapp_business_account',
    entry: [
      {
        id: '100000000000001',
        time: 1_763_700_200,
        changes: [
          {
            field: 'account_alerts',
            value: {
              entity_type: 'PHONE_NUMBER',
              entity_id: '700000000000001',
              alert_info: { alert_severity: severity, alert_type: 'INCREASED_LIMIT', alert_description: description },
            },
          },
        ],
      },
    ],
  });

  it.each([
    ['CRITICAL', 'error'],
    ['WARNING', 'warn'],
    ['INFORMATIONAL', 'info'],
  ])('of severity %s is logged and counted as %s, once', async (severity, level) => {
    const counted = () => metric(`parlance_account_news_total{field="account_alerts",level="${level}"}`);
    const before = await counted();
    const body = alert(severity, `to be found ${severity}`);
    for (let time = 0; time < 2; time++) expect((await signed(body)).status).toBe(200);
    expect(await counted()).toBe(before + 1);
    const lines = bot
      .logText()
      .split('\n')
      .filter((line) => line.includes('Meta told news of the account') && line.includes('INCREASED_LIMIT'))
      .map((line): unknown => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ level, field: 'account_alerts', event: 'INCREASED_LIMIT' });
    expect(bot.logText()).not.toContain('to be found');
  });
});

it('gives an operator, and nobody else, what was said before a number came to us, until they delete it', async () => {
  const ask = (method: 'get' | 'delete', key?: string) => {
    const call = request(bot.url)[method]('/ops/history').buffer(true);
    return key === undefined ? call : call.auth('', key);
  };
  const key = 'an-operator-key-of-tests';
  await ask('delete', key);
  const messages = Array.from({ length: 3_000 }, (_, i) => ({
    id: `wamid.OLD${i}`,
    text: { body: 'Obrigada! '.repeat(70) },
  }));
  const value = {
    metadata: { phone_number_id: WHATSAPP_ENV.WHATSAPP_PHONE_NUMBER_ID },
    history: [{ metadata: { phase: 1, progress: 40 }, threads: [{ id: '351910000002', messages }] }],
  };
  const posted = await signed({
    object: 'whatsapp_business_account',
    entry: [{ id: '1', changes: [{ field: 'history', value }] }],
  });
  expect([posted.status, (await ask('get')).status, (await ask('delete')).status]).toEqual([200, 401, 401]);
  const lines: { threads: { id: string; messages: unknown[] }[] }[] = (await ask('get', key)).text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  // More than one page of them.
  expect(lines.length).toBeGreaterThan(30);
  expect(lines.flatMap(({ threads }) => threads.flatMap((thread) => thread.messages))).toEqual(messages);
  expect((await ask('delete', key)).status).toBe(204);
  expect((await ask('get', key)).text).toBe('');
});

describe('handshake', () => {
  const ask = (query: { [name: string]: string }) => request(bot.url).get(WEBHOOK_PATH).query(query);
  const right = {
    'hub.mode': 'subscribe',
    'hub.verify_token': WHATSAPP_ENV.WHATSAPP_VERIFY_TOKEN,
    'hub.challenge': '1158201444',
  };

  it('answers exactly the challenge', async () => {
    const res = await ask(right);
    expect([res.status, res.text]).toEqual([200, '1158201444']);
    expect(res.headers['content-type']).toMatch(/^text\/plain/);
  });

  it.each([
    ['a wrong token', { ...right, 'hub.verify_token': 'wrong' }],
    ['another mode', { ...right, 'hub.mode': 'unsubscribe' }],
    ['no token', { 'hub.mode': 'subscribe', 'hub.challenge': '1' }],
    ['a challenge of HTML', { ...right, 'hub.challenge': '<script>alert(1)</script>' }],
  ])('answers 403 to %s and echoes nothing', async (_name, query) => {
    const res = await ask(query);
    expect(res.status).toBe(403);
    expect(res.text).toBe('Forbidden');
  });

  it('does not know a URL nobody was given', async () => {
    expect((await request(bot.url).get('/webhook/some-other-token').query(right)).status).toBe(404);
  });
});

describe('logs', () => {
  it('hold no text, number, secret or wamid of anything posted above', () => {
    const text = bot.logText();
    expect(text).toContain('webhook stored');
    for (const hidden of ['hush-', 'olá', 'Rita', '3519100000', 'wamid', 'to the second'])
      expect(text).not.toContain(hidden);
  });
});

describe('when Redis fails', () => {
  beforeEach(async () => {
    expect((await request(bot.url).get('/health/ready')).status).toBe(200);
  });

  it('answers 503 within two seconds while Redis is frozen, and 200 again afterwards', async () => {
    redis.pause();
    const startedAt = performance.now();
    const res = await signed(textsBody([['351910000031', 'frozen']]));
    const tookMs = performance.now() - startedAt;
    const ready = await request(bot.url).get('/health/ready');
    redis.resume();
    expect([res.status, res.text]).toEqual([503, 'Service Unavailable']);
    expect(tookMs).toBeLessThan(2_000);
    expect(ready.status).toBe(503);
    await expect
      .poll(async () => (await signed(textsBody([['351910000031', 'thawed']]))).status, { timeout: 5_000 })
      .toBe(200);
  });

  it('answers 503 at once while Redis is gone', async () => {
    await redis.kill('SIGKILL');
    await expect
      .poll(async () => (await signed(textsBody([['351910000032', 'gone']]))).status, { timeout: 5_000 })
      .toBe(503);
    const startedAt = performance.now();
    expect((await signed(textsBody([['351910000032', 'gone']]))).status).toBe(503);
    expect(performance.now() - startedAt).toBeLessThan(500);
    await redis.restart();
    await expect.poll(async () => (await request(bot.url).get('/health/ready')).status, { timeout: 10_000 }).toBe(200);
  });

  it('answers 503 while Redis is over its memory', async () => {
    await client.config('SET', 'maxmemory', '1mb');
    await expect
      .poll(async () => (await signed(textsBody([['351910000033', 'full']]))).status, { timeout: 5_000 })
      .toBe(503);
    await expect.poll(async () => (await request(bot.url).get('/health/ready')).status, { timeout: 5_000 }).toBe(503);
    await client.config('SET', 'maxmemory', '256mb');
    await expect
      .poll(async () => (await signed(textsBody([['351910000033', 'room']]))).status, { timeout: 5_000 })
      .toBe(200);
  });
});

it('survives clients that say nothing, or half of it', async () => {
  const { port } = new URL(bot.url);
  for (const bytes of [
    '',
    'POST ',
    `POST ${WEBHOOK_PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf`,
    'nonsense\r\n\r\n',
  ]) {
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(bytes);
        socket.end();
      });
      socket.on('close', () => resolve());
      socket.on('error', () => resolve());
      socket.resume();
    });
  }
  expect((await request(bot.url).get('/health/live')).status).toBe(200);
});
