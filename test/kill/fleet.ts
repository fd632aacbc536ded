import { setTimeout as sleep } from 'node:timers/promises';
import { type Deployment, freePort, type RoleProcess } from '../support/deployment.js';
import type { TestRedis } from '../support/redis.js';
import type { Random } from './random.js';

/** Milliseconds, from and to. */
export type Range = readonly [number, number];

/** What is done to whom. Nothing of it happens when the range or number is left out. */
export interface KillPlan {
  /** how long a worker lives once it is ready */
  workerLifeMs?: Range;
  webLifeMs?: Range;
  /** time between two kills of Redis, from its restart on */
  redisLifeMs?: Range;
  /** workers are frozen (SIGSTOP) this long, one at a time, and wake up again */
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
  /** kills until told to stop */
  kill(plan: KillPlan): void;
  /** no further kills; resolves when everybody is back */
  calmDown(): Promise<void>;
  kills: Kills;
  /** @returns how many did not end in peace when asked to */
  stop(): Promise<number>;
}

interface Place {
  role: 'web' | 'worker';
  url: string;
  port: number;
  process: RoleProcess | undefined;
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
    return ports.map((port) => ({ role, port, url: `http://127.0.0.1:${port}`, process: undefined }));
  }

  async function fill(place: Place): Promise<RoleProcess> {
    for (;;) {
      const started = deployment.start(place.role, { port: place.port, env: options.env });
      place.process = started;
      try {
        await started.ready();
        return started;
      } catch (err) {
        // A process may not find Redis while that is being killed; then somebody starts it again, as an orchestrator does.
        if (kills.redis === 0 || !started.hasEnded()) throw err;
        await sleep(200);
      }
    }
  }

  /** Sleeps, but not longer than kills go on. */
  async function pause(range: Range): Promise<void> {
    await sleep(between(range), undefined, { signal: calm.signal }).catch(() => undefined);
  }

  async function endAgainAndAgain(place: Place, lifeMs: Range, count: () => void): Promise<void> {
    while (!calm.signal.aborted) {
      await pause(lifeMs);
      if (calm.signal.aborted) return;
      place.process?.signal('SIGKILL');
      count();
      await place.process?.ended;
      await fill(place);
    }
  }

  async function freezeAgainAndAgain(zombieMs: Range): Promise<void> {
    while (!calm.signal.aborted) {
      await pause([300, 1_500]);
      const place = random.pick(workers);
      if (calm.signal.aborted || place?.process === undefined) return;
      const frozen = place.process;
      frozen.signal('SIGSTOP');
      kills.zombies += 1;
      await sleep(between(zombieMs));
      frozen.signal('SIGCONT');
    }
  }

  async function killRedisAgainAndAgain(lifeMs: Range): Promise<void> {
    while (!calm.signal.aborted) {
      await pause(lifeMs);
      if (calm.signal.aborted) return;
      await redis.kill('SIGKILL');
      kills.redis += 1;
      await sleep(random.int(0, 400));
      await redis.restart();
    }
  }

  return {
    webs,
    kills,
    async start() {
      await Promise.all([...webs, ...workers].map(fill));
    },
    kill({ workerLifeMs, webLifeMs, redisLifeMs, zombieMs }) {
      const dies = (place: Place, lifeMs: Range | undefined, count: () => void) => {
        if (lifeMs !== undefined) work.push(endAgainAndAgain(place, lifeMs, count));
      };
      for (const place of workers) dies(place, workerLifeMs, () => (kills.workers += 1));
      for (const place of webs) dies(place, webLifeMs, () => (kills.webs += 1));
      if (redisLifeMs !== undefined) work.push(killRedisAgainAndAgain(redisLifeMs));
      if (zombieMs !== undefined) work.push(freezeAgainAndAgain(zombieMs));
      // A fault of the harness itself is met by `calmDown`; until then nobody waits for these.
      for (const promise of work) promise.catch(() => undefined);
    },
    async calmDown() {
      calm.abort();
      await Promise.all(work);
    },
    async stop() {
      const all = [...webs, ...workers].flatMap((place) => place.process ?? []);
      const inPeace = await Promise.all(all.map((it) => it.stop()));
      return inPeace.filter((peaceful) => !peaceful).length;
    },
  };
}
