import { hash } from 'node:crypto';
import type { CallEndpoint, PerformCall } from '../calls/perform-call.js';
import type { FlowVersion } from '../flow/definition.js';
import { moveSession } from '../flow/move-session.js';
import type {
  FlowCall,
  FlowEffect,
  FlowEvent,
  FlowLimits,
  FlowSession,
  TraceEntry,
  TurnInput,
  TurnRequest,
  TurnResult,
} from '../flow/turn.js';
import type { ContactIdentity } from '../inbound/event.js';
import type { InboxItem, MessageItem, NotifyItem, OptedOutItem } from '../inbound/item.js';
import { MARKETING } from '../shared/consent.js';
import type { FlowMessage } from '../shared/contact-message.js';
import type { StartsTurn } from '../shared/inbound-kinds.js';
import { isJsonObject } from '../shared/json.js';
import { isOpen } from '../shared/opening-hours.js';
import { encodeOutboxItem, type OutboxItem } from '../shared/outbox-item.js';
import { windowUntilMs } from '../shared/service-window.js';
import { type DuringSleep, joinMessages } from './burst.js';
import { type Consent, consentOf, isNewRefusal, isOverruled, recordConsent } from './consent.js';
import {
  type Checkpoint,
  type Contact,
  type ConversationId,
  identityChanges,
  profileOf,
  type StoredSession,
} from './conversation.js';
import { type StartedElsewhere, startedElsewhere } from './elsewhere.js';
import { type Attachments, withFiles } from './files.js';
import { failedSend, injected, optedOut } from './from-item.js';
import { happenedMs, wroteToUsMs } from './when-written.js';

/** The token of the timer that ends a session nobody has touched. The engine's own tokens look different. */
export const EXPIRY_TOKEN = 'x';

/** What a turn needs to know of the endpoint its number belongs to. */
export interface TurnEndpoint extends CallEndpoint {
  flow: string;
  /** the flow with the handlers and intents of the endpoint itself */
  handlers?: string | undefined;
  locale: string;
  timeZone: string;
  /** between two replies */
  messageDelayMs: number;
  /** 0: sessions never end by themselves */
  sessionExpirationMinutes: number;
  /** what a contact reads when a flow fails and says nothing itself */
  fallback: string;
  env: { readonly [name: string]: string };
  /** `interrupt` unless it says otherwise */
  duringSleep?: DuringSleep;
  /** how long the bot keeps quiet when a person of the business has written from the phone app; 0 or absent: not */
  staffPauseMinutes?: number;
  /** which kinds of messages start a turn, where it is not the usual */
  startsTurn?: StartsTurn;
  /** messages that follow each other this closely are one input; 0 or absent: each is one */
  collectMs?: number;
  /** how long what was said is kept; 0 or absent: not at all */
  transcriptMinutes?: number;
  /** when somebody is there to take a conversation over, lines such as `mon-fri 09:00-17:00`; none: always */
  handoverHours?: readonly string[];
}

/** The versions of the flows, as turns need them. Asking costs no round trip but for a version this process never ran. */
export interface TurnVersions {
  /** what a new session of this contact begins with */
  current(endpointId: string, contactId: string): { hash: string; version: FlowVersion };
  /** undefined when nobody has it any more, or this program cannot read it */
  get(hash: string): Promise<FlowVersion | undefined>;
  /** what becomes of sessions that began with a version which is not the current one */
  fate(endpointId: string, hash: string): SessionFate;
}

/** `keep`: it ends on its version; `move`: it goes on in the current one, by step id; `end`: the next message begins anew */
export type SessionFate = 'keep' | 'move' | 'end';

export interface TurnDeps {
  advance(request: TurnRequest): TurnResult;
  /** Meta's message as flows see it, whether it starts a turn at all, and if not, the handler it may have */
  readMessage(
    item: MessageItem,
    chosen?: StartsTurn,
  ): { message: FlowMessage; startsTurn: boolean; event?: FlowEvent | undefined };
  versions: TurnVersions;
  /** its key ends in `x<ordinal>` while a session expires */
  performCall: PerformCall;
  limits: FlowLimits;
}

