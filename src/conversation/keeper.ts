import type { Logger } from 'pino';
import type { RedisClient } from '../redis/connections.js';
import type { Lane } from '../redis/lane.js';
import { asList, script } from '../redis/script.js';
import type { Clock } from '../shared/clock.js';

export interface KeeperDeps {
  redis: RedisClient;
  lane: Lane;
  clock: Clock;
  log: Logger;
  /** carries out what waits outside the lane; returns how many */
  move(lane: Lane): Promise<number>;
  /** a lane's counters, for metrics */
  onSwept(woken: { inbound: number; outbound: number }): void;
  /** sweeps are this far apart, ms */
  sweepEveryMs: number;
}

/** What a lane needs beside its messages: its timers, its effects outside, its orphans. Every worker runs one a lane. */
export interface LaneKeeper {
  start(): void;
  /** something is due at this time: look no later than then */
  lookBy(dueMs: number): void;
  stop(): Promise<void>;
}

/** Timers set by other processes are seen at the latest this much after they were set. */
const LONGEST_LOOK_AWAY_MS = 1_000;
const TIMERS_A_LOOK = 200;
const SWEEP_AT_ONCE = 1_000;

/**
 * Looks after one lane: moves due timers into inboxes, carries out effects, wakes orphans. All of it may run in several
 * processes at once; the scripts see to it that each thing happens once.
 */
export function createLaneKeeper(deps: KeeperDeps): LaneKeeper {
  const due = script('due');
  const sweep = script('sweep');
  const { lane, clock } = deps;
  let timer: NodeJS.Timeout | undefined;
  let nextLookMs = 0;
  let nextSweepMs = 0;
  let sweptTo = { inbound: 0, outbound: 0 };
  /** asked for while a look was under way, which may have missed it */
  let wantedByMs = Number.POSITIVE_INFINITY;
  let looking: Promise<void> | undefined;
  let stopped = false;

  async function look(): Promise<void> {
    let lookAgainMs = LONGEST_LOOK_AWAY_MS;
    try {
      const [moved, nextDueMs, effects] = asList(
        await due.run(deps.redis, lane.prefix, [clock.nowMs(), TIMERS_A_LOOK]),
      ).map(Number);
      if (moved === TIMERS_A_LOOK) lookAgainMs = 0;
      else if (nextDueMs !== undefined && nextDueMs >= 0)
        lookAgainMs = Math.min(lookAgainMs, nextDueMs - clock.nowMs());
      if (clock.nowMs() >= nextSweepMs) {
        nextSweepMs = clock.nowMs() + deps.sweepEveryMs;
        await sweepOnce();
      }
      // Last: what lies outside the lane may be away, and the lane goes on.
      if (effects && (await deps.move(lane)) < effects) lookAgainMs = 0;
    } catch (err) {
      if (!stopped) deps.log.warn({ err, lane: lane.name }, 'lane could not be looked after, trying again');
    }
    schedule(Math.min(clock.nowMs() + lookAgainMs, wantedByMs));
    wantedByMs = Number.POSITIVE_INFINITY;
  }

  async function sweepOnce(): Promise<void> {
    const reply = await sweep.run(deps.redis, lane.prefix, [
      clock.nowMs(),
      SWEEP_AT_ONCE,
      sweptTo.inbound,
      sweptTo.outbound,
    ]);
    const [inbound = 0, outbound = 0, nextInbound = 0, nextOutbound = 0] = asList(reply).map(Number);
    sweptTo = { inbound: nextInbound, outbound: nextOutbound };
    if (inbound + outbound === 0) return;
    deps.onSwept({ inbound, outbound });
    deps.log.warn({ lane: lane.name, inbound, outbound }, 'conversations without a wake-up were woken');
  }

  function schedule(atMs: number): void {
    if (stopped) return;
    clearTimeout(timer);
    nextLookMs = atMs;
    timer = setTimeout(run, Math.max(0, atMs - clock.nowMs()));
  }

  function run(): void {
    looking ??= look().finally(() => {
      looking = undefined;
    });
  }

  return {
    start: () => schedule(clock.nowMs()),
    lookBy(dueMs) {
      if (looking !== undefined) wantedByMs = Math.min(wantedByMs, dueMs);
      else if (dueMs < nextLookMs) schedule(dueMs);
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
