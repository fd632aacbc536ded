import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkRedisSettings } from '../../src/redis/check-settings.js';
import { type EmbeddedRedis, type EmbeddedRedisOptions, startEmbeddedRedis } from '../../src/redis/embedded.js';
import { isRunning } from '../../src/redis/process.js';
import { startTestCluster, startTestRedis } from '../support/redis.js';

let dataDir: string;
const logged: string[] = [];
const log = {
  info: (_facts: object, sentence: string) => void logged.push(sentence),
  warn: (_facts: object, sentence: string) => void logged.push(sentence),
  error: (_facts: object, sentence: string) => void logged.push(sentence),
};
const started: EmbeddedRedis[] = [];

async function start(options: Partial<EmbeddedRedisOptions> = {}): Promise<EmbeddedRedis> {
  const redis = await startEmbeddedRedis({ dataDir, fsync: 'always', log, ...options });
  started.push(redis);
  return redis;
}

async function ask<T>(socketPath: string, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({ path: socketPath });
  client.on('error', () => {});
  try {
    return await question(client);
  } finally {
    client.disconnect();
  }
}

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parlance-test-data-'));
  logged.length = 0;
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((redis) => redis.stop()));
  await rm(dataDir, { recursive: true, force: true });
});

describe('the embedded Redis', () => {
  it('keeps its data over a stop and a second start', async () => {
    const first = await start();
    await ask(first.socketPath, (client) => client.set('greeting', 'hello'));
    await first.stop();
    expect(await isRunning(first.pid() ?? -1)).toBe(false);
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await ask(second.socketPath, (client) => client.get('greeting'))).toBe('hello');
  });

  it('has the settings that Parlance asks of any Redis', async () => {
    const { socketPath } = await start();
    expect(await ask(socketPath, (client) => checkRedisSettings(client))).toEqual([]);
    expect(await ask(socketPath, (client) => client.config('GET', 'port'))).toEqual(['port', '0']);
  });

  it('refuses a second process on the same data, and names the first', async () => {
    await start();
    await expect(startEmbeddedRedis({ dataDir, fsync: 'always', log })).rejects.toThrow(
      `another Parlance (process ${process.pid}) is using the data folder ${dataDir}`,
    );
  });

  it('is started again when it is killed, with all it had stored', async () => {
    const redis = await start();
    const killed = redis.pid();
    await ask(redis.socketPath, async (client) => {
      await client.set('greeting', 'hello');
      redis.kill('SIGKILL');
      // The client waits for the new server by itself.
      await expect.poll(() => redis.pid(), { timeout: 10_000 }).not.toBe(killed);
      expect(await client.get('greeting')).toBe('hello');
    });
    expect(logged).toContain('embedded Redis ended by itself');
  });

  it('goes on with the server of a process that crashed', async () => {
    const script = `
      import { startEmbeddedRedis } from ${JSON.stringify(new URL('../../src/redis/embedded.ts', import.meta.url).href)};
      const log = { info() {}, warn() {}, error() {} };
      const redis = await startEmbeddedRedis({ dataDir: ${JSON.stringify(dataDir)}, fsync: 'everysec', log });
      console.log(redis.pid());
      setInterval(() => {}, 1000);
    `;
    const crashing = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [printed] = await once(crashing.stdout, 'data');
    crashing.kill('SIGKILL');
    await once(crashing, 'exit');

    const redis = await start({ fsync: 'always' });
    expect(redis.adopted).toBe(true);
    expect(redis.pid()).toBe(Number(String(printed)));
    const fsync = await ask(redis.socketPath, (client) => client.config('GET', 'appendfsync'));
    expect(fsync).toEqual(['appendfsync', 'always']);
    await redis.stop();
    expect(await isRunning(Number(String(printed)))).toBe(false);
  });

  it('works below a folder with a long name, spaces and quotes', async () => {
    const long = join(dataDir, `it's a "long" folder ${'x'.repeat(120)}`);
    const redis = await start({ dataDir: long });
    expect(Buffer.byteLength(redis.socketPath)).toBeLessThanOrEqual(103);
    await ask(redis.socketPath, (client) => client.set('a', '1'));
    expect(await readFile(join(long, 'redis', 'redis.pid'), 'utf8')).toContain(String(redis.pid()));
  });

  it('ends at once with the last lines of a server that does not start', async () => {
    await expect(start({ extraArgs: ['--maxmemory', 'a lot'] })).rejects.toThrow(/did not start[\s\S]*maxmemory/);
    // The folder is free again.
    await start();
  });

  it('says so when the given binary is no Redis', async () => {
    const fake = join(dataDir, 'redis-server');
    await writeFile(fake, '#!/bin/sh\necho hello\n');
    await chmod(fake, 0o755);
    await expect(start({ serverPath: fake })).rejects.toThrow(`${fake} is no Redis server that can be run`);
  });

  it('does not attach to a stranger on its socket', async () => {
    const stranger = await startTestRedis({ config: { unixsocket: await strangeSocket() } });
    try {
      await expect(start()).rejects.toThrow('something that Parlance did not start answers on');
    } finally {
      await stranger.stop();
    }
  });

  it('says so when the data folder cannot be made', async () => {
    await writeFile(join(dataDir, 'file'), '');
    await expect(start({ dataDir: join(dataDir, 'file') })).rejects.toThrow('cannot be written');
  });
});

describe('the servers of other tests', () => {
  it('keep their data over a kill when they have an append-only file', async () => {
    const redis = await startTestRedis({ aof: 'always' });
    const client = new Redis(redis.url);
    client.on('error', () => {});
    await client.set('a', '1');
    await redis.kill();
    await redis.restart();
    expect(await client.get('a')).toBe('1');
    redis.pause();
    const answer = client.get('a');
    expect(await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 100, 'frozen'))])).toBe('frozen');
    redis.resume();
    expect(await answer).toBe('1');
    client.disconnect();
    const pid = redis.pid();
    await redis.stop();
    expect(await isRunning(pid)).toBe(false);
  });

  it('form a cluster that spreads keys over its nodes', async () => {
    const cluster = await startTestCluster(3);
    const { Cluster } = await import('ioredis');
    const client = new Cluster(cluster.nodes);
    try {
      await Promise.all(Array.from({ length: 60 }, (_, n) => client.set(`key-${n}`, n)));
      const sizes = await Promise.all(client.nodes('master').map((node) => node.dbsize()));
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(60);
      expect(sizes.every((size) => size > 0)).toBe(true);
    } finally {
      client.disconnect();
      await cluster.stop();
    }
  });
});

async function strangeSocket(): Promise<string> {
  await mkdir(join(dataDir, 'redis'));
  return join(dataDir, 'redis', 'redis.sock');
}