export interface TurnTask {
  conversation: ConversationId;
  endpoint: TurnEndpoint;
  seq: string;
  item: InboxItem;
  /** messages behind the item that are a part of the same input */
  burst?: readonly MessageItem[];
  /** a person of the business answers this message: the flow does not hear of it */
  besidePerson?: boolean;
  /** what became of the files of these messages; a message that is missing here keeps what Meta says of its files */
  files?: Attachments;
  session: StoredSession | undefined;
  contact: Contact;
  /** set when an earlier run of this item got that far */
  checkpoint: Checkpoint | undefined;
  nowMs: number;
  /**
   * Writes what has happened so far and keeps the item: called before slow work that follows unsent replies.
   *
   * @throws LostOwnership when another run has this conversation now
   */
  saveCheckpoint(draft: TurnDraft, checkpoint: Checkpoint): Promise<void>;
}

/** What a turn did since its last checkpoint, ready to be committed. */
export interface TurnDraft {
  /**
   * `dropped`: it came during a sleep, and the endpoint ignores what does; `paused`: a person of the business answers it
   */
  outcome: 'answered' | 'waiting' | 'ended' | 'ignored' | 'recorded' | 'dropped' | 'paused';
  session: StoredSession | undefined;
  contact: Contact;
  contactSet: [string, string][];
  contactUnset: string[];
  /** pairs of a field that holds a list and the JSON texts to put behind it, with commas between them */
  contactAppend: [string, string][];
  /** `afterSend`: `dueMs` is an estimate, the last reply sets it when it was sent */
  timers: { token: string; dueMs: number; afterSend?: true }[];
  cancelTimers: string[];
  replies: string[];
  elsewhere: StartedElsewhere[];
  /** Meta's id of the contact's message under which "typing…" shows until the first of them */
  typingUnder?: string;
  /** when the contact wrote to us, epoch ms: not later than it reached us */
  wroteMs?: number;
  /** and came from an advertisement */
  fromAd?: true;
  logs: Extract<FlowEffect, { effect: 'log' }>[];
  tracks: Extract<FlowEffect, { effect: 'track' }>[];
  /** nothing of the input is to be kept */
  blind: boolean;
  trace: TraceEntry[];
}

/**
 * One inbox item, handled: the flow runs from where it waits to where it waits again. Nothing is stored but through
 * `saveCheckpoint`; the caller commits the draft.
 *
 * @throws what the host's own parts throw (a version that cannot be read, a call that cannot be made); never for
 *   anything a flow or a contact does wrong
 */
export type TakeTurn = (task: TurnTask) => Promise<TurnDraft>;

