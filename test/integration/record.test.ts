import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ConversationsAnswer } from '../../src/api/transcript-wire.js';
import { CalledWrongly } from '../../src/cli/called-wrongly.js';
import { storyFrom } from '../../src/cli/chat-setup.js';
import { openChat } from '../../src/cli/open-chat.js';
import { recordFromServer } from '../../src/cli/record.js';
import { connect } from '../../src/cli/server.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { test } from '../../src/cli/test.js';
import { listen } from '../../src/shared/listen.js';
import { startParlance, type TestParlance } from '../support/parlance.js';
import { makeProject, WHATSAPP_ENV, WHATSAPP_YAML } from '../support/project.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import { createSimulator, type Simulator, saidIn } from '../support/simulator.js';

const KEY = 'an-operator-key-of-tests';
const QUIET_PHONE = '106540352242998';
const QUIET_YAML = WHATSAPP_YAML.replace('${WHATSAPP_PHONE_NUMBER_ID}', `"${QUIET_PHONE}"`).replace(
  '${WHATSAPP_URL_TOKEN}',
  'another-url-nobody-guesses',
);
const BLIND_PHONE = '106540352242997';
const BLIND_YAML = WHATSAPP_YAML.replace('${WHATSAPP_PHONE_NUMBER_ID}', `"${BLIND_PHONE}"`)
  .replace('${WHATSAPP_URL_TOKEN}', 'a-third-url-nobody-guesses')
  .replace('flow: welcome', 'flow: secretive');
const blindFlowWith = (port: number) => `spec: 1
flow: secretive
steps:
  - say: Let me see.
  - http: { url: "http://127.0.0.1:${port}/early/{{ input.text }}", into: context.order }
  - blind: true
  - http: { url: "http://127.0.0.1:${port}/orders/{{ input.text }}", into: context.order }
  - say: One moment.
  - http: { url: "http://127.0.0.1:${port}/again/{{ input.text }}", into: context.order }
  - say: Your order is {{ context.order.body.status }}.
`;
const flowWith = (port: number) => `spec: 1
flow: welcome
context: { order: { body: { status: unknown } } }
steps:
  - say: One moment.
  - id: look
    http: { url: "http://127.0.0.1:${port}/orders/7", into: context.order }
  - say: { text: "Your order is {{ context.order.body.status }}. What now?", buttons: [{ id: track, title: Track }, { id: stop, title: Stop }] }
  - { id: menu, wait: true }
  - say: "You chose {{ input.text }}. Think about it."
  - { id: pause, sleep: 300ms }
  - say: Where are you?
  - { id: place, wait: true }
  - say: "{{ input.type }} seen"
`;

const CHATTY_PHONE = '106540352242996';
const CHATTY_YAML = WHATSAPP_YAML.replace('${WHATSAPP_PHONE_NUMBER_ID}', `"${CHATTY_PHONE}"`)
  .replace('${WHATSAPP_URL_TOKEN}', 'a-fourth-url-nobody-guesses')
  .replace('flow: welcome', 'flow: chatty');
const CHATTY = `spec: 1
flow: chatty
steps:
  - say: "[{{ input.text }}]"
  - id: more
    question: { type: text, text: Tell me more., collect: 700ms }
  - say: "({{ input.text }})"
  - { id: again, wait: true }
  - say: "{{ input.text }}!"
`;

