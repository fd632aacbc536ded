import { hash } from 'node:crypto';
import type { CallEndpoint, PerformCall } from '../calls/perform-call.js';
import type { FlowVersion } from '../flow/definition.js';
import { moveSession } from '../flow/move-session.js';
import type {
  FlowCall,
  FlowEffect,
  FlowLimits,
  FlowSession,
  TraceEntry,
  TurnInput,
  TurnRequest,
  TurnResult,
} from '../flow/turn.js';
import type { InboxItem, MessageItem } from '../inbound/item.js';
import type { FlowMessage } from '../shared/contact-message.js';
import type { Json } from '../shared/json.js';
import { encodeOutboxItem, type OutboxItem } from '../shared/outbox-item.js';
import {
  type Checkpoint,
  type Contact,
  type ConversationId,
  identityChanges,
  profileOf,
  type StoredSession,
} from './conversation.js';

/** The token of the timer that ends a session nobody has touched. The engine's own tokens look different. */
export const EXPIRY_TOKEN = 'x';

/** What a turn needs to know of the endpoint its number belongs to. */
export interface TurnEndpoint extends CallEndpoint {
  flow: string;
  locale: string;
  timeZone: string;
  /** between two replies */
  messageDelayMs: number;
  /** 0: sessions never end by themselves */
  sessionExpirationMinutes: number;
  /** what a contact reads when a flow fails and says nothing itself */
  fallback: string;
  env: { readonly [name: string]: string };
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
  /** Meta's message as flows see it, and whether it starts a turn at all */
  readMessage(item: MessageItem): { message: FlowMessage; startsTurn: boolean };
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
  outcome: 'answered' | 'waiting' | 'ended' | 'ignored' | 'recorded';
  session: StoredSession | undefined;
  contact: Contact;
  contactSet: [string, string][];
  contactUnset: string[];
  timers: { token: string; dueMs: number }[];
  cancelTimers: string[];
  replies: string[];
  logs: Extract<FlowEffect, { effect: 'log' }>[];
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
    if (task.checkpoint !== undefined) {
      await turn.resume(task.checkpoint);
      // Only the farewell to the old session was under way: the message that came too late for it is not answered yet.
      if (item.kind === 'message' && task.checkpoint.expiring) {
        await turn.run({ kind: 'message', message: deps.readMessage(item).message });
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
    turn.meet(item);
    const { message, startsTurn } = deps.readMessage(item);
    if (!startsTurn) return { ...turn.draft(), outcome: 'recorded' };
    // The session's end may still wait behind this message, when the workers were away: what counts is when it came.
    if (hasExpired(task.session, endpoint, item.acceptedMs)) await turn.expire();
    await turn.run({ kind: 'message', message });
    return turn.draft();
  };
}

/** Whether a session's lifetime was over at a time. A sleep, an open question's timeout and a handover suspend it. */
export function hasExpired(session: StoredSession | undefined, endpoint: TurnEndpoint, atMs: number): boolean {
  const dueMs = expiryMs(session, endpoint);
  return dueMs !== undefined && dueMs <= atMs;
}

function expiryMs(session: StoredSession | undefined, endpoint: TurnEndpoint): number | undefined {
  if (session === undefined || endpoint.sessionExpirationMinutes === 0) return undefined;
  if (session.flow.timers.length > 0 || session.flow.handover) return undefined;
  return session.touchedMs + endpoint.sessionExpirationMinutes * 60_000;
}

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
  /** the old session's end is being handled */
  private expiring = false;
  /** replies were committed with a checkpoint */
  private hasReplied = false;

  constructor(
    private readonly deps: TurnDeps,
    private readonly task: TurnTask,
  ) {
    this.nowMs = task.nowMs;
    this.session = this.before = task.session;
    this.contact = task.contact;
  }

