import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { isJsonObject } from '../../src/shared/json.js';

/** What Redis holds of one installation, as far as the verdict needs it. */
export interface Ledger {
  /** resolves when nothing waits anywhere, with what still waits after `withoutProgressMs` without any change */
  drained(withoutProgressMs: number): Promise<Waiting>;
  /** what was told of sends; keys are `<conversation>:<oid>` */
  sends(): Promise<{ marked: Set<string>; settled: number }>;
  deadLetters(): Promise<number>;
  close(): void;
}

export interface Waiting {
  inbound: number;
  outbound: number;
  effects: number;
}

/** @param numbers business numbers, each with a lane by now */
export async function openLedger(redisUrl: string, numbers: readonly string[]): Promise<Ledger> {
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: null });
  // It is killed now and then; the client comes back by itself.
  redis.on('error', () => undefined);
  const lanes = await redis.hmget('{p:ops}:lanes', ...numbers);
  // A ledger that looks at nothing would call everything drained.
  if (lanes.includes(null)) throw new Error('a number has no lane');
  const prefixes = lanes.map((lane) => `{p:${lane}}:`);

  async function look(): Promise<Waiting & { progress: string }> {
    const waiting = { inbound: 0, outbound: 0, effects: 0 };
    let progress = '';
    for (const prefix of prefixes) {
      waiting.inbound += await redis.zcard(`${prefix}pend`);
      waiting.outbound += await redis.zcard(`${prefix}opend`);
      waiting.effects += await redis.llen(`${prefix}fx`);
      // A commit and an ack each write an event: as long as the stream grows, work is done.
      progress += `${await redis.xlen(`${prefix}ev`)} `;
    }
    return { ...waiting, progress };
  }

  return {
    async drained(withoutProgressMs) {
      let last = '';
      let lastChangeMs = Date.now();
      for (;;) {
        const { progress, ...waiting } = await look();
        if (waiting.inbound + waiting.outbound + waiting.effects === 0) return waiting;
        if (progress !== last) lastChangeMs = Date.now();
        last = progress;
        if (Date.now() - lastChangeMs > withoutProgressMs) return waiting;
        await sleep(100);
      }
    },
    async sends() {
      const marked = new Set<string>();
      let settled = 0;
      for (const prefix of prefixes) {
        for (const event of await events(redis, `${prefix}ev`)) {
          if (event.k === 'settled') settled += 1;
          if (event.k === 'sent' && event.mayBeDoubled === true) marked.add(`${event.c}:${event.oid}`);
        }
      }
      return { marked, settled };
    },
    deadLetters: () => redis.zcard('{p:ops}:dead:failed'),
    close: () => redis.disconnect(),
  };
}

const PAGE = 5_000;

async function events(redis: Redis, key: string): Promise<{ [field: string]: unknown }[]> {
  const all: { [field: string]: unknown }[] = [];
  for (let from = '-'; ; ) {
    const page = await redis.xrange(key, from, '+', 'COUNT', PAGE);
    for (const [, [, text = '']] of page) {
      const event: unknown = JSON.parse(text);
      if (isJsonObject(event)) all.push(event);
    }
    const last = page.at(-1)?.[0];
    if (page.length < PAGE || last === undefined) return all;
    from = `(${last}`;
  }
}
