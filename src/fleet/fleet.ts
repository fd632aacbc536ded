import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { RedisClient } from '../redis/connections.js';
import { OPS } from '../redis/lane.js';
import type { Clock } from '../shared/clock.js';
import {
  type Asked,
  type ProcessFacts,
  type ReloadAnswer,
  type Reloading,
  readAsked,
  readFacts,
  readReloading,
} from './wire.js';

export interface FleetDeps {
  redis: RedisClient;
  /** this process */
  facts: ProcessFacts;
  /** reads this process' own files again; `apply: false` only tells what would happen */
  reload(apply: boolean): Promise<Reloading>;
  clock: Clock;
  log: Logger;
  /** how often this process looks whether somebody asks for something, ms */
  pollMs: number;
  /** how long an asking process waits for the answers of the others, ms */
  answersWithinMs: number;
  /** when this process read its files, epoch ms: what was asked for since then, it does as well */
  sinceMs: number;
}

/** All processes on one Redis, as one that is among them sees them. */
export interface Fleet {
  start(): Promise<void>;
  /** asks every process that is alive, this one too, to read its configuration again */
  reloadAll(apply: boolean): Promise<ReloadAnswer>;
  stop(): Promise<void>;
}

const PROCESSES = `${OPS.prefix}processes`;
/** The last requests, newest first: nobody's request takes the place of another's that is still under way. */
const ASKED = `${OPS.prefix}reloads`;
const MOST_ASKED = 100;
const ANSWERS_KEPT_SEC = 600;
/** Clocks of two machines differ by less, and reading files again that are not newer changes nothing. */
const CLOCKS_DIFFER_MS = 5_000;
/** A process that has not been heard of for that many looks is gone: killed, or cut off. */
const MISSED_LOOKS = 10;

/**
 * Processes share nothing but Redis, so that is where they ask each other. Each looks for a request once a second:
 * a small read, and nothing is missed by one whose connection was away for a moment.
 */
export function createFleet(deps: FleetDeps): Fleet {
  const { redis, clock, log } = deps;
  const self = randomUUID();
  let seen: ReadonlySet<string> = new Set();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let stopped = false;

  const announce = () => redis.hset(PROCESSES, self, JSON.stringify({ ...deps.facts, seenMs: clock.nowMs() }));

  async function look(): Promise<void> {
    await announce();
    const asked = await askedFor();
    for (const request of asked) {
      if (!seen.has(request.id)) await answer(request);
    }
    seen = new Set(asked.map(({ id }) => id));
  }

  /** The last requests, oldest first. */
  async function askedFor(): Promise<readonly Asked[]> {
    const texts = await redis.lrange(ASKED, 0, -1);
    return texts.flatMap((text) => readAsked(text) ?? []).reverse();
  }

  async function answer({ id, apply }: Asked): Promise<void> {
    seen = new Set([...seen, id]);
    // Reading large flows takes a while, and a process that is at it is not gone.
    const sign = setInterval(() => void announce().catch(() => undefined), deps.pollMs);
    const reloading = await deps.reload(apply).finally(() => clearInterval(sign));
    const answers = answersTo(id);
    await redis.multi().hset(answers, self, JSON.stringify(reloading)).expire(answers, ANSWERS_KEPT_SEC).exec();
  }

  function schedule(): void {
    if (stopped) return;
    timer = setTimeout(() => {
      looking = look()
        .catch((err: unknown) => log.warn({ err }, 'the other processes could not be heard, trying again'))
        .finally(schedule);
    }, deps.pollMs);
    timer.unref();
  }

  /** Those that were heard of lately; what is left of others is removed. */
  async function alive(): Promise<Map<string, ProcessFacts>> {
    const all = await redis.hgetall(PROCESSES);
    const read = Object.entries(all).map(([id, text]) => [id, readFacts(text)] as const);
    const isAlive = (seenMs = 0) => clock.nowMs() - seenMs <= MISSED_LOOKS * deps.pollMs;
    const gone = read.filter(([, facts]) => !isAlive(facts?.seenMs)).map(([id]) => id);
    if (gone.length > 0) await redis.hdel(PROCESSES, ...gone);
    return new Map(
      read.flatMap(([id, facts]) => {
        if (facts === undefined || !isAlive(facts.seenMs)) return [];
        const { role, host, pid } = facts;
        return [[id, { role, host, pid }] as const];
      }),
    );
  }

  return {
    async start() {
      // What was asked for before this process read its files was answered by that.
      const answered = (await askedFor()).filter(({ atMs }) => atMs < deps.sinceMs - CLOCKS_DIFFER_MS);
      seen = new Set(answered.map(({ id }) => id));
      await announce();
      schedule();
    },
    async reloadAll(apply) {
      const processes = await alive();
      const id = randomUUID();
      const asked = JSON.stringify({ id, apply, atMs: clock.nowMs() } satisfies Asked);
      await redis
        .multi()
        .lpush(ASKED, asked)
        .ltrim(ASKED, 0, MOST_ASKED - 1)
        .expire(ASKED, ANSWERS_KEPT_SEC)
        .exec();
      const untilMs = performance.now() + deps.answersWithinMs;
      let answers: { [process: string]: string } = {};
      while (performance.now() < untilMs) {
        answers = await redis.hgetall(answersTo(id));
        if ([...processes.keys()].every((process) => answers[process] !== undefined)) break;
        await sleep(100);
      }
      return {
        processes: [...processes].map(([process, facts]) => {
          const reloading = readReloading(answers[process]);
          return { ...facts, ...(reloading === undefined ? {} : { reloading }) };
        }),
      };
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await looking;
      await redis.hdel(PROCESSES, self).catch((err: unknown) => log.debug({ err }, 'this process could not sign off'));
    },
  };
}

function answersTo(id: string): string {
  return `${OPS.prefix}reload:${id}`;
}
