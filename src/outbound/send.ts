import type { Logger } from 'pino';
import type { Refusal, SendOutcome } from '../cloud-api/outcome.js';
import type { Clock } from '../shared/clock.js';
import type { DeadLetter } from '../shared/dead-letter.js';
import type { JsonObject } from '../shared/json.js';
import type { MessageContent } from '../shared/message.js';
import { decodeOutboxItem, type OutboxItem } from '../shared/outbox-item.js';
import { type Quiet, quietOf } from '../shared/staff-pause.js';
import type { Ack, Address, Head, Outbox, OutboxOwner, SendBudget, WaitReason } from './outbox.js';
import { type Left, substituteOf } from './substitute.js';
import { templateIn } from './template-in.js';
import type { MetaSendOutcome } from './to-meta.js';
import { atWindow, type WindowVerdict, whenClosed } from './window.js';

/** What sending needs to know of the endpoint a number belongs to. */
export interface SendEndpoint {
  id: string;
  messageDelayMs: number;
  throughputPerSec: number;
  /** how long the bot keeps quiet when a person of the business has written from the phone app */
  staffPauseMinutes?: number;
}

export interface SenderDeps<E extends SendEndpoint> {
  outbox: Outbox;
  /** undefined when nobody configured the number, or its endpoint is switched off */
  endpointOf(phoneNumberId: string): E | undefined;
  /** one call to Meta */
  send(endpoint: E, item: OutboxItem, oid: string, contactId: string, attempt: number): Promise<MetaSendOutcome>;
  /** a template, named as in a request body, may only go to contacts who want marketing */
  isMarketing(endpoint: E, template: JsonObject): Promise<boolean>;
  /** the time to answer a message has begun: whoever watches timers may have to look earlier */
  onTimer(owner: OutboxOwner, dueMs: number): void;
  /** a message is about to leave: marks the contact's as read when it asks for that; best effort, never waited for */
  onLeaving(endpoint: E, item: OutboxItem): void;
  /** another message follows after a pause: shows "typing…" meanwhile; best effort, never waited for */
  onMoreToCome(endpoint: E, item: OutboxItem, pauseMs: number): void;
  observe(sent: ObservedSend): void;
  clock: Clock;
  log: Logger;
  pairBudget: Pick<SendBudget, 'pairIntervalMs' | 'pairBurst'>;
  limits: {
    maxAttempts: number;
    uncertainGraceMs: number;
    pauseProbeMs: number;
  };
}

export interface ObservedSend {
  endpoint: string;
  outcome: SendOutcome['outcome'] | 'settled' | 'given_up' | 'waited' | 'parked' | 'skipped';
  /** Meta's code, or our word for why */
  reason: string;
  /** since the turn was committed */
  heldMs: number;
  tookMs: number;
}

/**
 * Sends the head of one outbox, or finds out when to come back. Every ending leaves the outbox in the hands of the next
 * job, or empty.
 *
 * @throws when Redis fails; BullMQ then repeats the wake-up
 */
export type HandleSend = (owner: OutboxOwner) => Promise<void>;

