import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import S3rver from 's3rver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDiskStore } from '../../../src/media/disk-store.js';
import { createS3Store } from '../../../src/media/s3-store.js';
import { flowFileKey, type MediaStore } from '../../../src/media/store.js';
import { MediaStoreError } from '../../../src/shared/media-types.js';

let dir: string;
let server: S3rver;
let s3Url: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parlance-stores-'));
  server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory: join(dir, 's3'),
    configureBuckets: [{ name: 'files', configs: [] }],
  });
  const { port } = await server.run();
  s3Url = `http://127.0.0.1:${port}/files`;
});
afterAll(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

// The keys of that server.
const keys = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER', region: 'us-east-1' };
const stores: [string, () => MediaStore][] = [
  ['a folder', () => createDiskStore(join(dir, 'disk'))],
  ['an S3 server', () => createS3Store({ url: s3Url, ...keys })],
];

describe.each(stores)('files in %s', (_where, open) => {
  async function put(key: string, bytes: Buffer): Promise<void> {
    const path = join(dir, 'arriving');
    await writeFile(path, bytes);
    await open().put(key, path, 'image/png');
  }
  const whole = async (key: string): Promise<Buffer | undefined> => {
    const body = await open().read(key);
    return body && buffer(body);
  };

  it('come out as they went in, whole and in parts', async () => {
    const bytes = randomBytes(300_001);
    await put('in/2026-11-21/a.png', bytes);
    expect(await open().bytesOf('in/2026-11-21/a.png')).toBe(bytes.length);
    expect((await whole('in/2026-11-21/a.png'))?.equals(bytes)).toBe(true);
    const part = await open().read('in/2026-11-21/a.png', { start: 1_000, end: 200_000 });
    expect(part && (await buffer(part)).equals(bytes.subarray(1_000, 200_001))).toBe(true);
  });

  it('may be put again: the last one counts', async () => {
    await put('in/2026-11-21/b.png', Buffer.from('first'));
    await put('in/2026-11-21/b.png', Buffer.from('then'));
    expect((await whole('in/2026-11-21/b.png'))?.toString()).toBe('then');
  });

  it('are not there when nobody put them', async () => {
    expect(await open().bytesOf('in/2026-11-21/none.png')).toBeUndefined();
    expect(await open().read('in/2026-11-21/none.png')).toBeUndefined();
    expect(await open().read('in/2026-11-21/none.png', { start: 0, end: 1 })).toBeUndefined();
  });

  it.each(['../outside', 'in/../../etc/passwd', 'in/2026-11-21/a.png/..', ''])('have no such name: %j', async (key) => {
    await expect(open().bytesOf(key)).rejects.toThrow(MediaStoreError);
    await expect(open().read(key)).rejects.toThrow(MediaStoreError);
    await expect(put(key, Buffer.from('x'))).rejects.toThrow(MediaStoreError);
  });

  it('of contacts are deleted by the day they came, files of flows never', async () => {
    const ofFlow = flowFileKey('a'.repeat(64));
    await put(ofFlow, Buffer.from('menu'));
    for (const day of ['2026-09-30', '2026-10-01', '2026-10-02']) {
      for (const name of ['x', 'y']) await put(`in/${day}/${name}.png`, Buffer.from(day));
    }
    expect(await open().deleteBefore('2026-10-02')).toBe(4);
    expect(await open().deleteBefore('2026-10-02')).toBe(0);
    expect(await open().bytesOf('in/2026-09-30/x.png')).toBeUndefined();
    expect(await open().bytesOf('in/2026-10-02/y.png')).toBe(10);
    expect(await open().bytesOf(ofFlow)).toBe(4);
  });
});

describe('an S3 server', () => {
  it('that refuses the keys is a fault of the store, and its words are not passed on', async () => {
    const store = createS3Store({ url: s3Url, ...keys, accessKeyId: 'unknown' });
    await expect(store.read('in/2026-11-21/a.png')).rejects.toThrow('the object store failed to read a file');
    const path = join(dir, 'arriving');
    await writeFile(path, 'x');
    await expect(store.put('in/2026-11-21/a.png', path, 'image/png')).rejects.toThrow(MediaStoreError);
  });

  it('that is away is a fault of the store', async () => {
    const store = createS3Store({ url: 'http://127.0.0.1:1/files', ...keys });
    await expect(store.bytesOf('in/2026-11-21/a.png')).rejects.toThrow(MediaStoreError);
  });
});
