import type { CallOptions, CloudApiClient } from '../cloud-api/client.js';
import type { Refusal } from '../cloud-api/outcome.js';
import { templateFault } from '../cloud-api/template-fit.js';
import type { TemplateShape } from '../cloud-api/template-shape.js';
import type { RedisClient } from '../redis/connections.js';
import { OPS } from '../redis/lane.js';
import type { Clock } from '../shared/clock.js';
import type { JsonObject } from '../shared/json.js';
import { objectOf, textOf } from '../shared/unread.js';

/** Whose templates, and with which right. */
export interface TemplateAccount {
  wabaId: string;
}

/** What came of reading an account's templates. */
export type TemplateSync = { outcome: 'synced'; templates: number } | Pick<Refusal, 'outcome' | 'reason' | 'code'>;

/** The templates of accounts as Meta last told them: kept in Redis, so that every process knows what one has read. */
export interface TemplateBook<A extends TemplateAccount> {
  /** Reads all of them. What could not be read leaves what was known. */
  sync(account: A): Promise<TemplateSync>;
  /**
   * Why Meta would refuse this template message. Nothing is refused on old knowledge: what does not fit is read again first,
   * and what cannot be read is left to Meta.
   *
   * @param template as in a request body
   */
  faultOf(account: A, template: JsonObject): Promise<string | undefined>;
  /** Meta has refused the template as paused or disabled: others with it need not ask. */
  learn(account: A, template: JsonObject, status: 'PAUSED' | 'DISABLED'): Promise<void>;
  /** @returns Meta's word, e.g. `MARKETING`; undefined for a template that is not known */
  categoryOf(account: A, template: JsonObject): Promise<string | undefined>;
  /** @returns undefined when the account's templates were never read */
  all(wabaId: string): Promise<{ syncedMs: number; templates: TemplateShape[] } | undefined>;
}

/** A refusal of ours rests on no older knowledge: an hour's worth of calls for management is 200. */
const FRESH_MS = 60_000;
/** 100 each; an account has at most 6 000 templates. */
const MAX_PAGES = 100;
const SYNCED = '@synced';

export interface TemplateBookDeps<A extends TemplateAccount> {
  redis: RedisClient;
  clientFor(account: A): Pick<CloudApiClient, 'templates'>;
  callOptions(account: A): CallOptions;
  clock: Clock;
}

export function createTemplateBook<A extends TemplateAccount>(deps: TemplateBookDeps<A>): TemplateBook<A> {
  const { redis, clock } = deps;
  const underWay = new Map<string, Promise<TemplateSync>>();
  /** when this process last tried, also in vain: an account that cannot be read is not asked with every message */
  const triedMs = new Map<string, number>();

  function sync(account: A): Promise<TemplateSync> {
    const { wabaId } = account;
    const known = underWay.get(wabaId);
    if (known !== undefined) return known;
    triedMs.set(wabaId, clock.nowMs());
    const reading = readAll(account).finally(() => underWay.delete(wabaId));
    underWay.set(wabaId, reading);
    return reading;
  }

  async function readAll(account: A): Promise<TemplateSync> {
    const client = deps.clientFor(account);
    const call = { ...deps.callOptions(account), wabaId: account.wabaId };
    const fields: string[] = [];
    let after: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const read = await client.templates({ ...call, ...(after === undefined ? {} : { after }) });
      if (read.outcome !== 'page') {
        const { outcome, reason, code } = read;
        return { outcome, reason, ...(code === undefined ? {} : { code }) };
      }
      for (const shape of read.templates) fields.push(fieldOf(shape.name, shape.language), JSON.stringify(shape));
      // A cursor that stands still would be read for ever.
      if (read.after === undefined || read.after === after) break;
      after = read.after;
    }
    const key = keyOf(account.wabaId);
    const write = redis.multi().del(key).hset(key, SYNCED, clock.nowMs());
    for (let i = 0; i < fields.length; i += 1_000) write.hset(key, ...fields.slice(i, i + 1_000));
    await write.exec();
    return { outcome: 'synced', templates: fields.length / 2 };
  }

  /** @returns undefined when nothing is known of the account */
  async function look(
    { wabaId }: A,
    field: string,
  ): Promise<{ shape: TemplateShape | undefined; ageMs: number } | undefined> {
    const [synced, stored] = await redis.hmget(keyOf(wabaId), SYNCED, field);
    if (synced === null || synced === undefined) return undefined;
    const shape = stored === null || stored === undefined ? undefined : readShape(stored);
    return { shape, ageMs: clock.nowMs() - Number(synced) };
  }

  return {
    sync,
    async faultOf(account, template) {
      const field = fieldOf(textOf(template.name) ?? '', languageOf(template));
      const known = await look(account, field);
      if (known === undefined) return undefined;
      const fault = faultWith(known.shape, template);
      if (fault === undefined || known.ageMs < FRESH_MS) return fault;
      const sinceMs = clock.nowMs() - (triedMs.get(account.wabaId) ?? Number.NEGATIVE_INFINITY);
      if (sinceMs < FRESH_MS && !underWay.has(account.wabaId)) return undefined;
      const read = await sync(account);
      return read.outcome === 'synced' ? faultWith((await look(account, field))?.shape, template) : undefined;
    },
    async learn(account, template, status) {
      const field = fieldOf(textOf(template.name) ?? '', languageOf(template));
      const known = await look(account, field);
      if (known?.shape !== undefined)
        await redis.hset(keyOf(account.wabaId), field, JSON.stringify({ ...known.shape, status }));
    },
    async categoryOf(account, template) {
      const field = fieldOf(textOf(template.name) ?? '', languageOf(template));
      return (await look(account, field))?.shape?.category;
    },
    async all(wabaId) {
      const { [SYNCED]: synced, ...stored } = await redis.hgetall(keyOf(wabaId));
      if (synced === undefined) return undefined;
      const templates = Object.values(stored)
        .map(readShape)
        .sort((a, b) => fieldOf(a.name, a.language).localeCompare(fieldOf(b.name, b.language)));
      return { syncedMs: Number(synced), templates };
    },
  };
}

const keyOf = (wabaId: string): string => `${OPS.prefix}templates:${wabaId}`;
/** Names are lower case, digits and `_`, so this is one template's only. */
const fieldOf = (name: string, language: string): string => `${name}|${language}`;
const languageOf = (template: JsonObject): string => textOf(objectOf(template.language)?.code) ?? '';

function faultWith(shape: TemplateShape | undefined, template: JsonObject): string | undefined {
  if (shape === undefined) return 'template_missing: the account has none of this name in this language';
  const fault = templateFault(shape, template);
  return fault && `${fault.reason}: ${fault.detail}`;
}

/** Ours, written above. */
function readShape(stored: string): TemplateShape {
  return JSON.parse(stored) as TemplateShape;
}
