import type { Logger } from 'pino';
import type { InboxItem, StoredItem } from '../inbound/item.js';
import type { Clock } from '../shared/clock.js';
import type { DeadLetter } from '../shared/dead-letter.js';
import type { ConversationId } from './conversation.js';
import { encodeEffect } from './effects.js';
import { fallbackReply } from './fallback-reply.js';
import type { ObservedTurn } from './observed-turn.js';
import type { Commit, Committed, ConversationStore, Ownership } from './store.js';
import { idOf } from './turn-event.js';
import type { TurnEndpoint } from './turn-task.js';
import type { WakeState } from './wake-state.js';

export interface NotHandledDeps {
  store: Pick<ConversationStore, 'commit' | 'postpone'>;
  /** a commit left work for the mover */
  onEffects(owner: Ownership): void;
  observe(turn: ObservedTurn): void;
  clock: Clock;
  limits: {
    maxFailures: number;
    /** how long a conversation waits whose number no enabled endpoint has */
    noEndpointRetryMs: number;
  };
}

/** The item at the head of a conversation, and what is known about it. */
export interface Head {
  owner: Ownership;
  conversation: ConversationId;
  state: WakeState;
  stored: StoredItem;
  /** undefined when no version of ours wrote it */
  item: InboxItem | undefined;
  endpoint: TurnEndpoint | undefined;
  log: Logger;
  /** how a commit of it ends: see `Commit` */
  mode: 'done' | 'yield';
  next: number;
}

/** What becomes of an item that got no turn. */
export interface NotHandled {
  /** A number that is switched off, or missing from the configuration for now: its messages wait, nothing is given up. */
  waitForEndpoint(head: Head, item: InboxItem): Promise<undefined>;
  /** A turn that failed is tried again, later each time, and given up in the end. */
  failed(head: Head, item: InboxItem, err: unknown, startedMs: number): Promise<Committed | undefined>;
  /** Takes an item off that cannot be handled, keeps it for the operators, and does not leave the contact without a word. */
  giveUp(head: Head, reason: string, detail: string): Promise<Committed>;
}

export function createNotHandled({ store, onEffects, observe, clock, limits }: NotHandledDeps): NotHandled {
  async function giveUp(head: Head, reason: string, detail: string): Promise<Committed> {
    const { owner, conversation, state, stored, item, endpoint, log, mode, next } = head;
    const nowMs = clock.nowMs();
    const letter: DeadLetter = {
      effect: 'dead',
      queue: 'in',
      lane: owner.lane.name,
      conversationId: conversation.id,
      place: stored.seq,
      reason,
      detail,
      failures: state.failures,
      atMs: nowMs,
      payload: stored.payload,
    };
    const commit: Commit = {
      ...NOTHING,
      seq: stored.seq,
      mode,
      next,
      checkpoints: state.checkpoints,
      replies:
        item?.kind === 'message' && endpoint !== undefined ? fallbackReply(endpoint, state.contact, item, nowMs) : [],
      effects: [encodeEffect(letter)],
      events: [JSON.stringify({ at: nowMs, k: 'dead', c: conversation.id, ...idOf(item), reason })],
      hadFailed: state.failures > 0,
    };
    const committed = await store.commit(owner, commit, nowMs);
    if (committed.outcome === 'lost') return committed;
    onEffects(owner);
    log.error({ ...idOf(item), reason, detail }, 'item given up, it is in the dead letters');
    observe({
      ...UNANSWERED,
      endpoint: endpoint?.id ?? 'none',
      kind: item?.kind ?? 'message',
      outcome: 'dead_lettered',
      waitedMs: item === undefined ? 0 : nowMs - item.acceptedMs,
    });
    return committed;
  }

  return {
    giveUp,
    async waitForEndpoint({ owner, state, stored, log }, item) {
      const nowMs = clock.nowMs();
      log.warn(idOf(item), 'no enabled endpoint has this number, the conversation waits');
      await store.postpone(owner, stored.seq, nowMs, limits.noEndpointRetryMs, state.failures);
      const waitedMs = nowMs - item.acceptedMs;
      observe({ ...UNANSWERED, endpoint: 'none', kind: item.kind, outcome: 'postponed', waitedMs });
    },
    async failed(head, item, err, startedMs) {
      const { owner, state, stored, endpoint, log } = head;
      state.failures += 1;
      log.error({ ...idOf(item), err, failures: state.failures }, 'turn failed');
      if (state.failures >= limits.maxFailures) return giveUp(head, 'turn_failed', describe(err));
      const delayMs = Math.min(500 * 2 ** (state.failures - 1), 60_000);
      await store.postpone(owner, stored.seq, clock.nowMs(), delayMs, state.failures);
      const waitedMs = startedMs - item.acceptedMs;
      observe({ ...UNANSWERED, endpoint: endpoint?.id ?? 'none', kind: item.kind, outcome: 'postponed', waitedMs });
      return undefined;
    },
  };
}

/** A commit that takes the head off, and no more. */
const NOTHING = {
  items: 1,
  session: 'unchanged',
  sessionGcSec: 0,
  contactSet: [],
  contactUnset: [],
  contactAppend: [],
  timers: [],
  cancelTimers: [],
} as const satisfies Partial<Commit>;

const UNANSWERED = { tookMs: 0, flowFailed: false } as const;

/** An error's name and code, not its message: that may quote what it choked on. */
function describe(err: unknown): string {
  if (!(err instanceof Error)) return 'something that is no Error was thrown';
  return 'code' in err && typeof err.code === 'string' ? `${err.name} (${err.code})` : err.name;
}
