import type { RedisClient } from '../redis/connections.js';
import type { Lane } from '../redis/lane.js';
import { asList, asText, script } from '../redis/script.js';
import { refusesMarketing } from '../shared/consent.js';
import type { OutboxItem } from '../shared/outbox-item.js';
import { type OtherVoices, readVoices } from '../shared/staff-pause.js';

/** The right to send what waits in one conversation's outbox: held by one wake-up job at a time. */
export interface OutboxOwner {
  lane: Lane;
  conversationId: string;
  /** of the wake-up job */
  epoch: number;
}

/** What a number and a pair of number and contact may send; the clocks are kept in Redis for all senders together. */
export interface SendBudget {
  /** messages per second and number */
  throughputPerSec: number;
  /** 0: no pair budget */
  pairIntervalMs: number;
  pairBurst: number;
}

export type WaitReason = 'throughput' | 'pair' | 'unsettled' | 'paused';

export type Begun =
  /** another owns the outbox, or nothing waits */
  | { outcome: 'stale' }
  /** a later job sends it */
  | { outcome: 'wait'; ms: number; reason: WaitReason }
  /** a status has come for a send whose answer was lost: Meta has it */
  | ({ outcome: 'settled' } & Head)
  /**
   * marked as on its way; `mayBeDoubled` when an earlier try may have reached Meta and no status said so in time; `to`:
   * the contact's ids as known now, undefined when nothing is known of it; `wroteMs`: when the contact last wrote;
   * `voices`: who had the word beside the bot
   */
  | ({
      outcome: 'send';
      mayBeDoubled: boolean;
      to: Address | undefined;
      wroteMs: number | undefined;
      /** what else is known of its 24-hour window */
      adMs: number | undefined;
      closedMs: number | undefined;
      voices?: OtherVoices | undefined;
    } & Head);

/** One of the two is known. */
export type Address = Pick<OutboxItem, 'waId' | 'bsuid'>;

/** The message at the head of an outbox. */
export interface Head {
  oid: string;
  payload: string;
  /** how often it was tried */
  attempts: number;
  /** how many of these count against it: a limit of the number or the pair does not */
  faults: number;
}

export interface Ack {
  oid: string;
  nowMs: number;
  /** before the next message of this conversation, unless that names its own */
  delayMs: number;
  /** the next message waits until this one has got that far */
  nextWaitsFor?: 'sent' | 'delivered' | undefined;
  /** `doubtful`: nobody goes on with it, but an earlier try may have reached Meta, whose statuses count then */
  became: 'accepted' | 'failed' | 'doubtful';
  /** an encoded dead letter, when the message was given up */
  deadLetter?: string;
  /** for the event stream, JSON */
  event: string;
  /** Meta took it: a pause of the number ends */
  numberWorks: boolean;
  /** the flow that said the message hears of it should it fail, now or later: `<flow>/<step>` */
  watchedBy?: string;
  /** when it was given up: why, and Meta's code if Meta refused it */
  failure?: { reason: string; code?: number | undefined };
  /** what goes out in its place, an encoded outbox item, should Meta refuse it later with one of these codes */
  substitute?: { codes: readonly number[]; payload: string };
  /** the time to answer the message begins now */
  startsTimer?: { token: string; ms: number };
}

export interface Park {
  oid: string;
  nowMs: number;
  /** the time to answer the message, which has not begun */
  timer?: string;
  /** when the contact last wrote, as `begin` told it */
  wroteMs: number | undefined;
  /** for the event stream, JSON */
  event: string;
}

export interface HoldBack {
  oid: string;
  nowMs: number;
  delayMs: number;
  /** whether Meta may have taken it: then a status can settle it while it waits */
  mayHaveBeenSent: boolean;
  attempts: number;
  faults: number;
  /** the whole number is slowed down this long; 0: only this conversation */
  slowNumberMs: number;
  /** Graph itself failed, not this message: when that happens again and again, one message at a time tries the number */
  graphFailed: boolean;
  /** the whole number is paused, and one message at a time tries whether it works again */
  pause?: { ms: number; reason: string };
}

/** The outboxes. Every write names its owner and does nothing when that owner has lost the outbox. */
export interface Outbox {
  begin(owner: OutboxOwner, budget: SendBudget, nowMs: number): Promise<Begun>;
  /** @returns how many messages of this conversation wait now and when the next one comes, undefined when the outbox was lost; `resumed`: the number was paused until now */
  ack(owner: OutboxOwner, ack: Ack): Promise<{ left: number; nextMs: number; resumed: boolean } | undefined>;
  /** the head waits until the contact writes; `open`: it has written since `wroteMs`, and the head is tried again */
  park(owner: OutboxOwner, park: Park): Promise<'lost' | 'open' | 'parked'>;
  /** @returns `paused` when the number is paused from now on, and was not before */
  holdBack(owner: OutboxOwner, hold: HoldBack): Promise<'lost' | 'held' | 'paused'>;
  /** the contact wants no marketing */
  refusesMarketing(owner: OutboxOwner): Promise<boolean>;
  /** Meta has refused an answer to what the contact had written by then as too late */
  windowClosed(owner: OutboxOwner, wroteMs: number): Promise<void>;
}

export interface OutboxOptions {
  /** how long a send of unknown fate waits for its status before it is sent again */
  uncertainGraceMs: number;
  /** how long a paused number is left alone behind each try */
  pauseProbeMs: number;
  statusSec: number;
  /** how long a message waits for its contact to write */
  parkedSec: number;
  eventsPerLane: number;
}

