import { Redis } from 'ioredis';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BrokenAnswer } from '../../src/simulator/rules.js';
import { startParlance, type TestParlance } from '../support/parlance.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import { createSimulator, type Simulator, saidIn } from '../support/simulator.js';

const FLOW = `spec: 1
flow: welcome
steps:
  - say: first
  - say: second
`;
const MAX_ATTEMPTS = 3;
const KEY = 'an-operator-key-of-tests';

interface SendEvent {
  k: string;
  oid: string;
  attempt: number;
  reason?: string;
  mayBeDoubled?: boolean;
}

/** From the double's rule over our client and the outbox to what the contact sees: the whole path, on a real Redis. */
let redis: TestRedis;
let client: Redis;
let simulator: Simulator;
let bot: TestParlance;
let people = 0;

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
      PARLANCE_OUTBOUND_MAX_ATTEMPTS: String(MAX_ATTEMPTS),
      PARLANCE_OUTBOUND_UNCERTAIN_GRACE_MS: '800',
      PARLANCE_OUTBOUND_PAUSED_RETRY_MS: '500',
      PARLANCE_OPS_OPERATOR_KEY: KEY,
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

/** Somebody nobody has written to yet. */
function somebody(): string {
  people += 1;
  const contactId = `person-${people}`;
  const digits = String(people).padStart(4, '0');
  simulator.addContact({ contactId, name: 'Ana', waId: `35191000${digits}`, bsuid: `PT.5000${digits}` });
  return contactId;
}

/** What reached the contact, once `last` has, and what became of each message with us, in order. */
async function talk(contactId: string, last: string): Promise<{ texts: string[]; events: SendEvent[] }> {
  const since = Date.now();
  simulator.send(contactId, 'hello');
  for (;;) {
    if (saidIn(await simulator.nextBotMessage(contactId, { timeoutMs: 20_000 })) === last) break;
  }
  const events = await expect
    .poll(() => sendEvents(since), { timeout: 10_000 })
    .toHaveLength(2)
    .then(() => sendEvents(since));
  return { texts: simulator.botMessages(contactId).map(saidIn), events };
}

async function sendEvents(since: number): Promise<SendEvent[]> {
  const { body } = await request(bot.url).get('/ops/events').auth('', KEY);
  const events: (SendEvent & { at: number })[] = body.events;
  return events.filter(({ k, at }) => ['sent', 'settled', 'given_up'].includes(k) && at >= since).reverse();
}

async function deadLetters(): Promise<string[]> {
  const ids = await client.zrange('{p:ops}:dead:failed', '0', '-1');
  return Promise.all(ids.map(async (id) => (await client.hget(`{p:ops}:dead:${id}`, 'data')) ?? ''));
}

describe('an answer to a message that no client expects', () => {
  it.each<[BrokenAnswer, string, boolean, { k: string; attempt: number; mayBeDoubled?: true }]>([
    // Meta has the message: its status tells, and it is not sent again.
    ['html', 'after Meta took the message', true, { k: 'settled', attempt: 2 }],
    ['empty', 'after Meta took the message', true, { k: 'settled', attempt: 2 }],
    ['not-json', 'after Meta took the message', true, { k: 'settled', attempt: 2 }],
    ['cut', 'after Meta took the message', true, { k: 'settled', attempt: 2 }],
    ['reset', 'after Meta took the message', true, { k: 'settled', attempt: 2 }],
    ['error-in-200', 'after Meta took the message', true, { k: 'settled', attempt: 2 }],
    ['huge', 'after Meta took the message', true, { k: 'settled', attempt: 2 }],
    // Meta has nothing: no status comes, so it is sent again, marked as what may be doubled.
    ['html', 'instead of the message', false, { k: 'sent', attempt: 2, mayBeDoubled: true }],
    ['empty', 'instead of the message', false, { k: 'sent', attempt: 2, mayBeDoubled: true }],
    ['not-json', 'instead of the message', false, { k: 'sent', attempt: 2, mayBeDoubled: true }],
    ['cut', 'instead of the message', false, { k: 'sent', attempt: 2, mayBeDoubled: true }],
    ['reset', 'instead of the message', false, { k: 'sent', attempt: 2, mayBeDoubled: true }],
    ['error-in-200', 'instead of the message', false, { k: 'sent', attempt: 2, mayBeDoubled: true }],
  ])(
    '(%s, %s): the contact gets the message once, and the next one after it',
    async (answer, _when, processed, first) => {
      const contactId = somebody();
      simulator.addRule({ via: 'send', effect: { answer, processed }, match: { contactId, text: 'first' } });
      const { texts, events } = await talk(contactId, 'second');
      expect(texts).toEqual(['first', 'second']);
      expect(events).toMatchObject([first, { k: 'sent', attempt: 1 }]);
      expect('mayBeDoubled' in (events[0] ?? {})).toBe(first.mayBeDoubled === true);
    },
  );

  it('a 400 without a word gives the message up, with the reason, and the next one is sent', async () => {
    const contactId = somebody();
    simulator.addRule({ via: 'send', effect: { answer: 'bare-400' }, match: { contactId, text: 'first' } });
    const { texts, events } = await talk(contactId, 'second');
    expect(texts).toEqual(['second']);
    expect(events).toMatchObject([{ k: 'given_up', reason: 'http_400_without_error', attempt: 1 }, { k: 'sent' }]);
    await expect.poll(deadLetters, { timeout: 5_000 }).toEqual([expect.stringContaining('http_400_without_error')]);
  });

  it.each<[BrokenAnswer, string]>([
    ['html', 'http_502_without_error'],
    ['empty', 'empty_success'],
  ])('%s every time: after all tries the message lies in the dead letters', async (answer, reason) => {
    const contactId = somebody();
    const match = { contactId, text: 'first' };
    simulator.addRule({ via: 'send', effect: { answer, processed: false }, match, times: 0 });
    const before = (await deadLetters()).length;
    const { texts, events } = await talk(contactId, 'second');
    expect(texts).toEqual(['second']);
    expect(events[0]).toMatchObject({ k: 'given_up', reason: 'attempts_exhausted', attempt: MAX_ATTEMPTS + 1 });
    await expect
      .poll(async () => (await deadLetters()).slice(before), { timeout: 5_000 })
      .toEqual([expect.stringContaining('attempts_exhausted')]);
    expect(bot.logText()).toContain(`"reason":"${reason}"`);
  });
});
