import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SAMPLE_IDS, WEBHOOK_SAMPLES, type WebhookSample } from '../../src/simulator/webhook-samples.js';
import { OTHER_PN, PN, RITA, type SimulatorRig, startSimulatorRig, WABA } from '../support/simulator-rig.js';

let rig: SimulatorRig;

beforeEach(async () => {
  rig = await startSimulatorRig();
});
afterEach(() => rig.stop());

describe('what Meta tells beside messages', () => {
  it.each(SAMPLE_IDS)('%s arrives signed, under its field and account', async (id) => {
    const { field, scope }: WebhookSample = WEBHOOK_SAMPLES[id];
    const { status, body } = await rig.sim('POST', `/webhooks/${id}`, {});
    expect(status).toBe(200);
    const change = await rig.bot.change(field);
    expect(change).toEqual({
      field,
      entryId: WABA,
      // Seconds for what concerns the account, nothing for what concerns a chat.
      time: scope === 'account' ? expect.any(Number) : undefined,
      value: body.value,
    });
  });

  it('takes keys of one’s own over the sample’s, however deep', async () => {
    await rig.sim('POST', '/webhooks/account-alert', { value: { alert_info: { alert_severity: 'CRITICAL' } } });
    expect((await rig.bot.change('account_alerts')).value).toMatchObject({
      entity_type: 'PHONE_NUMBER',
      alert_info: { alert_severity: 'CRITICAL', alert_status: 'ACTIVE' },
    });
  });

  it('is about the number and the contact that are named', async () => {
    await rig.sim('POST', '/webhooks/call', { phoneNumberId: '700000000000002', contactId: 'samira' });
    const { value } = await rig.bot.change('calls');
    expect(value).toMatchObject({
      metadata: { phone_number_id: '700000000000002' },
      contacts: [{ user_id: 'AE.40000000000000000103', profile: { username: 'samira.h' } }],
      calls: [{ from_user_id: 'AE.40000000000000000103', to: '351210000002' }],
    });
    expect(JSON.stringify(value)).not.toContain('971500000103');
  });

  it('spells the limit as the version of the subscription does', async () => {
    await rig.sim('PUT', '/settings', { webhookVersion: 'v24.0' });
    await rig.sim('POST', '/webhooks/tier-upgrade', {});
    await rig.sim('PUT', '/settings', { webhookVersion: 'v25.0' });
    await rig.sim('POST', '/webhooks/tier-upgrade', {});
    const [old, now] = [
      await rig.bot.change('business_capability_update', 1),
      await rig.bot.change('business_capability_update', 2),
    ];
    expect(old.value).toHaveProperty('max_daily_conversation_per_phone', 10_000);
    expect(now.value).toHaveProperty('max_daily_conversations_per_business', 'TIER_10K');
  });

  it('sends any field with any value, and any body, and says how it ended', async () => {
    const stale = { id: 'wamid.nobody', status: 'read', timestamp: '1400000000', recipient_id: '1' };
    const value = {
      messaging_product: 'whatsapp',
      metadata: { phone_number_id: PN },
      statuses: Array.from({ length: 1000 }, () => stale),
    };
    expect((await rig.sim('POST', '/webhooks', { field: 'messages', value })).body).toEqual({ outcome: 'acked' });
    expect(rig.bot.items('statuses')).toHaveLength(1000);
    expect((await rig.sim('POST', '/webhooks', { body: { object: 'page', entry: 7 } })).body).toEqual({
      outcome: 'acked',
    });
    expect(rig.bot.received[1]?.raw.toString()).toBe('{"object":"page","entry":7}');
  });

  it('refuses a sample nobody has made', async () => {
    expect(await rig.sim('POST', '/webhooks/earthquake', {})).toMatchObject({
      status: 404,
      body: { error: { code: 'unknown_sample' } },
    });
  });
});

describe('the staff at the phone app', () => {
  it('is echoed to the bot, and not taken for it', async () => {
    const waiting = rig.simulator.nextBotMessage('rita');
    await rig.sim('POST', '/contacts/rita/echoes', { message: { type: 'text', text: { body: 'I call you' } } });
    const { value } = await rig.bot.change('smb_message_echoes');
    expect(value.message_echoes).toMatchObject([
      { from: '351210000001', to: '351910000101', type: 'text', text: { body: 'I call you' } },
    ]);
    await rig.say('the bot itself');
    expect(await waiting).toMatchObject({ message: { text: { body: 'the bot itself' } } });
    expect(rig.simulator.messages('rita').map(({ by }) => by)).toEqual(['staff', 'bot']);
  });
});

