import { spawn } from 'node:child_process';
import { access, constants, mkdir, open, readFile, realpath, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRedisSetting } from './check-settings.js';
import { EmbeddedRedisError, noServerError } from './embedded-error.js';
import { findOldRedisServers, findRedisServer, identifyRedisServer, type RedisServerBinary } from './find-server.js';
import { pingRedis, waitUntilReady, withConnection } from './ping.js';
import { fitsInASocketAddress, lockBySocket, shortSocketFolder } from './private-socket.js';
import { commandLine, hasEndedWithin, isRunning, signalProcess } from './process.js';
import { serverConfig } from './server-config.js';

export interface EmbeddedRedisOptions {
  /** the server's files go to `redis` below it; made when missing */
  dataDir: string;
  fsync: 'always' | 'everysec';
  log: {
    info(facts: object, sentence: string): void;
    warn(facts: object, sentence: string): void;
    error(facts: object, sentence: string): void;
  };
  /** a server binary to use instead of looking for one */
  serverPath?: string;
  /** further command-line arguments, e.g. `['--maxmemory', '50mb']` */
  extraArgs?: readonly string[];
}

export interface EmbeddedRedis {
  /** for ioredis: `new Redis({ path: socketPath })` */
  socketPath: string;
  version: string;
  /** true when the server of a process that crashed was found running, and is used again */
  adopted: boolean;
  /** of the server that runs now; undefined while a server that crashed is being replaced */
  pid(): number | undefined;
  /** ends the server in peace: all is on the disk when the promise resolves */
  stop(): Promise<void>;
  /** sends the server a signal; it is started again when it ends of it */
  kill(signal: NodeJS.Signals): void;
}

interface Place {
  /** `<dataDir>/redis`, links resolved */
  dir: string;
  socketPath: string;
  release(): Promise<void>;
}

const STOP_TIMEOUT_MS = 10_000;
const MAX_LOG_BYTES = 1_048_576;

/**
 * Starts Parlance's own Redis on a private socket, or goes on with the one a crashed process has left running. Never
 * attaches to a server that does not serve this very data folder. A server that dies is started again; its clients
 * reconnect by themselves.
 *
 * @throws EmbeddedRedisError when there is no server to start, it does not come up, or another process has the folder
 */
export async function startEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  const place = await claimPlace(resolve(options.dataDir));
  try {
    const left = await adopt(place, options);
    const server = left ?? (await spawnServer(place, options));
    return supervise(server, left !== undefined, place, options);
  } catch (err) {
    await place.release();
    throw err;
  }
}

interface RunningServer {
  pid: number;
  version: string;
}

function supervise(first: RunningServer, adopted: boolean, place: Place, options: EmbeddedRedisOptions): EmbeddedRedis {
  // undefined between the end of one server and the start of the next: its process id may be somebody else's by then.
  let server: RunningServer | undefined = first;
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = (ms: number) => sleep(ms, undefined, { ref: false, signal }).catch(() => {});

  async function watch(): Promise<void> {
    while (!signal.aborted) {
      await pause(250);
      if (signal.aborted || (server !== undefined && (await isRunning(server.pid)))) continue;
      if (server !== undefined) options.log.error({ pid: server.pid }, 'embedded Redis ended by itself');
      server = undefined;
      try {
        server = await spawnServer(place, options);
        options.log.warn({ pid: server.pid }, 'embedded Redis was started again');
      } catch (err) {
        options.log.error({ err }, 'embedded Redis could not be started again');
        await pause(2_000);
      }
    }
  }
  const watching = watch();

  const send = (name: NodeJS.Signals) => {
    if (server !== undefined) signalProcess(server.pid, name);
  };
  // The last resort when the process ends without stop(): the server would go on by itself.
  const endWithUs = () => send('SIGTERM');
  process.once('exit', endWithUs);

  return {
    socketPath: place.socketPath,
    version: first.version,
    adopted,
    pid: () => server?.pid,
    kill: send,
    async stop() {
      stopping.abort();
      // A server that is being started right now has to be known before it can be ended.
      await watching;
      if (server !== undefined) await endServer(server.pid);
      process.removeListener('exit', endWithUs);
      await place.release();
    },
  };
}

async function endServer(pid: number): Promise<void> {
  // A frozen process would keep the request to end for later.
  signalProcess(pid, 'SIGCONT');
  signalProcess(pid, 'SIGTERM');
  if (await hasEndedWithin(pid, STOP_TIMEOUT_MS)) return;
  signalProcess(pid, 'SIGKILL');
  await hasEndedWithin(pid, 1_000);
}

