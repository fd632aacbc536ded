import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PN, type SimulatorRig, startSimulatorRig, TOKEN, WABA } from '../support/simulator-rig.js';

const HOUR_MS = 3_600_000;
let rig: SimulatorRig;

beforeEach(async () => {
  rig = await startSimulatorRig();
});
afterEach(() => rig.stop());

const codeOf = ({ body }: { body: { [key: string]: unknown } }): unknown => Object(body.error).code;

/** One send without a client that mends anything: what came, as far as it came. */
async function rawSend(): Promise<{ status?: number; bytes?: number; type?: string | null; failed?: true }> {
  const init = {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ messaging_product: 'whatsapp', to: '+351910000101', text: { body: 'hello' } }),
  };
  try {
    const answer = await fetch(`${rig.url}/v25.0/${PN}/messages`, init);
    const { status } = answer;
    return { status, type: answer.headers.get('content-type'), bytes: (await answer.arrayBuffer()).byteLength };
  } catch {
    return { failed: true };
  }
}

describe('a broken answer', () => {
  it.each([
    ['html', { status: 502, type: expect.stringContaining('text/html') }, 0],
    ['empty', { status: 200, bytes: 0 }, 1],
    ['not-json', { status: 200, bytes: 2 }, 1],
    ['cut', { failed: true }, 1],
    ['error-in-200', { status: 200, type: expect.stringContaining('json') }, 0],
    ['bare-400', { status: 400, bytes: 0 }, 0],
    ['reset', { failed: true }, 1],
  ])('%s is what the bot sees, once', async (answer, expected, arrived) => {
    await rig.sim('POST', '/rules', { via: 'send', effect: { answer } });
    expect(await rawSend()).toMatchObject(expected);
    expect(rig.simulator.botMessages('rita')).toHaveLength(arrived);
    expect((await rawSend()).status).toBe(200);
  });

  it('of 3 MB is an answer all the same', async () => {
    await rig.sim('POST', '/rules', { via: 'send', effect: { answer: 'huge' } });
    expect((await rawSend()).bytes).toBeGreaterThan(3_000_000);
  });

  it('may stand for a message that went through, or for one that did not', async () => {
    await rig.sim('POST', '/rules', { via: 'send', effect: { answer: 'html', processed: true } });
    await rig.sim('POST', '/rules', { via: 'send', effect: { answer: 'cut', processed: false } });
    await rawSend();
    await rawSend();
    expect(rig.simulator.botMessages('rita')).toHaveLength(1);
  });

  it('can meet any call, and any other is spared', async () => {
    await rig.sim('POST', '/rules', {
      via: 'call',
      effect: { answer: 'bare-400' },
      match: { path: '/message_templates' },
    });
    expect((await rig.graph(`/${PN}`)).status).toBe(200);
    expect(await rig.graph(`/${WABA}/message_templates`)).toMatchObject({ status: 400, text: '' });
    expect((await rig.graph(`/${WABA}/message_templates`)).status).toBe(200);
  });
});

describe('a rule', () => {
  it('gives any code with any status, is_transient, and minutes to wait', async () => {
    const effect = { code: 4, httpStatus: 429, transient: true, regainMinutes: 7 };
    await rig.sim('POST', '/rules', { via: 'send', effect, match: { type: 'text', text: 'hello' } });
    expect((await rig.say('good day')).status).toBe(200);
    const refused = await rig.say('hello');
    expect(refused).toMatchObject({ status: 429, body: { error: { code: 4, is_transient: true } } });
    expect(JSON.parse(refused.headers.get('x-business-use-case-usage') ?? '')).toMatchObject({
      [WABA]: [{ type: 'whatsapp', estimated_time_to_regain_access: 7 }],
    });
  });

  it('is listed with what it did, and can be taken away', async () => {
    const { body } = await rig.sim('POST', '/rules', { via: 'send', effect: { code: 131016 }, skip: 1, times: 0 });
    expect([codeOf(await rig.say('1')), codeOf(await rig.say('2')), codeOf(await rig.say('3'))]).toEqual([
      undefined,
      131016,
      131016,
    ]);
    expect((await rig.sim('GET', '/rules')).body.data).toMatchObject([{ id: body.id, struck: 2 }]);
    expect((await rig.sim('DELETE', `/rules/${String(body.id)}`)).status).toBe(204);
    expect((await rig.say('4')).status).toBe(200);
    expect((await rig.sim('DELETE', '/rules/rule-99')).status).toBe(404);
  });

  it('loses statuses on the way, or makes them late, or lets the message fail', async () => {
    await rig.sim('POST', '/rules', { via: 'status', effect: { lose: ['delivered'] } });
    await rig.sim('POST', '/rules', { via: 'status', effect: { code: 131026 } });
    const close = rig.simulator.openChat('rita');
    await rig.say('one');
    await rig.bot.item('statuses', 2);
    await rig.say('two');
    await rig.bot.item('statuses', 3);
    expect(rig.bot.items('statuses').map(({ status }) => status)).toEqual(['sent', 'read', 'failed']);
    expect(rig.simulator.botMessages('rita').map(({ status }) => status)).toEqual(['read', 'failed']);
    close();
    await rig.sim('POST', '/rules', { via: 'status', effect: { delayMs: 40 } });
    const startedMs = performance.now();
    await rig.say('three');
    await rig.bot.item('statuses', 5);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(79);
  });

  it('holds an answer back', async () => {
    await rig.sim('POST', '/rules', { via: 'send', effect: { delayMs: 30 } });
    const startedMs = performance.now();
    expect((await rig.say('hello')).status).toBe(200);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(29);
  });
});

