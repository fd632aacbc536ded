import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Simulator } from '../../src/simulator/control.js';
import { createSimulator } from '../../src/simulator/simulator.js';
import type { FakeBot } from '../support/fake-bot.js';
import { startFakeBot } from '../support/fake-bot.js';

const PN = '700000000000001';
const OTHER_PN = '700000000000002';
const APP_SECRET = 'app-secret-of-a-test';
const TOKEN = 'token-of-a-test';
const VERIFY_TOKEN = 'verify-token-of-a-test';
const RITA = '+351910000101';

let bot: FakeBot;
let simulator: Simulator;
let url: string;
let onMessage: ((message: { [key: string]: unknown }, phoneNumberId: string) => unknown) | undefined;

beforeEach(async () => {
  onMessage = undefined;
  bot = await startFakeBot({
    appSecret: APP_SECRET,
    verifyToken: VERIFY_TOKEN,
    onMessage: (message, phoneNumberId) => onMessage?.(message, phoneNumberId),
  });
  simulator = create({});
  ({ url } = await simulator.start());
});

afterEach(async () => {
  await simulator.stop();
  await bot.stop();
});

function create(extra: Partial<Parameters<typeof createSimulator>[0]>): Simulator {
  return createSimulator({
    appId: '600000000000001',
    appSecret: APP_SECRET,
    accessToken: TOKEN,
    verifyToken: VERIFY_TOKEN,
    webhookUrl: bot.webhookUrl,
    numbers: [
      { phoneNumberId: PN, displayPhoneNumber: '+351 21 000 0001', wabaId: '500000000000001', name: 'Casa Verde' },
      {
        phoneNumberId: OTHER_PN,
        displayPhoneNumber: '+351 21 000 0002',
        wabaId: '500000000000001',
        name: 'Orders',
        testNumber: true,
      },
    ],
    seed: 7,
    // Here the bot writes to whom it likes; what the window does has tests of its own.
    serviceWindow: false,
    timing: {
      webhookRetryMs: [5],
      sentMs: 0,
      deliveredMs: 1,
      readMs: 2,
      reorderHoldMs: 40,
      slowAnswerMs: 60,
      noAnswerMs: 60_000,
    },
    ...extra,
  });
}

interface GraphReply {
  status: number;
  body: { [key: string]: unknown };
}

