import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMediaHandler } from '../../../src/api/media.js';
import { createDiskStore } from '../../../src/media/disk-store.js';
import { createMediaLinks } from '../../../src/media/signed-url.js';
import { silent } from '../../support/core.js';
import { FakeClock } from '../../support/fake-clock.js';

const NOW_MS = Date.UTC(2026, 10, 21, 9);
const PICTURE = 'in/2026-11-21/a.png';
const PAPER = 'in/2026-11-21/b.pdf';
const PAGE = 'in/2026-11-21/c.bin';
const links = createMediaLinks('salt', '');
const clock = new FakeClock(NOW_MS);

let dir: string;
let app: express.Express;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parlance-media-'));
  const store = createDiskStore(dir);
  for (const key of [PICTURE, PAPER, PAGE]) {
    writeFileSync(join(dir, 'new'), '0123456789');
    await store.put(key, join(dir, 'new'), { type: '', bytes: 10, sha256: '' });
  }
  app = express();
  app.use('/media', createMediaHandler({ store, links, clock, log: silent }));
  app.use((_req, res) => void res.status(404).send('nothing here'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const get = (key: string, untilMs = NOW_MS + 60_000) => request(app).get(links.urlOf(key, untilMs));

describe('a link to a file', () => {
  it('gives the file, to be shown when it is a picture and saved when it is not', async () => {
    const picture = await get(PICTURE);
    expect(picture.body.toString()).toBe('0123456789');
    expect(picture.headers).toMatchObject({
      'content-type': 'image/png',
      'content-disposition': 'inline',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, max-age=3600',
    });
    expect((await get(PAPER)).headers).toMatchObject({
      'content-type': 'application/pdf',
      'content-disposition': 'attachment; filename="b.pdf"',
    });
    expect((await get(PAGE)).headers['content-type']).toBe('application/octet-stream');
  });

  it.each([
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
    ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=5-2', 416, '', 'bytes */10'],
    ['bytes=-0', 416, '', 'bytes */10'],
    ['bytes=0-1,4-5', 200, '0123456789', undefined],
    ['lines=1-2', 200, '0123456789', undefined],
  ])('gives what a player asks for: %s', async (range, status, body, contentRange) => {
    const got = await get(PICTURE).set('range', range);
    expect([got.status, got.body.toString(), got.headers['content-range']]).toEqual([
      status,
      status === 416 ? got.body.toString() : body,
      contentRange,
    ]);
  });

  it('tells its size to HEAD, and takes nothing else', async () => {
    const url = links.urlOf(PICTURE, NOW_MS + 60_000);
    const head = await request(app).head(url);
    expect([head.status, head.headers['content-length'], head.text]).toEqual([200, '10', undefined]);
    expect((await request(app).post(url)).status).toBe(404);
  });

  it('is not sent again to whoever has it, and never a piece of another file', async () => {
    const { etag = '' } = (await get(PICTURE)).headers;
    const again = await get(PICTURE).set('if-none-match', `"other", W/${etag}`);
    expect([again.status, again.text, again.headers['cache-control']]).toEqual([
      304,
      undefined,
      'private, max-age=3600',
    ]);
    expect((await get(PAPER).set('if-none-match', etag)).status).toBe(200);
    expect((await get(PICTURE).set('if-none-match', '*')).status).toBe(304);
    const goOn = (tag: string) => get(PICTURE).set({ range: 'bytes=8-', 'if-range': tag });
    expect([(await goOn(etag)).status, (await goOn('"other"')).status]).toEqual([206, 200]);
    // A link that is not good is not good for that either.
    const forged = links.urlOf(PICTURE, NOW_MS + 60_000).slice(0, -3);
    expect((await request(app).get(forged).set('if-none-match', etag)).status).toBe(404);
    expect((await get(PICTURE, NOW_MS).set('if-none-match', etag)).status).toBe(410);
  });

  it.each([
    ['a page', 'in/2026-11-21/page.html'],
    ['a drawing, which may hold a script', 'in/2026-11-21/drawing.svg'],
    ['a program', 'in/2026-11-21/tool.js'],
    ['text, which a browser may take for a page', 'in/2026-11-21/notes.txt'],
  ])('never shows %s, whoever put it there', async (_what, key) => {
    writeFileSync(join(dir, key), '<script>alert(1)</script>');
    const { headers } = await get(key);
    expect(headers['content-type']).toMatch(/^(application\/octet-stream|text\/plain.*)$/);
    expect(headers['content-disposition']).toMatch(/^attachment; filename="[a-z.]+"$/);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
  });

  it.each([
    'in/2026-11-21/a.png%0d%0aset-cookie:x',
    'in/2026-11-21/a%22b.png',
    'in/2026-11-21/ä.png',
    'in/2026-11-21/..%2f..%2fetc%2fpasswd',
    'in/2026-11-21//a.png',
    'in/2026-11-21/a.png%00.html',
    'in\\2026-11-21\\a.png',
    '../in/2026-11-21/a.png',
    'flow/../in/2026-11-21/a.png',
  ])('has no name that somebody chose, though it were well signed: %s', async (key) => {
    for (const name of [key, decodeURIComponent(key)]) {
      const signed = new URL(links.urlOf(name, NOW_MS + 60_000), 'http://localhost');
      // As it stands: a client would tidy it up.
      const got = await request(app).get(`/media/${encodeURI(name)}${signed.search}`);
      expect([got.status, got.headers['content-disposition'], got.headers['set-cookie']]).toEqual([
        404,
        undefined,
        undefined,
      ]);
    }
  });

  it('is gone when it has expired, and when the file was deleted', async () => {
    expect((await get(PICTURE, NOW_MS)).status).toBe(410);
    expect((await get('in/2026-01-01/old.png')).status).toBe(410);
  });

  it.each([
    ['another file', (url: string) => url.replace('/a.png', '/b.png')],
    ['a later end', (url: string) => url.replace(/expires=\d+/, 'expires=1999999999')],
    ['a cut signature', (url: string) => url.slice(0, -3)],
    ['no signature', (url: string) => url.replace(/&signature.*/, '')],
    ['two signatures', (url: string) => `${url}&signature=x`],
    ['another salt', () => createMediaLinks('other', '').urlOf(PICTURE, NOW_MS + 60_000)],
    ['a path out of the folder, well signed', () => links.urlOf('in/../../etc/passwd', NOW_MS + 60_000)],
  ])('that was made by somebody else looks like nothing: %s', async (_what, forge) => {
    const got = await request(app).get(forge(links.urlOf(PICTURE, NOW_MS + 60_000)));
    expect([got.status, got.text]).toEqual([404, 'nothing here']);
  });
});
