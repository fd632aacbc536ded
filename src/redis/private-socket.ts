import { createHash } from 'node:crypto';
import { lstat, mkdir, rm, stat } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** macOS allows 103 bytes and Linux 107 (`sun_path` in unix(7)). */
const MAX_SOCKET_PATH_BYTES = 103;

export function fitsInASocketAddress(path: string): boolean {
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES;
}

/**
 * A short folder for the sockets of a data folder whose own path is too long, or lies on a file system without sockets:
 * the same one at every start.
 *
 * @throws Error when somebody else has made it: whoever owns it could listen in our place
 */
export async function shortSocketFolder(dataDir: string): Promise<string> {
  const userId = process.getuid?.() ?? 0;
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
  const folder = join(tmpdir(), `parlance-${userId}-${name}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== userId || (found.mode & 0o077) !== 0) {
    throw new Error(`${folder} belongs to somebody else; remove it, or choose a DATA_DIR with a shorter path`);
  }
  return folder;
}

export type SocketLock =
  | { outcome: 'locked'; release(): Promise<void> }
  /** `pid` of the process that has it, when it says so */
  | { outcome: 'taken'; pid: string }
  /** no socket can be made there */
  | { outcome: 'impossible'; cause: unknown };

/**
 * Takes a lock by listening on a socket. The system lets go of it when the process ends, however it ends; a file with a
 * process id would outlive a crash, and in a container the next process has the same id.
 */
export async function lockBySocket(path: string): Promise<SocketLock> {
  for (let attempt = 1; ; attempt++) {
    const server = createServer((connection) => connection.end(String(process.pid)));
    try {
      await listen(server, path);
    } catch (cause) {
      if (!hasCode(cause, 'EADDRINUSE') || attempt === 3) return { outcome: 'impossible', cause };
      const holder = await askHolder(path);
      if (holder !== undefined) return { outcome: 'taken', pid: holder };
      await rm(path, { force: true });
      continue;
    }
    // The process may end while it holds the lock.
    server.unref();
    const { ino } = await stat(path);
    // Two processes that cleared away the same dead socket may both have got here: the later one owns the path.
    await sleep(50);
    const holder = (await stat(path)).ino === ino ? undefined : await askHolder(path);
    // Not closed here: closing would delete the path, which is the other's now.
    if (holder !== undefined) return { outcome: 'taken', pid: holder };
    return { outcome: 'locked', release: () => new Promise((resolve) => void server.close(() => resolve())) };
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}

/** The process id of whoever listens, `unknown` when it is frozen, undefined when nobody does. */
function askHolder(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const connection = createConnection(path);
    let pid = '';
    const patience = setTimeout(() => connection.destroy(), 1_000);
    connection.once('error', () => resolve(undefined));
    connection.on('data', (bytes) => {
      pid += bytes.toString();
    });
    connection.once('close', () => {
      clearTimeout(patience);
      resolve(/^\d+$/.test(pid) ? pid : 'unknown');
    });
  });
}

function hasCode(err: unknown, code: string): boolean {
  return err instanceof Error && 'code' in err && err.code === code;
}