export function createTurn(deps: TurnDeps): TakeTurn {
  return async function takeTurn(task) {
    const { item, endpoint } = task;
    const turn = new Turn(deps, task);
    const readMessage = (one: MessageItem) => withFiles(deps.readMessage(one, endpoint.startsTurn), task.files);
    if (task.checkpoint !== undefined) {
      await turn.resume(task.checkpoint);
      // Only the farewell to the old session was under way: the message that came too late for it is not answered yet.
      if (item.kind === 'message' && task.checkpoint.expiring) {
        const items = [item, ...(task.burst ?? [])];
        const input = inputOf(items.map(readMessage));
        if (input !== undefined) await turn.run(input);
      }
      return turn.draft();
    }
    if (item.kind === 'timer') {
      if (item.token !== EXPIRY_TOKEN) await turn.run({ kind: 'timer', token: item.token });
      else if (hasExpired(task.session, endpoint, item.acceptedMs)) await turn.expire();
      return turn.draft();
    }
    if (item.kind === 'handoverEnded') {
      await turn.run({ kind: 'handoverEnded' });
      return turn.draft();
    }
    if (item.kind === 'notify') {
      turn.introduce(item.contact);
      turn.tell(item);
      return turn.draft();
    }
    if (item.kind === 'inject') {
      turn.introduce(item.contact);
      if (hasExpired(task.session, endpoint, item.acceptedMs)) await turn.expire();
      await turn.run({ kind: 'message', message: injected(item) });
      return turn.draft();
    }
    if (item.kind === 'failedSend') {
      if (!(await turn.hasHandler('status'))) return { ...turn.draft(), outcome: 'recorded' };
      if (hasExpired(task.session, endpoint, item.acceptedMs)) await turn.expire();
      await turn.run({ kind: 'event', event: 'status', message: failedSend(item) });
      return turn.draft();
    }
    if (item.kind === 'optedOut') {
      const isNews = turn.optOut(item);
      if (!isNews || !(await turn.hasHandler('optOut'))) return { ...turn.draft(), outcome: 'recorded' };
      if (hasExpired(task.session, endpoint, item.acceptedMs)) await turn.expire();
      await turn.run({ kind: 'event', event: 'optOut', message: optedOut(task.seq) });
      return turn.draft();
    }
    const items = [item, ...(task.burst ?? [])];
    for (const one of items) turn.meet(one);
    if (task.besidePerson) return { ...turn.draft(), outcome: 'paused' };
    const read = items.map(readMessage);
    const input = inputOf(read);
    if (endpoint.duringSleep === 'drop' && isAsleep(task.session) && read.some(({ startsTurn }) => startsTurn)) {
      return { ...turn.draft(), outcome: 'dropped' };
    }
    if (
      input === undefined ||
      (input.kind === 'event' && (turn.isOverruled || !(await turn.hasHandler(input.event))))
    ) {
      return { ...turn.draft(), outcome: 'recorded' };
    }
    // The session's end may still wait behind this message, when the workers were away: what counts is when it came.
    if (hasExpired(task.session, endpoint, item.acceptedMs)) await turn.expire();
    await turn.run(input);
    return turn.draft();
  };
}

/** What a burst of messages is to the flow: one message, or what happened; undefined when it starts nothing at all. */
function inputOf(read: readonly ReturnType<TurnDeps['readMessage']>[]): TurnInput | undefined {
  if (read.some(({ startsTurn }) => startsTurn)) {
    return { kind: 'message', message: joinMessages(read.map(({ message }) => message)) };
  }
  const happened = read.find(({ event }) => event !== undefined);
  return happened?.event === undefined
    ? undefined
    : { kind: 'event', event: happened.event, message: happened.message };
}

/** Whether a session's lifetime was over at a time. A sleep, an open question's timeout and a handover suspend it. */
export function hasExpired(session: StoredSession | undefined, endpoint: TurnEndpoint, atMs: number): boolean {
  const dueMs = expiryMs(session, endpoint);
  return dueMs !== undefined && dueMs <= atMs;
}

function isAsleep(session: StoredSession | undefined): boolean {
  const arrival = session?.flow.arrival;
  return arrival !== undefined && 'asleep' in arrival;
}

function expiryMs(session: StoredSession | undefined, endpoint: TurnEndpoint): number | undefined {
  if (session === undefined || endpoint.sessionExpirationMinutes === 0) return undefined;
  if (session.flow.timers.length > 0 || session.flow.handover) return undefined;
  return session.touchedMs + endpoint.sessionExpirationMinutes * 60_000;
}

const MAX_HOPS = 20;

class Turn {
  private nowMs: number;
  private session: StoredSession | undefined;
  private contact: Contact;
  private outcome: TurnDraft['outcome'] = 'ignored';
  private readonly before: StoredSession | undefined;
  private effects: FlowEffect[] = [];
  private trace: TraceEntry[] = [];
  private contactSet: [string, string][] = [];
  private contactUnset: string[] = [];
  private contactAppend: [string, string][] = [];
  private blind = false;
  /** effects outside the lane that earlier parts of the turn had */
  private elsewhereBefore = 0;
  /** the old session's end is being handled */
  private expiring = false;
  /** replies were committed with a checkpoint */
  private hasReplied = false;
  private fromAd = false;
  /** a preference that came after the contact said the opposite: nobody has to answer it */
  isOverruled = false;
  /** a flow wants to hear of replies that fail */
  private watches = false;

