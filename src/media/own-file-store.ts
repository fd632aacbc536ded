import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { MediaStoreError, SENT_BYTES_MAX, UNKNOWN_TYPE } from '../shared/media-types.js';
import type { OwnFile } from '../shared/message.js';
import { spool } from './spool.js';
import { flowFileKey, type MediaStore } from './store.js';

/** The bots' own files, by their hash: versions that have the same file share it. */
export interface OwnFileStore {
  /** @returns those that have to be taken before a version with them can be used */
  missing(files: readonly OwnFile[]): Promise<OwnFile[]>;
  /**
   * `wrong`: the bytes do not have this hash; `tooLarge`: they are more than any message may have. Then nothing was kept,
   * and what is left of the content is not read. The caller ends it.
   */
  take(sha256: string, content: Readable): Promise<'taken' | 'wrong' | 'tooLarge'>;
  /** Takes what is missing from a folder of this machine. @throws also when a file has changed since it was listed */
  takeFrom(dir: string, files: readonly OwnFile[]): Promise<void>;
}

/** @param arrivingDir made when it is missing; on the file system of a disk store */
export function createOwnFileStore(store: Pick<MediaStore, 'put' | 'bytesOf'>, arrivingDir: string): OwnFileStore {
  async function missing(files: readonly OwnFile[]): Promise<OwnFile[]> {
    const absent: OwnFile[] = [];
    for (const file of files) {
      if ((await store.bytesOf(flowFileKey(file.sha256))) === undefined) absent.push(file);
    }
    return absent;
  }

  async function take(sha256: string, content: Readable): Promise<'taken' | 'wrong' | 'tooLarge'> {
    const path = join(arrivingDir, randomBytes(12).toString('hex'));
    try {
      const spooled = await spool(content, path, SENT_BYTES_MAX.document);
      if (spooled === undefined) return 'tooLarge';
      if (spooled.sha256 !== sha256) return 'wrong';
      await store.put(flowFileKey(sha256), path, { type: UNKNOWN_TYPE, ...spooled });
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
        const content = createReadStream(join(dir, path));
        const outcome = await take(sha256, content).finally(() => content.destroy());
        if (outcome !== 'taken') throw new MediaStoreError('a file of a flow has changed while it was deployed');
      }
    },
  };
}
