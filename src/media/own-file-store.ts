import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MediaStoreError, SENT_BYTES_MAX, UNKNOWN_TYPE } from '../shared/media-types.js';
import type { OwnFile } from '../shared/message.js';
import { flowFileKey, type MediaStore } from './store.js';

/** The bots' own files, by their hash: versions that have the same file share it, and none is ever deleted. */
export interface OwnFileStore {
  /** @returns those that have to be taken before a version with them can be used */
  missing(files: readonly OwnFile[]): Promise<OwnFile[]>;
  /** `wrong`: the bytes do not have this hash, or are more than any message may have; nothing was kept */
  take(sha256: string, content: Readable): Promise<'taken' | 'wrong'>;
  /** Takes what is missing from a folder of this machine. @throws also when a file has changed since it was listed */
  takeFrom(dir: string, files: readonly OwnFile[]): Promise<void>;
}

/** @param arrivingDir made when it is missing; on the file system of a disk store */
export function createOwnFileStore(store: MediaStore, arrivingDir: string): OwnFileStore {
  async function missing(files: readonly OwnFile[]): Promise<OwnFile[]> {
    const absent: OwnFile[] = [];
    for (const file of files) {
      if ((await store.bytesOf(flowFileKey(file.sha256))) === undefined) absent.push(file);
    }
    return absent;
  }

  async function take(sha256: string, content: Readable): Promise<'taken' | 'wrong'> {
    const path = join(arrivingDir, randomBytes(12).toString('hex'));
    const hash = createHash('sha256');
    let bytes = 0;
    async function* measured(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        // What follows is not read: the file is wrong already.
        if (bytes > SENT_BYTES_MAX.document) return;
        hash.update(chunk);
        yield chunk;
      }
    }
    try {
      await mkdir(arrivingDir, { recursive: true });
      await pipeline(content, measured, createWriteStream(path, { flags: 'wx' }));
      if (bytes > SENT_BYTES_MAX.document || hash.digest('hex') !== sha256) return 'wrong';
      await store.put(flowFileKey(sha256), path, { type: UNKNOWN_TYPE, bytes, sha256 });
      return 'taken';
    } finally {
      await rm(path, { force: true }).catch(() => undefined);
    }
  }

  return {
    missing,
    take,
    async takeFrom(dir, files) {
      for (const { path, sha256 } of await missing(files)) {
        const outcome = await take(sha256, createReadStream(join(dir, path)));
        if (outcome === 'wrong') throw new MediaStoreError('a file of a flow has changed while it was deployed');
      }
    },
  };
}