  constructor(
    private readonly deps: TurnDeps,
    private readonly task: TurnTask,
  ) {
    this.nowMs = task.nowMs;
    this.elsewhereBefore = task.checkpoint?.elsewhere ?? 0;
    this.session = this.before = task.session;
    this.contact = task.contact;
  }

  /** Learns who wrote, as this message tells it. */
  meet(item: MessageItem): void {
    const { waId, bsuid } = this.contact;
    this.contactSet.push(...identityChanges(this.contact, item.contact));
    this.contact = { ...this.contact, ...item.contact };
    const wroteMs = wroteToUsMs(item);
    if (wroteMs !== undefined) this.contact.wroteMs = Math.max(this.contact.wroteMs ?? 0, wroteMs);
    if (isJsonObject(item.message.referral)) {
      this.fromAd = true;
      this.contact.adMs = Math.max(this.contact.adMs ?? 0, happenedMs(item));
    }
    // A new user id comes with a new number. What is not told again belongs to who the contact was: a reply to the
    // number somebody gave up reaches its next owner.
    if (item.contact.waId === undefined && bsuid !== undefined && this.contact.bsuid !== bsuid) this.forget('waId');
    if (item.contact.bsuid === undefined && waId !== undefined && this.contact.waId !== waId) this.forget('bsuid');
    const consent = consentOf(item.message);
    if (consent === undefined) return;
    this.isOverruled = isOverruled(this.contact.custom, consent, happenedMs(item));
    if (!this.isOverruled) this.consent(consent, happenedMs(item));
  }

  /** @returns whether that was not known already: every message it refuses tells it anew */
  optOut({ acceptedMs, sentMs }: OptedOutItem): boolean {
    if (!isNewRefusal(this.contact.custom, sentMs)) return false;
    this.consent({ topic: MARKETING, wants: false }, acceptedMs);
    return true;
  }

  private consent(consent: Consent, atMs: number): void {
    const changed = recordConsent(this.contact.custom, consent, atMs);
    this.contact = { ...this.contact, custom: { ...this.contact.custom, ...changed } };
    this.contactSet.push(
      ...Object.entries(changed).map(([field, value]): [string, string] => [field, JSON.stringify(value)]),
    );
  }

  /** Learns how to reach a contact of whom only a flow has told so far. */
  introduce(told: ContactIdentity): void {
    if (this.contact.waId !== undefined || this.contact.bsuid !== undefined) return;
    this.contactSet.push(...identityChanges(this.contact, told));
    this.contact = { ...this.contact, ...told };
  }

  /** Sends what a flow elsewhere, or earlier, has to say. */
  tell({ messages, flow, step, blind }: NotifyItem): void {
    this.blind = blind;
    this.outcome = 'waiting';
    const { conversation, endpoint } = this.task;
    this.watch(this.deps.versions.current(endpoint.id, conversation.contactId).version);
    const marks = blind ? { blind: true as const } : {};
    this.effects.push(...messages.map((one) => ({ effect: 'send' as const, ...one, flow, step, ...marks })));
  }

  async expire(): Promise<void> {
    this.expiring = true;
    await this.run({ kind: 'expired' });
    this.expiring = false;
  }

  private forget(identity: 'waId' | 'bsuid'): void {
    const { [identity]: _, ...rest } = this.contact;
    this.contact = rest;
    this.contactUnset.push(`@${identity}`);
  }

  /** Whether any flow may answer such an event: most bots have none that does, and then nothing has to be run. */
  async hasHandler(event: FlowEvent): Promise<boolean> {
    const { conversation, endpoint, session } = this.task;
    const { version: current } = this.deps.versions.current(endpoint.id, conversation.contactId);
    const own = session === undefined ? undefined : await this.deps.versions.get(session.version);
    return [current, own].some((version) => version?.handles.has(event));
  }

  async run(input: TurnInput): Promise<void> {
    const { hash: versionHash, version } = await this.version(input.kind);
    await this.finish(version, versionHash, this.advance(version, versionHash, input));
  }

