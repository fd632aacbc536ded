import fc from 'fast-check';
import { Redis } from 'ioredis';
import request from 'supertest';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signatureOf, startParlance, type TestParlance, textsBody, WEBHOOK_PATH } from '../../support/parlance.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';

/** Whatever a signed body holds: the real server on a real Redis answers, and keeps what can be read. */
let redis: TestRedis;
let bot: TestParlance;
let client: Redis;

beforeAll(async () => {
  redis = await startTestRedis();
  client = new Redis(redis.url);
  bot = await startParlance({ redisUrl: redis.url });
});

afterAll(async () => {
  await bot?.stop();
  client?.disconnect();
  await redis?.stop();
});

async function post(text: string): Promise<number> {
  const signed = { 'content-type': 'application/json', 'x-hub-signature-256': signatureOf(text) };
  return (await request(bot.url).post(WEBHOOK_PATH).set(signed).send(text)).status;
}

async function isStored(said: string): Promise<boolean> {
  const lists = await client.keys('{p:*}:i:*');
  const items = await Promise.all(lists.map((key) => client.lrange(key, 0, -1)));
  return items.flat().some((item) => item.includes(JSON.stringify(said)));
}

const json = fc.jsonValue({ maxDepth: 2 });
/** Meta's own words where any value may stand, so that junk gets further than the first look at it. */
const spice = fc.oneof(
  json,
  fc.constantFrom(
    '',
    '351910000002',
    'PT.1',
    'wamid.1',
    'text',
    'stop',
    'failed',
    '1763700000',
    -1,
    1e300,
    '\u0000',
    '😀',
  ),
);
const kinds = fc.constantFrom(
  'text',
  'image',
  'interactive',
  'system',
  'edit',
  'revoke',
  'order',
  'hologram',
  '__proto__',
);
const message = fc
  .record({ id: spice, from: spice, from_user_id: spice, timestamp: spice, type: fc.oneof(kinds, spice), body: spice })
  .map(({ type, body, ...rest }) => ({ ...rest, type, ...(typeof type === 'string' ? { [type]: body } : {}) }));
const status = fc.record({
  id: spice,
  status: spice,
  errors: spice,
  biz_opaque_callback_data: spice,
  timestamp: spice,
});
const echo = fc.record({ id: spice, to: spice, from: spice, timestamp: spice, type: spice });
const update = fc.record({ wa_id: spice, user_id: spice, category: spice, value: spice, timestamp: spice });
const listOf = (item: fc.Arbitrary<unknown>) => fc.oneof(json, fc.array(fc.oneof(item, json), { maxLength: 3 }));
const field = fc.oneof(
  fc.constantFrom(
    'messages',
    'smb_message_echoes',
    'user_preferences',
    'user_id_update',
    'history',
    'standby',
    'calls',
  ),
  spice,
);
const change = fc.record({
  field,
  value: fc.oneof(
    json,
    fc.record({
      metadata: fc.oneof(json, fc.constant({ phone_number_id: '106540352242922' })),
      contacts: listOf(update),
      messages: listOf(message),
      statuses: listOf(status),
      message_echoes: listOf(echo),
      user_preferences: listOf(update),
      user_id_update: listOf(update),
      errors: spice,
    }),
  ),
});
const changes = fc.array(fc.oneof(change, json), { maxLength: 3 });

it('around a good message never loses it, and never is a fault of ours', async () => {
  let made = 0;
  await fc.assert(
    fc.asyncProperty(
      changes,
      changes,
      fc.array(fc.oneof(message, json), { maxLength: 3 }),
      async (before, after, beside) => {
        const said = `good ${++made}`;
        const good = textsBody([['351910000555', said]]);
        const entry = good.entry[0];
        const value = entry?.changes[0]?.value;
        if (entry === undefined || value === undefined) throw new Error('no body');
        const messages = [...beside, ...value.messages, ...beside];
        const all = [...before, { field: 'messages', value: { ...value, messages } }, ...after];
        const text = JSON.stringify({ ...good, entry: [...before, { ...entry, changes: all }, ...after] });
        expect(await post(text)).toBe(200);
        expect(await isStored(said)).toBe(true);
      },
    ),
    { numRuns: 150 },
  );
  expect(bot.logText()).not.toContain('webhook handler failed');
});

it('alone is stored, put aside or refused as unreadable', async () => {
  const anything = fc.oneof(
    json.map((value) => JSON.stringify(value)),
    fc.string({ maxLength: 40 }),
    fc
      .record({ object: json, entry: fc.oneof(json, fc.array(fc.record({ id: json, changes }))) })
      .map((body) => JSON.stringify(body)),
  );
  await fc.assert(
    fc.asyncProperty(anything, async (text) => {
      expect([200, 400]).toContain(await post(text));
    }),
    { numRuns: 150 },
  );
  expect((await request(bot.url).get('/health/live')).status).toBe(200);
});
