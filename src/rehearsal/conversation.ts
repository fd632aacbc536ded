import type { PerformCall } from '../calls/perform-call.js';
import { isJoined, type Plan, planTurn } from '../conversation/burst.js';
import { type Contact, parseConversationId, type StoredSession } from '../conversation/conversation.js';
import { createTurn } from '../conversation/turn.js';
import type { TakeTurn, TurnDraft, TurnEndpoint } from '../conversation/turn-task.js';
import type { FlowVersion } from '../flow/definition.js';
import type { Recipient } from '../flow/elsewhere.js';
import { advance } from '../flow/turn/advance.js';
import type { FlowLimits, TraceEntry } from '../flow/turn/turn.js';
import type { InboxItem } from '../inbound/item.js';
import type { Clock } from '../shared/clock.js';
import type { JsonObject } from '../shared/json.js';
import { decodeOutboxItem, type OutboxItem } from '../shared/outbox-item.js';
import { readItem } from '../webhook/read-item.js';
import { rehearsedFiles } from './files.js';

/** A message the bot said. */
export interface Said {
  /** what a tap on it quotes */
  wamid: string;
  content: OutboxItem['content'];
  /** what its buttons and rows name as theirs */
  menu?: string | undefined;
  flow: string;
  step: string;
  atMs: number;
}

/** What something that happened came to: nothing while it waits for more, several turns when more had waited. */
export interface Turned {
  said: Said[];
  trace: TraceEntry[];
  logs: TurnDraft['logs'];
}

/** As `conversation` in a server's configuration. */
export interface RehearsalLimits extends FlowLimits {
  /** and the most that are joined into one input */
  messagesPerWake: number;
}

export interface ConversationSetup {
  version: FlowVersion;
  endpoint: TurnEndpoint;
  contact: Contact;
  clock: StandingClock;
  limits: RehearsalLimits;
  performCall: PerformCall;
  /** told as soon as it is said, also in the middle of a turn that waits for a call */
  onSaid?(said: Said): void;
}

interface Numbered {
  seq: string;
  item: InboxItem;
}

const CONVERSATION = parseConversationId('rehearsal.contact');

/** Time that goes on when it is told to, and never back. */
export class StandingClock implements Clock {
  constructor(private ms: number) {}

  nowMs(): number {
    return this.ms;
  }

  goTo(ms: number): void {
    this.ms = Math.max(this.ms, ms);
  }
}

/**
 * One contact's conversation with a bot, in memory, on the parts that run in production: the same turns, timers and
 * session lifetime, without Redis, Meta or a clock. Time stands still but for `pass`. Between turns session and contact go
 * through JSON, as they do in Redis. Messages wait for a sleep to end, or for more of a burst, where the endpoint says so.
 */
export class Conversation {
  session: StoredSession | undefined;
  contact: Contact;
  /** everything the bot said, oldest first */
  readonly said: Said[] = [];
  private readonly timers = new Map<string, number>();
  private readonly takeTurn: TakeTurn;
  private version: FlowVersion;
  private readonly versions = new Map<string, FlowVersion>();
  /** what flows have scheduled here, by the token of its timer */
  private readonly scheduled = new Map<string, InboxItem>();
  /** what they have started here, and what follows the turn at hand */
  private readonly started: InboxItem[] = [];
  /** what has happened and is not handled yet, oldest first */
  private readonly inbox: Numbered[] = [];
  /** its head waits: for the end of a sleep, or as more may belong to it; nobody looks before */
  private held: { timer: string } | { untilMs: number } | undefined;
  private items = 0;
  private messages = 0;

  constructor(private readonly setup: ConversationSetup) {
    this.contact = setup.contact;
    this.version = setup.version;
    this.versions.set(setup.version.hash, setup.version);
    this.takeTurn = createTurn({
      advance,
      readMessage: readItem,
      versions: {
        current: () => ({ hash: this.version.hash, version: this.version }),
        get: async (hash) => this.versions.get(hash),
        fate: () => 'move',
      },
      performCall: setup.performCall,
      limits: setup.limits,
    });
  }

