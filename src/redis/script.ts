import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { bullAddFunctions } from './bull.js';
import type { RedisClient } from './connections.js';

const FOLDER = new URL('./scripts/', import.meta.url);

/** Scripts that wake conversations carry BullMQ's own add scripts, so that storing and waking is one atomic step. */
const LIBRARIES: Record<string, string[]> = {
  accept: ['bull', 'wake', 'contacts', 'voices'],
  account: [],
  'assign-lanes': [],
  ack: ['bull', 'wake', 'outbox'],
  'begin-send': ['bull', 'wake', 'outbox'],
  'change-flows': [],
  commit: ['bull', 'wake', 'outbox', 'json-list'],
  due: ['bull', 'wake'],
  'end-handover': ['bull', 'wake', 'voices'],
  elsewhere: ['bull', 'wake', 'contacts'],
  'give-back': [],
  hold: ['bull', 'wake'],
  'hold-back': ['bull', 'wake', 'outbox'],
  'keep-taken': [],
  lag: [],
  load: [],
  park: ['bull', 'wake', 'outbox'],
  'patch-profile': ['json-list'],
  postpone: ['bull', 'wake'],
  quarantine: ['bull'],
  release: ['bull', 'wake'],
  requeue: ['bull', 'wake'],
  status: ['bull', 'wake', 'outbox'],
  sweep: ['bull', 'wake'],
  take: [],
};

export type ScriptName = keyof typeof LIBRARIES & string;

/** One Lua script: sent by its hash, and whole only when the server does not know it. */
export interface Script {
  /**
   * @param key the lane's prefix, or the key, that decides the cluster node
   * @returns the script's reply: strings, integers as numbers, `null` for false, arrays of these
   */
  run(client: RedisClient, key: string, args: readonly (string | number)[]): Promise<unknown>;
}

const cache = new Map<string, Script>();

/** @throws when the file is missing or BullMQ is not the version whose scripts we embed */
export function script(name: ScriptName): Script {
  const known = cache.get(name);
  if (known !== undefined) return known;
  const text = `${(LIBRARIES[name] ?? []).map(library).join('\n')}\n${readFileSync(new URL(`${name}.lua`, FOLDER), 'utf8')}`;
  const sha = createHash('sha1').update(text).digest('hex');
  const made: Script = {
    async run(client, key, args) {
      try {
        return await client.evalsha(sha, 1, key, ...args);
      } catch (err) {
        if (!(err instanceof Error) || !err.message.startsWith('NOSCRIPT')) throw err;
        return client.eval(text, 1, key, ...args);
      }
    },
  };
  cache.set(name, made);
  return made;
}

function library(name: string): string {
  return name === 'bull' ? bullAddFunctions() : readFileSync(new URL(`lib/${name}.lua`, FOLDER), 'utf8');
}

/** A reply that must be an array of strings and numbers. A script that answers otherwise is a bug of ours. */
export function asList(reply: unknown): unknown[] {
  if (!Array.isArray(reply)) throw new TypeError('a Redis script answered with something else than a list');
  return reply;
}

export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw new TypeError('a Redis script answered with something else than text');
}