  /** Goes on behind the last checkpoint: the call is made again, with the same idempotency key. */
  async resume(checkpoint: Checkpoint): Promise<void> {
    this.nowMs = checkpoint.nowMs;
    this.session = checkpoint.session;
    this.expiring = checkpoint.expiring ?? false;
    this.hasReplied = true;
    const { hash: versionHash, version } = await this.version('callResult');
    await this.finish(version, versionHash, await this.perform(version, versionHash, checkpoint.call));
    this.expiring = false;
  }

  draft(): TurnDraft {
    const timers = this.effects.filter((effect) => effect.effect === 'timer');
    const cancelled = this.effects.filter((effect) => effect.effect === 'cancelTimer').map(({ token }) => token);
    const open = this.session?.flow.timers ?? [];
    // A session that ended, or was replaced, takes its timers with it.
    const orphaned = (this.before?.flow.timers ?? []).filter((token) => !open.includes(token));
    const cancelTimers = new Set([...cancelled, ...orphaned]);
    const dueMs = expiryMs(this.session, this.task.endpoint);
    if (dueMs !== undefined) timers.push({ effect: 'timer', token: EXPIRY_TOKEN, dueMs });
    else if (this.before !== undefined) cancelTimers.add(EXPIRY_TOKEN);
    const replies = this.effects.filter((effect) => effect.effect === 'send');
    const [asked] = timers.filter(({ afterSendMs }) => afterSendMs !== undefined && replies.length > 0);
    const startsTimer =
      asked?.afterSendMs === undefined ? {} : { startsTimer: { token: asked.token, ms: asked.afterSendMs } };
    const item = this.latest();
    const wamid = this.wamid();
    const wroteMs = item.kind === 'message' ? wroteToUsMs(item) : undefined;
    return {
      outcome: this.outcome !== 'ignored' && (replies.length > 0 || this.hasReplied) ? 'answered' : this.outcome,
      session: this.session,
      contact: this.contact,
      contactSet: this.contactSet,
      contactUnset: this.contactUnset,
      contactAppend: this.contactAppend,
      timers: timers.map(({ token, dueMs: at, afterSendMs }) => {
        // A question's time runs from when it is really sent: the last of the replies, behind their delays.
        const sending = afterSendMs === undefined ? 0 : sendingMs(replies, this.task.endpoint.messageDelayMs);
        return { token, dueMs: at + sending, ...(token === asked?.token ? { afterSend: true } : {}) };
      }),
      cancelTimers: [...cancelTimers],
      replies: replies.map((effect, index) =>
        encodeOutboxItem({
          ...this.outboxItem(effect, replies[index + 1]),
          ...(index === replies.length - 1 ? startsTimer : {}),
        }),
      ),
      elsewhere: this.elsewhere().map((effect, index) => {
        const origin = `${this.task.conversation.id}:${this.task.seq}:${this.elsewhereBefore + index}`;
        return startedElsewhere(effect, origin, this.nowMs, this.hops);
      }),
      ...(replies[0]?.delivery?.typing && wamid !== undefined ? { typingUnder: wamid } : {}),
      ...(wroteMs === undefined ? {} : { wroteMs }),
      ...(this.fromAd ? { fromAd: true } : {}),
      logs: this.effects.filter((effect) => effect.effect === 'log'),
      tracks: this.effects.filter((effect) => effect.effect === 'track'),
      blind: this.blind,
      trace: this.trace,
    };
  }

  private elsewhere(): Extract<FlowEffect, { effect: 'elsewhere' }>[] {
    return this.effects.filter((effect) => effect.effect === 'elsewhere');
  }

  /** A turn that starts a turn that starts a turn. */
  private get hops(): number {
    return this.task.item.kind === 'inject' ? this.task.item.hops + 1 : 1;
  }

  /** Turns that start each other at once would never end: the one too many is told and left out. */
  private isOneTooMany({ act, flow, step }: Extract<FlowEffect, { effect: 'elsewhere' }>): boolean {
    if (act.do !== 'inject' || act.atMs !== undefined || this.hops <= MAX_HOPS) return false;
    const detail = `more than ${MAX_HOPS} turns in a row were started by \`inject\`: give it a time`;
    this.trace.push({ flow, step, kind: 'inject', outcome: 'failed', detail });
    return true;
  }