let redis: TestRedis;
let client: Redis;
let simulator: Simulator;
let orders: Server;
let asked = 0;
let bot: TestParlance;
let flow: string;
beforeAll(async () => {
  redis = await startTestRedis();
  client = new Redis(redis.url);
  simulator = await createSimulator();
  simulator.setNumbers(
    [WHATSAPP_ENV.WHATSAPP_PHONE_NUMBER_ID, QUIET_PHONE, BLIND_PHONE, CHATTY_PHONE].map((phoneNumberId) => ({
      phoneNumberId,
      displayPhoneNumber: '+351 21 000 0001',
      wabaId: WHATSAPP_ENV.WHATSAPP_WABA_ID,
      name: 'Bot',
    })),
  );
  orders = createServer((_req, res) => {
    asked += 1;
    res.setHeader('content-type', 'application/json').end('{"status":"on its way"}');
  });
  const port = await listen(orders, 0, '127.0.0.1');
  flow = flowWith(port);
  bot = await startParlance({
    redisUrl: redis.url,
    role: 'all',
    files: {
      'config/flows/welcome.yaml': flow,
      'config/flows/secretive.yaml': blindFlowWith(port),
      'config/flows/chatty.yaml': CHATTY,
      'config/endpoints/chatty.yaml': `${CHATTY_YAML}transcriptMinutes: 5\nmessageDelayMs: 0\ncollectMs: 500\n`,
      'config/endpoints/blind.yaml': `${BLIND_YAML}transcriptMinutes: 5\nmessageDelayMs: 0\n`,
      'config/endpoints/whatsapp.yaml': `${WHATSAPP_YAML}transcriptMinutes: 5\nmessageDelayMs: 0\n`,
      'config/endpoints/quiet.yaml': `${QUIET_YAML}messageDelayMs: 0\n`,
    },
    env: {
      GRAPH_API_URL: simulator.url,
      PARLANCE_OPS_OPERATOR_KEY: KEY,
      PARLANCE_CALLS_ALLOWED_PRIVATE_HOSTS: '127.0.0.1',
    },
  });
  simulator.setWebhookUrl(`${bot.url}/webhook/${WHATSAPP_ENV.WHATSAPP_URL_TOKEN}`);
});
afterAll(async () => {
  await bot?.stop();
  orders?.close();
  await simulator?.stop();
  client?.disconnect();
  await redis?.stop();
});

/** Waits for what begins like this. */
function hearing(who: string, phoneNumberId: string) {
  return async (last: string) => {
    for (;;) {
      const message = await simulator.nextBotMessage(who, { phoneNumberId, timeoutMs: 15_000 });
      if (saidIn(message).startsWith(last)) return message;
    }
  };
}

/** The whole conversation, step by step with the bot. */
async function talk(phoneNumberId: string): Promise<void> {
  const hears = hearing('rita', phoneNumberId);
  simulator.send('rita', 'a very private word', { phoneNumberId });
  const { wamid } = await hears('Your order is on its way');
  simulator.send('rita', { type: 'tap', messageId: wamid, id: 'Track' }, { phoneNumberId });
  await hears('Where are you');
  simulator.send('rita', { type: 'location', latitude: 38.7, longitude: -9.1 }, { phoneNumberId });
  await hears('location seen');
}

function designer(): { terminal: Terminal; dir: string; told(): string; remove(): void } {
  const project = makeProject({ 'config/flows/welcome.yaml': flow });
  let told = '';
  const hear = (text: string) => {
    told += text;
  };
  const env = { PARLANCE_SERVER: bot.url, PARLANCE_OPERATOR_KEY: KEY };
  const terminal = { cwd: project.dir, env, color: false, write: hear, note: hear, ask: undefined };
  return { terminal, dir: project.dir, told: () => told, remove: project.remove };
}

it('a conversation on a server becomes a test that passes: its words, its taps, its calls and its pauses', async () => {
  await talk(WHATSAPP_ENV.WHATSAPP_PHONE_NUMBER_ID);
  const { terminal, dir, told, remove } = designer();
  await expect.poll(async () => (await client.keys('{p:*}:tr:*')).length, { timeout: 5_000 }).toBe(1);
  await recordFromServer({ record: 'real.test.yaml' }, terminal);
  expect(told()).toMatch(/^real\.test\.yaml: 4 turns of 106540352242922\./);
  expect(told()).toContain('look through it before it goes into git');
  const written = readFileSync(join(dir, 'real.test.yaml'), 'utf8');
  expect(written).toContain('contact: a very private word');
  expect(written).toContain('tap: track');
  expect(written).toContain('wait: 300ms');
  expect(written).toContain('latitude');
  expect(written).toContain('on its way');
  for (const hidden of ['351910', 'wamid', 'hush-', 'Rita']) expect(written).not.toContain(hidden);

  const options = { flows: 'config/flows', parallel: 1 };
  const ran = await test({ paths: ['real.test.yaml'], options, cwd: dir, color: false });
  expect(ran.output).toContain('1 test passed');
  expect(ran.failed).toBe(false);
  await expect(recordFromServer({ record: 'real.test.yaml' }, terminal)).rejects.toThrow(CalledWrongly);
  const [key = ''] = await client.keys('{p:*}:tr:*');
  expect(await client.ttl(key)).toBeGreaterThan(240);
  expect(await client.ttl(key)).toBeLessThanOrEqual(300);
  expect(bot.logText()).not.toContain('private word');
  remove();
});