describe('a switch', () => {
  it('lets a proxy answer, or cuts the answer', async () => {
    rig.simulator.setFault('html-answer', true, { times: 1 });
    rig.simulator.setFault('cut-answer', true, { times: 1 });
    expect([await rawSend(), await rawSend()]).toMatchObject([{ status: 502 }, { failed: true }]);
    expect(rig.simulator.botMessages('rita')).toHaveLength(1);
  });

  it('signs with another secret until it is off, and nothing is lost', async () => {
    rig.simulator.setFault('bad-signature', true, { times: 2 });
    rig.simulator.send('rita', 'hello');
    await rig.simulator.webhooksSettled();
    const attempts = rig.simulator.wireLog().filter(({ direction }) => direction === 'webhook');
    expect(attempts.map(({ httpStatus }) => httpStatus)).toEqual([401, 401, 200]);
  });
});

describe('the 24-hour window', () => {
  beforeEach(() => rig.simulator.setServiceWindow(true));
  const lastStatus = async (n: number) => {
    const { status, errors } = await rig.bot.item('statuses', n);
    return [status, Object(Array.isArray(errors) ? errors[0] : {}).code];
  };

  it('is closed until somebody writes, and again a day later; a template gets through', async () => {
    rig.simulator.setStatusMode('sent');
    await rig.say('too early');
    expect(await lastStatus(1)).toEqual(['failed', 131047]);
    rig.simulator.send('rita', 'hello');
    rig.simulator.advanceClock(24 * HOUR_MS - 1000);
    await rig.say('in time');
    expect(await lastStatus(2)).toEqual(['sent', undefined]);
    await rig.sim('POST', '/clock', { advanceMs: 2000 });
    await rig.say('too late');
    expect(await lastStatus(3)).toEqual(['failed', 131047]);
    await rig.say('', { type: 'template', template: { name: 'hello_world', language: { code: 'en_US' } } });
    expect(await lastStatus(4)).toEqual(['sent', undefined]);
  });

  it('is open for 72 hours after an ad, free of charge', async () => {
    rig.simulator.setStatusMode('sent');
    rig.simulator.send('rita', { type: 'text', text: 'hi', ad: true });
    rig.simulator.advanceClock(71 * HOUR_MS);
    await rig.say('still there?');
    expect(await rig.bot.item('statuses', 1)).toMatchObject({
      status: 'sent',
      pricing: { type: 'free_entry_point', category: 'referral_conversion' },
      conversation: { origin: { type: 'referral_conversion' } },
    });
    rig.simulator.advanceClock(HOUR_MS);
    await rig.say('hello?');
    expect(await lastStatus(2)).toEqual(['failed', 131047]);
  });

  it('tells the moment in webhooks that the clock shows', async () => {
    const { body } = await rig.sim('POST', '/clock', { advanceMs: 24 * HOUR_MS });
    rig.simulator.send('rita', 'tomorrow');
    const { timestamp } = await rig.bot.item('messages', 1);
    expect(Math.abs(Number(timestamp) - Number(body.nowMs) / 1000)).toBeLessThan(60);
    expect(Number(timestamp) - Date.now() / 1000).toBeGreaterThan(23 * 3600);
  });
});

