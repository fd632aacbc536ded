import type { CallEndpoint } from '../calls/perform-call.js';
import type { FlowEffect, TraceEntry } from '../flow/turn/turn.js';
import type { InboxItem, MessageItem } from '../inbound/item.js';
import type { StartsTurn } from '../shared/inbound-kinds.js';
import type { DuringSleep } from './burst.js';
import type { Checkpoint, Contact, ConversationId, StoredSession } from './conversation.js';
import type { StartedElsewhere } from './elsewhere.js';
import type { Attachments } from './files.js';

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
