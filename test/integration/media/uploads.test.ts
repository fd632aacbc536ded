import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CloudApiClient, createCloudApiClient } from '../../../src/cloud-api/client.js';
import { createUploads, type UploadAccount } from '../../../src/media/uploads.js';
import { MediaStoreError } from '../../../src/shared/media-types.js';
import type { OwnFile } from '../../../src/shared/message.js';
import { type Core, startCore } from '../../support/core.js';
import { http, type RawServer, startRawServer } from '../../unit/cloud-api/raw-server.js';

const account: UploadAccount = {
  phoneNumberId: '700000000000001',
  graphVersion: 'v25.0',
  accessToken: 'token',
  appSecrets: [],
};
const file: OwnFile = { path: 'sub/me"nu.pdf', sha256: 'a'.repeat(64), bytes: 8, type: 'application/pdf' };

let core: Core;
let graph: RawServer;
let client: CloudApiClient;
let answer: () => string;
beforeAll(async () => {
  core = await startCore();
  graph = await startRawServer((socket) => socket.write(answer()));
  client = createCloudApiClient({ baseUrl: graph.url, timeoutMs: 2_000, connections: 4 });
});
afterAll(async () => {
  await client.close();
  await Promise.all([graph.close(), core.stop()]);
});
afterEach(async () => {
  graph.requests.length = 0;
  await core.client.flushall();
});

function uploads(read: () => Promise<Readable | undefined> = async () => Readable.from([Buffer.from('%PDF-1.7')])) {
  return createUploads({ store: { read }, redis: core.client, clientFor: () => client, timeoutMs: 2_000 });
}
const id = (mediaId: unknown) => http(200, JSON.stringify({ id: mediaId }), ['content-type: application/json']);

describe('a file of a bot', () => {
  it('is uploaded as a form of known length, once for all who want it, and remembered for the number', async () => {
    answer = () => id('910');
    const both = uploads();
    const results = await Promise.all([both.idOf(account, file, 1), both.idOf(account, file, 1)]);
    expect(results).toEqual(Array(2).fill({ outcome: 'ready', mediaId: '910', isFresh: true }));
    expect(await uploads().idOf(account, file, 1)).toEqual({ outcome: 'ready', mediaId: '910', isFresh: false });
    expect(graph.requests).toHaveLength(1);
    const [request] = graph.requests;
    expect(request?.requestLine).toBe('POST /v25.0/700000000000001/media HTTP/1.1');
    expect(request?.headers['transfer-encoding']).toBeUndefined();
    expect(request?.headers.authorization).toBe('Bearer token');
    expect(request?.body).toContain('name="messaging_product"\r\n\r\nwhatsapp\r\n');
    expect(request?.body).toContain('filename="menu.pdf"\r\ncontent-type: application/pdf\r\n\r\n%PDF-1.7\r\n--');
    const other = { ...account, phoneNumberId: '700000000000002' };
    expect(await uploads().idOf(other, file, 1)).toMatchObject({ isFresh: true });
    const ttl = await core.client.ttl(`{p:ops}:mu:${account.phoneNumberId}:${file.sha256}`);
    expect(ttl).toBeGreaterThan(28 * 86_400);
    expect(ttl).toBeLessThan(30 * 86_400);
  });

  it('is uploaded again once it is forgotten', async () => {
    answer = () => id('910');
    const made = uploads();
    await made.idOf(account, file, 1);
    // Another's news of an older id takes away nothing.
    await made.forget(account, file, '909');
    expect(await made.idOf(account, file, 1)).toMatchObject({ isFresh: false });
    await made.forget(account, file, '910');
    expect(await made.idOf(account, file, 1)).toMatchObject({ isFresh: true });
  });

  it.each<[string, string, object]>([
    ['refuses the token', http(401, '{"error":{"code":190}}'), { outcome: 'paused', code: 190 }],
    ['refuses the type', http(400, '{"error":{"code":131053}}'), { outcome: 'retry', code: 131_053 }],
    ['refuses the call', http(400, '{"error":{"code":100}}'), { outcome: 'rejected', code: 100 }],
    ['is down', http(503, '<html>busy</html>'), { outcome: 'retry', scope: 'message' }],
    ['gives no id', id(''), { outcome: 'retry', reason: 'success_without_id' }],
  ])('is not sent when Meta %s, which says that no message left', async (_what, answered, expected) => {
    answer = () => answered;
    expect(await uploads().idOf(account, file, 1)).toMatchObject({ ...expected, mayHaveBeenSent: false });
    expect(await core.client.keys('*:mu:*')).toEqual([]);
  });

  it('that is not in the store is given up, and tried again when the store fails', async () => {
    const nothing = uploads(async () => undefined);
    expect(await nothing.idOf(account, file, 1)).toMatchObject({ outcome: 'rejected', reason: 'file_missing' });
    const failing = uploads(() => Promise.reject(new MediaStoreError('no disk')));
    expect(await failing.idOf(account, file, 2)).toEqual({
      outcome: 'retry',
      reason: 'media_store_failed',
      scope: 'message',
      afterMs: 4_000,
      mayHaveBeenSent: false,
    });
  });

  it('that ends in the middle of its upload is tried again', async () => {
    answer = () => id('910');
    const broken = uploads(async () =>
      Readable.from(
        (async function* () {
          yield Buffer.from('%PDF');
          throw new Error('disk failed');
        })(),
      ),
    );
    expect(await broken.idOf(account, file, 1)).toMatchObject({ outcome: 'retry', mayHaveBeenSent: false });
  });
});
