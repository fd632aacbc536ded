import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decryptJwe, encryptJwe } from '../../src/simulator/jwe.js';
import { startFakeBot } from '../support/fake-bot.js';
import { APP_ID, OTHER_PN, PN, RITA, type SimulatorRig, startSimulatorRig, WABA } from '../support/simulator-rig.js';

const APP_TOKEN = `${APP_ID}|app-secret-of-a-test`;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const newKey = (modulusLength = 2048) => generateKeyPairSync('rsa', { modulusLength });

let rig: SimulatorRig;

beforeEach(async () => {
  rig = await startSimulatorRig({
    timing: { webhookRetryMs: [5], sentMs: 0, deliveredMs: 1, readMs: 2, templateReviewMs: 5 },
  });
});
afterEach(() => rig.stop());

const codeOf = ({ body }: { body: { [key: string]: unknown } }): unknown => Object(body.error).code;

async function upload(
  bytes: Uint8Array,
  mimeType: string,
  more: { [key: string]: string } = {},
): Promise<{ [key: string]: unknown }> {
  const form = new FormData();
  for (const [key, value] of Object.entries({ messaging_product: 'whatsapp', ...more })) form.set(key, value);
  form.set('file', new Blob([bytes], { type: mimeType }), 'a file');
  const answer = await fetch(`${rig.url}/v25.0/${PN}/media`, {
    method: 'POST',
    headers: { authorization: 'Bearer token-of-a-test' },
    body: form,
  });
  return JSON.parse(await answer.text());
}

