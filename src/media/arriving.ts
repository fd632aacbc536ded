import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A file that comes in grows, and is stored within minutes. */
const LEFT_BEHIND_MS = 10 * 60_000;

/**
 * Deletes what processes left that died with files on their way. Others may be at work in the same folder: what was
 * written to a moment ago is theirs.
 *
 * @param nowMs epoch ms, as the file system counts
 * @returns how many files. @throws what the file system throws
 */
export async function sweepArriving(dir: string, nowMs: number): Promise<number> {
  await mkdir(dir, { recursive: true });
  let files = 0;
  for (const name of await readdir(dir)) {
    const path = join(dir, name);
    // Gone meanwhile: it was stored, or another process sweeps as well.
    const modifiedMs = await stat(path).then(
      (stats) => stats.mtimeMs,
      () => nowMs,
    );
    if (modifiedMs >= nowMs - LEFT_BEHIND_MS) continue;
    await rm(path, { force: true });
    files += 1;
  }
  return files;
}
