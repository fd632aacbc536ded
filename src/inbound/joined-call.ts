/**
 * Calls of one script that are asked for in the same turn of the event loop go to Redis as one: under load a message
 * costs Redis two thirds of what it costs alone, and a webhook still waits for one round trip.
 *
 * @param rows what to store, in the order it came; at most what one call may hold
 * @returns what became of each row
 * @throws what the call threw: then nothing is known of these rows. What Redis finds wrong with another's rows is not
 *   among it.
 */
export type JoinedCall<Row> = (rows: readonly Row[]) => Promise<unknown[]>;

/** More is not cheaper a message, and Redis had better begin while the next webhooks are read. */
const ENOUGH = 16;

interface Caller<Row> {
  rows: readonly Row[];
  resolve(replies: unknown[]): void;
  reject(reason: unknown): void;
}

/** @param call sends one script call; the calls reach Redis in the order they are made */
export function createJoinedCall<Row>(call: (rows: readonly Row[]) => Promise<unknown[]>): JoinedCall<Row> {
  let waiting: Caller<Row>[] = [];
  let count = 0;
  let isScheduled = false;

  function flush(): void {
    const callers = waiting;
    waiting = [];
    count = 0;
    if (callers.length > 0) void send(callers);
  }

  async function send(callers: readonly Caller<Row>[]): Promise<void> {
    let replies: unknown[];
    try {
      replies = await call(callers.flatMap(({ rows }) => rows));
    } catch (err) {
      // Nobody is refused for what another one brought.
      if (callers.length > 1 && isFromRedis(err)) await Promise.all(callers.map((caller) => send([caller])));
      else for (const { reject } of callers) reject(err);
      return;
    }
    let at = 0;
    for (const { rows, resolve } of callers) {
      resolve(replies.slice(at, at + rows.length));
      at += rows.length;
    }
  }

  return (rows) =>
    new Promise((resolve, reject) => {
      if (count > 0 && count + rows.length > ENOUGH) flush();
      waiting.push({ rows, resolve, reject });
      count += rows.length;
      if (count >= ENOUGH) flush();
      else if (!isScheduled) {
        isScheduled = true;
        // After all that has arrived by now was read.
        setImmediate(() => {
          isScheduled = false;
          flush();
        });
      }
    });
}

/** Redis has answered, and with an error: not a connection that is gone, nor a time that is over. */
function isFromRedis(err: unknown): boolean {
  return err instanceof Error && err.name === 'ReplyError';
}
