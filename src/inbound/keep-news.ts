import type { RedisClient } from '../redis/connections.js';
import { OPS } from '../redis/lane.js';
import { asList, script } from '../redis/script.js';
import type { JsonObject } from '../shared/json.js';
import { gistOf, isOpenField, type NewsGist } from './account-news.js';
import type { AccountEvent } from './event.js';
import { splitHistory } from './history.js';
import { dedupeShard, type Ids } from './ids.js';
import { argsOf, portions, type Row } from './rows.js';

/** News of an account is kept to be looked at, not to be replayed: one entry may not fill the memory. */
const MAX_CHARS = 65_536;
/** What was said before a number came to us is fetched soon, or not at all: 64 MB at most, in pieces of that size. */
const HISTORY = { pieces: 1_000, keptSec: 30 * 86_400 };

/** News of a field that is about no contact. */
export interface AccountNews extends NewsGist {
  field: string;
  wabaId: string;
}

export interface NewsRow extends Row {
  stream: 'account' | 'history';
  news?: AccountNews;
}

/**
 * What is kept of a piece of news. Of `history`, the messages are kept apart: they may be many, and would drive out what
 * concerns the account.
 */
export function newsRows(ids: Ids, event: AccountEvent, nowMs: number): NewsRow[] {
  const { field, wabaId, phoneNumberId } = event;
  const { rest: raw, pieces } =
    field === 'history' ? splitHistory(event.raw, MAX_CHARS) : { rest: event.raw, pieces: [] };
  // The words that came tell a redelivery from news.
  const argsFor = (words: string, kept: JsonObject) => {
    const update = ids.update(wabaId, `${field}|${words}`);
    const entry = JSON.stringify({ at: nowMs, field, wabaId, phoneNumberId, ...kept });
    return [dedupeShard(update, undefined, nowMs), update.hash, entry];
  };
  const text = JSON.stringify(raw);
  const account: NewsRow = {
    stream: 'account',
    args: argsFor(text, text.length > MAX_CHARS ? { cut: text.length } : { raw }),
    ...(isOpenField(field) ? { news: { field, wabaId, ...gistOf(field, raw) } } : {}),
  };
  const history = pieces.map(
    (piece): NewsRow => ({ stream: 'history', args: argsFor(piece, { threads: JSON.parse(piece) }) }),
  );
  return [account, ...history];
}

export interface NewsKeeperDeps {
  redis: RedisClient;
  retention: { dedupeSec: number; eventsPerLane: number };
}

/** Stores rows of news. @returns what of it was not known yet, of fields that are about no contact */
export function createNewsKeeper({ redis, retention }: NewsKeeperDeps): (rows: NewsRow[]) => Promise<AccountNews[]> {
  const account = script('account');
  const bounds = { account: [retention.eventsPerLane, ''], history: [HISTORY.pieces, HISTORY.keptSec] };

  async function keep(stream: NewsRow['stream'], rows: NewsRow[]): Promise<AccountNews[]> {
    const replies = await Promise.all(
      portions(rows).map(async (some) =>
        asList(await account.run(redis, OPS.prefix, [stream, ...bounds[stream], retention.dedupeSec, ...argsOf(some)])),
      ),
    );
    return replies.flat().flatMap((isNew, i) => (isNew === 1 ? (rows[i]?.news ?? []) : []));
  }

  return async function keepNews(rows) {
    if (rows.length === 0) return [];
    const streams = ['account', 'history'] as const;
    const kept = streams.map((stream) =>
      keep(
        stream,
        rows.filter((row) => row.stream === stream),
      ),
    );
    return (await Promise.all(kept)).flat();
  };
}
