import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MediaStoreError } from '../shared/media-types.js';
import { checkMediaKey, FLOW_FILES, isMediaKey, type MediaStore, RECEIVED } from './store.js';

/**
 * Files in a folder, of this machine or one that all of them mount. A file appears under its name when it is whole: it is
 * written beside and moved, so the folder of what is on its way must be on the same file system.
 */
export function createDiskStore(dir: string): MediaStore {
  const pathOf = (key: string): string => join(dir, checkMediaKey(key));
  return {
    async put(key, path) {
      const target = pathOf(key);
      await failing('store', async () => {
        const made = await mkdir(dirname(target), { recursive: true });
        // A turn will soon tell of it: it must be there after a power cut, as the turn is.
        await syncToDisk(path, 'r+');
        await rename(path, target);
        // Its name as well, and that of a folder made for it: they stand in the folders above.
        await syncToDisk(dirname(target), 'r');
        for (let above = dirname(target); made !== undefined && above.length >= made.length; ) {
          above = dirname(above);
          await syncToDisk(above, 'r');
        }
      });
    },
    async bytesOf(key) {
      return (await statOf(pathOf(key)))?.size;
    },
    async read(key, range) {
      const path = pathOf(key);
      return (await statOf(path)) === undefined ? undefined : createReadStream(path, range);
    },
    async remove(key) {
      const path = pathOf(key);
      await failing('delete', () => rm(path, { force: true }));
    },
    async deleteBefore(day) {
      let files = 0;
      let kept: unknown;
      for (const one of await namesIn(join(dir, RECEIVED))) {
        if (!/^\d{4}-\d{2}-\d{2}$/.test(one) || one >= day) continue;
        const folder = join(dir, RECEIVED, one);
        try {
          const names = await namesIn(folder);
          await failing('delete', () => rm(folder, { recursive: true, force: true }));
          files += names.length;
        } catch (err) {
          // A day that cannot go keeps no other from going.
          kept ??= err;
        }
      }
      if (kept !== undefined) throw kept;
      return files;
    },
    async *flowFiles() {
      for (const name of await namesIn(join(dir, FLOW_FILES))) {
        const key = `${FLOW_FILES}/${name}`;
        const stats = isMediaKey(key) ? await statOf(pathOf(key)) : undefined;
        if (stats !== undefined) yield { key, storedMs: stats.mtimeMs };
      }
    },
  };
}

/** What the disk did not do, in words for whoever can mend it. */
export function diskError(what: string, cause: unknown): MediaStoreError {
  if (cause instanceof MediaStoreError) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  return new MediaStoreError(`the media folder failed to ${what} a file: ${ADVICE[code] ?? code}`, { cause });
}

const ADVICE: { readonly [code: string]: string } = {
  ENOSPC: 'the disk of media.dir is full',
  EDQUOT: 'the quota of media.dir is used up',
  EACCES: 'this process may not write in media.dir',
  EPERM: 'this process may not write in media.dir',
  EROFS: 'media.dir is on a disk that can only be read',
};

/** Some systems sync no folders; they write their names down at once, or promise nothing. */
const NO_SYNC_OF_FOLDERS = new Set(['EISDIR', 'EINVAL', 'ENOTSUP', 'EPERM']);

async function syncToDisk(path: string, flags: 'r' | 'r+'): Promise<void> {
  try {
    const file = await open(path, flags);
    await file.sync().finally(() => file.close());
  } catch (err) {
    const isFine = flags === 'r' && err instanceof Error && 'code' in err && NO_SYNC_OF_FOLDERS.has(String(err.code));
    if (!isFine) throw err;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await failing('list', () => readdir(folder).catch(noneIfMissing))) ?? [];
}

async function statOf(path: string): Promise<{ size: number; mtimeMs: number } | undefined> {
  return failing('read', () => stat(path).catch(noneIfMissing));
}

/** @throws whatever is no "there is none" */
function noneIfMissing(err: unknown): undefined {
  if (err instanceof Error && 'code' in err && (err.code === 'ENOENT' || err.code === 'ENOTDIR')) return undefined;
  throw err;
}

async function failing<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (err) {
    // The path may be named in it, and a path holds nothing of a contact's.
    throw diskError(what, err);
  }
}