export function createSender<E extends SendEndpoint>(deps: SenderDeps<E>): HandleSend {
  const { outbox, clock } = deps;

  return async function handleSend(owner) {
    const dot = owner.conversationId.indexOf('.');
    const endpoint = deps.endpointOf(owner.conversationId.slice(0, dot));
    const contactId = owner.conversationId.slice(dot + 1);
    const budget = { throughputPerSec: endpoint?.throughputPerSec ?? 1000, ...deps.pairBudget };
    const begun = await outbox.begin(owner, budget, clock.nowMs());
    if (begun.outcome === 'stale') return;
    if (begun.outcome === 'wait') return observeWait(endpoint, begun.reason);

    const item = decodeOutboxItem(begun.payload);
    const mayBeWithMeta = begun.outcome === 'send' && begun.mayBeDoubled;
    const sending = new Sending(deps, owner, endpoint, begun, item, mayBeWithMeta);
    if (begun.outcome === 'settled') return sending.settled();
    if (item === undefined)
      return sending.giveUp({ reason: 'unreadable_item' }, 'the stored message is not one this version can read');
    if (endpoint === undefined) return sending.waitForEndpoint();
    if (begun.faults >= deps.limits.maxAttempts)
      return sending.giveUp({ reason: 'attempts_exhausted' }, 'no status came either');
    const quiet = quietOf(begun.voices, endpoint.staffPauseMinutes, begun.wroteMs);
    const { outsideWindow } = item.delivery ?? {};
    if (quiet !== undefined && clock.nowMs() < quiet.untilMs) {
      // What waits for the contact waits for the person, too: what Meta may have already does not.
      const waits = outsideWindow?.do === 'wait' && !mayBeWithMeta;
      return waits ? sending.park(begun.wroteMs, quiet.because) : sending.skip(quiet.because);
    }
    const addressee = addressed(item, begun.to);
    await leave(atWindow(outsideWindow, begun, clock.nowMs()));

    async function leave(verdict: WindowVerdict): Promise<void> {
      if (endpoint === undefined || begun.outcome !== 'send') return;
      if (verdict.do === 'park') return sending.park(begun.wroteMs);
      if (verdict.do === 'skip') return sending.skip('window_closed');
      const leaving = verdict.do === 'send' ? addressee : { ...addressee, content: verdict.content };
      if (await isUnwanted(owner, endpoint, leaving.content)) return sending.skip('marketing_opt_out');
      deps.onLeaving(endpoint, leaving);
      const startedMs = clock.nowMs();
      const outcome = await deps
        .send(endpoint, leaving, begun.oid, contactId, begun.attempts + 1)
        .catch((err: unknown) => sending.broke(err));
      // Meta knows better than we do whether the window is open.
      const isClosed = outcome.outcome === 'rejected' && outcome.remedy === 'template' && verdict.do === 'send';
      if (isClosed && begun.wroteMs !== undefined) await outbox.windowClosed(owner, begun.wroteMs);
      if (isClosed && outsideWindow !== undefined) return leave(whenClosed(outsideWindow));
      await sending.ended(outcome, clock.nowMs() - startedMs, verdict.do === 'send');
    }
  };

  /** Meta would refuse it as well, and count it against the number. Other messages pay nothing for this. */
  async function isUnwanted(owner: OutboxOwner, endpoint: E, content: MessageContent): Promise<boolean> {
    const template = templateIn(content);
    return (
      template !== undefined && (await outbox.refusesMarketing(owner)) && (await deps.isMarketing(endpoint, template))
    );
  }

  function observeWait(endpoint: E | undefined, reason: WaitReason): void {
    deps.observe({ endpoint: endpoint?.id ?? 'none', outcome: 'waited', reason, heldMs: 0, tookMs: 0 });
  }
}

/** Somebody who changed the number since the turn is written to at the new one: the old one may be another's by now. */
function addressed(item: OutboxItem, to: Address | undefined): OutboxItem {
  if (to === undefined) return item;
  const { waId: _waId, bsuid: _bsuid, ...rest } = item;
  return { ...rest, ...to };
}

/** One message between its begin and its end. */
class Sending<E extends SendEndpoint> {
  private readonly log: Logger;
  private readonly heldSinceMs: number;

  constructor(
    private readonly deps: SenderDeps<E>,
    private readonly owner: OutboxOwner,
    private readonly endpoint: E | undefined,
    private readonly begun: Head,
    private readonly item: OutboxItem | undefined,
    /** an earlier try may have reached Meta: whatever becomes of it here, it may not be called failed */
    private mayBeWithMeta: boolean,
  ) {
    this.heldSinceMs = item?.committedMs ?? deps.clock.nowMs();
    this.log = deps.log.child({
      conversationId: owner.conversationId,
      oid: begun.oid,
      ...(item?.answers === undefined ? {} : { messageId: item.answers }),
    });
  }

  /** @param asItself not as the template for a window that is closed */
  async ended(outcome: MetaSendOutcome, tookMs: number, asItself: boolean): Promise<void> {
    if (outcome.outcome === 'sent') {
      const { reusedMedia } = outcome;
      return this.sent(tookMs, { asItself, ...(reusedMedia === undefined ? {} : { reusedMedia }) });
    }
    this.observe(outcome.outcome, outcome.code === undefined ? outcome.reason : String(outcome.code), tookMs);
    switch (outcome.outcome) {
      case 'rejected':
        this.mayBeWithMeta ||= outcome.mayHaveBeenSent;
        // That Meta judged this message at all shows that the number's token works.
        return this.giveUp(outcome, describe(outcome), outcome.code !== undefined);
      case 'paused':
        // Waiting for somebody to mend the endpoint is not the message's fault.
        return this.holdBack(outcome, this.deps.limits.pauseProbeMs, this.begun);
      case 'retry':
        // A number over its throughput, or a pair over its rate, gets through in the end.
        return this.tryAgain(outcome, outcome.afterMs, outcome.scope === 'message' ? 1 : 0);
      case 'unknown':
        return this.tryAgain(outcome, 0, 1);
    }
  }

  private async tryAgain(refusal: Exclude<Refusal, { outcome: 'rejected' }>, afterMs: number, fault: 0 | 1) {
    const tried = { attempts: this.begun.attempts + 1, faults: this.begun.faults + fault };
    // What Meta may have taken is given up only when no status has come in time either: at its next begin.
    if (tried.faults >= this.deps.limits.maxAttempts && fault === 1 && !refusal.mayHaveBeenSent) {
      return this.giveUp({ reason: 'attempts_exhausted', code: refusal.code }, describe(refusal));
    }
    return this.holdBack(refusal, afterMs, tried);
  }