  /** Makes the calls a part of the turn asks for, until it ends otherwise. */
  private async finish(version: FlowVersion, versionHash: string, first: TurnResult): Promise<void> {
    let result = first;
    while (result.outcome === 'call' && result.call !== undefined) {
      result = await this.call(version, versionHash, result.call);
    }
    this.outcome = result.outcome === 'call' ? 'waiting' : result.outcome;
  }

  private async call(version: FlowVersion, versionHash: string, call: FlowCall): Promise<TurnResult> {
    // An expression changes nothing and is soon found out: nobody waits for it with the replies so far.
    const unsent = call.kind !== 'expression' && this.effects.some((effect) => effect.effect === 'send');
    if (unsent && this.session !== undefined) {
      await this.task.saveCheckpoint(this.draft(), {
        nowMs: this.nowMs,
        session: this.session,
        call,
        elsewhere: this.elsewhereBefore + this.elsewhere().length,
        ...(this.task.burst === undefined ? {} : { items: this.task.burst.length + 1 }),
        ...(this.expiring ? { expiring: true } : {}),
      });
      // The log lines and the trace are told with the turn's end.
      this.elsewhereBefore += this.elsewhere().length;
      this.effects = this.effects.filter(({ effect }) => effect === 'log' || effect === 'track');
      this.hasReplied = true;
      this.contactSet = [];
      this.contactUnset = [];
      this.contactAppend = [];
    }
    return this.perform(version, versionHash, call);
  }

  private async perform(version: FlowVersion, versionHash: string, call: FlowCall): Promise<TurnResult> {
    // The farewell to an expired session counts its calls for itself.
    const key = `${this.task.conversation.id}:${this.task.seq}:${this.expiring ? 'x' : ''}${call.ordinal}`;
    const result = await this.deps.performCall(call, {
      key,
      endpoint: this.task.endpoint,
      nowMs: this.nowMs,
      ...(call.blind ? { blind: true } : {}),
    });
    return this.advance(version, versionHash, { kind: 'callResult', ordinal: call.ordinal, result });
  }

  private watch({ handles }: FlowVersion): void {
    // What is said about a message that failed may fail as well, and would be told of for ever.
    this.watches ||= handles.has('status') && this.task.item.kind !== 'failedSend';
  }

  private advance(version: FlowVersion, versionHash: string, input: TurnInput): TurnResult {
    const { conversation, endpoint, seq } = this.task;
    this.watch(version);
    const seed = `${conversation.id}:${seq}`;
    const result = this.deps.advance({
      version,
      flow: endpoint.flow,
      ...(endpoint.handlers === undefined ? {} : { handlers: endpoint.handlers }),
      session: this.session?.flow,
      profile: profileOf(this.contact),
      input,
      nowMs: this.nowMs,
      seed,
      sessionId: hash('sha256', seed, 'base64url').slice(0, 16),
      locale: endpoint.locale,
      timeZone: endpoint.timeZone,
      windowUntilMs: windowUntilMs(this.contact) ?? 0,
      env: endpoint.env,
      fallback: endpoint.fallback === '' ? undefined : { type: 'text', text: endpoint.fallback },
      handoverOpen: isOpen(endpoint.handoverHours ?? [], this.nowMs, endpoint.timeZone),
      limits: this.deps.limits,
    });
    this.blind ||= result.blind === true;
    // An event that nobody answers is no sign of life.
    if (input.kind !== 'event' || result.outcome !== 'ignored') {
      this.session = stored(result.session, versionHash, this.nowMs);
    }
    this.trace.push(...result.trace);
    for (const effect of result.effects) {
      if (effect.effect === 'profile') this.patchProfile(effect);
      else if (effect.effect !== 'elsewhere' || !this.isOneTooMany(effect)) this.effects.push(effect);
    }
    return result;
  }

