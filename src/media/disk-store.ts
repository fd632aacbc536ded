import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MediaStoreError } from '../shared/media-types.js';
import { isMediaKey, type MediaStore, RECEIVED } from './store.js';

/**
 * Files in a folder, of this machine or one that all of them mount. A file appears under its name when it is whole: it is
 * written beside and moved, so the folder of what is on its way must be on the same file system.
 */
export function createDiskStore(dir: string): MediaStore {
  const pathOf = (key: string): string => {
    if (!isMediaKey(key)) throw new MediaStoreError('a file was asked for under a name that no file has');
    return join(dir, key);
  };
  return {
    async put(key, path) {
      const target = pathOf(key);
      await failing('store', async () => {
        await mkdir(dirname(target), { recursive: true });
        const file = await open(path, 'r+');
        // A turn will soon tell of it: it must be there after a power cut, as the turn is.
        await file.sync().finally(() => file.close());
        await rename(path, target);
      });
    },
    async bytesOf(key) {
      return (await statOf(pathOf(key)))?.size;
    },
    async read(key, range) {
      const path = pathOf(key);
      return (await statOf(path)) === undefined ? undefined : createReadStream(path, range);
    },
    async deleteBefore(day) {
      return failing('delete', async () => {
        let files = 0;
        const days = await readdir(join(dir, RECEIVED)).catch((err: unknown) => noneIfMissing(err) ?? []);
        for (const one of days.filter((name) => /^\d{4}-\d{2}-\d{2}$/.test(name) && name < day)) {
          const folder = join(dir, RECEIVED, one);
          files += (await readdir(folder).catch((err: unknown) => noneIfMissing(err) ?? [])).length;
          await rm(folder, { recursive: true, force: true });
        }
        return files;
      });
    },
  };
}

async function statOf(path: string): Promise<{ size: number } | undefined> {
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
    throw new MediaStoreError(`the media folder failed to ${what} a file`, { cause: err });
  }
}
