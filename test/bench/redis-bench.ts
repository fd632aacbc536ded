import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { OPS } from '../../src/redis/lane.js';
import { newTexts, portions } from './contacts.js';
import { drained } from './events.js';
import { prepare, saturate } from './load.js';
import { lanePrefix, NUMBERS, type Rig, type Server } from './rig.js';

/** What a webhook asks of Redis, by how many messages it holds: commands, as MONITOR sees them. */
export async function commandsPerWebhook(rig: Rig, web: Server, each: number): Promise<number> {
  const webhooks = 50;
  const [first, ...others] = portions(newTexts(NUMBERS.silent, (webhooks + 1) * each), each).map((some) =>
    prepare(some),
  );
  // The very first may find that Redis does not know the script yet.
  if (first !== undefined) await saturate(web.port, [first], { connections: 1, seconds: 5 });
  const client = new Redis(rig.redis.url);
  const monitor = await client.monitor();
  let commands = 0;
  monitor.on('monitor', (_time: string, [name = '', key]: string[], source: string) => {
    // What a script does inside is no round trip; the watch over memory and other processes is no part of a webhook.
    const isDuty = ['info', 'ping'].includes(name.toLowerCase()) || key?.startsWith(OPS.prefix);
    if (source !== 'lua' && !isDuty) commands += 1;
  });
  await saturate(web.port, others, { connections: 4, seconds: 30 });
  await sleep(200);
  monitor.disconnect();
  client.disconnect();
  return commands / webhooks;
}

export interface Bytes {
  /** one entry of a dedupe shard as full as a busy day makes it */
  dedupeEntry: number;
  /** the session of an idle conversation, key and all */
  session: number;
  /** its length as JSON */
  sessionJson: number;
  /** all an idle conversation leaves behind: session, contact, identities, expiry timer, dedupe entry */
  idleConversation: number;
  /** a message alone in its conversation: inbox, wake-up, dedupe entry */
  queuedMessage: number;
  /** what finds a contact by its number and by its user id; stays */
  identities: number;
}

/** @param count conversations; at the end all have been answered */
export async function benchBytes(rig: Rig, web: Server, worker: Server, count: number): Promise<Bytes> {
  const { client } = rig;
  const used = async () => Number(/^used_memory_dataset:(\d+)/m.exec(await client.info('memory'))?.[1]);
  const prefix = lanePrefix(NUMBERS.silent);
  // A first batch makes what all share: dedupe shards, identity buckets, queues.
  await post(web, 16_000);
  await drained(client, NUMBERS.silent);
  worker.signal('SIGSTOP');
  const before = await used();
  const identitiesBefore = await identityBytes(client, prefix);
  await post(web, count);
  const queued = await used();
  const identities = ((await identityBytes(client, prefix)) - identitiesBefore) / count;
  const events = await client.memory('USAGE', `${prefix}ev`, 'SAMPLES', 0);
  worker.signal('SIGCONT');
  await drained(client, NUMBERS.silent);
  const idle = await used();
  // The event stream is bounded and no part of a conversation.
  const eventBytes = ((await client.memory('USAGE', `${prefix}ev`, 'SAMPLES', 0)) ?? 0) - (events ?? 0);
  const perIdle = (idle - eventBytes - before) / count;

  const [sessionKey = ''] = await client.keys(`${prefix}s:*`);
  return {
    dedupeEntry: await dedupeEntry(client),
    session: (await client.memory('USAGE', sessionKey)) ?? Number.NaN,
    sessionJson: await client.strlen(sessionKey),
    idleConversation: perIdle,
    queuedMessage: (queued - before) / count - identities,
    identities,
  };
}

async function post(web: Server, count: number): Promise<void> {
  const requests = portions(newTexts(NUMBERS.silent, count), 100).map((some) => prepare(some));
  const { refused } = await saturate(web.port, requests, { connections: 4, seconds: 60 });
  if (refused > 0) throw new Error(`${refused} webhooks were refused`);
}

async function identityBytes(client: Redis, prefix: string): Promise<number> {
  const keys = await client.keys(`${prefix}a:*`);
  const sizes = await Promise.all(keys.map((key) => client.memory('USAGE', key, 'SAMPLES', 0)));
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}

/** A million messages a day make 244 entries in each of the 4096 shards of a lane. */
async function dedupeEntry(client: Redis): Promise<number> {
  const key = 'bench:dedupe';
  const random = () =>
    BigInt.asIntN(
      64,
      (BigInt(Math.floor(Math.random() * 2 ** 32)) << 32n) | BigInt(Math.floor(Math.random() * 2 ** 32)),
    );
  await client.sadd(
    key,
    Array.from({ length: 244 }, () => String(random())),
  );
  await client.expire(key, 60);
  const encoding = await client.object('ENCODING', key);
  if (encoding !== 'intset') throw new Error(`a dedupe shard is a ${encoding}, not an intset`);
  const bytes = (await client.memory('USAGE', key)) ?? Number.NaN;
  await client.del(key);
  return bytes / 244;
}