  get nowMs(): number {
    return this.setup.clock.nowMs();
  }

  /** @param message as Meta spells it; its id, sender and time are added */
  receive(message: JsonObject): Promise<Turned> {
    this.messages += 1;
    const { waId, bsuid, username, name } = this.contact;
    const id = `wamid.contact-${this.messages}`;
    return this.happens({
      kind: 'message',
      messageId: `message-${this.messages}`,
      acceptedMs: this.nowMs,
      timestampMs: this.nowMs,
      contact: {
        ...(waId === undefined ? {} : { waId }),
        ...(bsuid === undefined ? {} : { bsuid }),
        ...(username === undefined ? {} : { username }),
        ...(name === undefined ? {} : { name }),
      },
      message: { id, from: waId ?? '', timestamp: String(Math.floor(this.nowMs / 1000)), ...message },
    });
  }

  /** The person who took over gives the conversation back. */
  endHandover(): Promise<Turned> {
    return this.happens({ kind: 'handoverEnded', acceptedMs: this.nowMs });
  }

  /** A message the bot said did not reach the contact. @param codes Meta's */
  fail({ wamid, flow, step }: Said, codes: readonly number[]): Promise<Turned> {
    const oid = wamid.replace(/^\D+/, '');
    return this.happens({
      kind: 'failedSend',
      acceptedMs: this.nowMs,
      oid,
      flow,
      step,
      codes: [...codes],
      reason: 'undelivered',
    });
  }

  /** When the next timer goes off, epoch ms. */
  get nextTimerMs(): number | undefined {
    return this.timers.size === 0 ? undefined : Math.min(...this.timers.values());
  }

  /** Until when messages of a burst are collected, epoch ms; undefined while there are none. */
  get burstEndsMs(): number | undefined {
    return this.held !== undefined && 'untilMs' in this.held ? this.held.untilMs : undefined;
  }

  /**
   * Lets time pass; timers go off in order, each at its time.
   *
   * @param onTurn told of each moment at which something came due
   */
  async pass(ms: number, onTurn: (turned: Turned) => void = () => undefined): Promise<void> {
    const untilMs = this.nowMs + ms;
    for (let atMs = this.nextMs; atMs <= untilMs; atMs = this.nextMs) {
      this.setup.clock.goTo(atMs);
      this.ring();
      onTurn(await this.work());
    }
    this.setup.clock.goTo(untilMs);
  }

  /** When something comes due by itself, epoch ms. */
  private get nextMs(): number {
    return Math.min(this.nextTimerMs ?? Number.POSITIVE_INFINITY, this.burstEndsMs ?? Number.POSITIVE_INFINITY);
  }

  /** All that is due now becomes items at once; what is due at the same time by its token, as Redis sorts it. */
  private ring(): void {
    const due = [...this.timers].filter(([, atMs]) => atMs <= this.nowMs);
    due.sort(([a, aMs], [b, bMs]) => aMs - bMs || (a < b ? -1 : 1));
    for (const [token] of due) {
      const scheduled = this.scheduled.get(token);
      this.timers.delete(token);
      this.scheduled.delete(token);
      const item = this.numbered(scheduled ?? { kind: 'timer', token, acceptedMs: this.nowMs });
      if (this.held !== undefined && 'timer' in this.held && this.held.timer === token) {
        // The end of a sleep that messages wait for goes before them.
        this.inbox.unshift(item);
        this.held = undefined;
      } else this.inbox.push(item);
    }
    if (this.burstEndsMs !== undefined && this.burstEndsMs <= this.nowMs) this.held = undefined;
  }

  /** Takes other flows from now on: the next turn moves the session to them, by the ids of its steps. */
  use(version: FlowVersion): void {
    this.version = version;
    this.versions.set(version.hash, version);
  }

