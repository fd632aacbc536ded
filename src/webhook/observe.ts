import type { Logger } from 'pino';
import type { Accepted } from '../inbound/accept.js';
import type { AccountNews } from '../inbound/keep-news.js';
import type { Metrics } from '../observability/metrics.js';
import type { ObservedWebhook } from './post-handler.js';

/** Counts one webhook and writes its line. */
export function observeWebhook({ outcome, seconds, receipt }: ObservedWebhook, metrics: Metrics, log: Logger): void {
  metrics.webhooks.inc({ outcome });
  metrics.webhookSeconds.observe({ outcome }, seconds);
  if (receipt?.outcome !== 'stored') {
    log.warn({ outcome }, 'webhook refused');
    return;
  }
  const { accepted } = receipt;
  const { messages, duplicates, statuses, priced, disabled, account, identities, echoes, routed, quarantined } =
    accepted;
  count(metrics, 'message', 'accepted', messages.length);
  count(metrics, 'message', 'duplicate', duplicates);
  count(metrics, 'status', 'applied', statuses.applied);
  count(metrics, 'status', 'behind', statuses.behind);
  count(metrics, 'status', 'foreign', statuses.foreign);
  for (const { category, type, billable = 'unknown' } of priced)
    metrics.priced.inc({ category, type, billable: String(billable) });
  count(metrics, 'any', 'disabled', disabled);
  count(metrics, 'account', 'kept', account);
  for (const news of accepted.news) tell(news, metrics, log);
  count(metrics, 'identity', 'learnt', identities);
  count(metrics, 'echo', 'kept', echoes);
  count(metrics, 'routing', 'kept', routed);
  for (const [reason, number] of Object.entries(quarantined)) count(metrics, 'quarantined', reason, number);
  log.info({ ms: Math.round(seconds * 1e5) / 100, ...countsOf(accepted) }, 'webhook stored');
}

/** Trouble with an account is found in the log and the metrics, and not only by who happens to look at `GET /ops/account`. */
function tell({ field, level, event, wabaId }: AccountNews, metrics: Metrics, log: Logger): void {
  metrics.accountNews.inc({ field, level });
  // Meta's word goes to the log only if it is one.
  const word = event !== undefined && /^\w{1,64}$/.test(event) ? { event } : {};
  log[level]({ field, ...word, wabaId }, 'Meta told news of the account');
}

function count(metrics: Metrics, kind: string, outcome: string, number: number): void {
  if (number > 0) metrics.updates.inc({ kind, outcome }, number);
}

/** Only what is not zero: most webhooks hold one thing. */
function countsOf({
  messages,
  duplicates,
  statuses,
  disabled,
  account,
  identities,
  echoes,
  routed,
  quarantined,
}: Accepted): object {
  const counts = { duplicates, ...statuses, disabled, account, identities, echoes, routed };
  return {
    ...(messages.length > 0 ? { messages } : {}),
    ...Object.fromEntries(Object.entries(counts).filter(([, number]) => number > 0)),
    ...(Object.keys(quarantined).length > 0 ? { quarantined } : {}),
  };
}
