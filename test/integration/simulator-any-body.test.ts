import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { APP_ID, OTHER_PN, PN, type SimulatorRig, startSimulatorRig, TOKEN, WABA } from '../support/simulator-rig.js';

const APP_TOKEN = `${APP_ID}|app-secret-of-a-test`;
const RUNS = 400;

let rig: SimulatorRig;
beforeAll(async () => {
  rig = await startSimulatorRig();
});
afterAll(() => rig.stop());

const EDGES = [
  ...[
    '',
    '/messages',
    '/marketing_messages',
    '/media',
    '/message_templates',
    '/phone_numbers',
    '/register',
    '/deregister',
  ],
  ...[
    '/request_code',
    '/verify_code',
    '/whatsapp_business_profile',
    '/whatsapp_commerce_settings',
    '/settings',
    '/unpause',
  ],
  ...[
    '/block_users',
    '/message_qrdls',
    '/message_qrdls/X',
    '/conversational_automation',
    '/subscribed_apps',
    '/nothing',
  ],
  ...['/uploads', '/subscriptions'],
];
const SIM_PATHS = [
  ...[
    '/contacts/rita/messages',
    '/contacts/rita/identity',
    '/contacts/rita/offers',
    '/contacts/rita/echoes',
    '/contacts',
  ],
  ...['/contacts/rita/played', '/batches', '/errors', '/rules', '/clock', '/settings', '/templates', '/templates/1'],
  ...[`/numbers/${PN}`, `/numbers/${PN}/faults/slow`, '/webhooks/history', '/rules/rule-1', '/nothing'],
];
const KEYS = [
  ...[
    'messaging_product',
    'to',
    'recipient',
    'type',
    'text',
    'body',
    'interactive',
    'action',
    'buttons',
    'sections',
    'rows',
  ],
  ...[
    'template',
    'name',
    'language',
    'code',
    'components',
    'parameters',
    'status',
    'message_id',
    'context',
    'image',
    'id',
  ],
  ...[
    'link',
    'header',
    'category',
    'example',
    'block_users',
    'user',
    'pin',
    'webhook_configuration',
    'override_callback_uri',
  ],
  ...[
    'calling',
    'user_identity_change',
    'file_length',
    'messageId',
    'replyTo',
    'contactId',
    'acts',
    'kind',
    'effect',
    'via',
  ],
  ...['message', 'field', 'value', '__proto__', 'constructor', 'toString', 'length'],
];
const WORDS = [
  ...[
    'whatsapp',
    'text',
    'interactive',
    'list',
    'button',
    'template',
    'image',
    'reaction',
    'contacts',
    'read',
    'location',
  ],
  ...[
    '+351910000101',
    'PT.40000000000000000101',
    'hello_world',
    'en_US',
    'UTILITY',
    'BODY',
    'BUTTONS',
    'QUICK_REPLY',
    'order',
  ],
  ...[
    'tap',
    'raw',
    'form',
    'edit',
    'send',
    'call',
    'status',
    'number',
    '{{1}}',
    'Hello {{1}} and {{name}}',
    '🌻',
    '\u0000',
    '\ud800',
  ],
];

/** Bodies that look like what Graph knows, in places where it does not belong. */
const { value: body } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.oneof(fc.constantFrom(...WORDS), fc.string(), fc.double(), fc.integer(), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 8 }),
  ),
}));
/** Most are a message that is nearly right. */
const almostMessage = fc
  .tuple(fc.constantFrom(...WORDS), fc.dictionary(fc.constantFrom(...KEYS), body, { maxKeys: 6 }), body)
  .map(([type, more, content]) => ({
    messaging_product: 'whatsapp',
    to: '+351910000101',
    ...more,
    type,
    [type]: content,
  }));

async function isAlive(): Promise<void> {
  expect((await fetch(`${rig.url}/health`)).status).toBe(200);
}

it('no Graph call with any body gets a 5xx, or an answer that is not Graph’s', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(PN, OTHER_PN, WABA, APP_ID, '1', 'debug_token', 'constructor'),
      fc.constantFrom(...EDGES),
      fc.constantFrom('GET', 'POST', 'POST', 'POST', 'DELETE'),
      fc.constantFrom(TOKEN, APP_TOKEN),
      fc.oneof(almostMessage, body),
      async (node, edge, method, token, sent) => {
        const answer = await rig.graph(`/${node}${edge}`, method === 'GET' ? undefined : sent, { method, token });
        expect(answer.status).toBeLessThan(500);
        expect(JSON.parse(answer.text)).toBeTypeOf('object');
        if (answer.status >= 400) expect(answer.body).toMatchObject({ error: { code: expect.any(Number) } });
      },
    ),
    { numRuns: RUNS },
  );
  await isAlive();
}, 60_000);

it.each(['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain', ''])(
  'no bytes sent as "%s" get a 5xx',
  async (type) => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .string()
        .map((text) => Buffer.from(`--x\r\ncontent-disposition: form-data; name="file"\r\n\r\n${text}\r\n--x--\r\n`)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, fc.constantFrom('media', 'messages', 'settings'), async (sent, edge) => {
        const answer = await fetch(`${rig.url}/v25.0/${PN}/${edge}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${TOKEN}`, ...(type === '' ? {} : { 'content-type': type }) },
          body: new Uint8Array(sent),
        });
        expect(answer.status).toBeLessThan(500);
        await answer.text();
      }),
      { numRuns: 60 },
    );
    await isAlive();
  },
  60_000,
);

it('no call of its own API with any body gets a 5xx', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...SIM_PATHS),
      fc.constantFrom('POST', 'PUT', 'DELETE'),
      fc.dictionary(fc.constantFrom(...KEYS, 'phoneNumberId', 'emoji', 'items', 'response', 'wanted'), body, {
        maxKeys: 8,
      }),
      async (path, method, sent) => {
        const answer = await rig.sim(method, path, sent);
        expect(answer.status).toBeLessThan(500);
      },
    ),
    { numRuns: RUNS },
  );
  await isAlive();
}, 60_000);

it('broken paths and escapes are answered too', async () => {
  for (const path of [
    '/v25.0/%',
    '/v25.0/%E0%A4%A',
    '/%',
    '/v25.0//messages',
    '/sim/contacts/%/messages',
    '/v25.0/../..',
  ]) {
    const answer = await fetch(`${rig.url}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect([path, answer.status < 500]).toEqual([path, true]);
    await answer.text();
  }
  await isAlive();
});
