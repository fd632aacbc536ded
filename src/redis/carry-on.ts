import type { RedisClient } from './connections.js';
import type { Lane } from './lane.js';
import { asList, script } from './script.js';

export interface CarryOnOptions {
  connection: RedisClient;
  lane: Lane;
  queue: 'in' | 'out';
  lockMs: number;
  /** @throws when Redis fails */
  handle(taken: Taken): Promise<void>;
  /** told what `handle` threw; the job is back in the queue */
  onFailed(taken: Taken, err: unknown): void;
}

/** A job as BullMQ's worker would hand it over. */
export interface Taken {
  id: string;
  attemptsStarted: number;
  attemptsMade: number;
}

/** After this time BullMQ has its turn at the latest, and sees whatever an operator did to the queue. */
const CARRY_ON_MS = 1_000;

/**
 * Goes on with what waits in the queue, job after job, inside the handler of one that is done.
 *
 * A job costs BullMQ 150 to 200 µs of Redis to finish, more than loading and committing a turn, so that under load the
 * queue would be most of the work. A process that dies leaves such a job as it leaves any other: active, with a lock that
 * runs out, and BullMQ gives it to another worker (docs/decisions/0015-jobs-are-carried-on.md). One that fails ends the
 * going on, and not the job whose handler it is, which is done.
 *
 * @throws when Redis fails
 */
export type CarryOn = (token: string, isWanted: () => boolean) => Promise<void>;

export function createCarryOn({ connection, lane, queue, lockMs, handle, onFailed }: CarryOnOptions): CarryOn {
  const [take, keep, giveBack] = [script('take'), script('keep-taken'), script('give-back')];

  async function next(token: string, doneId: string, isWanted: boolean): Promise<Taken | undefined> {
    const args = [queue, doneId, token, lockMs, Date.now(), isWanted ? '1' : '0'];
    const reply = await take.run(connection, lane.prefix, args);
    if (reply === null) return undefined;
    const [id, attemptsStarted, attemptsMade] = asList(reply);
    return { id: String(id), attemptsStarted: Number(attemptsStarted), attemptsMade: Number(attemptsMade) };
  }

  /** @returns whether it is done */
  async function work(taken: Taken, token: string): Promise<boolean> {
    const renewal = setInterval(() => {
      // Not in time is not at all: then it is another worker's, and what this one commits is refused.
      keep.run(connection, lane.prefix, [queue, taken.id, token, lockMs]).catch(() => undefined);
    }, lockMs / 2);
    try {
      await handle(taken);
      return true;
    } catch (err) {
      await giveBack.run(connection, lane.prefix, [queue, taken.id, token]);
      onFailed(taken, err);
      return false;
    } finally {
      clearInterval(renewal);
    }
  }

  return async function carryOn(token, isWanted) {
    const untilMs = Date.now() + CARRY_ON_MS;
    let taken = await next(token, '', true);
    while (taken !== undefined) {
      if (!(await work(taken, token))) return;
      taken = await next(token, taken.id, isWanted() && Date.now() < untilMs);
    }
  };
}