  private patchProfile({ set, unset, appended = {} }: Extract<FlowEffect, { effect: 'profile' }>): void {
    const custom = { ...this.contact.custom, ...set };
    for (const field of unset) delete custom[field];
    this.contact = { ...this.contact, custom };
    for (const [field, value] of Object.entries(set)) {
      const items = Object.hasOwn(appended, field) ? appended[field] : undefined;
      if (items === undefined) this.contactSet.push([field, JSON.stringify(value)]);
      // Only what is new: others may put something behind the same list at the same time.
      else this.contactAppend.push([field, items.map((item) => JSON.stringify(item)).join(',')]);
    }
    this.contactUnset.push(...unset);
  }

  /** The version a session began with, unless its time is over; a new session takes the current one. */
  private async version(input: TurnInput['kind']): Promise<{ hash: string; version: FlowVersion }> {
    const { conversation, endpoint } = this.task;
    const current = this.deps.versions.current(endpoint.id, conversation.contactId);
    const { session } = this;
    if (session === undefined || session.version === current.hash) return current;
    const own = await this.deps.versions.get(session.version);
    // What a person or a call has in hand is not taken away: it goes on as it began, and moves afterwards.
    const isHeld = input === 'callResult' || (session.flow.handover && input !== 'handoverEnded');
    const fate = isHeld ? 'keep' : this.deps.versions.fate(endpoint.id, session.version);
    if (own !== undefined && fate === 'keep' && (isHeld || own.flows.includes(endpoint.flow))) {
      return { hash: session.version, version: own };
    }
    if (fate === 'end') {
      this.note('versionEnded');
      this.session = undefined;
    } else {
      const moved = moveSession(session.flow, own, current.version);
      this.note('versionMoved');
      if (moved.gone !== undefined) this.note('stepGone', moved.gone);
      this.session = { ...session, version: current.hash, flow: moved.session };
    }
    return current;
  }

  private note(outcome: string, { flow, step } = { flow: '', step: '' }): void {
    this.trace.push({ flow, step, kind: '', outcome });
  }

  /** The item itself, of a burst the last. */
  private latest(): InboxItem {
    return this.task.burst?.at(-1) ?? this.task.item;
  }

  /** Meta's id of the message this turn answers. */
  private wamid(): string | undefined {
    const item = this.latest();
    return item.kind === 'message' && typeof item.message.id === 'string' ? item.message.id : undefined;
  }

  private outboxItem(effect: Send, next: Send | undefined): OutboxItem {
    const item = this.latest();
    const { waId, bsuid } = this.contact;
    const wamid = this.wamid();
    const { delayMs, typing: _typing, ...delivery } = effect.delivery ?? {};
    return {
      ...(delayMs === undefined ? {} : { delayMs }),
      content: effect.message,
      ...(effect.menu === undefined ? {} : { menu: effect.menu }),
      ...(Object.keys(delivery).length === 0 ? {} : { delivery }),
      ...(next?.delivery?.typing ? { typingNext: true } : {}),
      ...(waId === undefined ? {} : { waId }),
      ...(bsuid === undefined ? {} : { bsuid }),
      committedMs: this.task.nowMs,
      flow: effect.flow,
      step: effect.step,
      ...(this.watches ? { watched: true } : {}),
      ...(effect.blind ? { blind: true } : {}),
      ...(item.kind === 'message' ? { answers: item.messageId } : {}),
      ...(wamid === undefined ? {} : { answersWamid: wamid }),
    };
  }
}

type Send = Extract<FlowEffect, { effect: 'send' }>;

/** How long the replies of a turn take to leave, until the last one. */
function sendingMs(replies: readonly Send[], messageDelayMs: number): number {
  return replies.reduce(
    (sum, { delivery }, index) => sum + (delivery?.delayMs ?? (index === 0 ? 0 : messageDelayMs)),
    0,
  );
}

function stored(flow: FlowSession | undefined, version: string, touchedMs: number): StoredSession | undefined {
  return flow === undefined ? undefined : { version, touchedMs, flow };
}
