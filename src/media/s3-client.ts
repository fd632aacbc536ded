import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, type Dispatcher } from 'undici';
import type { Clock } from '../shared/clock.js';
import { MediaStoreError } from '../shared/media-types.js';
import { readS3List, readS3Refusal, type S3ListPage, type S3Refusal } from './s3-answer.js';
import { canonicalPath, canonicalQuery, EMPTY_SHA256, escapeS3, type S3Credentials, signS3 } from './s3-signature.js';
import type { ByteRange, FileFacts } from './store.js';

export interface S3Settings extends S3Credentials {
  /** with the bucket as the last part of its path, or in its host */
  url: string;
  /** without a byte from the store or to it for so long, a request has failed */
  timeoutMs: number;
}

/** The store answered, and did not do it. Asking again does not help. */
export class S3RefusedError extends MediaStoreError {
  constructor(
    message: string,
    /** e.g. `AccessDenied`; none in answers to HEAD */
    readonly s3Code: string | undefined,
  ) {
    super(message);
  }
}

/**
 * The five requests to a bucket that files need. Each may be repeated, and is when the store is busy, fails, or the
 * connection breaks.
 *
 * @throws MediaStoreError that says what to do about it; S3RefusedError when it is the bucket or the key
 */
export interface S3Client {
  /** Streams the file at `path`; the store refuses bytes that have another hash. */
  put(key: string, path: string, facts: FileFacts): Promise<void>;
  /** @returns bytes of an object, undefined when there is none */
  size(key: string): Promise<number | undefined>;
  /** @returns undefined when there is none; the stream fails when the connection does, or when it stands still */
  get(key: string, range?: ByteRange): Promise<Readable | undefined>;
  /** Nothing happens when there is none. */
  remove(key: string): Promise<void>;
  /** A page of at most a thousand objects, by name. @param after `next` of the page before */
  list(prefix: string, after?: string): Promise<S3ListPage>;
}

/** Statuses of a store that has a bad moment. */
const BUSY = new Set([429, 500, 502, 503, 504]);
/** Codes of one that come with a status of ours. `RequestTimeout`: our bytes came too slowly. */
const BUSY_CODES = new Set(['RequestTimeout', 'SlowDown', 'InternalError', 'ServiceUnavailable', 'OperationAborted']);
const CONNECTIONS = 32;
const MAX_LIST_BYTES = 8 * 1_048_576;
const MAX_REFUSAL_BYTES = 64 * 1024;

interface S3Call {
  /** for the error: `the object store failed to store a file` */
  what: string;
  method: 'PUT' | 'GET' | 'HEAD' | 'DELETE';
  key?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  file?: { path: string; bytes: number; sha256: string };
}