describe('media', () => {
  it('is uploaded, described, fetched with the token, sent, and taken away', async () => {
    const bytes = Buffer.from('a song that nobody knows');
    const { id } = await upload(bytes, 'audio/ogg');
    const node = await rig.graph(`/${id}?phone_number_id=${PN}`);
    expect(node.body).toMatchObject({
      mime_type: 'audio/ogg',
      file_size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    const url = String(node.body.url);
    expect((await fetch(url)).status).toBe(404);
    const fetched = await fetch(url, { headers: { authorization: 'Bearer token-of-a-test' } });
    expect(Buffer.from(await fetched.arrayBuffer())).toEqual(bytes);
    expect((await rig.say('', { type: 'audio', audio: { id, voice: true } })).status).toBe(200);
    expect((await rig.graph(`/${id}`, undefined, { method: 'DELETE' })).body).toEqual({ success: true });
    expect(codeOf(await rig.graph(`/${id}`))).toBe(100);
    expect(codeOf(await rig.say('', { type: 'audio', audio: { id } }))).toBe(131009);
  });

  it('is asked for with a number of the account only', async () => {
    const { id } = await upload(Buffer.from('x'), 'image/png');
    expect(codeOf(await rig.graph(`/${id}?phone_number_id=1`))).toBe(100);
  });

  it('of another kind fails with 131053 afterwards', async () => {
    const { id } = await upload(Buffer.from('x'), 'audio/mpeg');
    expect((await rig.say('', { type: 'image', image: { id } })).status).toBe(200);
    expect(await rig.bot.item('statuses', 1)).toMatchObject({ status: 'failed', errors: [{ code: 131053 }] });
    expect((await rig.say('', { type: 'audio', audio: { id, voice: true } })).status).toBe(200);
    expect(await rig.bot.item('statuses', 2)).toMatchObject({ status: 'failed', errors: [{ code: 131053 }] });
  });

  it.each<[string, number, string, { [key: string]: string }, number]>([
    ['without a product', 9, 'image/png', { messaging_product: 'sms' }, 100],
    ['too big for anything', 101 * 1024 * 1024, 'image/png', {}, 131053],
  ])('is refused %s', async (_name, size, type, more, code) => {
    expect(await upload(new Uint8Array(size), type, more)).toMatchObject({ error: { code } });
  });

  it('needs a file', async () => {
    expect(codeOf(await rig.graph(`/${PN}/media`, { messaging_product: 'whatsapp' }))).toBe(100);
  });

  it('has URLs for five minutes, ids for a month, and those of contacts for a week', async () => {
    const { id } = await upload(Buffer.from('x'), 'image/png');
    const url = String((await rig.graph(`/${id}`)).body.url);
    rig.simulator.send('rita', { type: 'image' });
    const received = String(Object((await rig.bot.item('messages', 1)).image).id);
    rig.simulator.advanceClock(5 * 60_000 + 1);
    expect((await fetch(url, { headers: { authorization: 'Bearer token-of-a-test' } })).status).toBe(404);
    rig.simulator.advanceClock(7 * DAY_MS);
    expect([(await rig.graph(`/${id}`)).status, (await rig.graph(`/${received}`)).status]).toEqual([200, 400]);
    rig.simulator.advanceClock(23 * DAY_MS);
    expect((await rig.graph(`/${id}`)).status).toBe(400);
  });

  it('can be uploaded in parts, for the profile', async () => {
    const begun = await rig.graph(`/${APP_ID}/uploads?file_length=10&file_type=image/png`, {});
    const path = `/v25.0/${String(begun.body.id)}`;
    const part = (bytes: string, offset: number) =>
      fetch(`${rig.url}${path}`, {
        method: 'POST',
        headers: { authorization: 'OAuth token-of-a-test', file_offset: String(offset) },
        body: bytes,
      }).then((answer) => answer.json());
    expect(await part('12345', 0)).toEqual({ id: begun.body.id, file_offset: 5 });
    expect(await part('12345', 0)).toMatchObject({ error: { code: 100 } });
    expect((await rig.graph(`/${String(begun.body.id)}`)).body).toMatchObject({ file_offset: 5 });
    const { h } = Object(await part('67890', 5));
    expect(h).toMatch(/^4::/);
    const profile = { messaging_product: 'whatsapp', profile_picture_handle: h };
    expect((await rig.graph(`/${PN}/whatsapp_business_profile`, profile)).body).toEqual({ success: true });
    const read = await rig.graph(`/${PN}/whatsapp_business_profile?fields=profile_picture_url`);
    const [{ profile_picture_url: url }] = Object(read.body.data);
    const picture = await fetch(url);
    expect([picture.headers.get('content-type'), await picture.text()]).toEqual(['image/png', '1234567890']);
    expect(
      codeOf(await rig.graph(`/${PN}/whatsapp_business_profile`, { ...profile, profile_picture_handle: 'x' })),
    ).toBe(100);
  });
});

describe('templates', () => {
  const READY = {
    name: 'order_ready',
    language: 'en_US',
    category: 'UTILITY',
    components: [
      { type: 'BODY', text: 'Hello {{1}}, your order is ready.', example: { body_text: [['Rita']] } },
      { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'On my way' }] },
    ],
  };
  const send = (name: string, parameters: object[] = [], language = 'en_US', to: object = {}) =>
    rig.say('', {
      ...to,
      type: 'template',
      template: { name, language: { code: language }, components: [{ type: 'body', parameters }] },
    });
  const rita = { type: 'text', text: 'Rita' };

  it('are created, looked at, approved, sent, tapped, and deleted', async () => {
    const created = await rig.graph(`/${WABA}/message_templates`, READY);
    expect(created.body).toEqual({ id: expect.stringMatching(/^\d+$/), status: 'PENDING', category: 'UTILITY' });
    const told = await rig.bot.change('message_template_status_update');
    expect(told).toMatchObject({
      entryId: WABA,
      time: expect.any(Number),
      value: { event: 'APPROVED', message_template_id: Number(created.body.id), message_template_name: 'order_ready' },
    });
    const sent = await send('order_ready', [rita]);
    expect(sent.body.messages).toEqual([{ id: expect.any(String), message_status: 'accepted' }]);
    expect(rig.simulator.botMessages('rita')[0]).toMatchObject({
      category: 'UTILITY',
      template: { body: 'Hello Rita, your order is ready.', buttons: [{ text: 'On my way' }] },
    });
    expect(
      (await rig.graph(`/${WABA}/message_templates?name=order_ready`, undefined, { method: 'DELETE' })).body,
    ).toEqual({
      success: true,
    });
    expect(codeOf(await send('order_ready', [rita]))).toBe(132001);
    expect(await rig.bot.change('message_template_status_update', 2)).toMatchObject({ value: { event: 'DELETED' } });
  });

  it('give the text of their button back with a tap', async () => {
    rig.simulator.addTemplate(READY);
    const button = {
      type: 'button',
      sub_type: 'quick_reply',
      index: '0',
      parameters: [{ type: 'payload', payload: 'GO' }],
    };
    const components = [{ type: 'body', parameters: [rita] }, button];
    await rig.say('', { type: 'template', template: { name: 'order_ready', language: { code: 'en_US' }, components } });
    const { wamid } = await rig.simulator.nextBotMessage('rita');
    rig.simulator.send('rita', { type: 'tap', messageId: wamid, id: 'GO' });
    expect(await rig.bot.item('messages', 1)).toMatchObject({ button: { payload: 'GO', text: 'On my way' } });
  });

  it('are listed in pages, by name, status and language', async () => {
    for (const language of ['de', 'fr', 'it']) rig.simulator.addTemplate({ ...READY, language });
    const path = `/${WABA}/message_templates`;
    const names: unknown[] = [];
    for (let after = ''; ; ) {
      const { body } = await rig.graph(`${path}?limit=2&fields=name,language${after}`);
      names.push(...(Array.isArray(body.data) ? body.data.map(({ name, language }) => `${name} ${language}`) : []));
      const { cursors, next } = Object(body.paging);
      if (next === undefined) break;
      after = `&after=${cursors.after}`;
    }
    expect(names).toEqual(['hello_world en_US', 'order_ready de', 'order_ready fr', 'order_ready it']);
    expect((await rig.graph(`${path}?language=fr`)).body.data).toMatchObject([
      { status: 'APPROVED', category: 'UTILITY' },
    ]);
    expect((await rig.graph(`${path}?status=paused`)).body.data).toEqual([]);
    const some = await rig.graph(`${path}?fields=language&status=["APPROVED","PAUSED"]&language=["de","fr"]`);
    expect(some.body.data).toMatchObject([{ language: 'de' }, { language: 'fr' }]);
    expect((await rig.graph(`${path}?content=Welcome and&fields=name`)).body.data).toMatchObject([
      { name: 'hello_world' },
    ]);
    expect((await rig.graph(`${path}?name_or_content=order_&limit=1`)).body.data).toMatchObject([{ language: 'de' }]);
    expect(codeOf(await rig.graph(`${path}?fields=shoe_size`))).toBe(100);
  });

  it('are refused twice, with faults, and where there is no account', async () => {
    rig.simulator.addTemplate(READY);
    expect((await rig.graph(`/${WABA}/message_templates`, READY)).body.error).toMatchObject({ error_subcode: 2388024 });
    expect(codeOf(await rig.graph(`/${WABA}/message_templates`, { ...READY, name: 'Not This' }))).toBe(100);
    expect(codeOf(await rig.graph(`/${PN}/message_templates`, READY))).toBe(100);
    expect(codeOf(await rig.graph(`/${WABA}/message_templates?name=nothing`, undefined, { method: 'DELETE' }))).toBe(
      100,
    );
  });

  it('are edited once a day, and looked at again', async () => {
    const { id } = rig.simulator.addTemplate(READY);
    const components = [{ type: 'BODY', text: 'It is ready.' }];
    expect((await rig.graph(`/${id}`, { components })).body).toMatchObject({ success: true });
    await rig.bot.change('message_template_status_update');
    expect((await rig.graph(`/${id}?fields=components,status`)).body).toEqual({ id, components, status: 'APPROVED' });
    expect(codeOf(await rig.graph(`/${id}`, { components }))).toBe(100);
    rig.simulator.advanceClock(DAY_MS);
    expect((await rig.graph(`/${id}`, { components })).status).toBe(200);
  });

  it('can be paused, let go again, and disabled', async () => {
    const { id } = rig.simulator.addTemplate(READY);
    await rig.sim('PUT', `/templates/${id}`, { status: 'PAUSED' });
    expect(codeOf(await send('order_ready', [rita]))).toBe(132015);
    expect(await rig.bot.change('message_template_status_update')).toMatchObject({
      value: { event: 'PAUSED', reason: null, other_info: { title: 'FIRST_PAUSE' } },
    });
    rig.simulator.advanceClock(3 * HOUR_MS);
    expect((await send('order_ready', [rita])).status).toBe(200);
    await rig.sim('PUT', `/templates/${id}`, { status: 'PAUSED' });
    expect((await rig.graph(`/${id}/unpause`, {})).body).toEqual({ success: true });
    await rig.sim('PUT', `/templates/${id}`, { status: 'DISABLED' });
    expect(codeOf(await send('order_ready', [rita]))).toBe(132016);
  });

  it('are checked against what is filled in', async () => {
    rig.simulator.addTemplate(READY);
    expect(codeOf(await send('order_ready', []))).toBe(132000);
    expect(codeOf(await send('order_ready', [{ type: 'text', text: 'a\nb' }]))).toBe(132018);
    expect(codeOf(await send('order_ready', [rita], 'pt_PT'))).toBe(132001);
    rig.simulator.addTemplate({ ...READY, language: 'it' }, { status: 'PENDING' });
    expect(codeOf(await send('order_ready', [rita], 'it'))).toBe(132001);
    await rig.sim('PUT', '/settings', { templates: 'any' });
    expect((await send('order_ready', [rita], 'pt_PT')).status).toBe(200);
    expect(codeOf(await send('order_ready', []))).toBe(132000);
  });

  it('with offers do not reach who wants none, nor the United States, and cost what offers cost', async () => {
    rig.simulator.addTemplate({ ...READY, name: 'offer', category: 'MARKETING' });
    await rig.sim('POST', '/contacts', { contactId: 'joe', name: 'Joe', waId: '12025550123', bsuid: 'US.1' });
    await rig.sim('PUT', '/contacts/rita/offers', { wanted: false });
    await send('offer', [rita]);
    expect(await rig.bot.item('statuses', 1)).toMatchObject({ status: 'failed', errors: [{ code: 131050 }] });
    await rig.sim('PUT', '/contacts/rita/offers', { wanted: true });
    await send('offer', [rita], 'en_US', { to: '+12025550123' });
    expect(await rig.bot.item('statuses', 2)).toMatchObject({ status: 'failed', errors: [{ code: 131049 }] });
    await send('offer', [rita]);
    expect(await rig.bot.item('statuses', 3)).toMatchObject({ status: 'sent', pricing: { category: 'marketing' } });
  });

  it('with offers have a call of their own, which takes nothing else', async () => {
    const { say, graph } = rig;
    rig.simulator.addTemplate({ ...READY, name: 'offer', category: 'MARKETING' });
    rig.simulator.addTemplate(READY);
    const call = (name: string) =>
      graph(`/${PN}/marketing_messages`, {
        messaging_product: 'whatsapp',
        to: '+351910000101',
        type: 'template',
        template: { name, language: { code: 'en_US' }, components: [{ type: 'body', parameters: [rita] }] },
      });
    expect((await call('offer')).status).toBe(200);
    expect(codeOf(await call('order_ready'))).toBe(134100);
    expect((await say('hello')).status).toBe(200);
  });

  it('with a code go to numbers only', async () => {
    const components = [{ type: 'BODY' }, { type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE' }] }];
    rig.simulator.addTemplate({ name: 'code', language: 'en_US', category: 'AUTHENTICATION', components });
    const to = { to: undefined, recipient: 'PT.40000000000000000101' };
    expect(codeOf(await send('code', [], 'en_US', to))).toBe(131062);
  });
});

describe('a number', () => {
  it('tells its fields, and its neighbours', async () => {
    const { body } = await rig.graph(`/${WABA}/phone_numbers?fields=id,display_phone_number`);
    expect(body.data).toEqual([
      { id: PN, display_phone_number: '+351 21 000 0001' },
      { id: OTHER_PN, display_phone_number: '+351 21 000 0002' },
    ]);
    const health = await rig.graph(`/${PN}?fields=health_status,whatsapp_business_manager_messaging_limit`);
    expect(health.body).toMatchObject({
      whatsapp_business_manager_messaging_limit: 'TIER_250',
      health_status: { can_send_message: 'AVAILABLE' },
    });
    expect((await rig.graph(`/${WABA}`)).body).toMatchObject({ id: WABA, name: 'Casa Verde' });
    expect((await rig.graph(`/${WABA}?fields=status`)).body).toEqual({ id: WABA, status: 'ACTIVE' });
  });

  it('tells of what belongs to it only the fields asked for, and none it does not have', async () => {
    const fields = 'whatsapp_business_profile.limit(1){vertical,email},throughput{level}';
    expect((await rig.graph(`/${PN}?fields=${fields}`)).body).toEqual({
      id: PN,
      whatsapp_business_profile: { data: [{ vertical: 'OTHER' }] },
      throughput: { level: 'STANDARD' },
    });
    expect(codeOf(await rig.graph(`/${PN}?fields=whatsapp_business_profile{shoe_size}`))).toBe(100);
    expect(codeOf(await rig.graph(`/${PN}?fields=throughput{level,colour}`))).toBe(100);
    expect(codeOf(await rig.graph(`/${WABA}?fields=shoe_size`))).toBe(100);
  });

  it('sends only while it is registered, with its PIN, and not registered for ever', async () => {
    expect((await rig.graph(`/${PN}`, { pin: '123456' })).body).toEqual({ success: true });
    await rig.graph(`/${PN}/deregister`, {});
    expect(codeOf(await rig.say('hello'))).toBe(133010);
    const register = (pin: string) => rig.graph(`/${PN}/register`, { messaging_product: 'whatsapp', pin });
    expect(codeOf(await register('000000'))).toBe(133005);
    expect((await register('123456')).body).toEqual({ success: true });
    expect((await rig.say('hello')).status).toBe(200);
    for (let n = 0; n < 8; n += 1) await register('123456');
    expect(codeOf(await register('123456'))).toBe(133016);
    rig.simulator.advanceClock(3 * DAY_MS);
    expect((await register('123456')).status).toBe(200);
  });

  it('is verified by a code', async () => {
    expect((await rig.graph(`/${PN}/request_code`, { code_method: 'SMS', language: 'en' })).status).toBe(200);
    expect(codeOf(await rig.graph(`/${PN}/request_code`, { code_method: 'PIGEON', language: 'en' }))).toBe(100);
    expect(codeOf(await rig.graph(`/${PN}/verify_code`, { code: '000000' }))).toBe(136025);
    expect((await rig.graph(`/${PN}/verify_code`, { code: '123-456' })).status).toBe(200);
  });

  it('has a profile within its limits', async () => {
    const path = `/${PN}/whatsapp_business_profile`;
    const profile = { messaging_product: 'whatsapp', about: 'Bread at seven', websites: ['https://casa.example/'] };
    expect((await rig.graph(path, profile)).body).toEqual({ success: true });
    expect((await rig.graph(`${path}?fields=about,email,websites`)).body).toEqual({
      data: [{ messaging_product: 'whatsapp', about: 'Bread at seven', websites: ['https://casa.example/'] }],
    });
    for (const wrong of [
      { about: 'é'.repeat(140) },
      { about: '' },
      { vertical: 'BAKERY' },
      { websites: ['a', 'b', 'c'] },
    ]) {
      expect(codeOf(await rig.graph(path, { ...profile, ...wrong }))).toBe(100);
    }
  });

  it('has commerce settings, from a form or the query too', async () => {
    const path = `/${PN}/whatsapp_commerce_settings`;
    expect((await rig.graph(`${path}?is_catalog_visible=true`, {})).body).toEqual({ success: true });
    await rig.graph(path, { is_cart_enabled: false });
    expect((await rig.graph(path)).body).toEqual({
      data: [{ id: PN, is_cart_enabled: false, is_catalog_visible: true }],
    });
    expect(codeOf(await rig.graph(path, { is_cart_enabled: 'perhaps' }))).toBe(100);
  });

  it('has settings, one feature a call', async () => {
    const path = `/${PN}/settings`;
    expect((await rig.graph(path, { calling: { status: 'ENABLED' } })).body).toEqual({ success: true });
    expect((await rig.graph(path, { user_identity_change: { enable_identity_key_check: true } })).status).toBe(200);
    expect((await rig.graph(path)).body).toMatchObject({
      calling: { status: 'ENABLED', call_icon_visibility: 'DEFAULT' },
      user_identity_change: { enabled: true },
    });
    expect(codeOf(await rig.graph(path, { calling: {}, user_identity_change: { enabled: false } }))).toBe(100);
    expect(codeOf(await rig.graph(path, { brightness: 7 }))).toBe(100);
  });

  it('keeps the key forms encrypt for, and takes no other kind', async () => {
    const path = `/${PN}/whatsapp_business_encryption`;
    expect((await rig.graph(path)).body).toEqual({ data: [] });
    const key = newKey().publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect((await rig.graph(path, { business_public_key: key })).body).toEqual({ success: true });
    expect((await rig.graph(path)).body).toEqual({
      data: [{ business_public_key: key, business_public_key_signature_status: 'VALID' }],
    });
    const small = newKey(1024).publicKey.export({ type: 'spki', format: 'pem' });
    for (const wrong of ['a key', small.toString()]) {
      expect(codeOf(await rig.graph(path, { business_public_key: wrong }))).toBe(100);
    }
  });

  describe('with encrypted payloads', () => {
    const settings = `/${PN}/settings`;
    const path = `/${PN}/messages_encrypted`;
    const ours = newKey();
    const hello = { messaging_product: 'whatsapp', to: RITA, type: 'text', text: { body: 'Olá 🌻' } };

    async function enable(): Promise<KeyObject> {
      const client_encryption_key = ours.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
      await rig.graph(settings, { payload_encryption: { status: 'ENABLED', client_encryption_key } });
      const { payload_encryption } = Object((await rig.graph(settings)).body);
      const der = Buffer.from(payload_encryption.cloud_encryption_key, 'base64');
      return createPublicKey({ key: der, type: 'spki', format: 'der' });
    }

    const post = (encrypted_contents: string) => rig.graph(path, { messaging_product: 'whatsapp', encrypted_contents });

    it('sends what it was sent under cover, and answers under cover', async () => {
      const cloudKey = await enable();
      const { status, body } = await post(encryptJwe(JSON.stringify(hello), cloudKey));
      expect(status).toBe(200);
      const answer = decryptJwe(String(body.encrypted_contents), ours.privateKey) ?? '';
      const sent = rig.simulator.messages('rita').at(-1);
      expect(sent?.message).toMatchObject({ text: { body: 'Olá 🌻' } });
      expect(JSON.parse(answer)).toMatchObject({ messages: [{ id: sent?.wamid }] });
    });

    it('tells errors in clear', async () => {
      const cloudKey = await enable();
      expect(codeOf(await post(encryptJwe(JSON.stringify({ ...hello, type: 'dance' }), cloudKey)))).toBe(131_051);
      expect(codeOf(await post(encryptJwe('{}', ours.publicKey)))).toBe(100);
      expect(codeOf(await post('no.jwe'))).toBe(100);
    });

    it('takes nothing before it is switched on, or with a key that is none', async () => {
      expect(codeOf(await post('a.b.c.d.e'))).toBe(131_005);
      const setting = { status: 'ENABLED', client_encryption_key: 'a key' };
      expect(codeOf(await rig.graph(settings, { payload_encryption: setting }))).toBe(100);
      const cloudKey = await enable();
      await rig.graph(settings, { payload_encryption: { status: 'DISABLED' } });
      expect(codeOf(await post(encryptJwe(JSON.stringify(hello), cloudKey)))).toBe(131_005);
    });
  });

  it('checks identities when told to', async () => {
    await rig.graph(`/${PN}/settings`, { user_identity_change: { enabled: true } });
    await rig.sim('POST', '/contacts/rita/identity', { kind: 'device' });
    rig.simulator.send('rita', 'hello');
    await rig.bot.item('messages', 2);
    const hash = Object(rig.bot.received.at(-1)?.values[0]?.contacts?.[0]).identity_key_hash;
    expect(hash).toMatch(/=$/);
    await rig.say('still you?', { recipient_identity_key_hash: 'another' });
    expect(await rig.bot.item('statuses', 1)).toMatchObject({ status: 'failed', errors: [{ code: 137000 }] });
    await rig.say('still you?', { recipient_identity_key_hash: hash });
    expect(await rig.bot.item('statuses', 2)).toMatchObject({ status: 'sent', recipient_identity_key_hash: hash });
  });

  it('has QR codes and ice breakers', async () => {
    const path = `/${PN}/message_qrdls`;
    const made = await rig.graph(path, { prefilled_message: 'Hello!', generate_qr_image: 'PNG' });
    expect(made.body).toMatchObject({ prefilled_message: 'Hello!', deep_link_url: expect.stringContaining('wa.me') });
    const code = String(made.body.code);
    await rig.graph(path, { code, prefilled_message: 'Good day!' });
    expect((await rig.graph(`${path}/${code}`)).body).toMatchObject({ data: [{ prefilled_message: 'Good day!' }] });
    expect((await rig.graph(`${path}/${code}`, undefined, { method: 'DELETE' })).body).toEqual({ success: true });
    expect((await rig.graph(path)).body).toEqual({ data: [] });
    expect(codeOf(await rig.graph(path, { prefilled_message: 'é'.repeat(141) }))).toBe(100);
    await rig.graph(`/${PN}/conversational_automation`, { prompts: ['Open today?'] });
    expect((await rig.graph(`/${PN}?fields=conversational_automation`)).body).toMatchObject({
      conversational_automation: { prompts: ['Open today?'] },
    });
    const prompts = ['1', '2', '3', '4', '5'];
    expect(codeOf(await rig.graph(`/${PN}/conversational_automation`, { prompts }))).toBe(100);
  });

  it('blocks who wrote lately, tells mixed results in an error, and hears nothing of them', async () => {
    rig.simulator.send('rita', 'spam');
    await rig.bot.item('messages', 1);
    const people = (...users: string[]) => ({
      messaging_product: 'whatsapp',
      block_users: users.map((user) => ({ user })),
    });
    const mixed = await rig.graph(`/${PN}/block_users`, people('+351910000101', '+491510000102'));
    expect(mixed).toMatchObject({
      status: 400,
      body: {
        error: { code: 139100 },
        block_users: {
          added_users: [{ input: '+351910000101', wa_id: '351910000101' }],
          failed_users: [{ input: '+491510000102', errors: [{ code: 131047 }] }],
        },
      },
    });
    expect((await rig.graph(`/${PN}/block_users`)).body.data).toMatchObject([{ wa_id: '351910000101' }]);
    rig.simulator.send('rita', 'more spam');
    expect(codeOf(await rig.say('please stop'))).toBe(130403);
    const freed = await rig.graph(`/${PN}/block_users`, people('+351910000101'), { method: 'DELETE' });
    expect(freed.body).toMatchObject({ block_users: { removed_users: [{ wa_id: '351910000101' }] } });
    rig.simulator.send('rita', 'sorry');
    await rig.bot.item('messages', 2);
    expect(rig.bot.items('messages').map(({ text }) => Object(text).body)).toEqual(['spam', 'sorry']);
  });

  it('tells when Meta thinks less or more of it', async () => {
    await rig.sim('PUT', `/numbers/${PN}`, { quality: 'RED', tier: 'TIER_2K', throughput: 'HIGH' });
    expect((await rig.graph(`/${PN}?fields=quality_rating,throughput,status`)).body).toEqual({
      id: PN,
      quality_rating: 'RED',
      throughput: { level: 'HIGH' },
      status: 'FLAGGED',
    });
    expect((await rig.bot.change('phone_number_quality_update', 1)).value).toMatchObject({ event: 'FLAGGED' });
    expect((await rig.bot.change('phone_number_quality_update', 2)).value).toMatchObject({
      event: 'THROUGHPUT_UPGRADE',
    });
    expect((await rig.bot.change('business_capability_update')).value).toMatchObject({
      max_daily_conversations_per_business: 'TIER_2K',
    });
  });
});

describe('an account', () => {
  it('has lists, and counts what was sent and what arrived', async () => {
    for (const edge of ['flows', 'activities'])
      expect((await rig.graph(`/${WABA}/${edge}`)).body).toEqual({ data: [] });
    await rig.say('one');
    await rig.say('two');
    await rig.bot.item('statuses', 4);
    await rig.graph(`/${OTHER_PN}/messages`, {
      ...{ messaging_product: 'whatsapp', to: '+15550000000', type: 'text', text: { body: 'to nobody' } },
    });
    const now = Math.floor(Date.now() / 1000);
    const fields = (start: number) => `id,analytics.start(${start}).end(${now + 60}).granularity(DAY)`;
    expect((await rig.graph(`/${WABA}?fields=${fields(now - 60)}`)).body).toEqual({
      id: WABA,
      analytics: {
        phone_numbers: ['351210000001', '351210000002'],
        granularity: 'DAY',
        data_points: [{ start: now - 60, end: now + 60, sent: 2, delivered: 2 }],
      },
    });
    expect((await rig.graph(`/${WABA}?fields=${fields(now + 30)}`)).body).toMatchObject({
      analytics: { data_points: [] },
    });
    expect((await rig.graph(`/${WABA}?fields=analytics`)).body).toEqual({ id: WABA });
  });
});

describe('webhooks', () => {
  it('go to the number’s own URL, else the account’s, else the app’s, each proved by a handshake', async () => {
    const secrets = { appSecret: 'app-secret-of-a-test', verifyToken: 'own' };
    const [forNumber, forAccount] = [await startFakeBot(secrets), await startFakeBot(secrets)];
    const configured = (url: string, token = 'own') => ({
      webhook_configuration: { override_callback_uri: url, verify_token: token },
    });
    expect(codeOf(await rig.graph(`/${PN}`, configured(forNumber.webhookUrl, 'wrong')))).toBe(2200);
    expect((await rig.graph(`/${PN}`, configured(forNumber.webhookUrl))).body).toEqual({ success: true });
    const override = { override_callback_uri: forAccount.webhookUrl, verify_token: 'own' };
    expect((await rig.graph(`/${WABA}/subscribed_apps`, override)).body).toEqual({ success: true });
    expect((await rig.graph(`/${PN}?fields=webhook_configuration`)).body).toEqual({
      id: PN,
      webhook_configuration: {
        phone_number: forNumber.webhookUrl,
        whatsapp_business_account: forAccount.webhookUrl,
        application: rig.bot.webhookUrl,
      },
    });
    rig.simulator.send('rita', 'to the number');
    rig.simulator.send('rita', 'to the other', { phoneNumberId: OTHER_PN });
    await rig.sim('POST', '/webhooks/account-alert', {});
    await rig.simulator.webhooksSettled();
    expect(forNumber.changes().map(({ field }) => field)).toEqual(['messages']);
    expect(forAccount.changes().map(({ field }) => field)).toEqual(['messages', 'account_alerts']);
    await rig.graph(`/${PN}`, { webhook_configuration: { override_callback_uri: '' } });
    await rig.graph(`/${WABA}/subscribed_apps`, {});
    rig.simulator.send('rita', 'to the app');
    await rig.bot.item('messages', 1);
    await Promise.all([forNumber.stop(), forAccount.stop()]);
  });

  it('come only from accounts and of fields that are subscribed', async () => {
    const path = `/${WABA}/subscribed_apps`;
    expect((await rig.graph(path)).body.data).toMatchObject([{ whatsapp_business_api_data: { id: APP_ID } }]);
    await rig.graph(path, undefined, { method: 'DELETE' });
    expect((await rig.graph(path)).body.data).toEqual([]);
    const value = { messages: [] };
    expect((await rig.sim('POST', '/webhooks', { field: 'messages', value })).body).toEqual({
      outcome: 'not_subscribed',
    });
    await rig.graph(path, {});
    const subscription = {
      object: 'whatsapp_business_account',
      callback_url: rig.bot.webhookUrl,
      verify_token: 'verify-token-of-a-test',
      fields: 'messages, account_update',
    };
    expect(codeOf(await rig.graph(`/${APP_ID}/subscriptions`, subscription))).toBe(15);
    const asApp = { token: APP_TOKEN };
    expect((await rig.graph(`/${APP_ID}/subscriptions`, subscription, asApp)).body).toEqual({ success: true });
    const read = await rig.graph(`/${APP_ID}/subscriptions`, undefined, asApp);
    expect(read.body.data).toMatchObject([{ fields: [{ name: 'messages' }, { name: 'account_update' }] }]);
    expect((await rig.sim('POST', '/webhooks', { field: 'security', value })).body).toEqual({
      outcome: 'not_subscribed',
    });
    expect((await rig.sim('POST', '/webhooks', { field: 'account_update', value })).body).toEqual({ outcome: 'acked' });
  });
});

describe('a token', () => {
  it('is described to the app, and to nobody else', async () => {
    const path = (token: string) => `/debug_token?input_token=${token}`;
    expect((await rig.graph(path('token-of-a-test'), undefined, { token: APP_TOKEN })).body).toMatchObject({
      data: { is_valid: true, app_id: APP_ID, granular_scopes: [{ target_ids: [WABA] }, { target_ids: [WABA] }] },
    });
    expect((await rig.graph(path('old'), undefined, { token: APP_TOKEN })).body).toMatchObject({
      data: { is_valid: false },
    });
    expect(codeOf(await rig.graph(path('token-of-a-test')))).toBe(100);
  });

  it('never shows in the wire log, whatever carries it', async () => {
    await rig.graph(`/${PN}?access_token=token-of-a-test`, { pin: '135790' });
    await rig.graph(`/${PN}`, {
      webhook_configuration: { override_callback_uri: rig.bot.webhookUrl, verify_token: 'own-secret' },
    });
    await rig.graph('/debug_token?input_token=token-of-a-test', undefined, { token: APP_TOKEN });
    const shown = JSON.stringify(rig.simulator.wireLog());
    for (const secret of ['token-of-a-test', 'app-secret-of-a-test', '135790', 'own-secret'])
      expect(shown).not.toContain(secret);
  });
});

describe('versions', () => {
  it.each([
    ['v19.0', 200],
    ['v23.0', 200],
    ['v26.0', 200],
    ['v27.0', 400],
    ['v0.0', 400],
    ['latest', 400],
  ])('%s is answered with %i', async (version, status) => {
    expect((await rig.graph(`/${PN}`, undefined, { version })).status).toBe(status);
  });

  it('need not be named', async () => {
    const headers = { authorization: 'Bearer token-of-a-test' };
    expect((await fetch(`${rig.url}/${PN}?fields=verified_name`, { headers })).status).toBe(200);
    expect((await fetch(`${rig.url}/${PN}/nothing`, { headers })).status).toBe(400);
  });
});