describe('who somebody is', () => {
  it('changes with the number: three webhooks in order, and the old one reaches nobody', async () => {
    rig.simulator.send('rita', 'before');
    await rig.sim('POST', '/contacts/rita/identity', { kind: 'number', waId: '351960000999' });
    const update = await rig.bot.change('user_id_update');
    rig.simulator.send('rita', 'after');
    await rig.simulator.webhooksSettled();
    const [before, number, id, after] = rig.bot.items('messages');
    expect(number).toMatchObject({
      type: 'system',
      from: '351910000101',
      system: { type: 'user_changed_number', wa_id: '351960000999' },
    });
    expect(id).toMatchObject({ type: 'system', from_user_id: before?.from_user_id });
    // It is a message like any other for who marks it as read, and nobody else's.
    const read = { messaging_product: 'whatsapp', status: 'read', message_id: id?.id };
    expect((await rig.graph(`/${PN}/messages`, read)).body).toEqual({ success: true });
    expect((await rig.graph(`/${OTHER_PN}/messages`, read)).status).toBe(400);
    expect(id?.system).toEqual({
      type: 'user_changed_user_id',
      body: expect.stringContaining(String(after?.from_user_id)),
      user_id: after?.from_user_id,
    });
    expect(update.value.user_id_update).toMatchObject([
      { wa_id: '351960000999', user_id: { previous: before?.from_user_id, current: after?.from_user_id } },
    ]);
    expect([before?.from, after?.from]).toEqual(['351910000101', '351960000999']);
    expect(rig.bot.received.filter(({ values }) => values.some(({ contacts }) => contacts === undefined))).toHaveLength(
      2,
    );
    await rig.say('to the old number');
    await rig.simulator.webhooksSettled();
    expect(rig.simulator.botMessages('rita')).toEqual([]);
  });

  it('changes without the number, or with the username, or the phone', async () => {
    await rig.sim('POST', '/contacts/rita/identity', { kind: 'bsuid' });
    expect((await rig.bot.change('user_id_update')).value.user_id_update).toMatchObject([{ wa_id: '351910000101' }]);
    await rig.sim('POST', '/contacts/rita/identity', { kind: 'device' });
    await rig.sim('POST', '/contacts/rita/identity', { kind: 'username', username: 'rita.a' });
    await rig.sim('POST', '/contacts/rita/identity', { kind: 'visibility', hidden: true });
    rig.simulator.send('rita', 'guess who');
    await rig.simulator.webhooksSettled();
    expect(rig.bot.items('messages').map(({ type, system }) => Object(system).type ?? type)).toEqual([
      'user_changed_user_id',
      'customer_identity_changed',
      'text',
    ]);
    const { contacts } = rig.bot.received.at(-1)?.values[0] ?? {};
    expect(contacts).toEqual([
      { profile: { name: 'Rita Alves', username: 'rita.a' }, user_id: expect.stringMatching(/^PT\.\d{20}$/) },
    ]);
    await rig.sim('POST', '/contacts/rita/identity', { kind: 'username', username: null });
    expect(await rig.sim('GET', '/state')).not.toHaveProperty('body.contacts.0.username');
  });

  it('shows a hidden number once the business wrote to it', async () => {
    rig.simulator.send('samira', 'hello');
    expect(await rig.bot.item('messages', 1)).not.toHaveProperty('from');
    await rig.say('Is this you?', { to: '+971500000103' });
    rig.simulator.send('samira', 'it is');
    expect(await rig.bot.item('messages', 2)).toHaveProperty('from', '971500000103');
  });

  it.each([
    ['empty', ''],
    ['bsuid', 'AE.40000000000000000103'],
  ])('spells a withheld number as %s', async (withheldAs, expected) => {
    const { contacts } = (await rig.sim('GET', '/state')).body;
    const samira = Object(contacts)[2];
    await rig.sim('POST', '/contacts', { ...samira, withheldAs });
    rig.simulator.send('samira', 'hello');
    expect(await rig.bot.item('messages', 1)).toHaveProperty('from', expected);
    expect(rig.bot.received[0]?.values[0]?.contacts).toMatchObject([{ wa_id: expected }]);
  });

  it('is found in Brazil with and without the ninth digit, and tells the account’s own form', async () => {
    await rig.sim('POST', '/contacts', { contactId: 'ana', name: 'Ana', waId: '551187654321', bsuid: 'BR.1' });
    const sent = await rig.say('oi', { to: '+55 11 98765-4321' });
    expect(sent.body.contacts).toEqual([{ input: '+55 11 98765-4321', wa_id: '551187654321' }]);
    expect(await rig.bot.item('statuses', 1)).toMatchObject({ recipient_id: '551187654321' });
  });

  it('carries the parent id of an enrolled portfolio, and is reached by it', async () => {
    const parentBsuid = 'PT.ENT.77';
    await rig.sim('POST', '/contacts', { contactId: 'eva', name: 'Eva', bsuid: 'PT.9', parentBsuid });
    rig.simulator.send('eva', 'hello');
    expect(await rig.bot.item('messages', 1)).toMatchObject({ from_parent_user_id: parentBsuid });
    const sent = await rig.say('hello Eva', { to: undefined, recipient: parentBsuid });
    expect(sent.body.contacts).toEqual([{ input: parentBsuid, user_id: parentBsuid }]);
    expect(await rig.bot.item('statuses', 1)).toMatchObject({ recipient_parent_user_id: parentBsuid });
  });

  it('wants no more offers, and wants them again', async () => {
    await rig.sim('PUT', '/contacts/rita/offers', { wanted: false });
    expect((await rig.bot.change('user_preferences')).value.user_preferences).toMatchObject([
      { wa_id: '351910000101', category: 'marketing_messages', value: 'stop', timestamp: expect.any(Number) },
    ]);
    await rig.sim('PUT', '/contacts/rita/offers', { wanted: true });
    expect((await rig.bot.change('user_preferences', 2)).value.user_preferences).toMatchObject([{ value: 'resume' }]);
  });
});

it('a contact nobody can call has no number to share', async () => {
  await rig.sim('POST', '/contacts', { contactId: 'eva', name: 'Eva', bsuid: 'PT.9' });
  expect(() => rig.simulator.send('eva', { type: 'share-number' })).toThrow(
    expect.objectContaining({ code: 'bad_request' }),
  );
  expect((await rig.say('hello', { to: RITA })).status).toBe(200);
});
