import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dispatcher, MockAgent } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMayConnect } from '../../../src/calls/allowed-hosts.js';
import { createGuardedAgent } from '../../../src/calls/guarded-agent.js';
import { type CloudApiClient, createCloudApiClient } from '../../../src/cloud-api/client.js';
import { createDiskStore, diskError } from '../../../src/media/disk-store.js';
import { createFetchMedia, type MediaEndpoint, type MediaRef } from '../../../src/media/fetch-media.js';
import type { MediaResult } from '../../../src/media/outcome.js';
import type { Scan } from '../../../src/media/scan.js';
import type { MediaStore } from '../../../src/media/store.js';
import { RECEIVED_MEGABYTES_MAX, USUAL_TYPES } from '../../../src/shared/media-types.js';
import { FakeClock } from '../../support/fake-clock.js';
import { base64Of, hexOf, type MediaHost, png, type ServedFile, startMediaHost } from '../../support/media-host.js';

const PICTURE = png();
const accept = { image: RECEIVED_MEGABYTES_MAX, document: RECEIVED_MEGABYTES_MAX };

let host: MediaHost;
let client: CloudApiClient;
let dispatcher: Dispatcher;
let dir: string;
const storeFailures: string[] = [];

beforeAll(async () => {
  host = await startMediaHost();
  client = createCloudApiClient({ baseUrl: host.url, timeoutMs: 2_000, connections: 4 });
  dispatcher = createGuardedAgent({ mayConnect: createMayConnect([new URL(host.url).host]), connections: 4 });
});
afterAll(async () => {
  await Promise.all([client.close(), dispatcher.destroy(), host.stop()]);
});
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'parlance-media-'));
  host.requests.length = 0;
  storeFailures.length = 0;
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

interface Options {
  ref?: Partial<MediaRef>;
  endpoint?: Partial<MediaEndpoint>;
  scan?: Scan;
  signal?: AbortSignal;
  dir?: string;
  store?: MediaStore;
}

/** Serves a file under a fresh id and fetches it. */
async function fetched(file: ServedFile | undefined, options: Options = {}): Promise<MediaResult> {
  const mediaId = String(910_000_000_000_000 + Math.floor(Math.random() * 1e9));
  if (file !== undefined) host.files.set(mediaId, file);
  const endpoint: MediaEndpoint = {
    id: 'shop',
    phoneNumberId: '700000000000001',
    graphVersion: 'v25.0',
    graphApiUrl: host.url,
    accessToken: 'token-of-the-shop',
    appSecrets: [],
    media: { accept, types: USUAL_TYPES },
    ...options.endpoint,
  };
  const fetchMedia = createFetchMedia({
    clientFor: () => client,
    dispatcher,
    store: options.store ?? createDiskStore(options.dir ?? dir),
    arrivingDir: dir,
    scan: options.scan,
    clock: new FakeClock(Date.UTC(2026, 10, 21, 9)),
    pausesMs: [1, 1],
    onStoreFailed: (err) => void storeFailures.push(err.message),
  });
  const ref = { kind: 'image' as const, mediaId, mimeType: 'image/png', sha256: base64Of(file?.bytes ?? PICTURE) };
  return fetchMedia(endpoint, { ...ref, ...options.ref }, 'message-0', options.signal ?? new AbortController().signal);
}

/** Nothing of a file that was not taken stays on the disk. */
const leftBehind = (): string[] => readdirSync(dir, { recursive: true }).map(String);

