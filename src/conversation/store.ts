import { type StoredItem, splitStored } from '../inbound/item.js';
import type { RedisClient } from '../redis/connections.js';
import type { Lane } from '../redis/lane.js';
import { asList, asText, script } from '../redis/script.js';
import { type OtherVoices, readVoices } from '../shared/staff-pause.js';
import {
  type Checkpoint,
  type Contact,
  decodeContact,
  parseConversationId,
  type StoredSession,
} from './conversation.js';

/** The right to work on a conversation: held by one wake-up job at a time, and lost silently when another gets it. */
export interface Ownership {
  lane: Lane;
  conversationId: string;
  /** of the wake-up job */
  epoch: number;
}

export interface Loaded {
  /** how often the head item has failed or taken its process down, this start included */
  failures: number;
  session: StoredSession | undefined;
  /** how many checkpoints the head item has, and the last one */
  checkpoints: number;
  checkpoint: Checkpoint | undefined;
  contact: Contact;
  /** who had the word here beside the bot */
  voices: OtherVoices | undefined;
  items: StoredItem[];
}

/** All that one turn changes. */
export interface Commit {
  seq: string;
  mode: 'done' | 'yield' | { checkpoint: Checkpoint };
  /** items handled, from the head: several when they were joined into one input */
  items: number;
  /** checkpoints of this item before this commit */
  checkpoints: number;
  session: StoredSession | 'delete' | 'unchanged';
  /** after which Redis collects a session nothing has touched, far longer than it lives; 0: never */
  sessionGcSec: number;
  /** when the contact wrote this item, epoch ms; undefined for what no contact wrote */
  wroteMs?: number | undefined;
  /** and came from an advertisement */
  fromAd?: boolean | undefined;
  contactSet: readonly (readonly [string, string])[];
  contactUnset: readonly string[];
  /** pairs of a field that holds a list and what to put behind it: JSON texts with commas between them */
  contactAppend: readonly (readonly [string, string])[];
  timers: readonly { token: string; dueMs: number }[];
  cancelTimers: readonly string[];
  /** encoded outbox items */
  replies: readonly string[];
  /** encoded effects outside the lane */
  effects: readonly string[];
  /** for the event stream, JSON each; no text, no numbers */
  events: readonly string[];
  /** the item had failed before */
  hadFailed: boolean;
  /** how many items of the inbox the caller wants next */
  next: number;
}

export type Committed =
  /** another run did this item: what this one did is dropped */
  | { outcome: 'lost' }
  | { outcome: 'kept' }
  | { outcome: 'idle' }
  | { outcome: 'yielded' }
  | { outcome: 'more'; items: StoredItem[] };

export interface Hold {
  /** of the head item */
  seq: string;
  token?: string;
  nowMs: number;
  /** when to look again at the latest */
  delayMs: number;
}

export interface LoadHow {
  /** the job was started before and did not finish: counted against its head item */
  crashedBefore?: boolean;
  /** others may change the contact's profile from now on */
  otherLanes?: boolean;
}

/** Where conversations live. Every write names its owner and is refused when that owner has lost the conversation. */
export interface ConversationStore {
  /** @returns undefined when the job has no work: another owns the conversation, or nothing waits */
  load(owner: Ownership, items: number, how: LoadHow): Promise<Loaded | undefined>;
  commit(owner: Ownership, commit: Commit, nowMs: number): Promise<Committed>;
  /**
   * Leaves the head for later: until the timer of `token` goes off, whose item then comes first, or for a time.
   *
   * @returns `free` when there is no such timer any more
   */
  hold(owner: Ownership, hold: Hold): Promise<'lost' | 'held' | 'woken' | 'free'>;
  /** lets the conversation wait without losing its place: a fault of the machine, not of the flow */
  postpone(owner: Ownership, seq: string, nowMs: number, delayMs: number, failures: number): Promise<void>;
}

