import { MediaStoreError } from '../shared/media-types.js';
import { createS3Client, S3RefusedError, type S3Settings } from './s3-client.js';
import { checkMediaKey, FLOW_FILES, isMediaKey, type MediaStore, RECEIVED } from './store.js';

/** Files in a bucket of an S3-compatible object store; see `docs/whatsapp/media.md` for the rights it needs. */
export function createS3Store(settings: S3Settings): MediaStore {
  const s3 = createS3Client(settings);

  /** All objects below a name, a page at a time, by name. */
  async function* pages(prefix: string): AsyncGenerator<{ key: string; modifiedMs: number }[]> {
    let last = '';
    for (let after: string | undefined; ; ) {
      const { objects, next } = await s3.list(prefix, after);
      const [first] = objects;
      // A store that does not read the token gives its first page for ever.
      if (first !== undefined && first.key <= last) {
        throw new MediaStoreError('the object store lists its files in a circle');
      }
      yield objects;
      if (next === undefined) return;
      last = objects.at(-1)?.key ?? last;
      after = next;
    }
  }

  return {
    async put(key, path, facts) {
      await s3.put(checkMediaKey(key), path, facts);
    },
    async bytesOf(key) {
      return s3.size(checkMediaKey(key));
    },
    async read(key, range) {
      return s3.get(checkMediaKey(key), range);
    },
    async remove(key) {
      await s3.remove(checkMediaKey(key));
    },
    async deleteBefore(day) {
      const dayIn = (key: string): string => key.slice(RECEIVED.length + 1);
      let files = 0;
      const kept: S3RefusedError[] = [];
      for await (const page of pages(`${RECEIVED}/`)) {
        // One by one: not every S3-compatible store takes a list, and nobody waits.
        for (const { key } of page) {
          if (!isMediaKey(key) || dayIn(key) >= day) continue;
          try {
            await s3.remove(key);
            files += 1;
          } catch (err) {
            // One that is under a lock, say, keeps no other from going.
            if (!(err instanceof S3RefusedError)) throw err;
            kept.push(err);
          }
        }
        // Names begin with the day, and lists are sorted by name: the oldest come first.
        if (page.some(({ key }) => isMediaKey(key) && dayIn(key) >= day)) break;
        if (kept.length > 0 && files === 0) break;
      }
      const [first] = kept;
      if (first === undefined) return files;
      throw new MediaStoreError(`${kept.length} files could not be deleted, ${files} were: ${first.message}`);
    },
    async *flowFiles() {
      for await (const page of pages(`${FLOW_FILES}/`)) {
        for (const { key, modifiedMs } of page) if (isMediaKey(key)) yield { key, storedMs: modifiedMs };
      }
    },
  };
}
