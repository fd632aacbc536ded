import { positionsOf } from '../flow/turn/move-session.js';
import type { InboxItem } from '../inbound/item.js';
import type { RedisClient } from '../redis/connections.js';
import type { Lane } from '../redis/lane.js';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import { decodeOutboxItem } from '../shared/outbox-item.js';
import { isJoined, windowOf } from './burst.js';
import type { StoredSession } from './conversation.js';
import type { TurnDraft } from './turn-task.js';

interface KeptItem {
  kind: InboxItem['kind'];
  /** what the contact sent, as Meta spells it, without ids and numbers */
  message?: JsonObject;
  burst?: JsonObject[];
  /** how long was waited whether more would come, ms */
  collectMs?: number;
  /** a person of the business answered it: the flow never heard of it */
  paused?: true;
  token?: string;
  step?: string;
}

/** What is kept of a turn where an endpoint keeps transcripts: enough to play it again. */
export interface KeptTurn {
  k: 'turn';
  seq: string;
  at: number;
  item: KeptItem;
  /** a session began in this turn */
  began: boolean;
  /** contents of the replies */
  said: Json[];
  /** where the session waits then: a step, `top` or `ended` */
  where: string;
  /** timers it set: token, and ms from now */
  timers: [token: string, ms: number][];
  /** the flow wanted nothing of it kept: there is no message and nothing was said, as far as this tells */
  blind?: true;
}

/** A call that left the house, with its answer. */
export interface KeptCall {
  k: 'call';
  seq: string;
  kind: string;
  request: JsonObject;
  /** null when it was too large to keep */
  result: Json;
}

export type TranscriptEntry = KeptTurn | KeptCall;

const MOST_ENTRIES = 400;
const MOST_RESULT_CHARS = 65_536;
const PRIVATE = ['id', 'from', 'from_user_id', 'from_parent_user_id', 'timestamp', 'context'];

export function keptTurn(
  seq: string,
  item: InboxItem,
  burst: readonly InboxItem[],
  draft: TurnDraft,
  before: { session: StoredSession | undefined; collectMs: number },
  nowMs: number,
): KeptTurn {
  const { session, blind, timers } = draft;
  const place = session === undefined ? 'ended' : (positionsOf(session.flow).at(-1)?.at ?? 'top');
  const collectMs = windowOf(before.session?.flow.arrival, before.collectMs);
  return {
    k: 'turn',
    seq,
    at: nowMs,
    item: {
      ...(blind ? { kind: item.kind } : keptItem(item, burst, collectMs)),
      ...(draft.outcome === 'paused' ? { paused: true } : {}),
    },
    began: session !== undefined && session.flow.id !== before.session?.flow.id,
    said: blind ? [] : draft.replies.flatMap((reply) => plain(decodeOutboxItem(reply)?.content)),
    where: place,
    timers: timers.map(({ token, dueMs }) => [token, Math.max(0, dueMs - nowMs)]),
    ...(blind ? { blind: true } : {}),
  };
}

function keptItem(item: InboxItem, burst: readonly InboxItem[], collectMs: number): KeptItem {
  const contents = burst.flatMap((one) => (one.kind === 'message' ? [contentOf(one.message)] : []));
  if (item.kind === 'message') {
    return {
      kind: 'message',
      message: contentOf(item.message),
      ...(contents.length === 0 ? {} : { burst: contents }),
      ...(collectMs > 0 && isJoined(item) ? { collectMs } : {}),
    };
  }
  if (item.kind === 'timer') return { kind: 'timer', token: item.token };
  return item.kind === 'failedSend' ? { kind: 'failedSend', step: item.step } : { kind: item.kind };
}

function contentOf(message: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(message).filter(([key]) => !PRIVATE.includes(key)));
}

function plain(content: unknown): Json[] {
  return content === undefined ? [] : [JSON.parse(JSON.stringify(content))];
}

/** Keeps what was said in a list beside the conversation: bounded, and gone some time after the last word. */
export function createTranscripts(redis: RedisClient) {
  const keyOf = (lane: Lane, conversationId: string) => `${lane.prefix}tr:${conversationId}`;

  /** What was kept of a turn before its flow said that nothing of it is to be. */
  async function seenOf(key: string, seq: string): Promise<string[]> {
    const entries = await redis.lrange(key, 0, -1);
    return entries.filter((text) => {
      const entry: unknown = JSON.parse(text);
      return isJsonObject(entry) && entry.seq === seq && entry.blind !== true;
    });
  }

  return {
    /** @param minutes after the last entry all of them are gone */
    async add(lane: Lane, conversationId: string, minutes: number, entry: TranscriptEntry): Promise<void> {
      const tooLarge = entry.k === 'call' && JSON.stringify(entry.result).length > MOST_RESULT_CHARS;
      const key = keyOf(lane, conversationId);
      const unwanted = entry.k === 'turn' && entry.blind ? await seenOf(key, entry.seq) : [];
      await unwanted
        .reduce((changes, text) => changes.lrem(key, -1, text), redis.multi())
        .rpush(key, JSON.stringify(tooLarge ? { ...entry, result: null } : entry))
        .ltrim(key, -MOST_ENTRIES, -1)
        .expire(key, minutes * 60)
        .exec();
    },
    /** oldest first */
    async read(lane: Lane, conversationId: string): Promise<JsonObject[]> {
      const entries = await redis.lrange(keyOf(lane, conversationId), 0, -1);
      return entries.map((text): unknown => JSON.parse(text)).filter(isJsonObject);
    },
  };
}
