import type { RequestHandler } from 'express';
import type { RedisClient } from '../redis/connections.js';
import { type Lane, OPS } from '../redis/lane.js';
import { isJsonObject, type JsonObject } from '../shared/json.js';

const MOST = 1_000;

/**
 * `GET /ops/events`: what happened, newest first, as JSON. Query: `conversation` and `message` (our ids) narrow it down,
 * `limit` (100, at most 1000). Holds no number, and no text but what flows
 * `log`.
 */
export function createEventsHandler(redis: RedisClient, lanes: () => readonly Lane[]): RequestHandler {
  return async (req, res) => {
    const { conversation, message, limit } = req.query;
    const most = Math.min(MOST, Math.max(1, Number(limit) || 100));
    const wanted = (event: JsonObject) =>
      (conversation === undefined || event.c === conversation) &&
      (message === undefined || event.messageId === message || event.m === message);
    const keys = [...lanes().map((lane) => `${lane.prefix}ev`), `${OPS.prefix}account`];
    const streams = await Promise.all(
      keys.map((key) => redis.xrevrange(key, '+', '-', 'COUNT', wantsAll(req.query) ? most : 10_000)),
    );
    const events = streams
      .flat()
      .map(([, fields]) => readEvent(fields[1]))
      .filter((event) => event !== undefined)
      .filter(wanted)
      .sort((a, b) => Number(b.at) - Number(a.at))
      .slice(0, most);
    res.json({ events });
  };
}

function wantsAll(query: { conversation?: unknown; message?: unknown }): boolean {
  return query.conversation === undefined && query.message === undefined;
}

function readEvent(text: string | undefined): JsonObject | undefined {
  const event: unknown = JSON.parse(text ?? 'null');
  if (!isJsonObject(event)) return undefined;
  // Account news is kept whole; what is shown here is that it came.
  const { raw: _raw, ...shown } = event;
  return shown;
}