/** Timer tokens go into a list element and a JSON text unescaped. */
const TOKEN = /^[\w.:-]{1,160}$/;

export function createRedisConversationStore(redis: RedisClient, eventsPerLane: number): ConversationStore {
  const load = script('load');
  const commit = script('commit');
  const postpone = script('postpone');
  const hold = script('hold');
  return {
    async load({ lane, conversationId, epoch }, items, { crashedBefore = false, otherLanes = false }) {
      const args = [conversationId, epoch, items, crashedBefore ? '1' : '0', otherLanes ? '1' : '0'];
      const reply = asList(await load.run(redis, lane.prefix, args));
      if (reply[0] === 'stale') return undefined;
      const [, failures, session, checkpoint, contact, voices, ...inbox] = reply;
      const bar = typeof checkpoint === 'string' ? checkpoint.indexOf('|') : -1;
      return {
        failures: Number(failures),
        session: typeof session === 'string' ? (JSON.parse(session) as StoredSession) : undefined,
        checkpoints: typeof checkpoint === 'string' ? Number(checkpoint.slice(0, bar)) : 0,
        checkpoint: typeof checkpoint === 'string' ? (JSON.parse(checkpoint.slice(bar + 1)) as Checkpoint) : undefined,
        contact: decodeContact(asList(contact).map(asText), parseConversationId(conversationId).phoneNumberId),
        voices: typeof voices === 'string' ? readVoices(voices) : undefined,
        items: inbox.map((item) => splitStored(asText(item))),
      };
    },

    async commit({ lane, conversationId, epoch }, it, nowMs) {
      const isCheckpoint = typeof it.mode === 'object';
      const timers = it.timers.flatMap(({ token, dueMs }) => [checkedToken(token), Math.ceil(dueMs)]);
      const args: (string | number)[] = [
        conversationId,
        epoch,
        it.seq,
        isCheckpoint ? 'keep' : it.mode === 'yield' ? 'yield' : 'done',
        it.checkpoints,
        nowMs,
        it.session === 'unchanged' ? '=' : it.session === 'delete' ? '' : JSON.stringify(it.session),
        it.sessionGcSec,
        typeof it.mode === 'object' ? JSON.stringify(it.mode.checkpoint) : '',
        it.hadFailed ? '1' : '0',
        it.next,
        eventsPerLane,
        it.items,
        it.wroteMs === undefined ? '' : `${it.wroteMs}${it.fromAd ? 'a' : ''}`,
      ];
      for (const list of [
        it.contactSet.flat(),
        it.contactUnset,
        it.contactAppend.flat(),
        timers,
        it.cancelTimers,
        it.replies,
        it.effects,
        it.events,
      ]) {
        args.push(list.length, ...list);
      }
      const [outcome, ...items] = asList(await commit.run(redis, lane.prefix, args)).map(asText);
      if (outcome === 'more') return { outcome, items: items.map(splitStored) };
      if (outcome === 'lost' || outcome === 'kept' || outcome === 'idle' || outcome === 'yielded') return { outcome };
      throw new TypeError('the commit script answered with an outcome nobody knows');
    },

    async hold({ lane, conversationId, epoch }, { seq, token = '', nowMs, delayMs }) {
      const reply = await hold.run(redis, lane.prefix, [conversationId, epoch, seq, nowMs, Math.ceil(delayMs), token]);
      if (reply === 'lost' || reply === 'held' || reply === 'woken' || reply === 'free') return reply;
      throw new TypeError('the hold script answered with something nobody knows');
    },

    async postpone({ lane, conversationId, epoch }, seq, nowMs, delayMs, failures) {
      await postpone.run(redis, lane.prefix, [conversationId, epoch, seq, nowMs, delayMs, failures]);
    },
  };
}

function checkedToken(token: string): string {
  if (!TOKEN.test(token)) throw new TypeError('a timer token has characters that timers may not have');
  return token;
}
