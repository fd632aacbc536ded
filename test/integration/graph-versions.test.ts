import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/shared/json.js';
import { startParlance, type TestParlance, WEBHOOK_PATH } from '../support/parlance.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import { createSimulator, type Simulator, saidIn } from '../support/simulator.js';

const KEY = 'an-operator-key-of-tests';

const FLOW = `spec: 1
flow: welcome
steps:
  - if: input.type == 'image'
    then:
      - say: "A picture of type {{ input.attachments[0].mimeType }}"
      - say: { template: { name: see_you, language: en, body: [Rita] } }
      - stop: true
  - if: input.text == 'blue'
    then:
      - say: "You took {{ input.text }}"
      - stop: true
  - say: { text: Which one?, buttons: [{ id: red, title: Red }, { id: blue, title: Blue }] }
`;

/**
 * What we rely on in every version of the Graph API that can be configured: calls go to that version and no other, and what
 * differs between the webhooks of versions changes nothing that a contact sees or an operator reads.
 *
 * @see https://developers.facebook.com/docs/graph-api/changelog/versions
 */
describe.each([
  // Conversations in statuses ended with v23; limits of people are words from v25 on.
  { version: 'v23.0', hasConversation: true, limit: { max_daily_conversation_per_phone: 10_000 } },
  { version: 'v24.0', hasConversation: false, limit: { max_daily_conversation_per_phone: 10_000 } },
  { version: 'v25.0', hasConversation: false, limit: { max_daily_conversations_per_business: 'TIER_10K' } },
  { version: 'v26.0', hasConversation: false, limit: { max_daily_conversations_per_business: 'TIER_10K' } },
])('Graph API $version', ({ version, hasConversation, limit }) => {
  let redis: TestRedis;
  let simulator: Simulator;
  let bot: TestParlance;

  beforeAll(async () => {
    redis = await startTestRedis();
    simulator = await createSimulator();
    simulator.setWebhookVersion(version);
    simulator.addTemplate({
      name: 'see_you',
      language: 'en',
      category: 'UTILITY',
      components: [{ type: 'BODY', text: 'See you, {{1}}!', example: { body_text: [['Ana']] } }],
    });
    bot = await startParlance({
      redisUrl: redis.url,
      role: 'all',
      files: { 'config/flows/welcome.yaml': FLOW },
      env: {
        GRAPH_API_URL: simulator.url,
        PARLANCE_CLOUD_API_GRAPH_VERSION: version,
        PARLANCE_OPS_OPERATOR_KEY: KEY,
      },
    });
    simulator.setWebhookUrl(`${bot.url}${WEBHOOK_PATH}`);
  });

  afterAll(async () => {
    await bot?.stop();
    await simulator?.stop();
    await redis?.stop();
  });

  const said = async () => saidIn(await simulator.nextBotMessage('rita', { timeoutMs: 15_000 }));
  const operator = async (path: string) => (await request(bot.url).get(path).auth('', KEY)).body;

  it('has the conversation that every version has', async () => {
    simulator.send('rita', 'hello');
    const menu = await simulator.nextBotMessage('rita', { timeoutMs: 15_000 });
    expect(saidIn(menu)).toBe('Which one?');
    simulator.send('rita', { type: 'tap', messageId: menu.wamid, id: 'Blue' });
    expect(await said()).toBe('You took blue');
    simulator.send('rita', { type: 'image' });
    expect(await said()).toBe('A picture of type image/png');
    expect((await simulator.nextBotMessage('rita', { timeoutMs: 15_000 })).message).toMatchObject({
      type: 'template',
      template: { name: 'see_you', components: [{ type: 'body', parameters: [{ type: 'text', text: 'Rita' }] }] },
    });
    // A price comes with the first status after the sending of each message.
    await expect
      .poll(async () => eventsOf(await operator('/ops/events')), { timeout: 15_000 })
      .toEqual({ turns: 3, sent: [1, 1, 1, 1], priced: ['service', 'service', 'service', 'utility'] });
  });

  it('is the version of every call, and none fails', () => {
    const calls = simulator.wireLog().filter(({ direction }) => direction === 'graph');
    expect(calls.filter(({ url }) => !url.startsWith(`/${version}/`) && !url.includes('/media-files/'))).toEqual([]);
    expect(calls.map(({ httpStatus }) => httpStatus)).toEqual(calls.map(() => 200));
    const called = new Set(calls.map(({ method, url }) => `${method} ${url.split(/[/?]/)[3]}`));
    expect(called).toContain('POST messages');
    expect(called).toContain('GET message_templates');
  });

  it('takes its statuses and its account news', async () => {
    await simulator.webhooksSettled();
    const statuses = webhooksOf(simulator).flatMap(({ value }) => listIn(value, 'statuses'));
    expect(statuses.length).toBeGreaterThanOrEqual(8);
    expect(new Set(statuses.map((status) => 'conversation' in status))).toEqual(new Set([hasConversation]));
    const { delivery } = simulator.tell.sample('tier-upgrade', { contactId: 'rita' });
    await delivery;
    expect(webhooksOf(simulator).at(-1)?.value).toMatchObject(limit);
    const { now } = await operator('/ops/account');
    expect(now).toEqual([expect.objectContaining({ field: 'business_capability_update' })]);
    // The very first, too: who is told a URL is ready is not sent away.
    const answers = simulator
      .wireLog()
      .flatMap(({ direction, httpStatus }) => (direction === 'webhook' ? [httpStatus] : []));
    expect(answers).toEqual(answers.map(() => 200));
  });
});

interface OperatorEvent {
  k: string;
  attempt?: number;
  category?: string;
}

function eventsOf({ events }: { events: OperatorEvent[] }) {
  return {
    turns: events.filter(({ k }) => k === 'turn').length,
    sent: events.flatMap(({ k, attempt }) => (k === 'sent' ? [attempt] : [])),
    priced: events.flatMap(({ k, category }) => (k === 'priced' ? [category] : [])).sort(),
  };
}

/** The changes of every webhook, oldest first. */
function webhooksOf(simulator: Simulator): JsonObject[] {
  return simulator
    .wireLog()
    .filter(({ direction }) => direction === 'webhook')
    .flatMap(({ request: body }) => listIn(body, 'entry'))
    .flatMap((entry) => listIn(entry, 'changes'));
}

function listIn(holder: unknown, name: string): JsonObject[] {
  const list = isJsonObject(holder) ? holder[name] : undefined;
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}
