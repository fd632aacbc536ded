import type { RequestHandler } from 'express';
import type { TemplateAccount, TemplateBook } from '../outbound/template-book.js';
import type { Clock } from '../shared/clock.js';
import type { AccountTemplates, TemplatesAnswer } from './templates-wire.js';

/** A number that is switched on. */
export interface WritingEndpoint extends TemplateAccount {
  id: string;
  flow: string;
  handlers?: string | undefined;
}

export interface TemplatesDeps<E extends WritingEndpoint> {
  book: Pick<TemplateBook<E>, 'all' | 'sync'>;
  /** as they are now */
  endpoints(): readonly E[];
  clock: Clock;
}

/** Who has just made a template wants to see it; who asks in a loop does not use up what Meta grants in an hour. */
const FRESH_MS = 60_000;
/** An account with thousands of templates takes longer: it is told as it was known, and read on. */
const READ_WITHIN_MS = 20_000;

/** `GET /ops/templates`: the templates of each account, as Meta tells them now or last told them. Query: `waba`, `endpoint`. */
export function createTemplatesHandler<E extends WritingEndpoint>(deps: TemplatesDeps<E>): RequestHandler {
  const { book, clock } = deps;

  async function told(wabaId: string, numbers: readonly E[]): Promise<AccountTemplates> {
    const [first] = numbers;
    const known = await book.all(wabaId);
    const isFresh = known !== undefined && clock.nowMs() - known.syncedMs < FRESH_MS;
    const problem = isFresh || first === undefined ? undefined : await read(first);
    const { syncedMs, templates } = (isFresh ? known : await book.all(wabaId)) ?? {};
    return {
      wabaId,
      endpoints: numbers.map(({ id, flow, handlers }) => ({
        endpoint: id,
        flow,
        ...(handlers === undefined ? {} : { handlers }),
      })),
      ...(syncedMs === undefined ? {} : { syncedMs }),
      ...(templates === undefined ? {} : { templates }),
      ...(problem === undefined ? {} : { problem }),
    };
  }

  /** @returns what kept it from being read */
  async function read(account: E): Promise<string | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), READ_WITHIN_MS);
    });
    const done = await Promise.race([book.sync(account), late]).finally(() => clearTimeout(timer));
    if (done === undefined) return 'still_reading';
    return done.outcome === 'synced' ? undefined : done.reason;
  }

  return async (req, res) => {
    const { waba, endpoint } = req.query;
    const wanted = deps.endpoints().filter(({ id, wabaId }) => (waba ?? wabaId) === wabaId && (endpoint ?? id) === id);
    const byAccount = new Map<string, E[]>();
    for (const one of wanted) byAccount.set(one.wabaId, [...(byAccount.get(one.wabaId) ?? []), one]);
    const accounts = await Promise.all([...byAccount].map(([wabaId, numbers]) => told(wabaId, numbers)));
    res.json({ accounts } satisfies TemplatesAnswer);
  };
}
