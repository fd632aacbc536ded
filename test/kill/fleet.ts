import { setTimeout as sleep } from 'node:timers/promises';
import type { Deployment, RoleProcess } from '../support/deployment.js';
import { freePort } from '../support/ports.js';
import type { TestRedis } from '../support/redis.js';
import type { Random } from './random.js';

/** Milliseconds, from and to. */
export type Range = readonly [number, number];

/**
 * How often who dies. Kills are spread over the work, not over time, so that a slow machine sees as many as a fast one
 * and comes to an end all the same.
 */
export interface KillPlan {
  workers?: number;
  webs?: number;
  redis?: number;
  /** workers are frozen (SIGSTOP) for `zombieMs`, and wake up again */
  zombies?: number;
  zombieMs?: Range;
}

export interface Kills {
  workers: number;
  webs: number;
  redis: number;
  zombies: number;
}

/** The processes of one installation, each started again whenever it has gone. */
export interface Fleet {
  webs: readonly { url: string }[];
  start(): Promise<void>;
  /** @param progress of the work, 0 to 1, asked again and again */
  kill(plan: KillPlan, progress: () => number): void;
  /** no further kills; resolves when everybody is back */
  calmDown(): Promise<void>;
  kills: Kills;
  /** @returns how many did not end in peace when asked to */
  stop(): Promise<number>;
}

/** One of these after the threshold is passed: now and then in the middle of a start, mostly in the middle of work. */
const BEFORE_A_KILL_MS: Range = [0, 300];

interface Place {
  role: 'web' | 'worker';
  url: string;
  port: number;
  process: RoleProcess | undefined;
  isReady: boolean;
}

export async function createFleet(options: {
  deployment: Deployment;
  redis: TestRedis;
  env: { [name: string]: string };
  webs: number;
  workers: number;
  random: Random;
}): Promise<Fleet> {
  const { deployment, redis, random } = options;
  const kills: Kills = { workers: 0, webs: 0, redis: 0, zombies: 0 };
  const between = ([from, to]: Range) => random.int(from, to);
  const webs = await places('web', options.webs);
  const workers = await places('worker', options.workers);
  const work: Promise<void>[] = [];
  const calm = new AbortController();

  async function places(role: Place['role'], count: number): Promise<Place[]> {
    const ports = await Promise.all(Array.from({ length: count }, freePort));
    return ports.map((port) => ({ role, port, url: `http://127.0.0.1:${port}`, process: undefined, isReady: false }));
  }

  async function fill(place: Place): Promise<void> {
    for (;;) {
      const started = deployment.start(place.role, { port: place.port, env: options.env });
      place.process = started;
      try {
        await started.ready();
        place.isReady = true;
        return;
      } catch (err) {
        // A process may not find Redis while that is being killed; then somebody starts it again, as an orchestrator does.
        if (kills.redis === 0 || !started.hasEnded()) throw err;
        await sleep(200);
      }
    }
  }

  /** Does `harm` this many times, each time when a further share of the work is done. */
  async function again(times: number, progress: () => number, harm: () => Promise<void>): Promise<void> {
    for (let i = 0; i < times; i++) {
      const threshold = (i + random.next()) / (times + 1);
      while (progress() < threshold && !calm.signal.aborted) await sleep(20);
      await sleep(between(BEFORE_A_KILL_MS));
      if (calm.signal.aborted) return;
      await harm();
    }
  }

  async function someoneReady(from: readonly Place[]): Promise<Place> {
    for (;;) {
      const place = random.pick(from.filter(({ isReady }) => isReady));
      if (place !== undefined) return place;
      await sleep(20);
    }
  }

  async function kill(from: readonly Place[]): Promise<void> {
    const place = await someoneReady(from);
    place.isReady = false;
    place.process?.signal('SIGKILL');
    await place.process?.ended;
    // The next one may die while this one is coming back.
    work.push(fill(place));
  }

  async function freeze(zombieMs: Range): Promise<void> {
    const place = await someoneReady(workers);
    place.isReady = false;
    place.process?.signal('SIGSTOP');
    await sleep(between(zombieMs));
    place.process?.signal('SIGCONT');
    place.isReady = true;
  }

  return {
    webs,
    kills,
    async start() {
      await Promise.all([...webs, ...workers].map(fill));
    },
    kill(plan, progress) {
      const harm = (times: number | undefined, once: () => Promise<void>) => {
        const done = again(times ?? 0, progress, once);
        // A fault of the harness itself is met by `calmDown`; until then nobody waits.
        done.catch(() => undefined);
        work.push(done);
      };
      harm(plan.workers, async () => {
        await kill(workers);
        kills.workers += 1;
      });
      harm(plan.webs, async () => {
        await kill(webs);
        kills.webs += 1;
      });
      harm(plan.redis, async () => {
        kills.redis += 1;
        await redis.kill('SIGKILL');
        await sleep(random.int(0, 400));
        await redis.restart();
      });
      harm(plan.zombies, async () => {
        await freeze(plan.zombieMs ?? [0, 0]);
        kills.zombies += 1;
      });
    },
    async calmDown() {
      calm.abort();
      // Some of it adds more.
      for (const promise of work) await promise;
    },
    async stop() {
      const all = [...webs, ...workers].flatMap((place) => place.process ?? []);
      const inPeace = await Promise.all(all.map((it) => it.stop()));
      return inPeace.filter((peaceful) => !peaceful).length;
    },
  };
}