async function graph(
  path: string,
  body?: object,
  init: { token?: string; signal?: AbortSignal } = {},
): Promise<GraphReply> {
  const answer = await fetch(`${url}${path}`, {
    headers: { authorization: `Bearer ${init.token ?? TOKEN}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    ...(init.signal === undefined ? {} : { signal: init.signal }),
  });
  return { status: answer.status, body: JSON.parse(await answer.text()) };
}

function say(text: string, extra: object = {}, to: object = { to: RITA }): Promise<GraphReply> {
  return graph(`/v25.0/${PN}/messages`, {
    messaging_product: 'whatsapp',
    ...to,
    type: 'text',
    text: { body: text },
    ...extra,
  });
}

async function sim(method: string, path: string, body?: object): Promise<GraphReply> {
  const answer = await fetch(`${url}/sim${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? {} : JSON.parse(text) };
}

describe('a contact writes', () => {
  it('reaches the bot signed over escaped ASCII bytes, with number, BSUID and name', async () => {
    const sent = simulator.send('zoe', 'Grüße / 🌻');
    expect(await bot.item('messages', 1)).toEqual({
      from: '491510000102',
      from_user_id: 'DE.40000000000000000102',
      id: sent.wamid,
      timestamp: expect.stringMatching(/^\d{10}$/),
      type: 'text',
      text: { body: 'Grüße / 🌻' },
    });
    const [webhook] = bot.received;
    expect(webhook?.raw.toString('latin1')).toContain('"Gr\\u00fc\\u00dfe \\/ \\ud83c\\udf3b"');
    expect(webhook?.values[0]).toMatchObject({
      metadata: { display_phone_number: '351210000001', phone_number_id: PN },
      contacts: [
        { profile: { name: 'Zoë Nguyễn-Müller 🌻' }, wa_id: '491510000102', user_id: 'DE.40000000000000000102' },
      ],
    });
  });

  it('leaves out the number of a username user, everywhere', async () => {
    simulator.send('samira', 'hello');
    expect(await bot.item('messages', 1)).not.toHaveProperty('from');
    const [contact] = bot.received[0]?.values[0]?.contacts ?? [];
    expect(contact).toEqual({
      profile: { name: 'Samira Haddad', username: 'samira.h' },
      user_id: 'AE.40000000000000000103',
    });
  });

  it('comes again, same bytes, until the bot says 200, and the rest of the chat waits behind it', async () => {
    bot.refuseWith(500, 401, 201);
    simulator.send('rita', 'first');
    simulator.send('rita', 'second');
    await bot.item('messages', 2);
    await simulator.webhooksSettled();
    expect(bot.items('messages').map((message) => message.text)).toEqual([{ body: 'first' }, { body: 'second' }]);
    const posts = simulator.wireLog().filter((entry) => entry.direction === 'webhook');
    expect(posts.map((entry) => [entry.httpStatus, entry.note])).toEqual([
      [500, undefined],
      [401, 'attempt 2'],
      [201, 'attempt 3'],
      [200, 'attempt 4'],
      [200, undefined],
    ]);
  });

  it('does not make other contacts wait for a webhook that fails', async () => {
    const stuck = create({ timing: { webhookRetryMs: [60_000] } });
    bot.refuseWith(500);
    stuck.send('rita', 'first');
    // The refusal has been used up before anybody else writes.
    while (stuck.wireLog()[0]?.httpStatus !== 500) await new Promise((resolve) => setImmediate(resolve));
    stuck.send('kofi', 'hello');
    expect(await bot.item('messages', 1)).toMatchObject({ from: '233200000104' });
    await stuck.stop();
  });

  it('shows its ticks: sent, delivered by the 200, read by the bot', async () => {
    const { wamid, status } = simulator.send('rita', 'hello');
    expect(status).toBe('sent');
    await simulator.webhooksSettled();
    expect(simulator.messages('rita')[0]?.status).toBe('delivered');
    const read = {
      messaging_product: 'whatsapp',
      status: 'read',
      message_id: wamid,
      typing_indicator: { type: 'text' },
    };
    expect(await graph(`/v25.0/${PN}/messages`, read)).toEqual({ status: 200, body: { success: true } });
    expect(simulator.messages('rita')[0]?.status).toBe('read');
  });

  it('sends several acts in one webhook, of several contacts', async () => {
    const { delivery } = simulator.act([
      { contactId: 'rita', action: { type: 'text', text: 'one' } },
      { contactId: 'kofi', action: { type: 'location', latitude: 5.6, longitude: -0.2, name: 'Accra' } },
    ]);
    expect(await delivery).toBe('acked');
    expect(bot.received).toHaveLength(1);
    expect(bot.received[0]?.values[0]?.contacts).toHaveLength(2);
    expect(bot.items('messages').map((message) => message.type)).toEqual(['text', 'location']);
  });

  it('waits for a webhook URL that is said later', async () => {
    const early = create({ webhookUrl: () => undefined, timing: { webhookRetryMs: [2] } });
    early.send('rita', 'is anybody there');
    early.setWebhookUrl(bot.webhookUrl);
    expect(await bot.item('messages', 1)).toMatchObject({ text: { body: 'is anybody there' } });
    await early.stop();
  });

  it('sends pictures the bot can fetch in two steps, with its token only', async () => {
    simulator.send('rita', { type: 'image', caption: 'my garden' });
    const { image } = await bot.item('messages', 1);
    expect(image).toMatchObject({
      mime_type: 'image/png',
      caption: 'my garden',
      sha256: expect.stringMatching(/^.{43}=$/),
    });
    const mediaId = String(Object(image).id);
    const node = await graph(`/v25.0/${mediaId}`);
    expect(node.body).toMatchObject({ id: mediaId, mime_type: 'image/png' });
    const mediaUrl = String(node.body.url);
    expect((await fetch(mediaUrl)).status).toBe(404);
    const file = await fetch(mediaUrl, { headers: { authorization: `Bearer ${TOKEN}` } });
    const bytes = Buffer.from(await file.arrayBuffer());
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
    expect(bytes.length).toBe(node.body.file_size);
  });
});

describe('the bot sends', () => {
  it('gets Meta’s answer, and the contact the message', async () => {
    const { status, body } = await say('Olá');
    expect(status).toBe(200);
    expect(body).toEqual({
      messaging_product: 'whatsapp',
      contacts: [{ input: RITA, wa_id: '351910000101' }],
      messages: [{ id: expect.stringMatching(/^wamid\./) }],
    });
    expect(await simulator.nextBotMessage('rita')).toMatchObject({ type: 'text', message: { text: { body: 'Olá' } } });
  });

  it('reaches a username user by BSUID', async () => {
    const bsuid = 'AE.40000000000000000103';
    const { body } = await say('hello', {}, { recipient: bsuid });
    expect(body.contacts).toEqual([{ input: bsuid, user_id: bsuid }]);
    expect(await simulator.nextBotMessage('samira')).toMatchObject({ message: { text: { body: 'hello' } } });
    expect(await bot.item('statuses', 1)).toMatchObject({ recipient_user_id: bsuid });
    expect(bot.items('statuses')[0]).not.toHaveProperty('recipient_id');
  });

  it('hears sent and delivered, with its own callback data, and read when the chat is opened', async () => {
    await say('hello', { biz_opaque_callback_data: 'out_42' });
    await bot.item('statuses', 2);
    const close = simulator.openChat('rita', PN);
    await bot.item('statuses', 3);
    close();
    expect(bot.items('statuses').map((status) => status.status)).toEqual(['sent', 'delivered', 'read']);
    expect(bot.items('statuses')[0]).toMatchObject({
      recipient_id: '351910000101',
      recipient_user_id: 'PT.40000000000000000101',
      biz_opaque_callback_data: 'out_42',
      pricing: { billable: true, pricing_model: 'PMP', type: 'regular', category: 'service' },
    });
    expect(bot.items('statuses').map((status) => 'pricing' in status)).toEqual([true, true, false]);
    expect(bot.items('statuses').every((status) => !('conversation' in status))).toBe(true);
    expect(bot.received[0]?.values[0]?.contacts).toHaveLength(1);
  });

  it('hears read by itself while the contact looks at the chat', async () => {
    simulator.openChat('rita', PN);
    await say('hello');
    expect(await bot.item('statuses', 3)).toMatchObject({ status: 'read' });
  });

  it.each([
    ['read', ['sent', 'delivered', 'read']],
    ['read-only', ['sent', 'read']],
    ['sent', ['sent']],
  ] as const)('hears of statuses in mode %s: %s', async (mode, expected) => {
    simulator.setStatusMode(mode);
    await say('hello');
    await bot.item('statuses', expected.length);
    simulator.setStatusMode('sent');
    await say('the end');
    await bot.item('statuses', expected.length + 1);
    expect(bot.items('statuses').map((status) => status.status)).toEqual([...expected, 'sent']);
  });

  it('hears nothing in mode none', async () => {
    simulator.setStatusMode('none');
    await say('hello');
    simulator.setStatusMode('sent');
    const { body } = await say('the end');
    expect(body.messages).toEqual([{ id: (await bot.item('statuses', 1)).id }]);
  });

  it('hears of a conversation only from webhooks up to v23.0', async () => {
    const old = create({ webhookVersion: 'v23.0' });
    ({ url } = await old.start());
    await say('hello');
    expect(await bot.item('statuses', 1)).toMatchObject({ conversation: { origin: { type: 'service' } } });
    await old.stop();
  });

  it('hears failed with 131026 of somebody nobody knows', async () => {
    const { status } = await say('hello', {}, { to: '+15550100' });
    expect(status).toBe(200);
    const failed = await bot.item('statuses', 1);
    expect(failed).toMatchObject({ status: 'failed', recipient_id: '15550100', errors: [{ code: 131026 }] });
    expect(bot.received[0]?.values[0]).not.toHaveProperty('contacts');
  });

  it('is refused by a test number for somebody nobody knows', async () => {
    const body = { messaging_product: 'whatsapp', to: '+15550100', type: 'text', text: { body: 'hello' } };
    expect((await graph(`/v25.0/${OTHER_PN}/messages`, body)).body.error).toMatchObject({ code: 131030 });
  });

  it.each([
    ['a wrong token', `/v25.0/${PN}/messages`, { token: 'other' }, 401, 190],
    ['a number nobody has', '/v25.0/799/messages', {}, 400, 100],
    ['a path nobody knows', '/v25.0/1/2/3', {}, 400, 100],
    ['a wrong appsecret_proof', `/v25.0/${PN}/messages?appsecret_proof=00`, {}, 400, 100],
  ])('is refused for %s', async (_name, path, init, httpStatus, code) => {
    const { status, body } = await graph(path, { messaging_product: 'whatsapp', to: RITA, text: { body: 'x' } }, init);
    expect(status).toBe(httpStatus);
    expect(body.error).toMatchObject({
      code,
      message: expect.stringContaining(`(#${code})`),
      type: expect.any(String),
      error_data: { messaging_product: 'whatsapp', details: expect.any(String) },
      fbtrace_id: expect.any(String),
    });
    expect(simulator.botMessages('rita')).toEqual([]);
  });

  it('is refused without a token, and for a body that is no JSON', async () => {
    const bare = await fetch(`${url}/v25.0/${PN}/messages`, { method: 'POST', body: '{}' });
    expect(bare.status).toBe(401);
    const broken = await fetch(`${url}/v25.0/${PN}/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: '{"messaging_product":',
    });
    expect(await broken.json()).toMatchObject({ error: { code: 100 } });
  });

  it.each(['image', 'audio', 'document'])('is refused for an %s by a media id nobody uploaded', async (type) => {
    const body = { messaging_product: 'whatsapp', to: RITA, type, [type]: { id: '900' } };
    expect((await graph(`/v25.0/${PN}/messages`, body)).body.error).toMatchObject({ code: 131009 });
  });

  it('is let in with the right appsecret_proof', async () => {
    const proof = createHmac('sha256', APP_SECRET).update(TOKEN).digest('hex');
    expect((await graph(`/v25.0/${PN}?appsecret_proof=${proof}`)).status).toBe(200);
  });

  it('reads its number', async () => {
    expect((await graph(`/v25.0/${PN}?fields=verified_name,id`)).body).toEqual({ verified_name: 'Casa Verde', id: PN });
    expect((await graph(`/v25.0/${PN}`)).body).toMatchObject({
      display_phone_number: '+351 21 000 0001',
      quality_rating: 'GREEN',
    });
    expect((await graph(`/v25.0/${PN}?fields=shoe_size`)).body.error).toMatchObject({ code: 100 });
  });
});

describe('a whole conversation', () => {
  it('goes through buttons and a list, in order', async () => {
    const answers: { [text: string]: object } = {
      hi: {
        type: 'interactive',
        interactive: {
          type: 'button',
          body: { text: 'What would you like?' },
          action: { buttons: [{ type: 'reply', reply: { id: 'menu', title: 'See the menu' } }] },
        },
      },
      menu: {
        type: 'interactive',
        interactive: {
          type: 'list',
          body: { text: 'Choose one' },
          action: { button: 'Menu', sections: [{ rows: [{ id: 'soup', title: 'Soup', description: 'of the day' }] }] },
        },
      },
      soup: { type: 'text', text: { body: 'Soup it is.' } },
    };
    onMessage = (message) => {
      const { button_reply, list_reply } = Object(message.interactive);
      const key = String(Object(message.text).body ?? Object(button_reply ?? list_reply).id);
      const to = { messaging_product: 'whatsapp', to: `+${String(message.from)}` };
      return graph(`/v25.0/${PN}/messages`, { ...to, ...answers[key] });
    };
    simulator.send('rita', 'hi');
    const buttons = await simulator.nextBotMessage('rita');
    simulator.send('rita', { type: 'tap', messageId: buttons.wamid, id: 'menu' });
    const list = await simulator.nextBotMessage('rita');
    simulator.send('rita', { type: 'tap', messageId: list.wamid, id: 'soup' });
    expect(await simulator.nextBotMessage('rita')).toMatchObject({ message: { text: { body: 'Soup it is.' } } });
    expect(bot.items('messages')[2]).toMatchObject({
      type: 'interactive',
      context: { from: '351210000001', id: list.wamid },
      interactive: { type: 'list_reply', list_reply: { id: 'soup', title: 'Soup', description: 'of the day' } },
    });
    expect(simulator.messages('rita').map((message) => message.by)).toEqual([
      'contact',
      'bot',
      'contact',
      'bot',
      'contact',
      'bot',
    ]);
  });
});

describe('faults', () => {
  it('duplicate: the same bytes and signature twice', async () => {
    simulator.setFault('duplicate', true, { phoneNumberId: PN });
    simulator.send('rita', 'hello');
    await bot.item('messages', 2);
    expect(bot.received[1]?.raw.equals(bot.received[0]?.raw ?? Buffer.alloc(0))).toBe(true);
    expect(bot.received[1]?.signature).toBe(bot.received[0]?.signature);
  });

  it('reorder: neighbours swap places, and nothing is lost', async () => {
    simulator.setFault('reorder', true);
    for (const text of ['1', '2', '3', '4', '5']) simulator.send('rita', text);
    await simulator.webhooksSettled();
    expect(bot.items('messages').map((message) => Object(message.text).body)).toEqual(['2', '1', '4', '3', '5']);
  });

  it('early-status: the send returns after its statuses', async () => {
    simulator.setFault('early-status', true);
    await say('hello');
    expect(bot.items('statuses').map((status) => status.status)).toEqual(['sent', 'delivered']);
  });

  it('throttle-number and throttle-pair: the second message meets Meta’s code as HTTP 400', async () => {
    simulator.setFault('throttle-number', true);
    const first = await say('one');
    const second = await say('two');
    expect([first.status, second.status]).toEqual([200, 400]);
    expect(second.body.error).toMatchObject({ code: 130429 });
    simulator.setFault('throttle-number', false);
    simulator.setFault('throttle-pair', true);
    await say('three');
    expect((await say('four')).body.error).toMatchObject({ code: 131056 });
    expect((await say('to another', {}, { to: '+233200000104' })).status).toBe(200);
  });

  it.each([
    ['undeliverable', 131026],
    ['window-closed', 131047],
  ] as const)('%s: accepted, then failed with %i', async (fault, code) => {
    simulator.setFault(fault, true);
    expect((await say('hello', { biz_opaque_callback_data: 'out_1' })).status).toBe(200);
    expect(await bot.item('statuses', 1)).toMatchObject({
      status: 'failed',
      biz_opaque_callback_data: 'out_1',
      errors: [{ code, title: expect.any(String), error_data: { details: expect.any(String) } }],
    });
    expect(simulator.messages('rita')[0]).toMatchObject({ status: 'failed', error: { code } });
  });

  it('token-expired: every call of that number, and no other', async () => {
    simulator.setFault('token-expired', true, { phoneNumberId: PN });
    expect((await say('hello')).body.error).toMatchObject({ code: 190 });
    expect((await graph(`/v25.0/${PN}`)).status).toBe(401);
    expect((await graph(`/v25.0/${OTHER_PN}`)).status).toBe(200);
  });

  it('slow: processed at once, answered late', async () => {
    simulator.setFault('slow', true);
    const answered = say('hello').then(() => 'answered');
    const arrived = simulator.nextBotMessage('rita').then(() => 'arrived');
    expect(await Promise.race([answered, arrived])).toBe('arrived');
    expect(await answered).toBe('answered');
  });

  it('no-answer: the contact has the message, the bot a timeout', async () => {
    simulator.setFault('no-answer', true);
    const given = new AbortController();
    const call = say('hello', {}, { to: RITA }).catch(() => 'never reached');
    await simulator.nextBotMessage('rita');
    const hung = graph(
      `/v25.0/${PN}/messages`,
      { messaging_product: 'whatsapp', to: RITA, text: { body: 'again' } },
      { signal: given.signal },
    ).catch((err: Error) => err.name);
    await simulator.nextBotMessage('rita');
    given.abort();
    expect(await hung).toBe('AbortError');
    await simulator.stop();
    expect(await call).toBe('never reached');
  });

  it('server-error: HTTP 500 with 131000 once, and nothing is sent', async () => {
    simulator.setFault('server-error', true);
    const refused = await say('one');
    expect([refused.status, Object(refused.body.error).code]).toEqual([500, 131000]);
    expect((await say('two')).status).toBe(200);
    expect(simulator.botMessages('rita')).toHaveLength(1);
  });

  it('injects any error, for one contact, so often as asked', async () => {
    simulator.injectError({ code: 131048, via: 'send', contactId: 'rita', times: 2 });
    expect((await say('to another', {}, { to: '+233200000104' })).status).toBe(200);
    const codes = [await say('1'), await say('2'), await say('3')].map(({ body }) => Object(body.error).code);
    expect(codes).toEqual([131048, 131048, undefined]);
  });

  it('enforces Meta’s pair rate when the rate model is on', async () => {
    const nowMs = 1_763_700_000_000;
    const strict = create({ clock: { nowMs: () => nowMs } });
    ({ url } = await strict.start());
    strict.setRateModel(true);
    for (let n = 0; n < 45; n += 1) expect((await say(`${n}`)).status).toBe(200);
    expect((await say('46')).body.error).toMatchObject({ code: 131056 });
    await strict.stop();
  });
});

describe('the handshake', () => {
  it('is verified by the exact challenge only', async () => {
    expect(await simulator.verifyWebhook()).toEqual({ outcome: 'verified' });
    bot.handshakeBody = 'hello';
    expect(await simulator.verifyWebhook()).toEqual({ outcome: 'wrong_body', httpStatus: 200 });
    const other = create({ verifyToken: 'other' });
    expect(await other.verifyWebhook()).toEqual({ outcome: 'refused', httpStatus: 403 });
    other.setWebhookUrl('http://127.0.0.1:1/none');
    expect(await other.verifyWebhook()).toEqual({ outcome: 'unreachable' });
    await other.stop();
  });

  it('never shows the verify token in the wire log', async () => {
    await simulator.verifyWebhook();
    await say('hello');
    const shown = JSON.stringify(simulator.wireLog());
    expect(shown).toContain('hub.challenge');
    for (const secret of [VERIFY_TOKEN, TOKEN, APP_SECRET]) expect(shown).not.toContain(secret);
  });
});

describe('its own API', () => {
  it('does over HTTP what the instance does', async () => {
    await sim('POST', '/contacts', { contactId: 'ana', name: 'Ana', waId: '5511900000001', bsuid: 'BR.1' });
    const sent = await sim('POST', '/contacts/ana/messages', { type: 'text', text: 'hi', phoneNumberId: OTHER_PN });
    expect(sent.body.data).toMatchObject([{ contactId: 'ana', phoneNumberId: OTHER_PN, status: 'sent' }]);
    expect(await bot.item('messages', 1)).toMatchObject({ from: '5511900000001' });
    await say('hello Ana', {}, { to: '+5511900000001' });
    const chat = await sim('GET', `/contacts/ana/messages?by=bot&phoneNumberId=${PN}`);
    expect(chat.body.data).toMatchObject([
      { by: 'bot', message: { text: { body: 'hello Ana' } }, atMs: expect.any(Number) },
    ]);
    expect((await sim('PUT', `/numbers/${PN}/faults/slow`, { on: true, times: 3 })).status).toBe(204);
    expect((await sim('GET', '/state')).body.activeFaults).toMatchObject({ [PN]: { slow: { timesLeft: 3 } } });
    await sim('POST', '/errors', { code: 368, via: 'call', phoneNumberId: PN });
    expect((await say('x')).body.error).toMatchObject({ code: 368 });
    await sim('PUT', '/settings', { statusMode: 'none', rateModel: true });
    expect((await sim('GET', '/state')).body).toMatchObject({ statusMode: 'none', rateModel: true });
    expect((await sim('POST', '/webhook/verify', {})).body).toEqual({ outcome: 'verified' });
    await sim('POST', '/batches', { acts: [{ contactId: 'ana', action: { type: 'unsupported' } }] });
    expect(await bot.item('messages', 2)).toMatchObject({ type: 'unsupported', errors: [{ code: 131051 }] });
    expect((await sim('GET', `/wire?contactId=ana&phoneNumberId=${OTHER_PN}`)).body.data).not.toHaveLength(0);
    await sim('POST', '/reset', {});
    expect((await sim('GET', '/contacts/ana/messages')).body.data).toEqual([]);
  });

  it.each([
    ['an unknown contact', '/contacts/nobody-here/messages', { type: 'text', text: 'x' }, 404, 'unknown_contact'],
    [
      'an unknown number',
      '/contacts/rita/messages',
      { type: 'text', text: 'x', phoneNumberId: '1' },
      404,
      'unknown_number',
    ],
    [
      'a tap on nothing',
      '/contacts/rita/messages',
      { type: 'tap', messageId: 'wamid.x', id: 'a' },
      404,
      'unknown_message',
    ],
    ['an action it does not know', '/contacts/rita/messages', { type: 'dance' }, 400, 'bad_request'],
    ['a call it does not know', '/dance', {}, 404, 'not_found'],
  ])('refuses %s', async (_name, path, body, status, code) => {
    expect(await sim('POST', path, body)).toMatchObject({ status, body: { error: { code } } });
  });

  it('takes JSON only, so that no foreign page can write to it', async () => {
    const answer = await fetch(`${url}/sim/reset`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: '{}',
    });
    expect(answer.status).toBe(415);
  });

  it('sends raw messages as they are', async () => {
    simulator.send('rita', { type: 'raw', message: { type: 'sticker', sticker: { id: '1' }, timestamp: 'yesterday' } });
    expect(await bot.item('messages', 1)).toMatchObject({
      type: 'sticker',
      timestamp: 'yesterday',
      from: '351910000101',
    });
  });

  it('tells a waiting test when the bot stays silent, or the simulator stops', async () => {
    await expect(simulator.nextBotMessage('rita', { timeoutMs: 1 })).rejects.toMatchObject({ code: 'timeout' });
    const waiting = expect(simulator.nextBotMessage('rita')).rejects.toMatchObject({ code: 'stopped' });
    await simulator.stop();
    await waiting;
  });
});

describe('stopping', () => {
  it('ends at once with event streams, hanging calls and waiting webhooks', async () => {
    const stream = await fetch(`${url}/sim/events?contactId=rita&phoneNumberId=${PN}`);
    const reader = stream.body?.getReader();
    await reader?.read();
    simulator.setFault('no-answer', true);
    const hung = say('hello').catch(() => 'cut');
    await simulator.nextBotMessage('rita');
    simulator.setWebhookUrl('http://127.0.0.1:1/nobody');
    simulator.send('rita', 'into the void');
    const startedMs = Date.now();
    await simulator.stop();
    expect(Date.now() - startedMs).toBeLessThan(1_000);
    expect(await hung).toBe('cut');
  });

  it('says nothing more to a stream it has ended', async () => {
    const stream = await fetch(`${url}/sim/events?contactId=rita&phoneNumberId=${PN}`);
    const stopped = simulator.stop();
    // What was under way still ends, and is told to whoever listens. A write after the end would end the process.
    simulator.setStatusMode('phone');
    await stopped;
    const text = await stream.text().catch(() => 'cut');
    expect(text).not.toContain('event: settings');
  });

  it('can be told to listen on a port that is free again', async () => {
    const port = Number(new URL(url).port);
    await simulator.stop();
    simulator = create({ port });
    expect(await simulator.start()).toEqual({ url: `http://127.0.0.1:${port}`, port });
  });
});

describe('pages', () => {
  it('has a phone, a health check and a way to it from the root', async () => {
    const root = await fetch(url, { redirect: 'manual' });
    expect([root.status, root.headers.get('location')]).toEqual([302, '/phone']);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    const page = await fetch(`${url}/phone`);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(page.headers.get('content-type')).toContain('text/html');
  });
});