describe('limits', () => {
  it('count people written to first, not messages', async () => {
    const nowMs = 1_763_700_000_000;
    await rig.stop();
    const contacts = Array.from({ length: 251 }, (_, n) => ({
      contactId: `c${n}`,
      name: `C ${n}`,
      waId: `35193${String(n).padStart(7, '0')}`,
      bsuid: `PT.${n}`,
    }));
    let ms = nowMs;
    // Far enough apart for the other limits.
    const clock = {
      nowMs() {
        ms += 1000;
        return ms;
      },
    };
    rig = await startSimulatorRig({ contacts, clock });
    rig.simulator.setRateModel(true);
    const write = (n: number) =>
      rig.say('', {
        to: `+${contacts[n]?.waId}`,
        type: 'template',
        template: { name: 'hello_world', language: { code: 'en_US' } },
      });
    for (let n = 0; n < 250; n += 1) expect((await write(n)).status).toBe(200);
    expect((await write(0)).status).toBe(200);
    expect(codeOf(await write(250))).toBe(131048);
    await rig.sim('PUT', `/numbers/${PN}`, { tier: 'TIER_2K' });
    expect((await write(250)).status).toBe(200);
  });

  it('let 200 calls an hour through that send nothing', async () => {
    await rig.stop();
    rig = await startSimulatorRig({ clock: { nowMs: () => 1_763_700_000_000 } });
    rig.simulator.setRateModel(true);
    for (let n = 0; n < 200; n += 1) expect((await rig.graph(`/${PN}?fields=id`)).status).toBe(200);
    const refused = await rig.graph(`/${PN}?fields=id`);
    expect(codeOf(refused)).toBe(80007);
    expect(refused.headers.get('x-business-use-case-usage')).toContain('"estimated_time_to_regain_access":1');
    expect((await rig.say('a send is no such call')).status).toBe(200);
  });
});

describe('statuses', () => {
  it('tell that a voice message was played, once', async () => {
    await rig.say('', { type: 'audio', audio: { link: 'https://x.example/a.ogg', voice: true } });
    const { wamid } = await rig.simulator.nextBotMessage('rita');
    await rig.bot.item('statuses', 2);
    expect((await rig.sim('POST', '/contacts/rita/played', { messageId: wamid })).status).toBe(204);
    await rig.sim('POST', '/contacts/rita/played', { messageId: wamid });
    await rig.simulator.webhooksSettled();
    expect(rig.bot.items('statuses').map(({ status }) => status)).toEqual(['sent', 'delivered', 'played']);
    expect((await rig.sim('POST', '/contacts/rita/played', { messageId: 'wamid.x' })).status).toBe(404);
  });

  it.each([
    ['v23.0', true],
    ['v24.0', false],
    ['v26.0', false],
  ])('of version %s carry a conversation: %s', async (webhookVersion, expected) => {
    await rig.sim('PUT', '/settings', { webhookVersion });
    await rig.say('hello');
    expect('conversation' in (await rig.bot.item('statuses', 1))).toBe(expected);
  });

  it('fail for a reaction that comes a month late, or to a reaction', async () => {
    rig.simulator.setStatusMode('sent');
    const { wamid } = rig.simulator.send('rita', 'hello');
    await rig.bot.item('messages', 1);
    const react = (message_id: string) => rig.say('', { type: 'reaction', reaction: { message_id, emoji: '👍' } });
    await react(wamid);
    expect(await rig.bot.item('statuses', 1)).toMatchObject({ status: 'sent' });
    await react(String(rig.simulator.botMessages('rita')[0]?.wamid));
    expect(await rig.bot.item('statuses', 2)).toMatchObject({ status: 'failed', errors: [{ code: 131009 }] });
    rig.simulator.advanceClock(31 * 24 * HOUR_MS);
    await react(wamid);
    expect(await rig.bot.item('statuses', 3)).toMatchObject({ status: 'failed', errors: [{ code: 131009 }] });
    expect(
      codeOf(await rig.graph(`/${PN}/messages`, { messaging_product: 'whatsapp', status: 'read', message_id: wamid })),
    ).toBe(131009);
  });
});
