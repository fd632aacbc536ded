import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { S3mini } from 's3mini';
import { request } from 'undici';
import { MediaStoreError } from '../shared/media-types.js';
import { isMediaKey, type MediaStore, RECEIVED } from './store.js';

export interface S3Settings {
  /** with the bucket as the last part of its path, or in its host */
  url: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

const PAGE = 1_000;

/** Files in a bucket of an S3-compatible object store; see `docs/whatsapp/media.md` for the rights it needs. */
export function createS3Store({ url, region, accessKeyId, secretAccessKey }: S3Settings): MediaStore {
  const s3 = new S3mini({ endpoint: url, region, accessKeyId, secretAccessKey, fetch: streamingFetch });
  return {
    async put(key, path, type) {
      checkKey(key);
      await failing('store', async () => {
        const { size } = await stat(path);
        // Not `Readable.toWeb`, which reads far ahead of who takes from it.
        const body = ReadableStream.from(createReadStream(path));
        await s3.putObject(key, body, type, undefined, undefined, size);
      });
    },
    async bytesOf(key) {
      checkKey(key);
      return failing('find', async () => ((await s3.objectExists(key)) ? s3.getContentLength(key) : undefined));
    },
    async read(key, range) {
      checkKey(key);
      return failing('read', async () => {
        // The client wants the byte behind the last one.
        const answer =
          range === undefined
            ? await s3.getObjectResponse(key)
            : (await s3.objectExists(key))
              ? await s3.getObjectRaw(key, false, range.start, range.end + 1)
              : null;
        return answer?.body == null ? undefined : Readable.fromWeb(answer.body);
      });
    },
    async deleteBefore(day) {
      return failing('delete', async () => {
        let files = 0;
        for (;;) {
          // Names begin with the day, and lists are sorted by name: the oldest come first.
          const page = await s3.listObjectsPaged('/', `${RECEIVED}/`, PAGE);
          const old = (page?.objects ?? []).map(({ Key }) => Key).filter((key) => key.slice(RECEIVED.length + 1) < day);
          if (old.length === 0) return files;
          // One by one: not every S3-compatible store takes a list, and nobody waits.
          for (const key of old) await s3.deleteObject(key);
          files += old.length;
        }
      });
    },
  };
}

/**
 * What is put goes around `fetch`, which holds most of a large body in memory before it is collected; the answer to it is a
 * few hundred bytes.
 */
const streamingFetch: typeof fetch = async (input, init) => {
  if (!(init?.body instanceof ReadableStream)) return fetch(input, init);
  const { statusCode, headers, body } = await request(String(input), {
    method: 'PUT',
    headers: Object.fromEntries(new Headers(init.headers)),
    body: Readable.from(init.body),
  });
  const text = await body.text();
  return new Response(text, { status: statusCode, headers: { 'content-type': String(headers['content-type'] ?? '') } });
};

function checkKey(key: string): void {
  if (!isMediaKey(key)) throw new MediaStoreError('a file was asked for under a name that no file has');
}

async function failing<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (err) {
    throw new MediaStoreError(`the object store failed to ${what} a file`, { cause: err });
  }
}
