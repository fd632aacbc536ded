import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findRedisServer } from '../../src/redis/find-server.js';
import { waitUntilReady } from '../../src/redis/ping.js';
import { freePort } from './ports.js';

const HOST = '127.0.0.1';

export interface TestRedisOptions {
  /** `no`: nothing on disk, the fastest (default); else an append-only file with that fsync policy */
  aof?: 'no' | 'everysec' | 'always';
  /** further settings, e.g. `{ maxmemory: '20mb' }` */
  config?: { [setting: string]: string };
}

/** A real Redis of one test file, on a loopback port nobody else has, with its data in a temporary folder. */
export interface TestRedis {
  url: string;
  host: string;
  port: number;
  /** of the server that runs now; a restart changes it */
  pid(): number;
  /** ends the server in peace and deletes its folder; also after `kill` */
  stop(): Promise<void>;
  /** ends the server with `signal` and waits until it is gone; the data stay for `restart` */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** a new server on the same port and the same data (in peace when the old one still runs) */
  restart(): Promise<void>;
  /** freezes the server (SIGSTOP): connections stay open, nothing answers */
  pause(): void;
  resume(): void;
}

export async function startTestRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      return await startOn(port, options);
    } catch (err) {
      // Between our look and its bind somebody else may have taken the port.
      if (attempt === 5 || !String(err).includes('in use')) throw err;
    }
  }
}

export interface TestCluster {
  /** start nodes for ioredis `Cluster` */
  nodes: { host: string; port: number }[];
  servers: TestRedis[];
  stop(): Promise<void>;
}

/**
 * A real Redis Cluster of `masters` nodes without replicas, all slots assigned, every node agreeing.
 *
 * @throws when the nodes do not agree within 20 s
 */
export async function startTestCluster(masters: number, options: TestRedisOptions = {}): Promise<TestCluster> {
  const config = { ...options.config, 'cluster-enabled': 'yes', 'cluster-node-timeout': '2000' };
  const servers: TestRedis[] = [];
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  try {
    while (servers.length < masters) servers.push(await startTestRedis({ ...options, config }));
    await formCluster(servers);
  } catch (err) {
    await stop();
    throw err;
  }
  return { nodes: servers.map(({ host, port }) => ({ host, port })), servers, stop };
}

async function startOn(port: number, options: TestRedisOptions): Promise<TestRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'parlance-test-redis-'));
  let server: ChildProcess;

  async function start() {
    server = await spawnServer(dir, port, options);
    const failed = () => server.exitCode !== null || server.signalCode !== null;
    if (await waitUntilReady({ host: HOST, port }, failed)) return;
    await end(server, 'SIGKILL');
    const log = await readFile(join(dir, 'redis.log'), 'utf8').catch(() => 'no log');
    throw new Error(`the test's redis-server did not start:\n${log.slice(-2_000)}`);
  }

  try {
    await start();
  } catch (err) {
    await rm(dir, { recursive: true, force: true });
    throw err;
  }
  return {
    url: `redis://${HOST}:${port}`,
    host: HOST,
    port,
    pid: () => server.pid ?? -1,
    async stop() {
      // A frozen server would keep the SIGTERM for later.
      server.kill('SIGCONT');
      await end(server, 'SIGTERM');
      await rm(dir, { recursive: true, force: true });
    },
    kill: (signal = 'SIGKILL') => end(server, signal),
    async restart() {
      await end(server, 'SIGTERM');
      await start();
    },
    pause: () => void server.kill('SIGSTOP'),
    resume: () => void server.kill('SIGCONT'),
  };
}

async function spawnServer(dir: string, port: number, { aof = 'no', config = {} }: TestRedisOptions) {
  const binary = await findRedisServer();
  if (binary === undefined) throw new Error('no redis-server 6.2 or newer: run "npm run setup" once');
  const settings: { [setting: string]: string } = {
    port: String(port),
    bind: HOST,
    dir,
    logfile: 'redis.log',
    save: '',
    appendonly: aof === 'no' ? 'no' : 'yes',
    appendfsync: aof === 'always' ? 'always' : 'everysec',
    'maxmemory-policy': 'noeviction',
    ...config,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  // The watcher in the background waits on a pipe that closes with this process, however it ends, and then ends the
  // server, which has the shell's own process id. So a test run that is killed leaves no servers behind.
  const script = '(cat; kill -9 $$) <&3 >/dev/null 2>&1 & exec 3<&-; exec "$@"';
  return spawn('sh', ['-c', script, 'sh', binary.path, ...args], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
}

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    const gone = new Promise((resolve) => server.once('exit', resolve));
    server.kill(signal);
    await gone;
  }
  for (const pipe of server.stdio) pipe?.destroy();
}

const SLOTS = 16_384;

async function formCluster(servers: TestRedis[]): Promise<void> {
  const clients = servers.map(({ host, port }) => new Redis({ host, port, enableReadyCheck: false }));
  try {
    const [first] = servers;
    for (const [index, client] of clients.entries()) {
      const from = Math.floor((index * SLOTS) / servers.length);
      const to = Math.floor(((index + 1) * SLOTS) / servers.length);
      await client.cluster(
        'ADDSLOTS',
        Array.from({ length: to - from }, (_, slot) => from + slot),
      );
      // Distinct epochs spare the nodes an election about who is right.
      await client.cluster('SET-CONFIG-EPOCH', index + 1);
      if (first !== undefined && index > 0) await client.cluster('MEET', first.host, first.port);
    }
    const deadlineMs = Date.now() + 20_000;
    while (!(await allAgree(clients))) {
      if (Date.now() > deadlineMs) throw new Error('the test cluster did not form within 20 s');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    for (const client of clients) client.disconnect();
  }
}

async function allAgree(clients: Redis[]): Promise<boolean> {
  const infos = await Promise.all(clients.map((client) => client.cluster('INFO')));
  const wanted = ['cluster_state:ok', `cluster_slots_ok:${SLOTS}`, `cluster_known_nodes:${clients.length}`];
  return infos.every((info) => wanted.every((line) => String(info).includes(line)));
}
