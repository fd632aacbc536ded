import type { PerformCall } from '../calls/perform-call.js';
import { type Contact, parseConversationId, type StoredSession } from '../conversation/conversation.js';
import { createTurn, type TakeTurn, type TurnDraft, type TurnEndpoint } from '../conversation/turn.js';
import { advance } from '../flow/advance.js';
import type { FlowVersion } from '../flow/definition.js';
import type { Recipient } from '../flow/elsewhere.js';
import type { FlowLimits, TraceEntry } from '../flow/turn.js';
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

/** What one turn came to. */
export interface Turned {
  outcome: TurnDraft['outcome'];
  said: readonly Said[];
  trace: readonly TraceEntry[];
  logs: TurnDraft['logs'];
}

export interface ConversationSetup {
  version: FlowVersion;
  endpoint: TurnEndpoint;
  contact: Contact;
  clock: StandingClock;
  limits: FlowLimits;
  performCall: PerformCall;
  /** told as soon as it is said, also in the middle of a turn that waits for a call */
  onSaid?(said: Said): void;
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
 * through JSON, as they do in Redis.
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
  private turns = 0;
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
    return this.turn({
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
    return this.turn({ kind: 'handoverEnded', acceptedMs: this.nowMs });
  }

  /** A message the bot said did not reach the contact. @param codes Meta's */
  fail({ wamid, flow, step }: Said, codes: readonly number[]): Promise<Turned> {
    const oid = wamid.replace(/^\D+/, '');
    return this.turn({
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

  /**
   * Lets time pass; timers go off in order, each at its time.
   *
   * @param onTurn told after each turn of a timer
   */
  async pass(ms: number, onTurn: (turned: Turned) => void = () => undefined): Promise<void> {
    const untilMs = this.nowMs + ms;
    for (let due = this.due(untilMs); due !== undefined; due = this.due(untilMs)) {
      const [token, dueMs] = due;
      this.timers.delete(token);
      this.setup.clock.goTo(dueMs);
      const scheduled = this.scheduled.get(token);
      this.scheduled.delete(token);
      onTurn(await this.turn(scheduled ?? { kind: 'timer', token, acceptedMs: this.nowMs }));
    }
    this.setup.clock.goTo(untilMs);
  }

  private due(untilMs: number): [token: string, dueMs: number] | undefined {
    const due = [...this.timers].filter(([, dueMs]) => dueMs <= untilMs);
    return due.sort(([, a], [, b]) => a - b)[0];
  }

  /** Takes other flows from now on: the next turn moves the session to them, by the ids of its steps. */
  use(version: FlowVersion): void {
    this.version = version;
    this.versions.set(version.hash, version);
  }

  private async turn(item: InboxItem): Promise<Turned> {
    this.turns += 1;
    const said: Said[] = [];
    const draft = await this.takeTurn({
      conversation: CONVERSATION,
      endpoint: this.setup.endpoint,
      seq: String(this.turns),
      item,
      files: rehearsedFiles(item),
      session: this.session,
      contact: this.contact,
      checkpoint: undefined,
      nowMs: this.nowMs,
      saveCheckpoint: async (part) => void said.push(...this.commit(part)),
    });
    said.push(...this.commit(draft));
    const { outcome, trace, logs } = draft;
    for (let next = this.started.shift(); next !== undefined; next = this.started.shift()) {
      const then = await this.turn(next);
      said.push(...then.said);
      trace.push(...then.trace);
      logs.push(...then.logs);
    }
    return { outcome, said, trace, logs };
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
