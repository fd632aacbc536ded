import { expect, it } from 'vitest';
import type { CloudApiClient } from '../../../src/cloud-api/client.js';
import { createMetaSend, type MetaAccount } from '../../../src/outbound/to-meta.js';
import { parseCallbackData } from '../../../src/shared/callback-data.js';
import type { OutboxItem } from '../../../src/shared/outbox-item.js';

const account: MetaAccount = {
  phoneNumberId: '106',
  graphVersion: 'v25.0',
  graphApiUrl: 'http://127.0.0.1:1',
  accessToken: 'hush',
  appSecrets: ['first', 'second'],
};
const item: OutboxItem = {
  content: { type: 'text', text: 'hello' },
  waId: '351910000001',
  bsuid: 'PT.1',
  committedMs: 0,
  flow: 'f',
  step: 's',
};
const message = { oid: '17', contactId: 'AbCdEfGhIjKlMnOp', attempt: 2 };

function rig() {
  const calls: Parameters<CloudApiClient['send']>[0][] = [];
  const client: Pick<CloudApiClient, 'send'> = {
    async send(call) {
      calls.push(call);
      return { outcome: 'sent', wamid: 'wamid.x' };
    },
  };
  return { calls, send: createMetaSend({ clientFor: () => client as CloudApiClient, installId: 'ab-_12' }) };
}

it('a menu names itself behind the ids of its buttons', async () => {
  const { calls, send } = rig();
  const content: OutboxItem['content'] = { type: 'buttons', text: 'Which?', buttons: [{ id: 'a', title: 'A' }] };
  await send(account, { ...message, item: { ...item, content, menu: '1x8k2zc' } });
  await send(account, { ...message, item: { ...item, content } });
  const ids = calls.map(({ body }) => JSON.parse(JSON.stringify(body)).interactive.action.buttons[0].reply.id);
  expect(ids).toEqual(['a~of~1x8k2zc', 'a']);
});

it('a message carries what its statuses need to find it again', async () => {
  const { calls, send } = rig();
  expect(await send(account, { ...message, item })).toEqual({ outcome: 'sent', wamid: 'wamid.x' });
  const [call] = calls;
  expect(call).toMatchObject({ phoneNumberId: '106', attempt: 2, appSecret: 'first' });
  const body = JSON.parse(JSON.stringify(call?.body));
  expect(parseCallbackData(body.biz_opaque_callback_data)).toEqual({
    installId: 'ab-_12',
    contactId: 'AbCdEfGhIjKlMnOp',
    oid: '17',
  });
});

it.each([
  ['nobody to go to', { ...item, waId: undefined, bsuid: undefined }],
  ['a text that is too long', { ...item, content: { type: 'text' as const, text: 'x'.repeat(5_000) } }],
])('a message with %s is refused before Meta hears of it', async (_what, bad) => {
  const { calls, send } = rig();
  const stored = JSON.parse(JSON.stringify(bad)) as OutboxItem;
  const outcome = await send(account, { ...message, item: stored });
  expect(outcome).toMatchObject({ outcome: 'rejected', mayHaveBeenSent: false });
  expect(outcome).not.toHaveProperty('code');
  expect(calls).toEqual([]);
});