/** A status that has not come by then is not waited for any longer. */
const STATUS_WAIT_MS = 5_000;

/** So many failures of Graph in a row are no accident: a stampede would help nobody, and leave each message in doubt. */
const BREAK_AFTER = 5;

export function createRedisOutbox(redis: RedisClient, options: OutboxOptions): Outbox {
  const begin = script('begin-send');
  const ack = script('ack');
  const holdBack = script('hold-back');
  const park = script('park');
  return {
    async begin({ lane, conversationId, epoch }, budget, nowMs) {
      const reply = await begin.run(redis, lane.prefix, [
        conversationId,
        epoch,
        nowMs,
        1000 / budget.throughputPerSec,
        budget.pairIntervalMs,
        budget.pairBurst,
        options.uncertainGraceMs,
        options.pauseProbeMs,
      ]);
      const [outcome, first, second, attempts, faults, doubtful, waId, bsuid, wroteMs, voices, adMs, closedMs] =
        asList(reply);
      const head = () => ({
        oid: asText(first),
        payload: asText(second),
        attempts: Number(attempts),
        faults: Number(faults),
      });
      switch (outcome) {
        case 'stale':
          return { outcome };
        case 'wait':
          return { outcome, ms: Number(first), reason: waitReason(second) };
        case 'settled':
          return { outcome, ...head() };
        case 'send':
          return {
            outcome,
            ...head(),
            mayBeDoubled: doubtful === '1',
            to: addressOf(asText(waId), asText(bsuid)),
            wroteMs: wroteMs === '' ? undefined : Number(wroteMs),
            adMs: adMs === '' ? undefined : Number(adMs),
            closedMs: closedMs === '' ? undefined : Number(closedMs),
            voices: readVoices(asText(voices)),
          };
        default:
          throw new TypeError('the begin-send script answered with an outcome nobody knows');
      }
    },

    async ack({ lane, conversationId, epoch }, it) {
      const reply = await ack.run(redis, lane.prefix, [
        conversationId,
        epoch,
        it.oid,
        it.nowMs,
        it.delayMs,
        it.became,
        options.statusSec,
        it.deadLetter ?? '',
        options.eventsPerLane,
        it.event,
        it.numberWorks ? '1' : '0',
        it.startsTimer?.token ?? '',
        it.startsTimer?.ms ?? 0,
        it.nextWaitsFor ?? '',
        STATUS_WAIT_MS,
        it.watchedBy === undefined ? '' : JSON.stringify(it.watchedBy),
        it.failure?.code ?? '',
        JSON.stringify(it.failure?.reason ?? ''),
        it.substitute?.codes.join(',') ?? '',
        it.substitute?.payload ?? '',
      ]);
      const [outcome, left, nextMs, resumed] = asList(reply);
      return outcome === 'acked'
        ? { left: Number(left), nextMs: Number(nextMs), resumed: Number(resumed) > 0 }
        : undefined;
    },

    async park({ lane, conversationId, epoch }, it) {
      const reply = await park.run(redis, lane.prefix, [
        conversationId,
        epoch,
        it.oid,
        it.nowMs,
        it.wroteMs ?? '',
        options.parkedSec,
        options.eventsPerLane,
        it.event,
        it.timer ?? '',
      ]);
      if (reply === 'lost' || reply === 'open' || reply === 'parked') return reply;
      throw new TypeError('the park script answered with an outcome nobody knows');
    },

    async holdBack({ lane, conversationId, epoch }, it) {
      const reply = await holdBack.run(redis, lane.prefix, [
        conversationId,
        epoch,
        it.oid,
        it.nowMs,
        Math.ceil(it.delayMs),
        it.mayHaveBeenSent ? 'doubt' : 'clear',
        `${it.attempts}:${it.faults}`,
        Math.ceil(it.slowNumberMs),
        Math.ceil(it.pause?.ms ?? 0),
        it.pause?.reason ?? '',
        it.graphFailed ? BREAK_AFTER : 0,
      ]);
      if (reply === 'lost' || reply === 'held' || reply === 'paused') return reply;
      throw new TypeError('the hold-back script answered with an outcome nobody knows');
    },

    async refusesMarketing({ lane, conversationId }) {
      const contact = `${lane.prefix}c:${conversationId.slice(conversationId.indexOf('.') + 1)}`;
      const [optIns, optOuts] = (await redis.hmget(contact, 'optIns', 'optOuts')).map(readStored);
      return refusesMarketing({ optIns, optOuts });
    },

    async windowClosed({ lane, conversationId }, wroteMs) {
      const dot = conversationId.indexOf('.');
      const contact = `${lane.prefix}c:${conversationId.slice(dot + 1)}`;
      await redis.hset(contact, `~c:${conversationId.slice(0, dot)}`, wroteMs);
    },
  };
}

function addressOf(waId: string, bsuid: string): Address | undefined {
  return waId === '' && bsuid === '' ? undefined : { ...(waId && { waId }), ...(bsuid && { bsuid }) };
}

/** A field of a contact, JSON. */
function readStored(text: string | null): unknown {
  return text === null ? undefined : JSON.parse(text);
}

function waitReason(value: unknown): WaitReason {
  if (value === 'throughput' || value === 'pair' || value === 'unsettled' || value === 'paused') return value;
  throw new TypeError('the begin-send script answered with a reason nobody knows');
}
