import { Cluster, type Redis } from 'ioredis';
import { parseConversationId } from '../conversation/conversation.js';
import { positionsOf } from '../flow/turn/move-session.js';
import type { RedisClient } from '../redis/connections.js';
import { isJsonObject } from '../shared/json.js';

/** Running sessions that wait at the same place of the same version. */
export interface SessionGroup {
  phoneNumberId: string;
  /** hash of the version they began with */
  version: string;
  /** outermost first, empty at the top */
  at: readonly { flow: string; at: string }[];
  count: number;
}

export interface LiveSessions {
  groups: SessionGroup[];
  /** sessions that were looked at */
  looked: number;
  /** false when the time was up before all of them were seen */
  complete: boolean;
}

/** Sessions of all lanes; the slot of what belongs to no lane has none. */
const SESSION_KEYS = '{p:*}:s:*';
/** Server time of one step of the walk: well under a millisecond for keys, some for sessions of a few kilobytes. */
const KEYS_A_STEP = 1_000;
const READ_AT_ONCE = 100;

/**
 * Counts where running sessions wait, on demand: the keys are walked in small steps, so messages are handled between
 * them, and nothing has to be kept up to date for it in every turn.
 *
 * @param budgetMs after this time it answers with what it has seen
 * @param nowMs a clock; only differences count
 */
export async function countSessions(
  redis: RedisClient,
  budgetMs: number,
  nowMs: () => number = () => performance.now(),
): Promise<LiveSessions> {
  const untilMs = nowMs() + budgetMs;
  const counts = new Map<string, SessionGroup>();
  let looked = 0;
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis];
  for (const node of nodes) {
    let cursor = '0';
    // A walk may give a key twice.
    const seen = new Set<string>();
    do {
      if (nowMs() > untilMs) return { groups: [...counts.values()], looked, complete: false };
      const [next, keys] = await node.scan(cursor, 'MATCH', SESSION_KEYS, 'COUNT', KEYS_A_STEP);
      cursor = next;
      const fresh = keys.filter((key) => !seen.has(key) && seen.add(key));
      for (let from = 0; from < fresh.length; from += READ_AT_ONCE) {
        const some = fresh.slice(from, from + READ_AT_ONCE);
        for (const [index, text] of (await readAll(node, some)).entries()) {
          const group = groupOf(some[index] ?? '', text);
          if (group === undefined) continue;
          looked += 1;
          const id = JSON.stringify([group.phoneNumberId, group.version, group.at]);
          const known = counts.get(id);
          if (known === undefined) counts.set(id, group);
          else known.count += 1;
        }
      }
    } while (cursor !== '0');
  }
  return { groups: [...counts.values()], looked, complete: true };
}

/** One command each: the keys of a node may lie in different slots. One that has moved or ended meanwhile is skipped. */
async function readAll(node: Redis, keys: readonly string[]): Promise<(string | undefined)[]> {
  const pipeline = node.pipeline();
  for (const key of keys) pipeline.get(key);
  return ((await pipeline.exec()) ?? []).map(([, text]) => (typeof text === 'string' ? text : undefined));
}

function groupOf(key: string, text: string | undefined): SessionGroup | undefined {
  if (text === undefined) return undefined;
  const stored: unknown = JSON.parse(text);
  if (!isJsonObject(stored) || typeof stored.version !== 'string' || !isJsonObject(stored.flow)) return undefined;
  const { flow } = stored;
  const state = isJsonObject(flow.state) ? flow.state : {};
  const { phoneNumberId } = parseConversationId(key.slice(key.indexOf('}:s:') + 4));
  return { phoneNumberId, version: stored.version, at: positionsOf({ state }), count: 1 };
}
