import { createRedisOutbox, type Outbox, type OutboxOwner } from '../../src/outbound/outbox.js';
import { createSender, type HandleSend, type ObservedSend, type SendEndpoint } from '../../src/outbound/send.js';
import type { MetaSendOutcome } from '../../src/outbound/to-meta.js';
import type { RedisClient } from '../../src/redis/connections.js';
import { script } from '../../src/redis/script.js';
import type { Clock } from '../../src/shared/clock.js';
import type { OutboxItem } from '../../src/shared/outbox-item.js';
import { EVENTS_KEPT, LANE, ownerOf, replyOf, replyWith, silent } from './core.js';
import { PHONE } from './events.js';

export const GRACE_MS = 15_000;
export const PROBE_MS = 30_000;
const MAX_ATTEMPTS = 3;

export interface OutboxRig {
  outbox: Outbox;
  handleSend: HandleSend;
  /** texts Meta was asked to send, in order, with the time */
  calls: { text: string; conversationId: string; atMs: number; attempt: number; waId?: string; bsuid?: string }[];
  /** what is told beside the sends: read receipts asked for, pauses before the next message with what they show */
  asides: string[];
  observed: ObservedSend[];
  /** when timers are due that sends have started */
  timers: number[];
  /** what Meta answers next; `sent` when there is nothing */
  answers: (MetaSendOutcome | (() => Promise<MetaSendOutcome>))[];
  endpoint: SendEndpoint;
  pairBudget: { pairIntervalMs: number; pairBurst: number };
  queueUp(contact: string, ...texts: (string | Partial<OutboxItem>)[]): Promise<string>;
  owner(conversationId: string): Promise<OutboxOwner>;
  /** runs the job that owns the outbox now */
  run(conversationId: string): Promise<void>;
  /** ms until the job that owns the outbox now comes, undefined when nothing waits */
  delayOf(conversationId: string): Promise<number | undefined>;
  waiting(conversationId: string): Promise<string[]>;
}

export const SENT: MetaSendOutcome = { outcome: 'sent', wamid: 'wamid.sent' };

let keys = 0;

/** A sender with a Meta that answers as told, and real outboxes. */
export function outboxRig(client: RedisClient, clock: Clock): OutboxRig {
  const outbox = createRedisOutbox(client, {
    uncertainGraceMs: GRACE_MS,
    pauseProbeMs: PROBE_MS,
    statusSec: 30 * 86_400,
    parkedSec: 30 * 86_400,
    eventsPerLane: EVENTS_KEPT,
  });
  const endpoint: SendEndpoint = { id: 'welcome', messageDelayMs: 500, throughputPerSec: 80 };
  const pairBudget = { pairIntervalMs: 0, pairBurst: 1 };
  const rig: OutboxRig = {
    outbox,
    calls: [],
    timers: [],
    asides: [],
    observed: [],
    answers: [],
    endpoint,
    pairBudget,
    handleSend: createSender<SendEndpoint>({
      outbox,
      endpointOf: (phoneNumberId) => (phoneNumberId === PHONE ? endpoint : undefined),
      async send(_endpoint, { content, waId, bsuid }, _oid, contactId, attempt) {
        const text = content.type === 'text' ? content.text : content.type;
        const to = { ...(waId && { waId }), ...(bsuid && { bsuid }) };
        rig.calls.push({ text, conversationId: `${PHONE}.${contactId}`, atMs: clock.nowMs(), attempt, ...to });
        const answer = rig.answers.shift() ?? SENT;
        return typeof answer === 'function' ? answer() : answer;
      },
      isMarketing: async (_endpoint, { name }) => String(name).startsWith('offer'),
      onTimer: (_owner, dueMs) => void rig.timers.push(dueMs),
      onLeaving: (_endpoint, { delivery }) => void (delivery?.markRead && rig.asides.push('read')),
      onMoreToCome: (_endpoint, { typingNext }, pauseMs) =>
        void rig.asides.push(`${typingNext ? 'typing' : 'pause'} ${pauseMs}`),
      observe: (sent) => void rig.observed.push(sent),
      clock,
      log: silent,
      pairBudget,
      limits: { maxAttempts: MAX_ATTEMPTS, uncertainGraceMs: GRACE_MS, pauseProbeMs: PROBE_MS },
    }),
    async queueUp(contact, ...texts) {
      const conversationId = `${PHONE}.${contact.padEnd(16, '_')}`;
      for (const text of texts) {
        const payload = typeof text === 'string' ? replyOf(text, clock.nowMs()) : replyWith(text);
        await script('requeue').run(client, LANE.prefix, ['out', conversationId, payload, clock.nowMs(), `k${++keys}`]);
      }
      return conversationId;
    },
    owner: (conversationId) => ownerOf(client, conversationId, 'opend'),
    async run(conversationId) {
      await rig.handleSend(await rig.owner(conversationId));
    },
    async delayOf(conversationId) {
      const epoch = await client.zscore(`${LANE.prefix}opend`, conversationId);
      if (epoch === null) return undefined;
      return Number(await client.hget(`${LANE.prefix}out:${conversationId}-${epoch}`, 'delay'));
    },
    async waiting(conversationId) {
      const items = await client.lrange(`${LANE.prefix}o:${conversationId}`, 0, -1);
      return items.map((item) => JSON.parse(item.slice(item.indexOf('|') + 1)).content.text);
    },
  };
  return rig;
}
