import { Router } from 'express';
import { parseConversationId } from '../conversation/conversation.js';
import { createTranscripts } from '../conversation/transcript.js';
import type { Endpoints } from '../endpoint/endpoints.js';
import type { RedisClient } from '../redis/connections.js';
import type { Lane } from '../redis/lane.js';
import { isJsonObject, type JsonObject } from '../shared/json.js';
import { type ConversationsAnswer, TranscriptAnswer } from './transcript-wire.js';

export interface TranscriptsDeps {
  redis: RedisClient;
  endpoints: Endpoints;
  laneOf: ReadonlyMap<string, Lane>;
  lanes(): readonly Lane[];
}

/** Events of a lane that are looked at: they are bounded anyway. */
const MOST_EVENTS = 10_000;
const MOST_SHOWN = 50;

/**
 * `GET /ops/conversations`: the last active ones. `GET /ops/conversations/:id/transcript`: what was said, where the endpoint
 * keeps that (`transcriptMinutes`), else its timeline with the words missing.
 */
export function createTranscriptsRouter({ redis, endpoints, laneOf, lanes }: TranscriptsDeps): Router {
  const transcripts = createTranscripts(redis);
  const router = Router();

  /** newest first */
  async function turnsOf(lane: Lane): Promise<JsonObject[]> {
    const entries = await redis.xrevrange(`${lane.prefix}ev`, '+', '-', 'COUNT', MOST_EVENTS);
    return entries
      .map(([, fields]): unknown => JSON.parse(fields[1] ?? 'null'))
      .filter(isJsonObject)
      .filter(({ k }) => k === 'turn');
  }

  router.get('/', async (_req, res) => {
    const byId = new Map<string, ConversationsAnswer['conversations'][number]>();
    for (const { c, at } of (await Promise.all(lanes().map(turnsOf))).flat()) {
      const conversation = String(c);
      const endpoint = endpoints.byPhoneNumberId(parseConversationId(conversation).phoneNumberId)?.id;
      if (endpoint === undefined) continue;
      const known = byId.get(conversation) ?? { conversation, endpoint, lastMs: 0, turns: 0 };
      known.lastMs = Math.max(known.lastMs, Number(at));
      known.turns += 1;
      byId.set(conversation, known);
    }
    const conversations = [...byId.values()].sort((a, b) => b.lastMs - a.lastMs).slice(0, MOST_SHOWN);
    res.json({ conversations } satisfies ConversationsAnswer);
  });

  router.get('/:conversationId/transcript', async (req, res) => {
    const conversation = parseConversationId(req.params.conversationId);
    const endpoint = endpoints.byPhoneNumberId(conversation.phoneNumberId);
    const lane = laneOf.get(conversation.phoneNumberId);
    const kept = lane === undefined ? [] : await transcripts.read(lane, conversation.id);
    const entries =
      kept.length > 0 || lane === undefined
        ? kept
        : (await turnsOf(lane))
            .filter(({ c }) => c === conversation.id)
            .reverse()
            .map(withoutWords);
    if (endpoint === undefined || entries.length === 0) {
      const message = 'Nothing is known of such a conversation, or nothing any more.';
      return void res.status(404).json({ error: 'no_such_conversation', message });
    }
    const { id, flow, locale, timeZone, env, handlers, duringSleep, collectMs, sessionExpirationMinutes } = endpoint;
    const settings = { locale, timeZone, env, handlers, duringSleep, collectMs, sessionExpirationMinutes };
    const of = { conversation: conversation.id, endpoint: id, flow, ...settings };
    res.json(TranscriptAnswer.parse({ ...of, kept: kept.length > 0, entries }));
  });
  return router;
}

/** A turn as the timeline has it: what kind of thing came, how many replies left, where it got to. */
function withoutWords(event: JsonObject, index: number): JsonObject {
  const steps = Array.isArray(event.steps) ? event.steps.filter(isJsonObject) : [];
  const type = typeof event.in === 'string' ? event.in : 'text';
  const isMessage = typeof event.messageId === 'string';
  return {
    k: 'turn',
    seq: String(index),
    at: Number(event.at),
    item: isMessage ? { kind: 'message', type } : { kind: type },
    began: index === 0,
    said: [],
    unkept: Number(event.replies ?? 0),
    where: event.outcome === 'ended' ? 'ended' : String(steps.at(-1)?.step ?? 'top'),
    timers: [],
  };
}
