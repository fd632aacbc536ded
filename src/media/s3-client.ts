import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client as Sdk,
} from '@aws-sdk/client-s3';
import { z } from 'zod';
import { MediaStoreError } from '../shared/media-types.js';
import { readS3Refusal, type S3Refusal } from './s3-refusal.js';
import { createS3Transport, SILENT } from './s3-transport.js';
import type { ByteRange, FileFacts } from './store.js';

export interface S3Settings {
  /** with the bucket as the last part of its path, or in its host */
  url: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** e.g. `eu-central-1`; stores without regions take any, mostly `auto` or `us-east-1` */
  region: string;
  /** without a byte from the store or to it for so long, a request has failed */
  timeoutMs: number;
}

export interface S3ListPage {
  /** in the order of their names */
  objects: { key: string; modifiedMs: number }[];
  /** undefined on the last page */
  next: string | undefined;
}

/** The store answered, and did not do it. Asking again does not help. */
export class S3RefusedError extends MediaStoreError {
  constructor(
    message: string,
    readonly status: number,
    /** e.g. `AccessDenied`; none in answers to HEAD */
    readonly s3Code: string | undefined,
  ) {
    super(message);
  }
}

/**
 * The five requests to a bucket that files need. Each may be repeated, and the SDK does when the store is busy, fails, or
 * the connection breaks.
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

const TRIES = 3;
/** Statuses and codes of a store that has a bad moment. `RequestTimeout`: our bytes came too slowly. */
const BUSY = new Set<unknown>([429, 500, 502, 503, 504, 'RequestTimeout', 'SlowDown']);

export function createS3Client({ url, region, timeoutMs, ...credentials }: S3Settings): S3Client {
  const sdk = new Sdk({
    region,
    credentials,
    // The bucket is given as a whole url, so the name of it may be anywhere in there, or nowhere.
    bucketEndpoint: true,
    endpoint: url,
    userAgentAppId: 'parlance',
    requestHandler: createS3Transport(timeoutMs),
    maxAttempts: TRIES,
    retryMode: 'standard',
    defaultsMode: 'standard',
    authSchemePreference: ['sigv4'],
    sigv4aSigningRegionSet: [region],
    // Bodies are not checked and sent in pieces of a shape of its own: few stores but Amazon's know that.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    logger: SILENT,
    ...NOTHING_FROM_THE_MACHINE,
  });
  const Bucket = url.replace(/\/+$/, '');

  async function answerTo<T>(what: string, asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (err) {
      throw failure(what, err, timeoutMs);
    }
  }

  return {
    async put(key, path, { type, bytes, sha256 }) {
      const command = new PutObjectCommand({ Bucket, Key: key, ContentType: type, ContentLength: bytes });
      const ends = new AbortController();
      let unreadable: unknown;
      const sendFile = sendFileWithEachTry(path, sha256, (err) => {
        unreadable = err;
        ends.abort();
      });
      command.middlewareStack.addRelativeTo(sendFile, { relation: 'before', toMiddleware: 'httpSigningMiddleware' });
      try {
        await answerTo('store', sdk.send(command, { abortSignal: ends.signal }));
      } catch (err) {
        if (unreadable === undefined) throw err;
        throw new MediaStoreError('a file to store could not be read', { cause: unreadable });
      } finally {
        // A store that answered in the middle of the file leaves a request that would never end.
        ends.abort();
      }
    },
    async size(key) {
      const asked = answerTo('find', sdk.send(new HeadObjectCommand({ Bucket, Key: key })));
      const found = await asked.catch(unless(({ status }) => status === 404));
      if (found === undefined) return undefined;
      if (found.ContentLength !== undefined) return found.ContentLength;
      throw new MediaStoreError('the object store does not tell the size of a file');
    },
    async get(key, range) {
      const Range = range === undefined ? undefined : `bytes=${range.start}-${range.end}`;
      const asked = answerTo('read', sdk.send(new GetObjectCommand({ Bucket, Key: key, Range })));
      const found = await asked.catch(unless(({ s3Code }) => s3Code === 'NoSuchKey'));
      if (found === undefined) return undefined;
      const { Body: body, $metadata } = found;
      if (!(body instanceof Readable)) throw new MediaStoreError('the object store gave no body of a file');
      // Whoever ignores the range would answer with other bytes than were asked for.
      if (range === undefined || $metadata.httpStatusCode === 206) return body;
      body.destroy();
      throw new MediaStoreError('the object store gives no parts of files');
    },
    async remove(key) {
      const asked = answerTo('delete', sdk.send(new DeleteObjectCommand({ Bucket, Key: key })));
      await asked.catch(unless(({ s3Code }) => s3Code === 'NoSuchKey'));
    },
    async list(prefix, after) {
      const page = new ListObjectsV2Command({ Bucket, Prefix: prefix, MaxKeys: 1000, ContinuationToken: after });
      const { Contents = [], IsTruncated, NextContinuationToken } = await answerTo('list', sdk.send(page));
      // Every list has this. Without it the answer was something else, and the bucket is not empty.
      if (IsTruncated === undefined) throw new MediaStoreError(UNREADABLE);
      const objects = Contents.map(({ Key = '', LastModified }) => ({
        key: Key,
        modifiedMs: LastModified?.getTime() ?? Number.NaN,
      }));
      return { objects, next: IsTruncated ? NextContinuationToken : undefined };
    },
  };
}

