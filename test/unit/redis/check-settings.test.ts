import { describe, expect, it } from 'vitest';
import { checkRedisSettings, judgeRedis } from '../../../src/redis/check-settings.js';
import { isRecent, readServerVersion } from '../../../src/redis/find-server.js';

const good = { maxmemoryPolicy: 'noeviction', appendonly: 'yes', appendfsync: 'always' };

describe('the settings of a Redis', () => {
  it.each([
    ['all is well', '7.0.15', good, []],
    ['it is old', '6.0.16', good, ['error: Redis 6.0.16 is too old']],
    [
      'it may delete',
      '7.2.0',
      { ...good, maxmemoryPolicy: 'allkeys-lru' },
      ['error: Redis may delete waiting messages'],
    ],
    ['it keeps nothing', '7.2.0', { ...good, appendonly: 'no' }, ['warn: Redis keeps messages only in memory']],
    [
      'it writes every second',
      '7.2.0',
      { ...good, appendfsync: 'everysec' },
      ['warn: a power cut may lose up to two seconds'],
    ],
    ['it writes at leisure', '7.2.0', { ...good, appendfsync: 'no' }, ['warn: a power cut may lose half a minute']],
    ['it does not tell', '7.2.0', undefined, ['warn: Redis does not show its settings']],
    [
      'all is wrong',
      '',
      { maxmemoryPolicy: 'volatile-ttl', appendonly: 'no', appendfsync: 'no' },
      [
        'error: Redis of an unknown version is too old',
        'error: Redis may delete waiting messages',
        'warn: Redis keeps messages only in memory',
      ],
    ],
  ])('%s', (_name, version, settings, expected) => {
    const found = judgeRedis({ version, settings }).map(({ level, message }) => `${level}: ${message}`);
    expect(found).toHaveLength(expected.length);
    for (const [index, start] of expected.entries()) expect(found[index]).toContain(start);
  });

  const info = async () => '# Server\r\nredis_version:7.4.1\r\n';

  it('are one warning where CONFIG is forbidden', async () => {
    const forbidden = Object.assign(new Error("NOPERM this user can't run config|get"), { name: 'ReplyError' });
    const findings = await checkRedisSettings({ info, config: () => Promise.reject(forbidden) });
    expect(findings).toEqual([{ level: 'warn', message: expect.stringContaining('CONFIG is forbidden') }]);
    expect(await checkRedisSettings({ info, config: async () => [] })).toEqual(findings);
  });

  it('are read from a list and from a mapping', async () => {
    const values: { [name: string]: string } = {
      'maxmemory-policy': 'noeviction',
      appendonly: 'yes',
      appendfsync: 'always',
    };
    expect(await checkRedisSettings({ info, config: async (_, name) => [name, values[name]] })).toEqual([]);
    expect(await checkRedisSettings({ info, config: async (_, name) => ({ [name]: values[name] }) })).toEqual([]);
  });

  it('are not judged when the connection broke', async () => {
    const broken = { info, config: () => Promise.reject(new Error('Connection is closed.')) };
    await expect(checkRedisSettings(broken)).rejects.toThrow('Connection is closed');
  });
});

describe('a server binary', () => {
  it.each([
    ['Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64', 'redis', '7.0.15'],
    ['Valkey server v=8.0.1 sha=00000000:0 malloc=libc bits=64', 'valkey', '8.0.1'],
  ])('says what it is: %s', (printed, kind, version) => {
    expect(readServerVersion('/x', printed)).toEqual({ path: '/x', kind, version });
  });

  it.each(['hello', '', 'Redis server version 2.4.0'])('is none when it says "%s"', (printed) => {
    expect(readServerVersion('/x', printed)).toBeUndefined();
  });

  it.each([
    ['6.2.0', true],
    ['6.2.14', true],
    ['6.10.0', true],
    ['10.0.0', true],
    ['6.0.16', false],
    ['5.9.9', false],
    ['', false],
  ])('of version %s will do: %s', (version, willDo) => {
    expect(isRecent(version)).toBe(willDo);
  });
});
