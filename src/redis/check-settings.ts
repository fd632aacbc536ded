import { isRecent, MIN_REDIS_VERSION } from './find-server.js';

/** `error`: Parlance must not start on this Redis; `warn`: it works, and the operator should know what it risks. */
export interface RedisFinding {
  level: 'error' | 'warn';
  message: string;
}

/** What is asked of a client; ioredis' `Redis` has it, and of a cluster each of its nodes. */
export interface AskableRedis {
  info(section: string): Promise<string>;
  config(subcommand: 'GET', pattern: string): Promise<unknown>;
}

/** Settings of a server that decide whether a stored message stays stored. */
export interface RedisFacts {
  version: string;
  /** undefined when the server does not let us see its settings */
  settings: { maxmemoryPolicy: string; appendonly: string; appendfsync: string } | undefined;
}

/** @throws when the server cannot be asked at all */
export async function checkRedisSettings(redis: AskableRedis): Promise<RedisFinding[]> {
  return judgeRedis(await readFacts(redis));
}

/** What is wrong with a server, worst first. */
export function judgeRedis({ version, settings }: RedisFacts): RedisFinding[] {
  const findings: RedisFinding[] = [];
  const add = (level: RedisFinding['level'], message: string) => findings.push({ level, message });
  if (!isRecent(version)) {
    add(
      'error',
      `Redis ${version || 'of an unknown version'} is too old; Parlance needs ${MIN_REDIS_VERSION} or newer`,
    );
  }
  if (settings === undefined) {
    const wanted = 'maxmemory-policy noeviction, appendonly yes, appendfsync always';
    add('warn', `Redis does not show its settings (CONFIG is forbidden); make sure that it runs with ${wanted}`);
    return findings;
  }
  const { maxmemoryPolicy, appendonly, appendfsync } = settings;
  if (maxmemoryPolicy !== 'noeviction') {
    add(
      'error',
      `Redis may delete waiting messages when its memory is full: maxmemory-policy is ${maxmemoryPolicy}, and has to be noeviction`,
    );
  }
  if (appendonly !== 'yes') {
    add(
      'warn',
      'Redis keeps messages only in memory (appendonly no): when it ends, every message that waits is lost, and Meta will not send it again; set appendonly yes',
    );
  } else if (appendfsync !== 'always') {
    const lost = appendfsync === 'everysec' ? 'up to two seconds of messages' : 'half a minute of messages or more';
    add(
      'warn',
      `a power cut may lose ${lost} that Meta was told are stored (appendfsync ${appendfsync}); with appendfsync always it loses none`,
    );
  }
  return findings;
}

async function readFacts(redis: AskableRedis): Promise<RedisFacts> {
  const version = (await redis.info('server')).match(/^redis_version:([\d.]+)/m)?.[1] ?? '';
  try {
    const [maxmemoryPolicy, appendonly, appendfsync] = [
      await readRedisSetting(redis, 'maxmemory-policy'),
      await readRedisSetting(redis, 'appendonly'),
      await readRedisSetting(redis, 'appendfsync'),
    ];
    if (maxmemoryPolicy === undefined || appendonly === undefined || appendfsync === undefined) {
      return { version, settings: undefined };
    }
    return { version, settings: { maxmemoryPolicy, appendonly, appendfsync } };
  } catch (err) {
    // Managed services forbid or rename CONFIG, and users may lack the right to it: the server's own answer.
    if (err instanceof Error && err.name === 'ReplyError') return { version, settings: undefined };
    throw err;
  }
}

/** @returns undefined when the server does not tell; CONFIG GET answers with names and values, as a list or a mapping */
export async function readRedisSetting(redis: Pick<AskableRedis, 'config'>, name: string): Promise<string | undefined> {
  const answer = await redis.config('GET', name);
  const value: unknown = Array.isArray(answer) ? answer[1] : new Map(Object.entries(answer ?? {})).get(name);
  return typeof value === 'string' ? value : undefined;
}
