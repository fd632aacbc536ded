import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDiskStore, diskError } from '../../../src/media/disk-store.js';
import { createS3Client } from '../../../src/media/s3-client.js';
import { createS3Store } from '../../../src/media/s3-store.js';
import { flowFileKey, type MediaStore } from '../../../src/media/store.js';
import { MediaStoreError } from '../../../src/shared/media-types.js';
import { S3_KEYS, type S3Fault, startTestS3, type TestS3 } from '../../support/s3.js';

let dir: string;
let s3: TestS3;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parlance-stores-'));
  s3 = await startTestS3();
});
afterAll(async () => {
  await s3.stop();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => {
  s3.requests.length = 0;
});
afterEach(() => {
  s3.fault = undefined;
});

const settings = (more: Partial<Parameters<typeof createS3Store>[0]> = {}) => ({
  url: s3.url,
  ...S3_KEYS,
  timeoutMs: 5_000,
  ...more,
});
const openS3 = (more: Partial<Parameters<typeof createS3Store>[0]> = {}) => createS3Store(settings(more));
const stores: [string, () => MediaStore][] = [
  ['a folder', () => createDiskStore(join(dir, 'disk'))],
  ['an S3 server', () => openS3()],
];

async function putInto(store: MediaStore, key: string, bytes: Buffer, sha256 = sha256Of(bytes)): Promise<void> {
  const path = join(dir, 'arriving');
  await writeFile(path, bytes);
  await store.put(key, path, { type: 'image/png', bytes: bytes.length, sha256 });
}
const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const KEY = 'in/2026-11-21/a.png';

describe.each(stores)('files in %s', (_where, open) => {
  const put = (key: string, bytes: Buffer) => putInto(open(), key, bytes);
  const whole = async (key: string): Promise<Buffer | undefined> => {
    const body = await open().read(key);
    return body && buffer(body);
  };

  it('come out as they went in, whole and in parts', async () => {
    const bytes = randomBytes(300_001);
    await put(KEY, bytes);
    expect(await open().bytesOf(KEY)).toBe(bytes.length);
    expect((await whole(KEY))?.equals(bytes)).toBe(true);
    const part = await open().read(KEY, { start: 1_000, end: 200_000 });
    expect(part && (await buffer(part)).equals(bytes.subarray(1_000, 200_001))).toBe(true);
  });

  it('may be put again: the last one counts', async () => {
    await put('in/2026-11-21/b.png', Buffer.from('first'));
    await put('in/2026-11-21/b.png', Buffer.from('then'));
    expect((await whole('in/2026-11-21/b.png'))?.toString()).toBe('then');
  });

  it('are not there when nobody put them, or somebody removed them', async () => {
    await put('in/2026-11-21/gone.png', Buffer.from('x'));
    await open().remove('in/2026-11-21/gone.png');
    await open().remove('in/2026-11-21/gone.png');
    for (const name of ['none', 'gone']) {
      const key = `in/2026-11-21/${name}.png`;
      expect(await open().bytesOf(key)).toBeUndefined();
      expect(await open().read(key)).toBeUndefined();
      expect(await open().read(key, { start: 0, end: 1 })).toBeUndefined();
    }
  });

  it.each([
    '../outside',
    'in/../../etc/passwd',
    'in/2026-11-21/a.png/..',
    'in/2026-11-21/a b.png',
    'in/2026-11-21/%2e%2e.png',
    'in/2026-11-21/a.png\n',
    'flow/..',
    '',
  ])('have no such name: %j', async (key) => {
    await expect(open().bytesOf(key)).rejects.toThrow(MediaStoreError);
    await expect(open().read(key)).rejects.toThrow(MediaStoreError);
    await expect(open().remove(key)).rejects.toThrow(MediaStoreError);
    await expect(put(key, Buffer.from('x'))).rejects.toThrow(MediaStoreError);
  });

  it('of contacts are deleted by the day they came, files of flows are not', async () => {
    const ofFlow = flowFileKey('a'.repeat(64));
    const beforeMs = Date.now();
    await put(ofFlow, Buffer.from('menu'));
    for (const day of ['2026-09-30', '2026-10-01', '2026-10-02']) {
      for (const name of ['x', 'y']) await put(`in/${day}/${name}.png`, Buffer.from(day));
    }
    expect(await open().deleteBefore('2026-10-02')).toBe(4);
    expect(await open().deleteBefore('2026-10-02')).toBe(0);
    expect(await open().bytesOf('in/2026-09-30/x.png')).toBeUndefined();
    expect(await open().bytesOf('in/2026-10-02/y.png')).toBe(10);
    const ofFlows = [];
    for await (const one of open().flowFiles()) ofFlows.push(one);
    expect(ofFlows).toEqual([{ key: ofFlow, storedMs: expect.any(Number) }]);
    // File systems and S3 servers count in whole seconds, some of them.
    expect(ofFlows[0]?.storedMs).toBeGreaterThan(beforeMs - 2_000);
    await open().remove(ofFlow);
    expect(await open().bytesOf(ofFlow)).toBeUndefined();
  });
});

describe('a folder', () => {
  it('that cannot be written to says why, and a full disk in words', async () => {
    const file = join(dir, 'no-folder');
    await writeFile(file, '');
    await expect(putInto(createDiskStore(file), KEY, Buffer.from('x'))).rejects.toThrow(
      'the media folder failed to store a file: ENOTDIR',
    );
    const full = diskError('store', Object.assign(new Error('write /somewhere'), { code: 'ENOSPC' }));
    expect([full.message, full.code]).toEqual([
      'the media folder failed to store a file: the disk of media.dir is full',
      'media_store_failed',
    ]);
  });
});

describe('an S3 server that refuses', () => {
  const failure = async (store: MediaStore, what: 'put' | 'find' | 'read' | 'clean'): Promise<string> => {
    const works = {
      put: () => putInto(store, KEY, Buffer.from('x')),
      find: () => store.bytesOf(KEY),
      read: () => store.read(KEY),
      clean: () => store.deleteBefore('2026-01-01'),
    };
    return works[what]().then(
      () => 'nothing failed',
      (err: unknown) => (err instanceof MediaStoreError ? err.message : 'another error'),
    );
  };

  it.each<[string, Partial<Parameters<typeof createS3Store>[0]>, string]>([
    ['an unknown key', { accessKeyId: 'unknown' }, '403 InvalidAccessKeyId, it does not know media.s3.accessKeyId'],
    [
      'a wrong secret',
      { secretAccessKey: 'wrong' },
      '403 SignatureDoesNotMatch, media.s3.secretAccessKey is not the one of media.s3.accessKeyId',
    ],
    [
      'another region',
      { region: 'eu-west-1' },
      '400 AuthorizationHeaderMalformed, the bucket is in another region than media.s3.region: in us-east-1',
    ],
  ])('says so for %s, and is asked once', async (_what, wrong, words) => {
    for (const what of ['put', 'read', 'clean'] as const) {
      expect(await failure(openS3(wrong), what)).toContain(words);
    }
    expect(s3.requests.length).toBe(3);
  });

  it('for a bucket that is not there says that, and does not call it empty', async () => {
    const nowhere = openS3({ url: s3.url.replace('/files', '/other') });
    for (const what of ['put', 'read', 'clean'] as const) {
      expect(await failure(nowhere, what)).toContain('404 NoSuchBucket, there is no such bucket');
    }
  });

  it.each<[S3Fault, string]>([
    [{ status: 403, code: 'AccessDenied' }, '403 AccessDenied, the key may not do this with the bucket'],
    [{ status: 403 }, '403, media.s3.accessKeyId, media.s3.secretAccessKey or the rights of the key are wrong'],
    [
      { status: 301, headers: { location: 'https://elsewhere.example.com/', 'x-amz-bucket-region': 'eu-west-1' } },
      '301, the bucket is in another region than media.s3.region: in eu-west-1',
    ],
    [{ status: 507, code: 'XMinioStorageFull' }, '507 XMinioStorageFull, the store is full'],
    [
      { status: 403, code: 'RequestTimeTooSkewed' },
      '403 RequestTimeTooSkewed, its clock and the clock of this machine differ by more than 15 minutes',
    ],
    [{ status: 418, code: '<b>secret</b>' }, 'failed to store a file: 418'],
  ])('says what to do: %j', async (fault, words) => {
    s3.fault = () => fault;
    const said = await failure(openS3(), 'put');
    expect(said).toContain(words);
    expect(said).not.toContain('secret<');
    expect(s3.requests.length).toBe(1);
  });

  it('what HEAD asks for says it by its status', async () => {
    expect(await failure(openS3({ secretAccessKey: 'wrong' }), 'find')).toContain(
      'the object store failed to find a file: 403,',
    );
  });

  it('a large file answers before all of it is sent, and the reason arrives', async () => {
    s3.fault = () => ({ status: 403, code: 'AccessDenied' });
    await expect(putInto(openS3(), KEY, Buffer.alloc(20 * 1_048_576))).rejects.toThrow(MediaStoreError);
  });

  it('a request for its time is asked again in the time it has', async () => {
    const aheadMs = 20 * 60_000;
    const offBy: number[] = [];
    s3.fault = ({ signedMs }) => {
      const now = Date.now() + aheadMs;
      offBy.push(Math.round((now - signedMs) / 60_000));
      const headers = { date: new Date(now).toUTCString() };
      return Math.abs(now - signedMs) < 900_000 ? 'lie' : { status: 403, code: 'RequestTimeTooSkewed', headers };
    };
    await putInto(openS3(), KEY, Buffer.from('x'));
    expect(offBy).toEqual([20, 0]);
  });

  it('bytes that are not those that were signed keeps nothing of them', async () => {
    const key = 'in/2026-11-21/changed.png';
    await expect(putInto(openS3(), key, Buffer.from('changed'), sha256Of(Buffer.from('was')))).rejects.toThrow(
      'XAmzContentSHA256Mismatch, what arrived there is not what was sent',
    );
    expect(await openS3().bytesOf(key)).toBeUndefined();
  });
});

describe('an S3 server with a bad moment', () => {
  // The pauses of the SDK are random, from nothing to 2 s for a busy store. Here they are nothing.
  beforeEach(() => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  const bytes = randomBytes(200_000);
  const faultFor = (times: number, fault: S3Fault) => {
    s3.fault = (_seen, nth) => (nth <= times ? fault : undefined);
  };

  it.each<[string, S3Fault]>([
    ['is busy', { status: 503, code: 'SlowDown' }],
    ['fails', { status: 500, code: 'InternalError' }],
    ['has a proxy that fails', { status: 502 }],
    ['found our bytes slow', { status: 400, code: 'RequestTimeout' }],
    ['cuts the connection', 'cut request'],
  ])('that %s is asked again, three times in all', async (_what, fault) => {
    const key = 'in/2026-11-21/again.png';
    faultFor(2, fault);
    await putInto(openS3(), key, bytes);
    expect(s3.requests).toEqual([`PUT ${key}`, `PUT ${key}`, `PUT ${key}`]);
    s3.requests.length = 0;
    faultFor(2, fault);
    const body = await openS3().read(key);
    expect(body && (await buffer(body)).equals(bytes)).toBe(true);
    s3.requests.length = 0;
    faultFor(3, fault);
    await expect(openS3().read(key)).rejects.toThrow(MediaStoreError);
    expect(s3.requests.length).toBe(3);
  });

  it('that is silent has its time, and then the next try begins', async () => {
    faultFor(1, 'silent');
    await putInto(openS3({ timeoutMs: 500 }), KEY, bytes);
    s3.fault = () => 'silent';
    await expect(openS3({ timeoutMs: 100 }).bytesOf(KEY)).rejects.toThrow('it was silent for 100 ms');
  });

  it('that cuts an answer, or stands still in the middle of it, fails the stream', async () => {
    await putInto(openS3(), KEY, bytes);
    for (const fault of ['cut answer', 'stall'] as const) {
      s3.fault = () => fault;
      const body = await openS3({ timeoutMs: 300 }).read(KEY);
      await expect(body && buffer(body)).rejects.toThrow();
    }
  });

  it('has not failed when a file goes up slowly, as long as it moves', async () => {
    // What a slow line does: the file itself comes in pieces, for longer than nothing may move.
    const path = join(dir, 'pieces');
    execFileSync('mkfifo', [path]);
    const sent = randomBytes(80_000);
    const inPieces = async function* () {
      for (let at = 0; at < sent.length; at += 5_000) {
        await sleep(100);
        yield sent.subarray(at, at + 5_000);
      }
    };
    const written = pipeline(inPieces(), createWriteStream(path));
    const facts = { type: 'image/png', bytes: sent.length, sha256: sha256Of(sent) };
    await openS3({ timeoutMs: 1_000 }).put(KEY, path, facts);
    await written;
    expect(s3.requests).toEqual([`PUT ${KEY}`]);
    const body = await openS3().read(KEY);
    expect(body && (await buffer(body)).equals(sent)).toBe(true);
  });

  it('has not failed when somebody reads slowly', async () => {
    const large = randomBytes(12 * 1_048_576);
    await putInto(openS3(), KEY, large);
    const body = await openS3({ timeoutMs: 2_000 }).read(KEY);
    // A connection that stood still takes some 0.8 s to move again, on a busy machine.
    await sleep(3_000);
    expect(body && (await buffer(body)).equals(large)).toBe(true);
  }, 20_000);

  it('is not to blame for a file that is gone before it was stored', async () => {
    const facts = { type: 'image/png', bytes: 1, sha256: sha256Of(Buffer.from('x')) };
    await expect(openS3().put(KEY, join(dir, 'never-there'), facts)).rejects.toThrow(
      'a file to store could not be read',
    );
  });

  it('that is away is a fault of the store', async () => {
    await expect(openS3({ url: 'http://127.0.0.1:1/files' }).bytesOf(KEY)).rejects.toThrow('ECONNREFUSED');
  });
});

describe('an S3 server with many files', () => {
  it('is cleaned page by page', async () => {
    const seen: (string | null)[] = [];
    s3.fault = ({ method, query }) => {
      if (method === 'GET') seen.push(query.get('continuation-token'));
      return undefined;
    };
    const store = openS3();
    await putInto(store, 'in/2026-08-01/0.png', Buffer.from('x'));
    await putInto(store, 'in/2026-08-01/z.png', Buffer.from('x'));
    // A page of somebody else's, which stay.
    s3.copy(
      'in/2026-08-01/0.png',
      Array.from({ length: 1_000 }, (_, n) => `note-${n}`),
    );
    expect(await store.deleteBefore('2026-08-02')).toBe(2);
    expect(seen).toEqual([null, expect.any(String)]);
    expect(await store.deleteBefore('2026-08-02')).toBe(0);
  }, 60_000);

  it('ends a sweep when deletes do nothing, or are refused, and says what stayed', async () => {
    const store = openS3();
    for (const name of ['a', 'b', 'c']) await putInto(store, `in/2026-07-01/${name}.png`, Buffer.from('x'));
    s3.fault = ({ method }) => (method === 'DELETE' ? 'lie' : undefined);
    expect(await store.deleteBefore('2026-07-02')).toBe(3);
    s3.fault = ({ method, key }) =>
      method === 'DELETE' && key.endsWith('a.png') ? { status: 403, code: 'AccessDenied' } : undefined;
    await expect(store.deleteBefore('2026-07-02')).rejects.toThrow('1 files could not be deleted, 2 were: ');
    s3.fault = undefined;
    expect(await store.deleteBefore('2026-07-02')).toBe(1);
  });

  it.each([
    ['what is no list', '<html>welcome</html>', 'in a way nobody can read'],
    ['half a list', '<ListBucketResult><Contents><Key>in/x', 'in a way nobody can read'],
    [
      'the same page for ever',
      '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>' +
        '<Contents><Key>in/readme</Key></Contents></ListBucketResult>',
      'in a circle',
    ],
  ])('that answers with %s fails a sweep', async (_what, body, words) => {
    s3.fault = () => ({ body });
    await expect(openS3().deleteBefore('2026-01-01')).rejects.toThrow(words);
  });

  it('is asked for the next page with its token as it was meant', async () => {
    const tokens: (string | null)[] = [];
    s3.fault = ({ query }) => {
      tokens.push(query.get('continuation-token'));
      const key = tokens.length === 1 ? `flow/${'a'.repeat(64)}` : 'flow/b &amp;amp;&#x27;&#39;&lt;&gt;&quot;';
      const token = tokens.length === 1 ? '<NextContinuationToken>a&amp;b+/==</NextContinuationToken>' : '';
      return {
        body:
          `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>${token !== ''}</IsTruncated>` +
          `${token}<Contents><Key>${key}</Key><LastModified>2026-11-21T09:00:00.000Z</LastModified></Contents></ListBucketResult>`,
      };
    };
    const files = [];
    for await (const one of openS3().flowFiles()) files.push(one);
    expect(files).toEqual([{ key: `flow/${'a'.repeat(64)}`, storedMs: Date.UTC(2026, 10, 21, 9) }]);
    expect(tokens).toEqual([null, 'a&b+/==']);
    expect((await createS3Client(settings()).list('flow/')).objects[0]?.key).toBe(`flow/b &amp;''<>"`);
  });

  it('takes names with any character, as they are signed', async () => {
    const client = createS3Client(settings());
    const path = join(dir, 'odd');
    await writeFile(path, 'x');
    const facts = { type: 'text/plain', bytes: 1, sha256: sha256Of(Buffer.from('x')) };
    const odd = ['a b', 'ä€😀', "it's (1)*!", 'a+b&c=d', '100%', 'a%2Fb', 'q?x#y', 'a;b,c:d@e$f', 'tilde~-_.'];
    for (const name of odd) {
      await client.put(`odd/${name}`, path, facts);
      expect([name, await client.size(`odd/${name}`)]).toEqual([name, 1]);
    }
    const { objects } = await client.list('odd/');
    // This server escapes the two in its lists twice.
    const isTold = (key: string) => !/[&']/.test(key);
    expect(
      objects
        .map(({ key }) => key)
        .filter(isTold)
        .sort(),
    ).toEqual(
      odd
        .map((name) => `odd/${name}`)
        .filter(isTold)
        .sort(),
    );
    for (const name of odd) await client.remove(`odd/${name}`);
    expect(await client.list('odd/')).toEqual({ objects: [], next: undefined });
  });
});

describe('an S3 client', () => {
  it('has 32 connections at most, however much there is to do', async () => {
    const store = openS3();
    const { connections } = s3;
    const before = connections.open;
    connections.peak = before;
    const found = await Promise.all(Array.from({ length: 100 }, () => store.bytesOf('in/2026-11-21/none.png')));
    expect(found.every((bytes) => bytes === undefined)).toBe(true);
    expect(connections.peak - before).toBeLessThanOrEqual(32);
  });

  it('takes nothing from the variables and files of the machine', async () => {
    const file = join(dir, 'aws-config');
    await writeFile(file, '[default]\naws_access_key_id = theirs\nuse_fips_endpoint = true\nmax_attempts = 1\n');
    const theirs = {
      AWS_CONFIG_FILE: file,
      AWS_SHARED_CREDENTIALS_FILE: file,
      AWS_ACCESS_KEY_ID: 'theirs',
      AWS_SECRET_ACCESS_KEY: 'theirs',
      AWS_SESSION_TOKEN: 'theirs',
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
      AWS_USE_FIPS_ENDPOINT: 'true',
      AWS_USE_DUALSTACK_ENDPOINT: 'true',
      AWS_MAX_ATTEMPTS: '1',
      AWS_REQUEST_CHECKSUM_CALCULATION: 'WHEN_SUPPORTED',
    };
    for (const [name, value] of Object.entries(theirs)) vi.stubEnv(name, value);
    try {
      s3.fault = (_seen, nth) => (nth <= 2 ? { status: 500 } : undefined);
      await putInto(openS3(), KEY, Buffer.from('ours'));
      expect(await openS3().bytesOf(KEY)).toBe(4);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it.each([
    ['the last part of the path', '', '/files/in/2026-11-21/a.png'],
    ['the last part of a longer path', '/of/ours', '/of/ours/files/in/2026-11-21/a.png'],
  ])('finds the bucket where media.s3.url has it: %s', async (_where, above, path) => {
    const asked: string[] = [];
    s3.fault = ({ url }) => {
      asked.push(url);
      return { status: 404 };
    };
    expect(await openS3({ url: s3.url.replace('/files', `${above}/files/`) }).bytesOf(KEY)).toBeUndefined();
    expect(asked).toEqual([path]);
  });

  it('finds the bucket in the host', async () => {
    const asked: string[] = [];
    s3.fault = ({ url }) => {
      asked.push(url);
      return { status: 404 };
    };
    expect(await openS3({ url: s3.url.replace('/files', '') }).bytesOf(KEY)).toBeUndefined();
    expect(asked).toEqual(['/in/2026-11-21/a.png']);
  });
});