describe('a file of a contact', () => {
  it('is asked for by its id, taken down with the token, checked and stored under the day it came', async () => {
    const bytes = png(300_000);
    const result = await fetched({ bytes });
    expect(result).toEqual({
      state: 'ready',
      file: {
        key: 'in/2026-11-21/message-0.png',
        mimeType: 'image/png',
        bytes: 300_000,
        sha256: hexOf(bytes),
        verified: true,
        storedMs: Date.UTC(2026, 10, 21, 9),
      },
    });
    expect(readFileSync(join(dir, 'in/2026-11-21/message-0.png')).equals(bytes)).toBe(true);
    expect(host.requests.map(({ authorization }) => authorization)).toEqual(Array(2).fill('Bearer token-of-the-shop'));
    expect(host.requests[0]?.path).toMatch(/^\/v25\.0\/\d+\?phone_number_id=700000000000001$/);
    expect(leftBehind().filter((name) => !name.startsWith('in'))).toEqual([]);
  });

  it.each<[string, Partial<MediaRef>, ServedFile]>([
    ['in hex in the webhook', { sha256: hexOf(PICTURE).toUpperCase() }, { bytes: PICTURE }],
    ['in the node only', { sha256: undefined }, { bytes: PICTURE, sha256: base64Of(PICTURE) }],
    ['and its size as a text', {}, { bytes: PICTURE, fileSize: String(PICTURE.length) }],
  ])('may have its hash %s', async (_where, ref, file) => {
    expect(await fetched(file, { ref })).toMatchObject({ state: 'ready', file: { verified: true } });
  });

  it.each([
    ['empty', ''],
    ['cut', base64Of(PICTURE).slice(0, 40)],
    ['of another algorithm', 'a'.repeat(40)],
    ['a sentence', 'the hash of the file'],
  ])('with a hash that is none (%s) is held against the other one', async (_what, sha256) => {
    expect(await fetched({ bytes: PICTURE }, { ref: { sha256 } })).toMatchObject({ file: { verified: true } });
    const wrong = { bytes: PICTURE, sha256: hexOf(Buffer.from('another')) };
    expect(await fetched(wrong, { ref: { sha256 } })).toMatchObject({ reason: 'hashMismatch' });
    const none = { bytes: PICTURE, sha256 };
    expect(await fetched(none, { ref: { sha256 } })).toMatchObject({ state: 'ready', file: { verified: false } });
  });

  it('that may be run by a browser is stored as bytes', async () => {
    const endpoint = { media: { accept, types: ['*/*'] } };
    for (const [mimeType, text] of [
      ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
      ['text/html', '<!doctype html><script>alert(1)</script>'],
    ] as const) {
      const file = { bytes: Buffer.from(text), mimeType };
      const ref = { kind: 'document' as const, mimeType, sha256: undefined };
      expect(await fetched(file, { endpoint, ref })).toMatchObject({
        file: { key: 'in/2026-11-21/message-0.bin', mimeType },
      });
    }
  });

  it('without any hash is taken, and marked', async () => {
    const result = await fetched({ bytes: PICTURE, sha256: null, fileSize: null }, { ref: { sha256: undefined } });
    expect(result).toMatchObject({ state: 'ready', file: { verified: false, sha256: hexOf(PICTURE) } });
  });

  it('that a phone gave the wrong ending is stored as what it is', async () => {
    const result = await fetched({ bytes: PICTURE, mimeType: 'image/jpeg' }, { ref: { mimeType: 'image/jpeg' } });
    expect(result).toMatchObject({ file: { key: 'in/2026-11-21/message-0.png', mimeType: 'image/png' } });
  });

  it('is asked for anew when its link has expired', async () => {
    const file: ServedFile = {
      bytes: PICTURE,
      node: () => false,
      body: (_req, res, asked) => (asked === 1 ? void res.writeHead(404).end() : void res.writeHead(200).end(PICTURE)),
    };
    expect(await fetched(file)).toMatchObject({ state: 'ready' });
    expect(host.requests.filter(({ path }) => path.startsWith('/v25.0'))).toHaveLength(2);
  });

  it('is tried again when Meta stumbles', async () => {
    const file: ServedFile = {
      bytes: PICTURE,
      node: (_req, res, asked) => {
        if (asked > 1) return false;
        res.writeHead(503).end('<html>busy</html>');
        return true;
      },
    };
    expect(await fetched(file)).toMatchObject({ state: 'ready' });
  });
});

const EXE = Buffer.concat([Buffer.from('MZ'), Buffer.alloc(100)]);
const answered = (status: number): Pick<ServedFile, 'node'> => ({
  node: (_req, res) => {
    res.writeHead(status, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ error: { code: status === 401 ? 190 : 2, message: 'no' } }));
    return true;
  },
});

