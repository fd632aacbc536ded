import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express, { type ErrorRequestHandler } from 'express';
import { pino } from 'pino';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { createOwnFileHandler } from '../../../src/api/own-files.js';
import { createOwnFileStore, type OwnFileStore } from '../../../src/media/own-file-store.js';
import type { MediaStore } from '../../../src/media/store.js';
import { MediaStoreError } from '../../../src/shared/media-types.js';

const logged: string[] = [];
const log = pino({ level: 'warn' }, { write: (line) => void logged.push(line) });
const onError: ErrorRequestHandler = (err, _req, res, _next) => {
  logged.push(String(err));
  res.status(500).end();
};
const serving = (files: Pick<OwnFileStore, 'take'>) =>
  express().put('/:sha256', createOwnFileHandler(files, log)).use(onError);

/** A store that takes no file, which shows once all of it has come. */
const full: Pick<MediaStore, 'put' | 'bytesOf'> = {
  put: () => Promise.reject(new MediaStoreError('the media folder failed to store a file: the disk is full')),
  bytesOf: () => Promise.resolve(undefined),
};

describe('PUT /ops/flows/files/:sha256', () => {
  it('says when the store takes nothing, also behind the last byte of the file', async () => {
    const files = createOwnFileStore(full, join(tmpdir(), 'parlance-own-files-test'));
    const sha256 = createHash('sha256').update('a menu').digest('hex');
    const answer = await request(serving(files)).put(`/${sha256}`).send('a menu').timeout(5_000);
    expect([answer.status, answer.body]).toEqual([
      507,
      {
        error: 'store_failed',
        message: 'The server could not store a file: the media folder failed to store a file: the disk is full.',
      },
    ]);
    expect(logged.splice(0)).toHaveLength(1);
  });

  it('takes who hangs up in the middle for no fault of anybody', async () => {
    let tell: (err: unknown) => void = () => undefined;
    const ended = new Promise<unknown>((resolve) => {
      tell = resolve;
    });
    const server = serving({
      async take(_sha256, content) {
        try {
          for await (const _ of content) sending.destroy();
        } catch (err) {
          tell(err);
          throw err;
        }
        return 'wrong';
      },
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const headers = { 'content-length': 1_000 };
    const sending = httpRequest({ port, host: '127.0.0.1', method: 'PUT', path: `/${'a'.repeat(64)}`, headers });
    sending.on('error', () => undefined);
    sending.write('the first half');
    expect(await ended).toMatchObject({ code: 'ECONNRESET' });
    server.close();
    await once(server, 'close');
    expect(logged).toEqual([]);
  });
});