it('where nothing is kept, the timeline becomes a test with the words left out', async () => {
  await talk(QUIET_PHONE);
  expect((await client.keys('{p:*}:tr:*')).filter((key) => key.includes(QUIET_PHONE))).toEqual([]);
  const { terminal, dir, told, remove } = designer();
  await recordFromServer({ record: 'skeleton.test.yaml' }, terminal);
  expect(told()).toContain('Endpoint quiet keeps no transcripts');
  const written = readFileSync(join(dir, 'skeleton.test.yaml'), 'utf8');
  expect(written).toContain('FILL IN: text');
  expect(written).toContain('FILL IN: location');
  expect(written).not.toContain('private');
  expect(written.match(/^ {6}- /gm)).toHaveLength(4);
  remove();
});

it('of a blind flow neither what the contact wrote nor the calls made with it are kept', async () => {
  simulator.send('rita', 'a-number-nobody-keeps', { phoneNumberId: BLIND_PHONE });
  const hears = (text: string) =>
    expect
      .poll(() => simulator.botMessages('rita', { phoneNumberId: BLIND_PHONE }).map(saidIn), { timeout: 15_000 })
      .toContain(text);
  await hears('Your order is on its way.');
  const kept = async () => {
    const keys = (await client.keys('{p:*}:tr:*')).filter((key) => key.includes(BLIND_PHONE));
    return (await Promise.all(keys.map((key) => client.lrange(key, 0, -1)))).flat();
  };
  // The turn is kept as one nothing is known of, behind its calls.
  await expect.poll(async () => (await kept()).filter((entry) => entry.includes('"k":"turn"')).length).toBe(2);
  expect((await kept()).join()).not.toContain('nobody-keeps');
  expect((await kept()).join()).not.toContain('on its way');
});

it('a burst of messages becomes one of the test, with the time it took', async () => {
  const hears = hearing('rita', CHATTY_PHONE);
  simulator.send('rita', 'one', { phoneNumberId: CHATTY_PHONE });
  simulator.send('rita', 'two', { phoneNumberId: CHATTY_PHONE });
  await hears('Tell me more.');
  simulator.send('rita', 'three', { phoneNumberId: CHATTY_PHONE });
  simulator.send('rita', 'four', { phoneNumberId: CHATTY_PHONE });
  await hears('(');
  simulator.send('rita', 'five', { phoneNumberId: CHATTY_PHONE });
  await hears('five!');
  await expect.poll(async () => (await client.keys(`{p:*}:tr:${CHATTY_PHONE}*`)).length, { timeout: 5_000 }).toBe(1);
  const { terminal, dir, remove } = designer();
  writeFileSync(join(dir, 'config/flows/chatty.yaml'), CHATTY);
  await recordFromServer({ record: 'burst.test.yaml' }, terminal);
  const written = readFileSync(join(dir, 'burst.test.yaml'), 'utf8');
  expect(written).toContain('collect: 500ms');
  expect(
    written
      .replace(/, at: \S+/g, '')
      .split('\n')
      .slice(5, -1),
  ).toEqual([
    '      - { contact: one, bot: [] }',
    '      - { contact: two, bot: [] }',
    '      - { wait: 500ms, bot: ["[one\\ntwo]", Tell me more.] }',
    '      - { contact: three, bot: [] }',
    '      - { contact: four, bot: [] }',
    '      - { wait: 700ms, bot: ["(three\\nfour)"] }',
    '      - { contact: five, bot: [] }',
    '      - { wait: 500ms, bot: [five!] }',
  ]);
  const options = { flows: 'config/flows', parallel: 1 };
  const ran = await test({ paths: ['burst.test.yaml'], options, cwd: dir, color: false });
  expect(ran.output).toContain('1 test passed');
  remove();
});