/** What the SDK would look up in variables and files of the machine otherwise, with `endpoint` and `userAgentAppId`. */
const NOTHING_FROM_THE_MACHINE = {
  useFipsEndpoint: false,
  useDualstackEndpoint: false,
  useArnRegion: false,
  disableMultiregionAccessPoints: true,
  disableS3ExpressSessionAuth: true,
  disableClockSkewCorrection: false,
};

const UNREADABLE = 'the object store answered in a way nobody can read';

/** In place of a refusal that only says that there is nothing: undefined. @throws all others */
function unless(isMissing: (err: S3RefusedError) => boolean): (err: unknown) => undefined {
  return (err) => {
    if (err instanceof S3RefusedError && isMissing(err)) return undefined;
    throw err;
  };
}

/**
 * Gives a request its body. The SDK repeats no request that has a stream for a body, so it comes without one as far as its
 * tries, and each of them reads the file anew. The hash is signed with the request: the store computes it, too, and keeps
 * nothing that has another.
 */
function sendFileWithEachTry(path: string, sha256: string, onUnreadable: (err: Error) => void) {
  return <Args extends { request?: unknown }, Answer>(next: (args: Args) => Promise<Answer>) =>
    async (args: Args): Promise<Answer> => {
      const body = createReadStream(path).on('error', onUnreadable);
      const { headers } = HasHeaders.parse(args.request);
      const request = { ...Object(args.request), body, headers: { ...headers, 'x-amz-content-sha256': sha256 } };
      try {
        return await next({ ...args, request });
      } finally {
        body.destroy();
      }
    };
}

const HasHeaders = z.object({ headers: z.record(z.string(), z.string()) });

/** What the SDK throws holds answers and addresses: of an answer, only words we know are kept. */
function failure(what: string, thrown: unknown, timeoutMs: number): MediaStoreError {
  const refusal = readS3Refusal(thrown);
  if (refusal !== undefined) return refused(what, refusal);
  const why = wasSilent(thrown) ? `it was silent for ${timeoutMs} ms` : reasonOf(thrown);
  return new MediaStoreError(`the object store failed to ${what} a file: ${why}`, { cause: thrown });
}

function refused(what: string, { status, code, advice }: S3Refusal): MediaStoreError {
  if (status < 300) return new MediaStoreError(UNREADABLE);
  const said = code === undefined ? `${status}` : `${status} ${code}`;
  const message = `the object store failed to ${what} a file: ${said}${advice === undefined ? '' : `, ${advice}`}`;
  return BUSY.has(status) || BUSY.has(code) ? new MediaStoreError(message) : new S3RefusedError(message, status, code);
}

/** The SDK gives this name to broken connections as well, which have a code of the system. */
function wasSilent(err: unknown): boolean {
  if (!(err instanceof Error) || err.name !== 'TimeoutError') return false;
  return !('code' in err) || err.code === 'ETIMEDOUT';
}

/** The system's word, such as `ECONNREFUSED`. */
function reasonOf(err: unknown): string {
  if (err instanceof AggregateError) return reasonOf(err.errors[0]);
  if (err instanceof Error && 'code' in err && typeof err.code === 'string') return err.code;
  return err instanceof Error ? err.name : 'unknown';
}
