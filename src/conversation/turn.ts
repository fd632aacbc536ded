import { hash } from 'node:crypto';
import type { PerformCall } from '../calls/perform-call.js';
import type { FlowVersion } from '../flow/definition.js';
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
} from '../flow/turn/turn.js';
import type { MessageItem, NotifyItem } from '../inbound/item.js';
import type { FlowMessage } from '../shared/contact-message.js';
import type { StartsTurn } from '../shared/inbound-kinds.js';
import { isOpen } from '../shared/opening-hours.js';
import { windowUntilMs } from '../shared/service-window.js';
import { joinMessages } from './burst.js';
import { type Checkpoint, profileOf, type StoredSession } from './conversation.js';
import { startedElsewhere } from './elsewhere.js';
import { withFiles } from './files.js';
import { failedSend, injected, optedOut } from './from-item.js';
import { EXPIRY_TOKEN, expiryMs, hasExpired, isAsleep } from './session-life.js';
import { type ChosenVersion, chooseVersion, type TurnVersions } from './session-version.js';
import { TurnContact } from './turn-contact.js';
import { answeredWamid, encodeReplies, latestItem, sendingMs } from './turn-replies.js';
import type { TakeTurn, TurnDraft, TurnTask } from './turn-task.js';
import { wroteToUsMs } from './when-written.js';

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
      turn.contact.introduce(item.contact);
      turn.tell(item);
      return turn.draft();
    }
    if (item.kind === 'inject') {
      turn.contact.introduce(item.contact);
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
      const isNews = turn.contact.optOut(item);
      if (!isNews || !(await turn.hasHandler('optOut'))) return { ...turn.draft(), outcome: 'recorded' };
      if (hasExpired(task.session, endpoint, item.acceptedMs)) await turn.expire();
      await turn.run({ kind: 'event', event: 'optOut', message: optedOut(task.seq) });
      return turn.draft();
    }
    const items = [item, ...(task.burst ?? [])];
    for (const one of items) turn.contact.meet(one);
    if (task.besidePerson) return { ...turn.draft(), outcome: 'paused' };
    const read = items.map(readMessage);
    const input = inputOf(read);
    if (endpoint.duringSleep === 'drop' && isAsleep(task.session) && read.some(({ startsTurn }) => startsTurn)) {
      return { ...turn.draft(), outcome: 'dropped' };
    }
    if (
      input === undefined ||
      (input.kind === 'event' && (turn.contact.isOverruled || !(await turn.hasHandler(input.event))))
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

const MAX_HOPS = 20;

class Turn {
  private nowMs: number;
  private session: StoredSession | undefined;
  readonly contact: TurnContact;
  private outcome: TurnDraft['outcome'] = 'ignored';
  private readonly before: StoredSession | undefined;
  private effects: FlowEffect[] = [];
  private trace: TraceEntry[] = [];
  private blind = false;
  /** effects outside the lane that earlier parts of the turn had */
  private elsewhereBefore = 0;
  /** the old session's end is being handled */
  private expiring = false;
  /** replies were committed with a checkpoint */
  private hasReplied = false;
  /** a flow wants to hear of replies that fail */
  private watches = false;

  constructor(
    private readonly deps: TurnDeps,
    private readonly task: TurnTask,
  ) {
    this.nowMs = task.nowMs;
    this.elsewhereBefore = task.checkpoint?.elsewhere ?? 0;
    this.session = this.before = task.session;
    this.contact = new TurnContact(task.contact);
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

  /** Whether any flow may answer such an event: most bots have none that does, and then nothing has to be run. */
  async hasHandler(event: FlowEvent): Promise<boolean> {
    const { conversation, endpoint, session } = this.task;
    const { version: current } = this.deps.versions.current(endpoint.id, conversation.contactId);
    const own = session === undefined ? undefined : await this.deps.versions.get(session.version);
    return [current, own].some((version) => version?.handles.has(event));
  }

  private async chooseVersion(input: TurnInput['kind']): Promise<ChosenVersion> {
    const chosen = await chooseVersion(this.session, input, this.task, this.deps.versions);
    this.session = chosen.session;
    this.trace.push(...chosen.notes);
    return chosen;
  }

  async run(input: TurnInput): Promise<void> {
    const { hash: versionHash, version } = await this.chooseVersion(input.kind);
    await this.finish(version, versionHash, this.advance(version, versionHash, input));
  }

  /** Goes on behind the last checkpoint: the call is made again, with the same idempotency key. */
  async resume(checkpoint: Checkpoint): Promise<void> {
    this.nowMs = checkpoint.nowMs;
    this.session = checkpoint.session;
    this.expiring = checkpoint.expiring ?? false;
    this.hasReplied = true;
    const { hash: versionHash, version } = await this.chooseVersion('callResult');
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
    const startsTimer = asked?.afterSendMs === undefined ? undefined : { token: asked.token, ms: asked.afterSendMs };
    const item = latestItem(this.task);
    const wamid = answeredWamid(this.task);
    const wroteMs = item.kind === 'message' ? wroteToUsMs(item) : undefined;
    return {
      outcome: this.outcome !== 'ignored' && (replies.length > 0 || this.hasReplied) ? 'answered' : this.outcome,
      session: this.session,
      contact: this.contact.known,
      contactSet: this.contact.set,
      contactUnset: this.contact.unset,
      contactAppend: this.contact.append,
      timers: timers.map(({ token, dueMs: at, afterSendMs }) => {
        // A question's time runs from when it is really sent: the last of the replies, behind their delays.
        const sending = afterSendMs === undefined ? 0 : sendingMs(replies, this.task.endpoint.messageDelayMs);
        return { token, dueMs: at + sending, ...(token === asked?.token ? { afterSend: true } : {}) };
      }),
      cancelTimers: [...cancelTimers],
      replies: encodeReplies(replies, this.task, { contact: this.contact.known, watched: this.watches, startsTimer }),
      elsewhere: this.elsewhere().map((effect, index) => {
        const origin = `${this.task.conversation.id}:${this.task.seq}:${this.elsewhereBefore + index}`;
        return startedElsewhere(effect, origin, this.nowMs, this.hops);
      }),
      ...(replies[0]?.delivery?.typing && wamid !== undefined ? { typingUnder: wamid } : {}),
      ...(wroteMs === undefined ? {} : { wroteMs }),
      ...(this.contact.fromAd ? { fromAd: true } : {}),
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
      this.contact.committed();
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
      profile: profileOf(this.contact.known),
      input,
      nowMs: this.nowMs,
      seed,
      sessionId: hash('sha256', seed, 'base64url').slice(0, 16),
      locale: endpoint.locale,
      timeZone: endpoint.timeZone,
      windowUntilMs: windowUntilMs(this.contact.known) ?? 0,
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
      if (effect.effect === 'profile') this.contact.patch(effect);
      else if (effect.effect !== 'elsewhere' || !this.isOneTooMany(effect)) this.effects.push(effect);
    }
    return result;
  }
}

function stored(flow: FlowSession | undefined, version: string, touchedMs: number): StoredSession | undefined {
  return flow === undefined ? undefined : { version, touchedMs, flow };
}
