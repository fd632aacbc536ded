import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { RedisClient } from '../redis/connections.js';
import { OPS } from '../redis/lane.js';
import type { Clock } from '../shared/clock.js';
import { isJsonObject } from '../shared/json.js';
import { type ProcessFacts, type ReloadAnswer, type Reloading, readFacts, readReloading } from './wire.js';

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
}

/** All processes on one Redis, as one that is among them sees them. */
export interface Fleet {
  start(): Promise<void>;
  /** asks every process that is alive, this one too, to read its configuration again */
  reloadAll(apply: boolean): Promise<ReloadAnswer>;
  stop(): Promise<void>;
}

const PROCESSES = `${OPS.prefix}processes`;
const ASKED = `${OPS.prefix}reload`;
const ANSWERS_KEPT_SEC = 600;
/** A process that has not been heard of for that many looks is gone: killed, or cut off. */
const MISSED_LOOKS = 10;

/**
 * Processes share nothing but Redis, so that is where they ask each other. Each looks for a request once a second:
 * a small read, and nothing is missed by one whose connection was away for a moment.
 */
export function createFleet(deps: FleetDeps): Fleet {
  const { redis, clock, log } = deps;
  const self = randomUUID();
  let seen: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let stopped = false;

  const announce = () => redis.hset(PROCESSES, self, JSON.stringify({ ...deps.facts, seenMs: clock.nowMs() }));

  async function look(): Promise<void> {
    await announce();
    const asked = await redis.get(ASKED);
    if (asked === null || asked === seen) return;
    seen = asked;
    const request: unknown = JSON.parse(asked);
    if (!isJsonObject(request) || typeof request.id !== 'string') return;
    const reloading = await deps.reload(request.apply === true);
    const answers = `${ASKED}:${request.id}`;
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
      // What was asked for before this process began was answered by its start.
      seen = (await redis.get(ASKED)) ?? undefined;
      await announce();
      schedule();
    },
    async reloadAll(apply) {
      const processes = await alive();
      const id = randomUUID();
      await redis.set(ASKED, JSON.stringify({ id, apply }));
      const untilMs = performance.now() + deps.answersWithinMs;
      let answers: { [process: string]: string } = {};
      while (performance.now() < untilMs) {
        answers = await redis.hgetall(`${ASKED}:${id}`);
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
