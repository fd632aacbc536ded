import { describe, expect, it } from 'vitest';
import type { CloudApiClient } from '../../../src/cloud-api/client.js';
import type { SendOutcome } from '../../../src/cloud-api/outcome.js';
import type { UploadResult, Uploads } from '../../../src/media/uploads.js';
import { createMetaSend, type MetaAccount } from '../../../src/outbound/to-meta.js';
import { parseCallbackData } from '../../../src/shared/callback-data.js';
import type { JsonObject } from '../../../src/shared/json.js';
import type { OwnFile } from '../../../src/shared/message.js';
import type { OutboxItem } from '../../../src/shared/outbox-item.js';

const account: MetaAccount = {
  phoneNumberId: '106',
  wabaId: '200',
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

const menu = { path: 'sub/menu.pdf', sha256: 'a'.repeat(64), bytes: 3, type: 'application/pdf' };

/** Ids in the order they are asked for; every second answer knows the file already. */
class FakeUploads implements Uploads<MetaAccount> {
  readonly asked: string[] = [];
  result: UploadResult | undefined;
  private known = new Map<string, string>();

  async idOf(_account: MetaAccount, { sha256 }: OwnFile): Promise<UploadResult> {
    this.asked.push(sha256.slice(0, 1));
    if (this.result !== undefined) return this.result;
    const mediaId = this.known.get(sha256);
    if (mediaId !== undefined) return { outcome: 'ready', mediaId, isFresh: false };
    const fresh = `media-${this.asked.length}`;
    this.known.set(sha256, fresh);
    return { outcome: 'ready', mediaId: fresh, isFresh: true };
  }

  async forget(_account: MetaAccount, { sha256 }: OwnFile, mediaId: string): Promise<void> {
    if (this.known.get(sha256) === mediaId) this.known.delete(sha256);
  }
}

function rig(answers: SendOutcome[] = []) {
  const calls: Parameters<CloudApiClient['send']>[0][] = [];
  const client: Pick<CloudApiClient, 'send'> = {
    async send(call) {
      calls.push(call);
      return answers.shift() ?? { outcome: 'sent', wamid: 'wamid.x' };
    },
  };
  const uploads = new FakeUploads();
  const learnt: unknown[] = [];
  const faults: string[] = [];
  const templates = {
    faultOf: async () => faults[0],
    learn: async (_account: MetaAccount, template: JsonObject, status: string) =>
      void learnt.push([template.name, status]),
  };
  const send = createMetaSend({ clientFor: () => client as CloudApiClient, uploads, templates, installId: 'ab-_12' });
  return { calls, uploads, learnt, faults, templates, send };
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

describe('a message with a file of the bot', () => {
  const document = { ...item, content: { type: 'document' as const, file: menu } };
  const bodyOf = (call: unknown) => JSON.parse(JSON.stringify(call)).body;

  it('leaves with Meta’s id of it, and a document with its name', async () => {
    const { calls, send } = rig();
    expect(await send(account, { ...message, item: document })).toMatchObject({ outcome: 'sent' });
    expect(bodyOf(calls[0]).document).toEqual({ id: 'media-1', filename: 'menu.pdf' });
  });

  it('may have it above its buttons, on its cards and in its template', async () => {
    const { calls, uploads, send } = rig();
    const picture = { ...menu, path: 'a.png', sha256: 'b'.repeat(64), type: 'image/png' };
    const header = { type: 'image' as const, file: picture };
    const card = { header, text: 'one', button: { title: 'Open', url: 'https://example.com' } };
    const contents: OutboxItem['content'][] = [
      { type: 'buttons', text: 'Which?', header, buttons: [{ id: 'a', title: 'A' }] },
      { type: 'carousel', text: 'Both', cards: [card, { ...card, header: { type: 'image', file: picture } }] },
      {
        type: 'template',
        name: 'menu',
        language: 'en',
        header: { type: 'document', file: menu },
        cards: [{ header }, { header: { type: 'product', catalogId: '1', productId: 'sku' } }],
      },
    ];
    for (const content of contents) await send(account, { ...message, item: { ...item, content } });
    const [buttons, carousel, template] = calls.map(bodyOf);
    expect(buttons.interactive.header).toEqual({ type: 'image', image: { id: 'media-1' } });
    expect(carousel.interactive.action.cards.map((one: { header: object }) => one.header)).toEqual(
      Array(2).fill({ type: 'image', image: { id: 'media-1' } }),
    );
    expect(template.template.components[0].parameters).toEqual([
      { type: 'document', document: { id: 'media-3', filename: 'menu.pdf' } },
    ]);
    expect(template.template.components[1].cards[0].components[0].parameters).toEqual([
      { type: 'image', image: { id: 'media-1' } },
    ]);
    expect(uploads.asked).toEqual(['b', 'b', 'a', 'b']);
  });

  it('is not sent while its file cannot be uploaded', async () => {
    const { calls, uploads, send } = rig();
    uploads.result = { outcome: 'paused', reason: 'token_invalid', mayHaveBeenSent: false };
    expect(await send(account, { ...message, item: document })).toEqual(uploads.result);
    expect(calls).toEqual([]);
  });

  it('is uploaded anew, once, when Meta has forgotten an id we had', async () => {
    const unknown: SendOutcome = {
      outcome: 'rejected',
      reason: 'parameter_invalid',
      code: 131_009,
      mayHaveBeenSent: false,
    };
    const { calls, send } = rig([{ outcome: 'sent', wamid: 'wamid.1' }, unknown, unknown]);
    await send(account, { ...message, item: document });
    expect(await send(account, { ...message, item: document })).toEqual(unknown);
    expect(calls.map((call) => bodyOf(call).document.id)).toEqual(['media-1', 'media-1', 'media-3']);
  });

  it('tells which ids it had from before: Meta may refuse those later', async () => {
    const { send } = rig();
    expect(await send(account, { ...message, item: document })).not.toHaveProperty('reusedMedia');
    expect(await send(account, { ...message, item: document })).toMatchObject({
      outcome: 'sent',
      reusedMedia: { [menu.sha256]: 'media-1' },
    });
  });

  it('goes out again with a new upload when Meta has refused the old id, once for all who had it', async () => {
    const { calls, send } = rig();
    await send(account, { ...message, item: document });
    const again = { ...document, again: { oid: '16', staleMedia: { [menu.sha256]: 'media-1' } } };
    for (let n = 0; n < 2; n++) await send(account, { ...message, item: again });
    expect(calls.map((call) => bodyOf(call).document.id)).toEqual(['media-1', 'media-2', 'media-2']);
  });

  it('that Meta refuses for another reason is not tried again', async () => {
    const refused: SendOutcome = {
      outcome: 'rejected',
      reason: 'undeliverable',
      code: 131_026,
      mayHaveBeenSent: false,
    };
    const { calls, send } = rig([{ outcome: 'sent', wamid: 'wamid.1' }, refused]);
    await send(account, { ...message, item: document });
    expect(await send(account, { ...message, item: document })).toEqual(refused);
    expect(calls).toHaveLength(2);
  });
});

describe('a template', () => {
  const content: OutboxItem['content'] = { type: 'template', name: 'pickup_ready', language: 'pt_PT' };
  const outgoing = { ...message, item: { ...item, content } };
  const refusedWith = (code: number): SendOutcome => ({
    outcome: 'rejected',
    reason: 'refused',
    code,
    mayHaveBeenSent: false,
  });

  it('that does not fit is not sent, and the refusal says what is wrong', async () => {
    const { calls, faults, send } = rig();
    faults.push('template_parameters: body has 1 gap: value 1 is missing');
    expect(await send(account, outgoing)).toEqual({
      outcome: 'rejected',
      reason: 'template_parameters: body has 1 gap: value 1 is missing',
      mayHaveBeenSent: false,
    });
    expect(calls).toEqual([]);
    // Of another message the book is not asked.
    expect(await send(account, { ...message, item })).toMatchObject({ outcome: 'sent' });
  });

  it('is no fault of the message while the book cannot be asked, nor while it cannot be told', async () => {
    const { calls, templates, send } = rig([refusedWith(132_015)]);
    const [down, { faultOf }] = [() => Promise.reject(new Error('Redis is down')), templates];
    Object.assign(templates, { faultOf: down, learn: down });
    await expect(send(account, outgoing)).rejects.toThrow('Redis is down');
    expect(calls).toEqual([]);
    Object.assign(templates, { faultOf });
    expect(await send(account, outgoing)).toMatchObject({ outcome: 'rejected', code: 132_015 });
  });

  it.each([
    [132_015, [['pickup_ready', 'PAUSED']]],
    [132_016, [['pickup_ready', 'DISABLED']]],
    [132_001, []],
    [131_026, []],
  ])('that Meta refuses with %i is known for it', async (code, expected) => {
    const { learnt, send } = rig([refusedWith(code)]);
    await send(account, outgoing);
    expect(learnt).toEqual(expected);
  });
});