describe('a file that is not taken', () => {
  it.each<[string, ServedFile | undefined, Options]>([
    ['kindNotAccepted', { bytes: PICTURE }, { ref: { kind: 'video' } }],
    ['typeNotAccepted', { bytes: PICTURE }, { ref: { mimeType: 'image/svg+xml' } }],
    [
      'typeNotAccepted',
      { bytes: PICTURE, mimeType: 'no type' },
      { ref: { kind: 'document', mimeType: undefined }, endpoint: { media: { accept, types: ['application/pdf'] } } },
    ],
    ['typeMismatch', { bytes: EXE }, {}],
    ['typeMismatch', { bytes: EXE, mimeType: 'text/plain' }, { ref: { kind: 'document', mimeType: 'text/plain' } }],
    [
      'typeMismatch',
      { bytes: Buffer.from('%PDF-1.7 …'), mimeType: 'application/pdf' },
      { ref: { mimeType: 'application/pdf' } },
    ],
    ['tooLarge', { bytes: PICTURE, fileSize: 101 * 1_048_576 }, {}],
    [
      'tooLarge',
      { bytes: png(1_048_577), fileSize: null },
      { endpoint: { media: { accept: { image: 1 }, types: ['image/*'] } } },
    ],
    ['hashMismatch', { bytes: PICTURE }, { ref: { sha256: base64Of(Buffer.from('another')) } }],
    ['hashMismatch', { bytes: PICTURE, sha256: hexOf(Buffer.from('another')) }, { ref: { sha256: undefined } }],
    ['sizeMismatch', { bytes: PICTURE, fileSize: PICTURE.length - 1 }, {}],
    ['cutOff', { bytes: PICTURE, fileSize: PICTURE.length + 1 }, {}],
    [
      'cutOff',
      {
        bytes: PICTURE,
        // Left open, the connection would be waited on at each try.
        body: (_req, res) => void res.writeHead(200, { 'content-length': 1e6, connection: 'close' }).end(PICTURE),
      },
      {},
    ],
    [
      'tooLarge',
      { bytes: PICTURE, body: (_req, res) => void res.writeHead(200, { 'content-length': 1e9 }).end(PICTURE) },
      {},
    ],
    ['empty', { bytes: Buffer.alloc(0) }, {}],
    ['empty', { bytes: Buffer.alloc(0), sha256: null, fileSize: null }, { ref: { sha256: undefined } }],
    ['infected', { bytes: PICTURE }, { scan: async () => 'infected' }],
    ['scanFailed', { bytes: PICTURE }, { scan: async () => 'unsure' }],
    ['gone', undefined, {}],
    ['notAuthorized', { bytes: PICTURE, ...answered(401) }, {}],
    ['unreachable', { bytes: PICTURE, ...answered(500) }, {}],
    ['notAuthorized', { bytes: PICTURE, body: (_req, res) => void res.writeHead(403).end() }, {}],
    ['unreachable', { bytes: PICTURE, body: (_req, res) => void res.writeHead(502).end() }, {}],
    ['gone', { bytes: PICTURE, body: (_req, res) => void res.writeHead(404).end() }, {}],
    [
      'sizeMismatch',
      { bytes: PICTURE, body: (_req, res) => void res.writeHead(200, { 'content-encoding': 'gzip' }).end('x') },
      {},
    ],
    ['foreignHost', { bytes: PICTURE, url: 'not a url' }, {}],
    ['foreignHost', { bytes: PICTURE, url: 'https://example.com/file' }, {}],
    ['foreignHost', { bytes: PICTURE, url: 'http://lookaside.fbsbx.com/file' }, {}],
    ['foreignHost', { bytes: PICTURE, url: 'https://lookaside.fbsbx.com.example.com/file' }, {}],
    ['foreignHost', { bytes: PICTURE, url: 'https://lookaside.fbsbx.com:8443/file' }, {}],
    ['foreignHost', { bytes: PICTURE, url: 'https://user@lookaside.fbsbx.com/file' }, {}],
    ['foreignHost', { bytes: PICTURE, url: 'http://169.254.169.254/latest/meta-data' }, {}],
    ['foreignHost', { bytes: PICTURE, url: 'file:///etc/passwd' }, {}],
  ])('ends as %s and leaves nothing behind: %#', async (reason, file, options) => {
    expect(await fetched(file, options)).toMatchObject({ reason });
    expect(leftBehind()).toEqual([]);
  });

  it('is not followed to a private address by a redirect, which hears nothing', async () => {
    const heard: (string | undefined)[] = [];
    const elsewhere = createServer((req, res) => {
      heard.push(req.headers.authorization);
      res.end(PICTURE);
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const address = elsewhere.address();
    const location = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
    const body: ServedFile['body'] = (_req, res) => void res.writeHead(302, { location }).end();
    expect(await fetched({ bytes: PICTURE, body })).toEqual({ state: 'failed', reason: 'foreignHost' });
    expect(heard).toEqual([]);
    await new Promise((resolve) => elsewhere.close(resolve));
  });

  it.each(['..', '../me', 'a/../../me', '1?fields=id', '1#', '1%2F..', '', '1\r\nx: y', 'ä'])(
    'is not asked for under an id that is an address of something else: %j',
    async (mediaId) => {
      expect(await fetched(undefined, { ref: { mediaId } })).toEqual({ state: 'failed', reason: 'gone' });
      expect(host.requests).toEqual([]);
    },
  );

  it('is gone when its contact has deleted it between the link and the file', async () => {
    const file: ServedFile = {
      bytes: PICTURE,
      body(_req, res) {
        for (const [id, one] of host.files) if (one === file) host.files.delete(id);
        res.writeHead(404).end();
      },
    };
    expect(await fetched(file)).toEqual({ state: 'failed', reason: 'gone' });
    expect(host.requests).toHaveLength(3);
  });

  it('is not fetched from a name that means another address behind a redirect', async () => {
    const { port } = new URL(host.url);
    const graphApiUrl = `http://rebind.example:${port}`;
    let asked = 0;
    const rebinding = createGuardedAgent({
      mayConnect: createMayConnect([`127.0.0.1:${port}`]),
      connections: 1,
      resolve: (_name, done) => done(null, [{ address: asked++ === 0 ? '127.0.0.1' : '127.0.0.2', family: 4 }]),
    });
    const before = dispatcher;
    dispatcher = rebinding;
    const body: ServedFile['body'] = (req, res) =>
      void res.writeHead(302, { location: req.url ?? '', connection: 'close' }).end();
    try {
      const url = `${graphApiUrl}/file/915`;
      host.files.set('915', { bytes: PICTURE, body });
      const result = await fetched({ bytes: PICTURE, url }, { endpoint: { graphApiUrl } });
      expect([result, asked]).toEqual([{ state: 'failed', reason: 'privateAddress' }, 2]);
    } finally {
      dispatcher = before;
      await rebinding.destroy();
    }
  });

  it('brings the token to the first host only', async () => {
    const meta = new MockAgent();
    meta.disableNetConnect();
    const heard: unknown[] = [];
    const answer =
      (status: number, body: Buffer | string, headers = {}) =>
      (request: { headers?: unknown }) => {
        heard.push(new Headers(Object(request.headers)).get('authorization'));
        return { statusCode: status, data: body, responseOptions: { headers } };
      };
    meta
      .get('https://lookaside.fbsbx.com')
      .intercept({ path: '/a' })
      .reply(answer(302, '', { location: 'https://scontent.fbcdn.net/b' }));
    meta.get('https://scontent.fbcdn.net').intercept({ path: '/b' }).reply(answer(200, PICTURE));
    const before = dispatcher;
    dispatcher = meta;
    try {
      expect(await fetched({ bytes: PICTURE, url: 'https://lookaside.fbsbx.com/a' })).toMatchObject({ state: 'ready' });
      expect(heard).toEqual(['Bearer token-of-the-shop', null]);
    } finally {
      dispatcher = before;
      await meta.close();
    }
  });

  it('is not fetched from a name of Meta’s that leads to a private address', async () => {
    const lying = createGuardedAgent({
      mayConnect: createMayConnect([]),
      connections: 1,
      resolve: (_name, done) => done(null, [{ address: '10.0.0.1', family: 4 }]),
    });
    const before = dispatcher;
    dispatcher = lying;
    try {
      const result = await fetched({ bytes: PICTURE, url: 'https://lookaside.fbsbx.com/whatsapp/1' });
      expect(result).toEqual({ state: 'failed', reason: 'privateAddress' });
    } finally {
      dispatcher = before;
      await lying.destroy();
    }
  });

  it('follows redirects on the same host a few times, and not for ever', async () => {
    const round: ServedFile['body'] = (req, res) => void res.writeHead(302, { location: req.url ?? '' }).end();
    expect(await fetched({ bytes: PICTURE, body: round })).toEqual({ state: 'failed', reason: 'foreignHost' });
    const once: ServedFile['body'] = (req, res, asked) =>
      asked === 1 ? void res.writeHead(302, { location: req.url ?? '' }).end() : void res.end(PICTURE);
    expect(await fetched({ bytes: PICTURE, body: once })).toMatchObject({ state: 'ready' });
  });

  it('ends as cutOff when the connection ends before the file, with and without a length', async () => {
    const half = PICTURE.subarray(0, 30);
    const withLength: ServedFile['body'] = (_req, res) => {
      res.writeHead(200, { 'content-length': PICTURE.length });
      res.write(half, () => res.destroy());
    };
    expect(await fetched({ bytes: PICTURE, body: withLength })).toEqual({ state: 'failed', reason: 'cutOff' });
    const withoutLength: ServedFile['body'] = (_req, res) => {
      res.writeHead(200, { connection: 'close' });
      res.end(half);
    };
    expect(await fetched({ bytes: PICTURE, body: withoutLength })).toEqual({ state: 'failed', reason: 'cutOff' });
    expect(leftBehind()).toEqual([]);
  });

  it('is not read further than the limit when its body never ends', async () => {
    let written = 0;
    const body: ServedFile['body'] = (_req, res) => {
      res.writeHead(200);
      const chunk = Buffer.alloc(65_536);
      const more = () => {
        while (!res.destroyed) {
          written += chunk.length;
          if (!res.write(chunk)) break;
        }
      };
      res.on('drain', more);
      more();
    };
    const endpoint = { media: { accept: { image: 1 }, types: ['image/*'] } };
    expect(await fetched({ bytes: PICTURE, fileSize: null, body }, { endpoint })).toEqual({
      state: 'refused',
      reason: 'tooLarge',
    });
    // What the sockets on both sides hold comes on top.
    expect(written).toBeLessThan(16 * 1_048_576);
    expect(leftBehind()).toEqual([]);
  });

  it('is given up in the middle when the signal says so', async () => {
    const ends = new AbortController();
    const body: ServedFile['body'] = (_req, res) => {
      res.writeHead(200);
      res.write(PICTURE, () => ends.abort('too late'));
    };
    await expect(fetched({ bytes: PICTURE, body }, { signal: ends.signal })).rejects.toBe('too late');
    expect(leftBehind()).toEqual([]);
  });

  it('ends as storeFailed when the disk refuses it, each time it is tried', async () => {
    const occupied = join(dir, 'occupied');
    await writeFile(occupied, 'a file where the folder should be');
    expect(await fetched({ bytes: PICTURE }, { dir: occupied })).toEqual({ state: 'failed', reason: 'storeFailed' });
    expect(storeFailures).toEqual(Array(3).fill('the media folder failed to store a file: ENOTDIR'));
  });

  it('waits out a disk that is full for a moment, and whoever can mend it is told', async () => {
    const disk = createDiskStore(dir);
    const puts: string[] = [];
    const store: MediaStore = {
      ...disk,
      async put(key, path, facts) {
        puts.push(key);
        if (puts.length === 1) throw diskError('store', Object.assign(new Error(), { code: 'ENOSPC' }));
        await disk.put(key, path, facts);
      },
    };
    expect(await fetched({ bytes: PICTURE }, { store })).toMatchObject({ state: 'ready' });
    expect(storeFailures).toEqual(['the media folder failed to store a file: the disk of media.dir is full']);
    expect(new Set(puts).size).toBe(1);
  });
});