it('a chat goes on where a conversation on a server stands, and records both', async () => {
  const phoneNumberId = WHATSAPP_ENV.WHATSAPP_PHONE_NUMBER_ID;
  const hears = hearing('zoe', phoneNumberId);
  simulator.send('zoe', 'Hello', { phoneNumberId });
  const { wamid } = await hears('Your order is on its way');
  simulator.send('zoe', { type: 'tap', messageId: wamid, id: 'Track' }, { phoneNumberId });
  await hears('Where are you');
  const { dir, remove } = designer();
  const server = { server: bot.url, key: KEY };
  await expect.poll(async () => (await storyFrom('last', server, dir)).turns.length, { timeout: 5_000 }).toBe(3);
  const story = await storyFrom('last', server, dir);
  const askedBefore = asked;

  let shown = '';
  const write = (text: string) => {
    shown += text;
  };
  const options = { flows: 'config/flows', profile: {}, record: 'on.test.yaml' };
  const chat = openChat({ flow: undefined, options, cwd: dir, color: false, write, story });
  await chat.replay();
  expect(
    shown
      .replace(/in \d+ ms/, 'in 0 ms')
      .split('\n')
      .slice(1),
  ).toEqual([
    expect.stringContaining('HTTP calls are real'),
    'Calls get the answers they got then.',
    '> Hello',
    'bot  One moment.',
    expect.stringMatching(/^⇄ http GET .+\/orders\/7 → 200 in 0 ms$/),
    'bot  Your order is on its way. What now?',
    '      1  Track  [track]',
    '      2  Stop  [stop]',
    '> /tap track',
    'bot  You chose track. Think about it.',
    '> /wait 300ms',
    'bot  Where are you?',
    'From here on it is yours.',
    '',
  ]);
  await chat.line('/send {"location":{"latitude":38.7,"longitude":-9.1}}');
  expect(shown).toMatch(/bot {2}location seen\n$/);
  expect(asked).toBe(askedBefore);
  await chat.close();
  const ran = await test({ paths: ['on.test.yaml'], options: { ...options, parallel: 1 }, cwd: dir, color: false });
  expect(ran.output).toContain('1 test passed');

  // What was changed since is seen where it counts.
  writeFileSync(join(dir, 'config/flows/welcome.yaml'), flow.replace('You chose', 'You picked'));
  const changed = openChat({
    flow: undefined,
    options,
    cwd: dir,
    color: false,
    write,
    story: await storyFrom('last', server, dir),
  });
  shown = '';
  await changed.replay();
  await changed.close();
  expect(shown).toContain(
    'Another way than there (-): the bot said something else\n- You chose track. Think about it.\n+ You picked track. Think about it.\n> /wait',
  );
  remove();
});

it('a chat goes on with nothing where nothing was kept', async () => {
  const server = connect({ server: bot.url, key: KEY }, '.', {});
  const { conversations } = await server.get('/conversations', ConversationsAnswer);
  const { conversation = '' } = conversations.find(({ endpoint }) => endpoint === 'quiet') ?? {};
  await expect(storyFrom(conversation, { server: bot.url, key: KEY }, '.')).rejects.toThrow(
    'Endpoint quiet keeps no transcripts: set transcriptMinutes and talk again.',
  );
});

it('needs the key, and says when there is nothing', async () => {
  const { terminal, remove } = designer();
  expect((await fetch(`${bot.url}/ops/conversations`)).status).toBe(401);
  const none = { record: 'none.test.yaml', conversation: '106540352242922.aaaaaaaaaaaaaaaa' };
  await expect(recordFromServer(none, terminal)).rejects.toThrow('Nothing is known of such a conversation');
  await expect(recordFromServer({ record: 'none.yaml' }, terminal)).rejects.toThrow('bot.test.yaml');
  remove();
});