  /** A fault of ours, not an answer. It counts as a try, or it would hold up the conversation for ever. */
  broke(err: unknown): SendOutcome {
    this.log.error({ err }, 'send broke off');
    return { outcome: 'unknown', reason: 'internal_error', mayHaveBeenSent: true };
  }

  /** The number is switched off, or missing from the configuration for now: its messages wait. */
  async waitForEndpoint(): Promise<void> {
    const pause = { outcome: 'paused', reason: 'endpoint_off', mayHaveBeenSent: false } as const;
    await this.holdBack(pause, this.deps.limits.pauseProbeMs, this.begun);
  }

  async settled(): Promise<void> {
    const left = { asItself: true };
    const acked = await this.ack({ became: 'accepted', numberWorks: true, event: { k: 'settled' }, left });
    if (acked === undefined) return;
    this.observe('settled', 'status', 0);
    this.log.info('message settled by its status');
  }

  async giveUp(failure: NonNullable<Ack['failure']>, detail: string, numberWorks = false): Promise<void> {
    const { reason, code } = failure;
    const { owner, begun, deps } = this;
    const letter: DeadLetter = {
      effect: 'dead',
      queue: 'out',
      lane: owner.lane.name,
      conversationId: owner.conversationId,
      place: begun.oid,
      reason,
      detail,
      failures: begun.attempts + 1,
      atMs: deps.clock.nowMs(),
      payload: begun.payload,
    };
    const event = { k: 'given_up', reason };
    const acked = await this.ack({
      became: 'failed',
      numberWorks,
      event,
      deadLetter: letter,
      failure: { reason, code },
    });
    if (acked === undefined) return;
    this.observe('given_up', reason, 0);
    this.log.warn({ reason, detail }, 'message given up, it is in the dead letters');
  }

  /**
   * The 24-hour window is closed, or somebody else has the word: the message waits until the contact writes.
   */
  async park(wroteMs: number | undefined, reason: 'window_closed' | Quiet['because'] = 'window_closed'): Promise<void> {
    const nowMs = this.deps.clock.nowMs();
    const event = this.event(nowMs, { k: 'parked', reason });
    const timer = this.item?.startsTimer?.token;
    const parked = await this.deps.outbox.park(this.owner, {
      oid: this.begun.oid,
      nowMs,
      wroteMs,
      event,
      ...(timer === undefined ? {} : { timer }),
    });
    if (parked !== 'parked') return;
    this.observe('parked', reason, 0);
    this.log.info({ reason }, 'message parked until the contact writes');
  }

  /**
   * The message is worth nothing later, and now the 24-hour window is closed, or somebody else has the word;
   * or the contact wants no marketing, which the flow hears of.
   */
  async skip(reason: 'window_closed' | 'marketing_opt_out' | Quiet['because']): Promise<void> {
    const event = { k: 'skipped', reason };
    const failure = reason === 'marketing_opt_out' ? { failure: { reason } } : {};
    const acked = await this.ack({ became: 'failed', numberWorks: false, event, ...failure });
    if (acked === undefined) return;
    this.observe('skipped', reason, 0);
    this.log.info({ reason }, 'message skipped');
  }

  private async sent(tookMs: number, left: Left): Promise<void> {
    const mayBeDoubled = this.mayBeWithMeta;
    const acked = await this.ack({
      became: 'accepted',
      numberWorks: true,
      event: { k: 'sent', ms: tookMs, ...(mayBeDoubled ? { mayBeDoubled } : {}) },
      left,
    });
    this.observe('sent', mayBeDoubled ? 'maybe_doubled' : 'ok', tookMs);
    if (acked === undefined) this.log.warn('message sent, another worker has the outbox');
    else
      this.log.info(
        { attempt: this.begun.attempts + 1, heldMs: this.heldMs(), tookMs, ...(mayBeDoubled ? { mayBeDoubled } : {}) },
        'message sent',
      );
    if (acked && acked.left > 0 && this.endpoint !== undefined && this.item !== undefined)
      this.deps.onMoreToCome(this.endpoint, this.item, acked.nextMs);
  }