  /** Learns who wrote, as this message tells it. */
  meet(item: MessageItem): void {
    const { waId, bsuid } = this.contact;
    this.contactSet.push(...identityChanges(this.contact, item.contact));
    this.contact = { ...this.contact, ...item.contact };
    // A new user id comes with a new number. What is not told again belongs to who the contact was: a reply to the
    // number somebody gave up reaches its next owner.
    if (item.contact.waId === undefined && bsuid !== undefined && this.contact.bsuid !== bsuid) this.forget('waId');
    if (item.contact.bsuid === undefined && waId !== undefined && this.contact.waId !== waId) this.forget('bsuid');
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
    return {
      outcome: this.outcome !== 'ignored' && (replies.length > 0 || this.hasReplied) ? 'answered' : this.outcome,
      session: this.session,
      contact: this.contact,
      contactSet: this.contactSet,
      contactUnset: this.contactUnset,
      timers: timers.map(({ token, dueMs: at, afterSendMs }) => {
        // A question's time runs from when it is really sent: the last of the replies, behind their delays.
        const sending =
          afterSendMs === undefined ? 0 : Math.max(0, replies.length - 1) * this.task.endpoint.messageDelayMs;
        return { token, dueMs: at + sending };
      }),
      cancelTimers: [...cancelTimers],
      replies: replies.map((effect) => encodeOutboxItem(this.outboxItem(effect))),
      logs: this.effects.filter((effect) => effect.effect === 'log'),
      trace: this.trace,
    };
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
        ...(this.expiring ? { expiring: true } : {}),
      });
      // The log lines and the trace are told with the turn's end.
      this.effects = this.effects.filter((effect) => effect.effect === 'log');
      this.hasReplied = true;
      this.contactSet = [];
      this.contactUnset = [];
    }
    return this.perform(version, versionHash, call);
  }

  private async perform(version: FlowVersion, versionHash: string, call: FlowCall): Promise<TurnResult> {
    // The farewell to an expired session counts its calls for itself.
    const key = `${this.task.conversation.id}:${this.task.seq}:${this.expiring ? 'x' : ''}${call.ordinal}`;
    const result = await this.deps.performCall(call, { key, endpoint: this.task.endpoint, nowMs: this.nowMs });
    return this.advance(version, versionHash, { kind: 'callResult', ordinal: call.ordinal, result });
  }

  private advance(version: FlowVersion, versionHash: string, input: TurnInput): TurnResult {
    const { conversation, endpoint, seq } = this.task;
    const seed = `${conversation.id}:${seq}`;
    const result = this.deps.advance({
      version,
      flow: endpoint.flow,
      session: this.session?.flow,
      profile: profileOf(this.contact),
      input,
      nowMs: this.nowMs,
      seed,
      sessionId: hash('sha256', seed, 'base64url').slice(0, 16),
      locale: endpoint.locale,
      timeZone: endpoint.timeZone,
      env: endpoint.env,
      fallback: endpoint.fallback === '' ? undefined : { type: 'text', text: endpoint.fallback },
      limits: this.deps.limits,
    });
    this.session = stored(result.session, versionHash, this.nowMs);
    this.trace.push(...result.trace);
    for (const effect of result.effects) {
      if (effect.effect === 'profile') this.patchProfile(effect.set, effect.unset);
      else this.effects.push(effect);
    }
    return result;
  }

  private patchProfile(set: { [field: string]: Json }, unset: readonly string[]): void {
    const custom = { ...this.contact.custom, ...set };
    for (const field of unset) delete custom[field];
    this.contact = { ...this.contact, custom };
    this.contactSet.push(
      ...Object.entries(set).map(([field, value]): [string, string] => [field, JSON.stringify(value)]),
    );
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

  private outboxItem(effect: Extract<FlowEffect, { effect: 'send' }>): OutboxItem {
    const { item } = this.task;
    const { waId, bsuid } = this.contact;
    const wamid = item.kind === 'message' ? item.message.id : undefined;
    return {
      content: effect.message,
      ...(waId === undefined ? {} : { waId }),
      ...(bsuid === undefined ? {} : { bsuid }),
      committedMs: this.task.nowMs,
      flow: effect.flow,
      step: effect.step,
      ...(item.kind === 'message' ? { answers: item.messageId } : {}),
      ...(typeof wamid === 'string' ? { answersWamid: wamid } : {}),
    };
  }
}

function stored(flow: FlowSession | undefined, version: string, touchedMs: number): StoredSession | undefined {
  return flow === undefined ? undefined : { version, touchedMs, flow };
}
