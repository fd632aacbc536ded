import { describe, expect, it } from 'vitest';
import type { CloudApiClient } from '../../../src/cloud-api/client.js';
import { createReceipts, type ReceiptSettings } from '../../../src/outbound/receipts.js';
import type { MetaAccount } from '../../../src/outbound/to-meta.js';

const account: MetaAccount = {
  phoneNumberId: '106',
  wabaId: '200',
  graphVersion: 'v25.0',
  graphApiUrl: 'http://127.0.0.1:1',
  accessToken: 'hush',
  appSecrets: ['hush'],
};

function rig(answer: () => Promise<{ outcome: 'marked' }>) {
  const marks: { wamid: string; typing: boolean }[] = [];
  const client: Pick<CloudApiClient, 'markRead'> = {
    markRead({ wamid, typing }) {
      marks.push({ wamid, typing: typing ?? false });
      return answer();
    },
  };
  return { marks, receipts: createReceipts(() => client as CloudApiClient) };
}

const endpoint = (settings: ReceiptSettings) => ({ ...account, ...settings });

describe('blue ticks and "typing…"', () => {
  it.each([
    [{ markAsRead: false, typingIndicator: false }, [], []],
    [{ markAsRead: true, typingIndicator: false }, [{ wamid: 'w', typing: false }], [{ wamid: 'v', typing: false }]],
    [{ markAsRead: false, typingIndicator: true }, [{ wamid: 'w', typing: true }], []],
    [{ markAsRead: true, typingIndicator: true }, [{ wamid: 'w', typing: true }], [{ wamid: 'v', typing: false }]],
  ])('with %j, a message that is taken shows %j, and one that starts no turn %j', (settings, answered, silent) => {
    const { marks, receipts } = rig(async () => ({ outcome: 'marked' }));
    receipts.taken(endpoint(settings), 'w', true);
    expect(marks).toEqual(answered);
    receipts.taken(endpoint(settings), 'v', false);
    expect(marks.slice(answered.length)).toEqual(silent);
  });

  it('come when a flow asks for them, whatever the settings say', () => {
    const { marks, receipts } = rig(async () => ({ outcome: 'marked' }));
    const off = endpoint({ markAsRead: false, typingIndicator: false });
    receipts.typing(off, 'w', false);
    receipts.typing(off, 'w', true);
    receipts.read(off, 'w');
    expect(marks).toEqual([
      { wamid: 'w', typing: true },
      { wamid: 'w', typing: false },
    ]);
  });

  it('are left out while Meta is slow, and come back', async () => {
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { marks, receipts } = rig(async () => {
      await answered;
      return { outcome: 'marked' };
    });
    const on = endpoint({ markAsRead: true, typingIndicator: true });
    for (let i = 0; i < 100; i++) receipts.taken(on, 'w', true);
    expect(marks).toHaveLength(64);
    answer();
    await new Promise((resolve) => setImmediate(resolve));
    receipts.typing(on, 'w', false);
    expect(marks).toHaveLength(65);
  });

  it('that cannot be sent trouble nobody', async () => {
    const { marks, receipts } = rig(() => Promise.reject(new Error('away')));
    const unhandled: unknown[] = [];
    const note = (err: unknown) => unhandled.push(err);
    process.on('unhandledRejection', note);
    for (let i = 0; i < 65; i++) receipts.taken(endpoint({ markAsRead: true, typingIndicator: false }), 'w', true);
    await new Promise((resolve) => setTimeout(resolve, 10));
    receipts.taken(endpoint({ markAsRead: true, typingIndicator: false }), 'w', true);
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    expect(marks).toHaveLength(65);
  });
});
