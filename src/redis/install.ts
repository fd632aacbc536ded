import { randomBytes } from 'node:crypto';
import type { RedisClient } from './connections.js';
import { OPS } from './lane.js';

/** What makes the ids of one deployment its own. Lives and dies with the data it belongs to. */
export interface Install {
  /** 6 characters, part of what Meta echoes to us: a status of older data is not ours */
  id: string;
  /** keeps our ids from being reversed to phone numbers by trying all numbers */
  salt: string;
}

/** The same for every process on this Redis; made by the first. */
export async function readInstall(client: RedisClient): Promise<Install> {
  const key = `${OPS.prefix}install`;
  await client.hsetnx(key, 'salt', randomBytes(24).toString('base64url'));
  await client.hsetnx(key, 'id', randomBytes(4).toString('base64url'));
  const [salt, id] = await client.hmget(key, 'salt', 'id');
  if (!salt || !id) throw new Error('the record of this installation could not be read from Redis');
  return { salt, id };
}
