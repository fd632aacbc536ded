import type { Logger } from 'pino';
import type { RedisClient } from '../redis/connections.js';
import { OPS } from '../redis/lane.js';
import { isJsonObject } from '../shared/json.js';
import type { TemplateAccount, TemplateBook } from './template-book.js';

export interface TemplateKeeperDeps<A extends TemplateAccount> {
  redis: RedisClient;
  book: Pick<TemplateBook<A>, 'sync'>;
  /** of the numbers that are switched on; several may share an account */
  accounts(): readonly A[];
  log: Logger;
  /** how often it looks for news, ms */
  lookEveryMs: number;
  /** how often everything is read again although there was no news, ms */
  syncEveryMs: number;
}

export interface TemplateKeeper {
  start(): void;
  stop(): Promise<void>;
}

/** What Meta tells when a template has changed. */
const NEWS = new Set([
  'message_template_status_update',
  'message_template_quality_update',
  'message_template_components_update',
  'template_category_update',
]);

/** Processes that start within this time start together. */
const TOGETHER_MS = 60_000;
const TRY_AGAIN_MS = 300_000;

const readKey = (what: string): string => `${OPS.prefix}templates-read:${what}`;

/**
 * Keeps the template book up to date: at the start, when a webhook tells of a template, and now and then, as webhooks may be
 * switched off. Of several workers one reads.
 */
export function createTemplateKeeper<A extends TemplateAccount>(deps: TemplateKeeperDeps<A>): TemplateKeeper {
  const { redis, book, log } = deps;
  let lastNews: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  let stopped = false;
  /** accounts that could not be read: said once, not every hour */
  const silent = new Set<string>();

  async function look(): Promise<void> {
    const accounts = new Map(deps.accounts().map((account) => [account.wabaId, account] as const));
    const isStart = lastNews === undefined;
    const changed = await readNews();
    for (const [wabaId, account] of accounts) {
      if (stopped) return;
      const newest = changed.get(wabaId);
      // Whoever comes first reads: the other workers find the same news, and the same hour.
      const isMine = isStart
        ? await takes(`${wabaId}:start`, TOGETHER_MS)
        : (newest !== undefined && (await takes(`${wabaId}:${newest}`, deps.syncEveryMs))) ||
          (await takes(wabaId, deps.syncEveryMs));
      if (isMine) await sync(account);
    }
  }

  async function sync(account: A): Promise<void> {
    await redis.set(readKey(account.wabaId), '1', 'PX', deps.syncEveryMs);
    const read = await book.sync(account);
    if (read.outcome === 'synced') {
      silent.delete(account.wabaId);
      log.info({ templates: read.templates }, 'templates read');
      return;
    }
    await redis.pexpire(readKey(account.wabaId), TRY_AGAIN_MS);
    if (!silent.has(account.wabaId)) {
      silent.add(account.wabaId);
      log.warn({ reason: read.reason, code: read.code }, 'templates could not be read, Meta checks them alone');
    }
  }

  async function takes(what: string, ms: number): Promise<boolean> {
    return (await redis.set(readKey(what), '1', 'PX', ms, 'NX')) === 'OK';
  }

  /** The accounts told of since the last look, with the id of their last news. */
  async function readNews(): Promise<Map<string, string>> {
    const stream = `${OPS.prefix}account`;
    if (lastNews === undefined) {
      const [newest] = await redis.xrevrange(stream, '+', '-', 'COUNT', 1);
      lastNews = newest?.[0] ?? '0';
      return new Map();
    }
    const changed = new Map<string, string>();
    for (const [id, fields] of await redis.xrange(stream, `(${lastNews}`, '+', 'COUNT', 1_000)) {
      lastNews = id;
      const news: unknown = JSON.parse(fields[1] ?? 'null');
      if (isJsonObject(news) && typeof news.wabaId === 'string' && NEWS.has(String(news.field)))
        changed.set(news.wabaId, id);
    }
    return changed;
  }

  function schedule(): void {
    if (stopped) return;
    timer = setTimeout(run, deps.lookEveryMs);
    timer.unref();
  }

  function run(): void {
    looking = look()
      .catch((err: unknown) => log.warn({ err }, 'news of templates could not be read, trying again'))
      .finally(schedule);
  }

  return {
    start: run,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
