import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Labels are endpoint ids, Meta's words and our fixed words: nothing a contact or an attacker can invent. */
export interface Metrics {
  registry: Registry;
  webhooks: Counter<'outcome'>;
  webhookSeconds: Histogram<'outcome'>;
  updates: Counter<'kind' | 'outcome'>;
  accountNews: Counter<'field' | 'level'>;
  turns: Counter<'endpoint' | 'kind' | 'outcome'>;
  turnSeconds: Histogram<'endpoint'>;
  waitSeconds: Histogram<'endpoint'>;
  flowFailures: Counter<'endpoint'>;
  calls: Counter<'endpoint' | 'kind' | 'outcome'>;
  callSeconds: Histogram<'endpoint' | 'kind'>;
  sends: Counter<'endpoint' | 'outcome' | 'reason'>;
  sendSeconds: Histogram<'endpoint'>;
  priced: Counter<'category' | 'type' | 'billable'>;
  paused: Gauge<'endpoint' | 'reason'>;
  files: Counter<'endpoint' | 'kind' | 'outcome'>;
  fileSeconds: Histogram<'endpoint'>;
  orphansWoken: Counter<'side'>;
  graphVersionDaysLeft: Gauge<'version'>;
  lane: Gauge<'lane' | 'what'>;
  oldestWaitSeconds: Gauge<'lane' | 'side'>;
}

const FAST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const SLOW_SECONDS = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800];

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    webhooks: new Counter({
      name: 'parlance_webhook_requests_total',
      help: 'Webhook calls by outcome: stored, unsigned, unreadable, too_large, unknown_url, disabled, unavailable, aborted',
      labelNames: ['outcome'],
      registers,
    }),
    webhookSeconds: new Histogram({
      name: 'parlance_webhook_seconds',
      help: 'From the first byte of a webhook to its answer',
      labelNames: ['outcome'],
      buckets: FAST_SECONDS,
      registers,
    }),
    updates: new Counter({
      name: 'parlance_inbound_updates_total',
      help: 'Updates inside webhooks, by kind and what became of them',
      labelNames: ['kind', 'outcome'],
      registers,
    }),
    accountNews: new Counter({
      name: 'parlance_account_news_total',
      help: 'What Meta told of accounts, numbers, templates and forms, by webhook field; level error: messages stop or will, warn: somebody should look, info',
      labelNames: ['field', 'level'],
      registers,
    }),
    turns: new Counter({
      name: 'parlance_conversation_turns_total',
      help: 'Inbox items handled, by what they were and how it ended',
      labelNames: ['endpoint', 'kind', 'outcome'],
      registers,
    }),
    turnSeconds: new Histogram({
      name: 'parlance_conversation_turn_seconds',
      help: 'From the start of a turn to its commit',
      labelNames: ['endpoint'],
      buckets: FAST_SECONDS,
      registers,
    }),
    waitSeconds: new Histogram({
      name: 'parlance_inbound_wait_seconds',
      help: 'From acceptance of a message to the start of its turn',
      labelNames: ['endpoint'],
      buckets: SLOW_SECONDS,
      registers,
    }),
    flowFailures: new Counter({
      name: 'parlance_flow_failures_total',
      help: 'Turns in which a step of the flow failed',
      labelNames: ['endpoint'],
      registers,
    }),
    calls: new Counter({
      name: 'parlance_flow_calls_total',
      help: 'What flows asked for outside themselves (http, llm, code, expression), and how it ended: ok or a fixed word',
      labelNames: ['endpoint', 'kind', 'outcome'],
      registers,
    }),
    callSeconds: new Histogram({
      name: 'parlance_flow_call_seconds',
      help: 'From the start of such a call to its result, tries and pauses included',
      labelNames: ['endpoint', 'kind'],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
      registers,
    }),
    sends: new Counter({
      name: 'parlance_outbound_sends_total',
      help: 'Calls to send a message and what came of them; reason is a code of the Graph API or a fixed word',
      labelNames: ['endpoint', 'outcome', 'reason'],
      registers,
    }),
    sendSeconds: new Histogram({
      name: 'parlance_cloud_api_send_seconds',
      help: "Meta's time to answer a send",
      labelNames: ['endpoint'],
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
      registers,
    }),
    priced: new Counter({
      name: 'parlance_outbound_priced_total',
      help: 'Our messages by what Meta charges for them, each counted once; billable is true, false or unknown',
      labelNames: ['category', 'type', 'billable'],
      registers,
    }),
    paused: new Gauge({
      name: 'parlance_outbound_paused',
      help: '1 while nothing of an endpoint goes out and somebody may have to act: token, permission, account, or graph_failing',
      labelNames: ['endpoint', 'reason'],
      registers,
    }),
    files: new Counter({
      name: 'parlance_media_files_total',
      help: 'Files of contacts by kind and what became of them: ready, unverified (Meta gave no hash), or a fixed word for why not',
      labelNames: ['endpoint', 'kind', 'outcome'],
      registers,
    }),
    fileSeconds: new Histogram({
      name: 'parlance_media_file_seconds',
      help: 'From the start of fetching such a file to its end, tries and pauses included',
      labelNames: ['endpoint'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 240],
      registers,
    }),
    graphVersionDaysLeft: new Gauge({
      name: 'parlance_graph_version_days_left',
      help: 'Days until Meta ends a Graph API version that endpoints use; +Inf while no end is known',
      labelNames: ['version'],
      registers,
    }),
    orphansWoken: new Counter({
      name: 'parlance_orphans_woken_total',
      help: 'Conversations that had work and no wake-up job, mended by the sweeper',
      labelNames: ['side'],
      registers,
    }),
    lane: new Gauge({
      name: 'parlance_lane_waiting',
      help: 'What waits in a lane: conversations_inbound, conversations_outbound, timers, effects',
      labelNames: ['lane', 'what'],
      registers,
    }),
    oldestWaitSeconds: new Gauge({
      name: 'parlance_lane_oldest_wait_seconds',
      help: 'How long the conversation that has waited longest has waited',
      labelNames: ['lane', 'side'],
      registers,
    }),
  };
}