  private happens(item: InboxItem): Promise<Turned> {
    this.inbox.push(this.numbered(item));
    return this.work();
  }

  private numbered(item: InboxItem): Numbered {
    this.items += 1;
    return { seq: String(this.items), item };
  }

  /** Handles what waits, until its head is to wait on. */
  private async work(): Promise<Turned> {
    const all: Turned = { said: [], trace: [], logs: [] };
    while (this.held === undefined && this.inbox.length > 0) {
      const plan = this.plan();
      if (plan.do === 'collect') this.held = { untilMs: plan.untilMs };
      else if (plan.do === 'sleepOn') this.held = { timer: this.session?.flow.timers[0] ?? '' };
      else {
        const { said, trace, logs } = await this.turn(this.inbox.splice(0, plan.items));
        all.said.push(...said);
        all.trace.push(...trace);
        all.logs.push(...logs);
      }
    }
    return all;
  }

  private plan(): Plan {
    const { duringSleep = 'interrupt', collectMs = 0 } = this.setup.endpoint;
    return planTurn({
      items: this.inbox.slice(0, this.setup.limits.messagesPerWake).map(({ item }) => item),
      arrival: this.session?.flow.arrival,
      duringSleep,
      collectMs,
      nowMs: this.nowMs,
      joins: isJoined,
    });
  }

  private async turn([head, ...behind]: readonly Numbered[]): Promise<Turned> {
    if (head === undefined) throw new RangeError('a turn needs an item');
    const { seq, item } = head;
    const burst = behind.flatMap((one) => (one.item.kind === 'message' ? [one.item] : []));
    const said: Said[] = [];
    const draft = await this.takeTurn({
      conversation: CONVERSATION,
      endpoint: this.setup.endpoint,
      seq,
      item,
      ...(burst.length === 0 ? {} : { burst }),
      files: new Map([item, ...burst].flatMap((one) => [...rehearsedFiles(one)])),
      session: this.session,
      contact: this.contact,
      checkpoint: undefined,
      nowMs: this.nowMs,
      saveCheckpoint: async (part) => void said.push(...this.commit(part)),
    });
    said.push(...this.commit(draft));
    for (const next of this.started.splice(0)) this.inbox.push(this.numbered(next));
    const { trace, logs } = draft;
    return { said, trace, logs };
  }

  /** What a flow started in its own conversation; what it started in others, nobody hears here. */
  private start({ to, token, atMs, item }: TurnDraft['elsewhere'][number]): void {
    if (to !== undefined && !this.isThisContact(to)) return;
    this.scheduled.delete(token);
    this.timers.delete(token);
    if (item === undefined) return;
    if (atMs === undefined || atMs <= this.nowMs) {
      this.started.push(item);
      return;
    }
    this.scheduled.set(token, item);
    this.timers.set(token, atMs);
  }

  private isThisContact(to: Recipient): boolean {
    if ('contactId' in to) return to.contactId === CONVERSATION.contactId;
    return 'waId' in to ? to.waId === this.contact.waId : to.bsuid === this.contact.bsuid;
  }

  private commit(draft: TurnDraft): Said[] {
    this.session = throughJson(draft.session);
    this.contact = throughJson(draft.contact);
    for (const one of draft.elsewhere) this.start(one);
    for (const token of draft.cancelTimers) this.timers.delete(token);
    for (const { token, dueMs } of draft.timers) this.timers.set(token, dueMs);
    return draft.replies.flatMap((reply) => {
      const item = decodeOutboxItem(reply);
      return item === undefined ? [] : [this.say(item)];
    });
  }

  private say({ content, menu, flow, step }: OutboxItem): Said {
    const said: Said = { wamid: `wamid.bot-${this.said.length + 1}`, content, menu, flow, step, atMs: this.nowMs };
    this.said.push(said);
    this.setup.onSaid?.(said);
    return said;
  }
}

function throughJson<T>(value: T): T {
  return value === undefined ? value : JSON.parse(JSON.stringify(value));
}