/** Makes the folders and takes the lock, so that no other process starts a server on the same files. */
async function claimPlace(dataDir: string): Promise<Place> {
  let dir: string;
  try {
    await mkdir(join(dataDir, 'redis'), { recursive: true, mode: 0o700 });
    dir = await realpath(join(dataDir, 'redis'));
    await access(dir, constants.W_OK);
  } catch (cause) {
    throw new EmbeddedRedisError(
      `the data folder ${dataDir} cannot be written; give the user that runs Parlance the right to, or set DATA_DIR to another folder`,
      { cause },
    );
  }
  for (const chooseFolder of [async () => dir, () => shortSocketFolder(dir)]) {
    const folder = await chooseFolder();
    const socketPath = join(folder, 'redis.sock');
    if (!fitsInASocketAddress(socketPath)) continue;
    const lock = await lockBySocket(join(folder, 'lock.sock'));
    if (lock.outcome === 'taken') {
      throw new EmbeddedRedisError(
        `another Parlance (process ${lock.pid}) is using the data folder ${dataDir}; stop it, or give this one its own with DATA_DIR`,
      );
    }
    if (lock.outcome === 'locked') {
      const release = async () => {
        await lock.release();
        // Empty by now, unless it is the data folder itself.
        if (folder !== dir) await rmdir(folder).catch(() => {});
      };
      return { dir, socketPath, release };
    }
  }
  throw new EmbeddedRedisError(
    `no socket can be made for the data folder ${dataDir}; set DATA_DIR to a folder on a local disk`,
  );
}

/** Goes on with a server that a crashed process has left, or waits for it to end when it is about to. */
async function adopt(
  { dir, socketPath }: Place,
  { fsync, log }: EmbeddedRedisOptions,
): Promise<RunningServer | undefined> {
  const pid = Number(await readFile(join(dir, 'redis.pid'), 'utf8').catch(() => '0'));
  const isOurs = pid > 1 && (await isRunning(pid)) && (await commandLine(pid)).includes(socketPath);
  const state = await pingRedis({ path: socketPath });
  if (state === 'down') {
    if (!isOurs || (await hasEndedWithin(pid, STOP_TIMEOUT_MS))) return undefined;
    throw new EmbeddedRedisError(
      `the Redis of an earlier start (process ${pid}) has the data and does not answer; end it with "kill ${pid}" and start again`,
    );
  }
  await waitUntilReady({ path: socketPath }, () => false);
  const { processId, version, servedDir } = await withConnection({ path: socketPath }, 5_000, async (redis) => {
    const info = await redis.info('server');
    const served = (await readRedisSetting(redis, 'dir')) ?? '';
    await redis.config('SET', 'appendfsync', fsync);
    return {
      processId: Number(infoField(info, 'process_id')),
      version: infoField(info, 'redis_version'),
      servedDir: served,
    };
  });
  if (!isOurs || processId !== pid || (await realpath(servedDir)) !== dir) {
    throw new EmbeddedRedisError(
      `something that Parlance did not start answers on ${socketPath}; stop it and start again`,
    );
  }
  log.info({ pid }, 'embedded Redis of an earlier start was found running');
  return { pid, version };
}

function infoField(info: string, name: string): string {
  return info.match(new RegExp(`^${name}:(.*?)\\r?$`, 'm'))?.[1] ?? '';
}

async function spawnServer(place: Place, options: EmbeddedRedisOptions): Promise<RunningServer> {
  const binary = await chooseServer(options.serverPath);
  const configPath = join(place.dir, 'redis.conf');
  const logPath = join(place.dir, 'redis.log');
  await writeFile(configPath, serverConfig({ ...place, fsync: options.fsync }));
  const logged = await stat(logPath).catch(() => undefined);
  if (logged !== undefined && logged.size > MAX_LOG_BYTES) await rm(logPath);
  const logFile = await open(logPath, 'a');
  const startedAt = (await logFile.stat()).size;
  const server = spawn(binary.path, [configPath, ...(options.extraArgs ?? [])], {
    // Ctrl-C goes to the terminal's whole process group; the server has to outlive the draining of the bot.
    detached: true,
    // Its own file and no pipe: the server goes on when this process crashes.
    stdio: ['ignore', logFile.fd, logFile.fd],
  });
  let ended = false;
  const hasEnded = () => ended;
  for (const event of ['exit', 'error']) server.once(event, () => (ended = true));
  server.unref();
  const isReady = await waitUntilReady({ path: place.socketPath }, hasEnded);
  await logFile.close();
  if (isReady && server.pid !== undefined) return { pid: server.pid, version: binary.version };

  server.kill('SIGKILL');
  const said = (await readFile(logPath, 'utf8').catch(() => '')).slice(startedAt).trim().split('\n').slice(-8);
  throw new EmbeddedRedisError(
    `${binary.path} ${binary.version} did not start. Its last lines (more in ${logPath}):\n${said.map((line) => `  ${line}`).join('\n')}`,
  );
}

async function chooseServer(serverPath: string | undefined): Promise<RedisServerBinary> {
  const binary = serverPath === undefined ? await findRedisServer() : await identifyRedisServer(serverPath);
  if (binary !== undefined) return binary;
  if (serverPath === undefined) throw noServerError(await findOldRedisServers());
  throw new EmbeddedRedisError(`${serverPath} is no Redis server that can be run`);
}
