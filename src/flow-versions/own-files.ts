import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, type Stats, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { MANIFEST, OWN_FILES_FOLDER, writeManifest } from '../flow/reading/own-files.js';
import { HEAD_BYTES, isAnimatedWebp, realType, typeOfName, UNKNOWN_TYPE } from '../shared/media-types.js';
import type { OwnFile } from '../shared/message.js';
import type { FlowSource } from './store.js';

const READ_BYTES = 1_048_576;

/** The folder of a bot's own files. */
export function ownFilesDir(flowsDir: string): string {
  return join(flowsDir, OWN_FILES_FOLDER);
}

/**
 * The list of a bot's own files, as one more of its flow files.
 *
 * @param flowsDir the folder with the flows; hidden files below its `media` are left out
 * @returns nothing when there are no such files: then the version is the one that it always was
 * @throws what the file system throws
 */
export function readManifestOf(flowsDir: string): FlowSource[] {
  const dir = ownFilesDir(flowsDir);
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .map((entry) => ({ entry, path: relative(dir, join(entry.parentPath, entry.name)).split(sep).join('/') }))
    .filter(({ entry, path }) => entry.isFile() && !/(^|\/)\./.test(path))
    .map(({ path }) => describe(dir, path));
  return files.length === 0 ? [] : [{ path: MANIFEST, text: writeManifest(files) }];
}

/** Read a part at a time, and once for each state of a file: a watched folder is read at each save. */
function describe(dir: string, path: string): OwnFile {
  const full = join(dir, path);
  const stats = statSync(full);
  const known = lastRead.get(full);
  if (known !== undefined && known.mtimeMs === stats.mtimeMs && known.size === stats.size) return known.file;
  const file = readOwnFile(full, path);
  lastRead.set(full, { mtimeMs: stats.mtimeMs, size: stats.size, file });
  return file;
}

const lastRead = new Map<string, Pick<Stats, 'mtimeMs' | 'size'> & { file: OwnFile }>();

function readOwnFile(full: string, path: string): OwnFile {
  const hash = createHash('sha256');
  const part = Buffer.alloc(READ_BYTES);
  let head = Buffer.alloc(0);
  let bytes = 0;
  const fd = openSync(full, 'r');
  try {
    for (let read = readSync(fd, part); read > 0; read = readSync(fd, part)) {
      if (bytes === 0) head = Buffer.from(part.subarray(0, Math.min(read, HEAD_BYTES)));
      hash.update(part.subarray(0, read));
      bytes += read;
    }
  } finally {
    closeSync(fd);
  }
  const type = realType(typeOfName(path), head) ?? UNKNOWN_TYPE;
  return {
    path,
    sha256: hash.digest('hex'),
    bytes,
    type,
    ...(isAnimatedWebp(head) ? { animated: true as const } : {}),
  };
}
