import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/observability/logger.js';

function loggerWithText() {
  let text = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return { log: createLogger('trace', sink), text: () => text };
}

describe('redaction', () => {
  it.each([
    ['a secret', { accessToken: 'EAAGhush' }],
    ['a secret one level down', { endpoint: { appSecret: 'hush', appSecrets: ['hush'] } }],
    ['a secret two levels down', { it: { endpoint: { verifyToken: 'hush' } } }],
    ['headers of a webhook', { req: { headers: { authorization: 'Bearer hush', 'x-hub-signature-256': 'hush' } } }],
    ["Meta's own spelling", { query: { 'hub.verify_token': 'hush', access_token: 'hush', appsecret_proof: 'hush' } }],
    [
      "a contact's numbers",
      { from: '+hush', to: 'hush', contact: { waId: 'hush', wa_id: 'hush', bsuid: 'hush', user_id: 'hush' } },
    ],
    ['what was said', { message: { text: 'hush', body: 'hush' }, caption: 'hush', payload: '{"hush":1}' }],
    ["Meta's message id", { wamid: 'wamid.hush', item: { wamid: 'wamid.hush' } }],
  ])('takes %s out', (_name, fields) => {
    const { log, text } = loggerWithText();
    log.info(fields, 'something happened');
    expect(text()).toContain('something happened');
    expect(text()).not.toContain('hush');
  });

  it('keeps what an operator needs', () => {
    const { log, text } = loggerWithText();
    log
      .child({ component: 'outbound', conversationId: '1.abc' })
      .info({ messageId: 'm1', attempt: 2, heldMs: 30 }, 'message sent');
    expect(JSON.parse(text())).toMatchObject({
      level: 'info',
      component: 'outbound',
      conversationId: '1.abc',
      messageId: 'm1',
      heldMs: 30,
    });
  });

  it('cuts numbers, tokens and wamids out of the messages of errors, causes too, and logs no other property', () => {
    const { log, text } = loggerWithText();
    const cause = Object.assign(new Error('no route for +351910000002'), { body: 'hush' });
    const err = Object.assign(
      new Error('send to 351910000002 with EAAGabcdefghij failed for wamid.HBgMMzUx==', { cause }),
      {
        code: 'ECONNRESET',
        response: { text: 'hush' },
      },
    );
    log.error({ err }, 'send failed');
    expect(text()).toContain('ECONNRESET');
    expect(text()).toContain('send to … with … failed for …');
    for (const hidden of ['351910000002', 'EAAG', 'HBgMMzUx', 'hush']) expect(text()).not.toContain(hidden);
  });
});
