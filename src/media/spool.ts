import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { diskError } from './disk-store.js';

/** hex hash and size of what was written */
export interface Spooled {
  sha256: string;
  bytes: number;
}

/**
 * Writes what somebody sends to a file that nobody has, a piece at a time. What is more than `maxBytes` is not read, and
 * the content is left as it is: who sends too much has to be told, which takes a connection that is still there. The caller
 * deletes the file, and ends the content.
 *
 * @returns undefined when it was more than that
 * @throws MediaStoreError for the disk; for the sender whatever its stream fails with
 */
export async function spool(content: Readable, path: string, maxBytes: number): Promise<Spooled | undefined> {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* measured(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maxBytes) return;
      hash.update(chunk);
      yield chunk;
    }
  }
  try {
    await mkdir(dirname(path), { recursive: true });
    const chunks = content.iterator({ destroyOnReturn: false });
    await pipeline(measured(chunks), createWriteStream(path, { flags: 'wx' }));
  } catch (err) {
    throw isOfDisk(err) ? diskError('store', err) : err;
  }
  return bytes > maxBytes ? undefined : { sha256: hash.digest('hex'), bytes };
}

/** Who hangs up is no failure of ours. */
function isOfDisk(err: unknown): boolean {
  return err instanceof Error && 'syscall' in err && 'code' in err && err.code !== 'ECONNRESET' && err.code !== 'EPIPE';
}