  private async holdBack(
    refusal: Exclude<Refusal, { outcome: 'rejected' }>,
    afterMs: number,
    { attempts, faults }: { attempts: number; faults: number },
  ): Promise<void> {
    const { uncertainGraceMs, pauseProbeMs } = this.deps.limits;
    // What Meta may have taken waits for a status to say so.
    const delayMs = refusal.mayHaveBeenSent ? Math.max(afterMs, uncertainGraceMs) : afterMs;
    const paused = refusal.outcome === 'paused';
    const graphFailed = isGraphsFault(refusal);
    const held = await this.deps.outbox.holdBack(this.owner, {
      oid: this.begun.oid,
      nowMs: this.deps.clock.nowMs(),
      delayMs,
      mayHaveBeenSent: refusal.mayHaveBeenSent,
      attempts,
      faults,
      // A Graph that fails is left alone by the whole number soon (see hold-back): a queue of slots would outlast it.
      slowNumberMs: refusal.outcome === 'retry' && refusal.scope === 'number' && !graphFailed ? afterMs : 0,
      graphFailed,
      ...(paused ? { pause: { ms: pauseProbeMs, reason: refusal.reason } } : {}),
    });
    // Said once: what tries meanwhile whether it works again is no news.
    if (held === 'paused')
      this.log.error(
        { reason: paused ? refusal.reason : 'graph_failing', code: refusal.code },
        'number paused, messages wait',
      );
    if (!paused)
      this.log.warn({ reason: refusal.reason, code: refusal.code, attempt: attempts, delayMs }, 'message held back');
  }

  private async ack(it: {
    became: 'accepted' | 'failed';
    numberWorks: boolean;
    event: { [key: string]: unknown };
    deadLetter?: DeadLetter;
    failure?: NonNullable<Ack['failure']>;
    left?: Left;
  }): ReturnType<Outbox['ack']> {
    const nowMs = this.deps.clock.nowMs();
    const startsTimer = this.item?.startsTimer;
    // What was left out on purpose has not failed.
    const isWatched =
      this.item?.watched && (it.became === 'accepted' || it.failure !== undefined || this.mayBeWithMeta);
    const substitute =
      it.left === undefined || this.item === undefined ? undefined : substituteOf(this.item, this.begun.oid, it.left);
    const isDoubtful = it.became === 'failed' && this.mayBeWithMeta;
    const acked = await this.deps.outbox.ack(this.owner, {
      oid: this.begun.oid,
      nowMs,
      // After a refusal the next message need not wait: nothing was shown.
      delayMs: it.became === 'accepted' ? (this.endpoint?.messageDelayMs ?? 0) : 0,
      became: isDoubtful ? 'doubtful' : it.became,
      numberWorks: it.numberWorks,
      ...(startsTimer === undefined ? {} : { startsTimer }),
      ...(it.deadLetter === undefined ? {} : { deadLetter: JSON.stringify(it.deadLetter) }),
      ...(isWatched ? { watchedBy: `${this.item?.flow}/${this.item?.step}` } : {}),
      ...(it.failure === undefined ? {} : { failure: it.failure }),
      ...(substitute === undefined ? {} : { substitute }),
      nextWaitsFor: this.item?.delivery?.nextWaitsFor,
      event: this.event(nowMs, isDoubtful ? { ...it.event, mayBeWithMeta: true } : it.event),
    });
    if (acked?.resumed) this.log.info('number works again, messages go out');
    if (acked !== undefined && startsTimer !== undefined) this.deps.onTimer(this.owner, nowMs + startsTimer.ms);
    return acked;
  }

  private event(nowMs: number, what: { [key: string]: unknown }): string {
    return JSON.stringify({
      at: nowMs,
      ...what,
      c: this.owner.conversationId,
      oid: this.begun.oid,
      ...(this.item?.answers === undefined ? {} : { m: this.item.answers }),
      attempt: this.begun.attempts + 1,
      heldMs: this.heldMs(),
    });
  }

  private observe(outcome: ObservedSend['outcome'], reason: string, tookMs: number): void {
    this.deps.observe({
      endpoint: this.endpoint?.id ?? 'none',
      outcome,
      reason: wordOf(reason),
      heldMs: this.heldMs(),
      tookMs,
    });
  }

  private heldMs(): number {
    return this.deps.clock.nowMs() - this.heldSinceMs;
  }
}

/** A reason without where in the message, and without what to know about it: there are few of these. */
function wordOf(reason: string): string {
  const [words = ''] = reason.split(': ');
  return words.slice(words.lastIndexOf(' ') + 1);
}

/** Not the message, the token or a limit: Graph, or the way there, does not work. */
function isGraphsFault(refusal: Refusal): boolean {
  if (refusal.outcome === 'unknown') return refusal.reason !== 'internal_error';
  if (refusal.outcome !== 'retry' || refusal.scope !== 'number') return false;
  return refusal.code === undefined || refusal.mayHaveBeenSent;
}

function describe(refusal: Refusal): string {
  return refusal.code === undefined ? refusal.reason : `${refusal.reason} (Meta's code ${refusal.code})`;
}