/** @param pausesMs between tries, and one try more than there are pauses */
export function createS3Client(
  { url, timeoutMs, ...credentials }: S3Settings,
  { clock, pausesMs = [200, 1_000] }: { clock: Clock; pausesMs?: readonly number[] },
): S3Client {
  const bucket = new URL(url.replace(/\/+$/, ''));
  const agent = new Agent({ connections: CONNECTIONS, connect: { timeout: timeoutMs } });

  /** @returns the answer, which was a success or a 404; its body must be read or destroyed */
  async function call(request: S3Call): Promise<Dispatcher.ResponseData> {
    for (let tries = 0; ; tries++) {
      const tried = await tryOnce(request);
      if ('answer' in tried) return tried.answer;
      const pauseMs = pausesMs[tries];
      if (pauseMs === undefined || !tried.again) throw tried.error;
      // Many processes that were told to slow down should not come back together.
      await pause(pauseMs * (0.5 + Math.random()));
    }
  }

  async function tryOnce(
    request: S3Call,
  ): Promise<{ answer: Dispatcher.ResponseData } | { again: boolean; error: MediaStoreError }> {
    const { what, file } = request;
    const target = targetOf(request);
    const silence = createSilenceLimit(timeoutMs);
    const body = file === undefined ? null : Readable.from(pieces(file.path, silence.over), { objectMode: false });
    try {
      const answer = await agent.request({
        origin: bucket.origin,
        path: target.path,
        method: request.method,
        headers: { ...target.headers, ...(file === undefined ? {} : { 'content-length': String(file.bytes) }) },
        body,
        signal: silence.signal,
        headersTimeout: 0,
        // Counts only while somebody reads: a browser on a slow line is not the store's fault.
        bodyTimeout: timeoutMs,
      });
      // Whoever gives up reading in the middle has not failed.
      answer.body.on('error', () => undefined);
      const { statusCode } = answer;
      const isMissing = statusCode === 404 && request.method === 'HEAD';
      if ((statusCode >= 200 && statusCode < 300) || isMissing) return { answer };
      const refusal = readS3Refusal(statusCode, answer.headers, await readText(answer.body, MAX_REFUSAL_BYTES));
      if (refusal.code === 'NoSuchKey') return { answer };
      return failedBy(what, refusal);
    } catch (err) {
      if (isOfDisk(err)) throw new MediaStoreError('a file to store could not be read', { cause: err });
      const why = silence.isOver() ? `it was silent for ${timeoutMs} ms` : reasonOf(err);
      const error = new MediaStoreError(`the object store failed to ${what} a file: ${why}`, { cause: err });
      return { again: true, error };
    } finally {
      silence.over('ended');
      body?.destroy();
    }
  }

  function targetOf({ method, key, query = {}, headers = {}, file }: S3Call): {
    path: string;
    headers: Record<string, string>;
  } {
    const target = new URL(bucket);
    const base = target.pathname.replace(/\/$/, '');
    // The bucket itself has no slash behind it: stores that take one sign it in different ways.
    target.pathname = key === undefined ? base : `${base}/${key.split('/').map(escapeS3).join('/')}`;
    for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
    const signed = signS3(
      { method, url: target, headers, bodySha256: file?.sha256 ?? EMPTY_SHA256 },
      credentials,
      clock.nowMs(),
    );
    const asked = canonicalQuery(target);
    return { path: `${canonicalPath(target)}${asked === '' ? '' : `?${asked}`}`, headers: signed };
  }

  return {
    async put(key, path, { type, bytes, sha256 }) {
      const headers = { 'content-type': type };
      const { body } = await call({ what: 'store', method: 'PUT', key, headers, file: { path, bytes, sha256 } });
      await body.dump();
    },
    async size(key) {
      const { statusCode, headers, body } = await call({ what: 'find', method: 'HEAD', key });
      await body.dump();
      if (statusCode === 404) return undefined;
      const bytes = Number(headers['content-length'] ?? Number.NaN);
      if (!Number.isSafeInteger(bytes)) throw new MediaStoreError('the object store does not tell the size of a file');
      return bytes;
    },
    async get(key, range) {
      const headers: Record<string, string> = range === undefined ? {} : { range: `bytes=${range.start}-${range.end}` };
      const { statusCode, body } = await call({ what: 'read', method: 'GET', key, headers });
      if (statusCode === 404) return undefined;
      // Whoever ignores the range would answer with other bytes than were asked for.
      if (range === undefined || statusCode === 206) return body;
      body.destroy();
      throw new MediaStoreError('the object store gives no parts of files');
    },
    async remove(key) {
      const { body } = await call({ what: 'delete', method: 'DELETE', key });
      await body.dump();
    },
    async list(prefix, after) {
      const query = {
        'list-type': '2',
        'max-keys': '1000',
        prefix,
        ...(after === undefined ? {} : { 'continuation-token': after }),
      };
      const { body } = await call({ what: 'list', method: 'GET', query });
      const page = readS3List(await readText(body, MAX_LIST_BYTES).catch(() => ''));
      if (page === undefined) throw new MediaStoreError('the object store listed its files in a way nobody can read');
      return page;
    },
  };
}

function failedBy(what: string, { status, code, advice }: S3Refusal): { again: boolean; error: MediaStoreError } {
  const said = code === undefined ? `${status}` : `${status} ${code}`;
  const message = `the object store failed to ${what} a file: ${said}${advice === undefined ? '' : `, ${advice}`}`;
  const isBusy = BUSY.has(status) || (code !== undefined && BUSY_CODES.has(code));
  return isBusy
    ? { again: true, error: new MediaStoreError(message) }
    : { again: false, error: new S3RefusedError(message, code) };
}

/** Ends a request when nothing moves for so long; an upload that goes slowly goes on. */
function createSilenceLimit(limitMs: number): {
  signal: AbortSignal;
  /** something moved; `ended`: nothing has to any more */
  over(what: 'moved' | 'ended'): void;
  isOver(): boolean;
} {
  const ends = new AbortController();
  let timer = setTimeout(() => ends.abort(), limitMs);
  return {
    signal: ends.signal,
    over(what) {
      clearTimeout(timer);
      if (what === 'moved') timer = setTimeout(() => ends.abort(), limitMs);
    },
    isOver: () => ends.signal.aborted,
  };
}

async function* pieces(path: string, over: (what: 'moved') => void): AsyncGenerator<Buffer> {
  for await (const piece of createReadStream(path)) {
    over('moved');
    yield piece;
  }
}

/** @throws when it is longer, or breaks off */
async function readText(body: Readable, maxBytes: number): Promise<string> {
  const read: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > maxBytes) throw new Error('the answer is too long');
    read.push(piece);
  }
  return Buffer.concat(read).toString();
}

/** The file to store is not there, or the disk fails: nothing the object store is to blame for. */
function isOfDisk(err: unknown): boolean {
  return (
    err instanceof Error && 'syscall' in err && (err.syscall === 'open' || err.syscall === 'read') && 'path' in err
  );
}

/** The system's or undici's word, such as `ECONNREFUSED`. */
function reasonOf(err: unknown): string {
  if (err instanceof AggregateError) return reasonOf(err.errors[0]);
  if (err instanceof Error && 'code' in err && typeof err.code === 'string') return err.code;
  return err instanceof Error ? err.name : 'unknown';
}
