import type { RequestHandler } from 'express';
import { gistOf, isOpenField, type NewsGist } from '../inbound/account-news.js';
import type { RedisClient } from '../redis/connections.js';
import { OPS } from '../redis/lane.js';
import { isJsonObject, type JsonObject } from '../shared/json.js';
import { idOf, objectOf } from '../shared/unread.js';

/** One piece of news, as `account` keeps it: `{ at, field, wabaId, phoneNumberId, raw }`, or `cut` in place of a huge `raw`. */
export interface News extends NewsGist {
  /** epoch ms, when it came */
  at: number;
  field: string;
  wabaId: string;
  /** as Meta sent it; only for fields that name no contact and hold nothing they said */
  value?: JsonObject;
}

/** @param entry JSON of the stream; undefined for what no version of ours wrote */
export function readNews(entry: string): News | undefined {
  const kept: unknown = JSON.parse(entry);
  if (!isJsonObject(kept) || typeof kept.at !== 'number' || typeof kept.field !== 'string') return undefined;
  const { at, field, raw } = kept;
  const wabaId = idOf(kept.wabaId) ?? '';
  return {
    at,
    field,
    wabaId,
    ...gistOf(field, objectOf(raw) ?? {}),
    ...(isOpenField(field) && isJsonObject(raw) ? { value: raw } : {}),
  };
}

/** The last of each field about each thing: how matters stand, as far as Meta has told. @param news newest first */
export function latestOfEach(news: readonly News[]): News[] {
  const latest = new Map<string, News>();
  for (const one of news) {
    const key = `${one.field} ${one.wabaId} ${one.about}`;
    if (!latest.has(key)) latest.set(key, one);
  }
  return [...latest.values()];
}

const MOST = 1_000;

/**
 * `GET /ops/account`: what Meta tells of accounts, numbers, templates and forms. `now`: the last word on each; `news`: all
 * of it, newest first. Query: `field`, `waba`, `level` narrow both down, `limit` (100, at most 1000) the news.
 */
export function createAccountNewsHandler(redis: RedisClient): RequestHandler {
  return async (req, res) => {
    const { field, waba, level, limit } = req.query;
    const most = Math.min(MOST, Math.max(1, Number(limit) || 100));
    const entries = await redis.xrevrange(`${OPS.prefix}account`, '+', '-', 'COUNT', 10_000);
    const news = entries
      .map(([, fields]) => readNews(fields[1] ?? 'null'))
      .filter((one) => one !== undefined)
      .filter((one) => (field === undefined || one.field === field) && (waba === undefined || one.wabaId === waba));
    const wanted = (one: News) => level === undefined || one.level === level;
    res.json({ now: latestOfEach(news).filter(wanted), news: news.filter(wanted).slice(0, most) });
  };
}
