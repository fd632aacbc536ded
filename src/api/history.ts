import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Router } from 'express';
import type { RedisClient } from '../redis/connections.js';
import { OPS } from '../redis/lane.js';

const KEY = `${OPS.prefix}history`;
/** of at most 64 KB each, as a rule */
const PIECES_A_PAGE = 20;

/**
 * `GET /ops/history`: what was said before a number came to us (Meta's `history`), oldest news first, a line of JSON each:
 * `{ at, wabaId, phoneNumberId, threads: [{ id, messages }] }`, messages as Meta spells them. `DELETE` forgets it.
 */
export function createHistoryRouter(redis: RedisClient): Router {
  const router = Router();

  async function* lines(): AsyncGenerator<string> {
    for (let from = '-'; ; ) {
      const page = await redis.xrange(KEY, from, '+', 'COUNT', PIECES_A_PAGE);
      for (const [, [, entry = '{}']] of page) yield `${entry}\n`;
      const last = page.at(-1);
      if (last === undefined || page.length < PIECES_A_PAGE) return;
      from = `(${last[0]}`;
    }
  }

  router.get('/', async (_req, res) => {
    res.type('application/x-ndjson');
    try {
      await pipeline(Readable.from(lines()), res);
    } catch (err) {
      // Whoever asked went away.
      if (!(err instanceof Error && 'code' in err && err.code === 'ERR_STREAM_PREMATURE_CLOSE')) throw err;
    }
  });

  router.delete('/', async (_req, res) => {
    await redis.del(KEY);
    res.sendStatus(204);
  });
  return router;
}
