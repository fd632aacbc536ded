import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** BullMQ's scripts and ours use commands of Redis 6.2. */
export const MIN_REDIS_VERSION = '6.2.0';

export interface RedisServerBinary {
  /** absolute, or the bare name when the PATH leads to it */
  path: string;
  kind: 'redis' | 'valkey';
  version: string;
}

/** Where package managers put it when a service manager or an editor started us with a short PATH. */
const USUAL_FOLDERS = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/opt/local/bin', '/snap/bin'];

/**
 * A Redis or Valkey server that can hold Parlance's data: from the PATH first, then from the usual folders;
 * `redis-server` before `valkey-server`.
 *
 * @returns undefined when none is installed, or only ones older than 6.2
 */
export async function findRedisServer(): Promise<RedisServerBinary | undefined> {
  for await (const server of installedServers()) if (isRecent(server.version)) return server;
  return undefined;
}

/** Servers that are installed but too old to use: so that an error can name them. */
export async function findOldRedisServers(): Promise<RedisServerBinary[]> {
  const old: RedisServerBinary[] = [];
  for await (const server of installedServers()) if (!isRecent(server.version)) old.push(server);
  return old;
}

/** What a file says of itself, or undefined when it does not run or is no Redis. Never throws. */
export async function identifyRedisServer(path: string): Promise<RedisServerBinary | undefined> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 5_000 });
    return readServerVersion(path, stdout);
  } catch {
    return undefined;
  }
}

/** Reads `Redis server v=7.0.15 sha=…` and `Valkey server v=8.0.1 sha=…`. */
export function readServerVersion(path: string, printed: string): RedisServerBinary | undefined {
  const [, name, version] = printed.match(/^(Redis|Valkey) server v=(\d+\.\d+\.\d+)/) ?? [];
  if (version === undefined) return undefined;
  return { path, kind: name === 'Valkey' ? 'valkey' : 'redis', version };
}

/** Whether `version` (`7.0.15`) is at least `least`; compares numbers, so 6.10 is newer than 6.2. */
export function isRecent(version: string, least = MIN_REDIS_VERSION): boolean {
  return version.localeCompare(least, 'en', { numeric: true }) >= 0;
}

async function* installedServers(): AsyncGenerator<RedisServerBinary> {
  for (const name of ['redis-server', 'valkey-server']) {
    for (const path of [name, ...USUAL_FOLDERS.map((folder) => `${folder}/${name}`)]) {
      const server = await identifyRedisServer(path);
      if (server !== undefined) yield server;
    }
  }
}
