import type { RequestHandler } from 'express';
import type { RedisClient } from '../redis/connections.js';
import { OPS } from '../redis/lane.js';
import { isJsonObject, type JsonObject } from '../shared/json.js';
import { idOf, objectOf, textOf } from '../shared/unread.js';

/** One piece of news, as `account` keeps it: `{ at, field, wabaId, phoneNumberId, raw }`, or `cut` in place of a huge `raw`. */
export interface News {
  /** epoch ms, when it came */
  at: number;
  field: string;
  wabaId: string;
  /** what it is about: `template 5`, `flow 7`, `number 351…` (our own), or the account */
  about: string;
  /** `error`: messages stop or will; `warn`: somebody should look; `info`: the rest */
  level: 'error' | 'warn' | 'info';
  /** Meta's word for what happened, where there is one */
  event?: string;
  /** as Meta sent it; only for fields that name no contact and hold nothing they said */
  value?: JsonObject;
}

/** Fields about accounts, numbers, templates and forms. All others may hold contacts, and are shown by name only. */
const OPEN = new Set([
  ...['account_alerts', 'account_review_update', 'account_update', 'account_settings_update'],
  ...['business_capability_update', 'business_username_updates', 'flows', 'partner_solutions'],
  ...['message_template_status_update', 'message_template_quality_update', 'message_template_components_update'],
  ...['template_category_update', 'template_correct_category_detection', 'payment_configuration_update'],
  ...['phone_number_name_update', 'phone_number_quality_update', 'security'],
]);

/** Meta's words, wherever they stand; by the worst that one message holds. */
const LEVELS = new Map<string, News['level']>([
  ...['ACCOUNT_DELETED', 'ACCOUNT_OFFBOARDED', 'ACCOUNT_RESTRICTION', 'DISABLED_UPDATE', 'PARTNER_REMOVED'].map(error),
  ...['PARTNER_APP_UNINSTALLED', 'DISABLED', 'DISABLE', 'CRITICAL', 'BLOCKED', 'PIN_RESET_REQUEST'].map(error),
  ...['ACCOUNT_VIOLATION', 'REJECTED', 'PAUSED', 'FLAGGED', 'DOWNGRADE', 'LIMIT_EXCEEDED', 'LOCKED'].map(warn),
  ...['RED', 'YELLOW', 'WARNING', 'THROTTLED', 'DEFERRED', 'PENDING_DELETION', 'PIN_CHANGED'].map(warn),
  ...['ENDPOINT_ERROR_RATE', 'ENDPOINT_LATENCY', 'ENDPOINT_AVAILABILITY', 'CLIENT_ERROR_RATE'].map(warn),
  ...['FLOW_VERSION_EXPIRY_WARNING', 'SCHEDULE_FOR_DISABLE'].map(warn),
]);

function error(word: string): [string, 'error'] {
  return [word, 'error'];
}
function warn(word: string): [string, 'warn'] {
  return [word, 'warn'];
}

/** @param entry JSON of the stream; undefined for what no version of ours wrote */
export function readNews(entry: string): News | undefined {
  const kept: unknown = JSON.parse(entry);
  if (!isJsonObject(kept) || typeof kept.at !== 'number' || typeof kept.field !== 'string') return undefined;
  const { at, field, raw } = kept;
  const wabaId = idOf(kept.wabaId) ?? '';
  const isOpen = OPEN.has(field);
  const value = isOpen ? (objectOf(raw) ?? {}) : {};
  const event = textOf(value.event) ?? textOf(value.decision) ?? textOf(value.new_quality_score);
  return {
    at,
    field,
    wabaId,
    about: aboutOf(value),
    level: levelOf(value),
    ...(event === undefined ? {} : { event }),
    ...(isOpen && isJsonObject(raw) ? { value } : {}),
  };
}

function aboutOf(value: JsonObject): string {
  const template = idOf(value.message_template_id);
  if (template !== undefined) return `template ${template}`;
  const flow = idOf(value.flow_id);
  if (flow !== undefined) return `flow ${flow}`;
  const number = idOf(value.display_phone_number) ?? idOf(objectOf(value.phone_number_settings)?.phone_number_id);
  return number === undefined ? 'account' : `number ${number}`;
}

/** What is over counts no more: a former score, a ban that was lifted. */
function levelOf(value: JsonObject): News['level'] {
  const ban = objectOf(value.ban_info)?.waba_ban_state;
  if (ban === 'REINSTATE') return 'info';
  const alert = objectOf(value.alert_info)?.alert_severity;
  const words = [value.event, value.decision, value.new_quality_score, value.current_limit, ban, alert];
  const levels = words.map((word) => (typeof word === 'string' ? LEVELS.get(word) : undefined));
  return levels.includes('error') ? 'error' : levels.includes('warn') ? 'warn' : 'info';
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
