import type { Logger } from 'pino';
import { decodeItem, decodeMessage, type InboxItem, type StoredItem } from '../inbound/item.js';
import { createMutex } from '../shared/mutex.js';
import { commitOf } from './commit-of.js';
import { type Checkpoint, type Contact, type ConversationId, parseConversationId } from './conversation.js';
import { createNextItems, type NextItemsDeps } from './next-items.js';
import { createNotHandled, type Head, type NotHandledDeps } from './not-handled.js';
import { EXPIRY_TOKEN } from './session-life.js';
import type { Committed, ConversationStore, Ownership } from './store.js';
import { type KeptTurn, keptTurn } from './transcript.js';
import { idOf, trackEvents, turnEvent } from './turn-event.js';
import type { TakeTurn, TurnDraft, TurnEndpoint } from './turn-task.js';
import { WakeState } from './wake-state.js';

export interface WakeDeps extends NextItemsDeps, NotHandledDeps {
  store: ConversationStore;
  takeTurn: TakeTurn;
  /** whether other lanes must hear of profile changes */
  hasOtherLanes(): boolean;
  /** what other lanes know of a contact that is new here; stored here too, where nothing stands yet */
  adoptContact(owner: Ownership, contactId: string): Promise<Contact>;
  /** the first reply to a contact's message comes after a pause, with "typing…"; best effort, never waited for */
  onPause(endpoint: TurnEndpoint, phoneNumberId: string, wamid: string): void;
  /** a commit set a timer: whoever watches them may have to look earlier */
  onTimer(owner: Ownership, dueMs: number): void;
  /** a turn of an endpoint that keeps transcripts was committed, or a part of it; best effort, never waited for */
  keep(owner: Ownership, minutes: number, turn: KeptTurn): void;
  log: Logger;
  limits: NotHandledDeps['limits'] & {
    messagesPerWake: number;
    /** a wake-up that took longer lets others go first */
    wakeBudgetMs: number;
    maxCrashes: number;
    sessionGcSec: number;
  };
}

/** Another run has this conversation by now, or this one has committed the same before. Nothing to mend. */
class LostOwnership extends Error {}

/**
 * A commit may be refused because it was made already: its answer was lost with the connection, and the client sent it
 * again. Then the job still owns the conversation and goes on behind it. A job that really lost it finds nothing to load.
 */
const MAX_LOADS = 2;

/**
 * Does what waits in one conversation, one item at a time, until nothing waits, others should go first, or the
 * conversation belongs to another run.
 *
 * @param crashedBefore this wake-up was started before and never finished: its process was killed
 * @throws when Redis fails; BullMQ then repeats the wake-up
 */
export type HandleWake = (owner: Ownership, crashedBefore: boolean) => Promise<void>;

export function createWakeHandler(deps: WakeDeps): HandleWake {
  const { store, clock, limits } = deps;
  const oneSuspectAtATime = createMutex();
  const nextItems = createNextItems(deps);
  const notHandled = createNotHandled(deps);

  return async function handleWake(owner, crashedBefore) {
    // One poisonous item takes down every turn of its process. All of them come back as suspects, and run one by one,
    // so that only the culprit is counted again and again.
    if (crashedBefore) return oneSuspectAtATime(() => work(owner, true));
    return work(owner, false);
  };

  async function work(owner: Ownership, crashedBefore: boolean): Promise<void> {
    const startedMs = clock.nowMs();
    let handled = 0;
    for (let loads = 1; loads <= MAX_LOADS; loads++) {
      const otherLanes = deps.hasOtherLanes();
      const loaded = await store.load(owner, limits.messagesPerWake, {
        crashedBefore: crashedBefore && loads === 1,
        otherLanes,
      });
      if (loaded === undefined) return;
      const conversation = parseConversationId(owner.conversationId);
      const state = new WakeState(loaded);
      if (otherLanes && isUnknown(loaded.contact)) {
        state.contact = await deps.adoptContact(owner, conversation.contactId);
      }
      let committed: Committed | undefined;
      do {
        const count = await nextItems(owner, conversation, state);
        if (count === undefined) return;
        const [stored, ...behind] = state.items.splice(0, count);
        if (stored === undefined) return;
        handled += 1 + behind.length;
        const isLast = handled >= limits.messagesPerWake || clock.nowMs() - startedMs > limits.wakeBudgetMs;
        committed = await handle({
          owner,
          conversation,
          state,
          stored,
          behind,
          item: decodeItem(stored.payload),
          endpoint: deps.endpointOf(conversation.phoneNumberId),
          log: deps.log.child({ conversationId: conversation.id, seq: stored.seq }),
          mode: isLast ? 'yield' : 'done',
          next: isLast || state.items.length > 0 ? 0 : Math.max(1, limits.messagesPerWake - handled),
        });
        if (committed?.outcome === 'more') state.goOn(committed.items);
      } while (committed?.outcome === 'more');
      if (committed?.outcome !== 'lost') return;
    }
  }

  async function handle(head: TurnHead): Promise<Committed | undefined> {
    const { conversation, state, stored, behind, item, endpoint } = head;
    if (item === undefined) {
      return notHandled.giveUp(head, 'unreadable_item', 'the stored item is not one this version can read');
    }
    if (endpoint === undefined) return notHandled.waitForEndpoint(head, item);
    if (state.failures > limits.maxCrashes) {
      return notHandled.giveUp(head, 'poison', `it failed or took its process down ${state.failures} times`);
    }

    const nowMs = clock.nowMs();
    const burst = behind.flatMap(({ payload }) => decodeMessage(payload) ?? []);
    // Marking the last one of several marks all.
    const taken = burst.at(-1) ?? item;
    // What a person is to answer stays unread in the app.
    if (taken.kind === 'message' && typeof taken.message.id === 'string' && !state.besidePerson) {
      deps.onTaken(endpoint, conversation.phoneNumberId, taken.message.id, taken.message);
    }
    let draft: TurnDraft;
    try {
      draft = await deps.takeTurn({
        conversation,
        endpoint,
        seq: stored.seq,
        item,
        ...(burst.length === 0 ? {} : { burst }),
        ...(state.besidePerson ? { besidePerson: true } : {}),
        ...(state.files === undefined ? {} : { files: state.files }),
        session: state.session,
        contact: state.contact,
        checkpoint: state.checkpoint,
        nowMs,
        saveCheckpoint: (soFar, checkpoint) => saveCheckpoint(head, soFar, checkpoint, nowMs),
      });
    } catch (err) {
      if (err instanceof LostOwnership) return { outcome: 'lost' };
      return notHandled.failed(head, item, err, nowMs);
    }
    return commit(head, item, endpoint, draft, nowMs);
  }

  async function commit(
    head: TurnHead,
    item: InboxItem,
    endpoint: TurnEndpoint,
    draft: TurnDraft,
    nowMs: number,
  ): Promise<Committed> {
    const { owner, conversation, state, behind, log, mode, next } = head;
    const doneMs = clock.nowMs();
    const committed = await store.commit(
      owner,
      {
        ...changesOf(head, draft),
        items: 1 + behind.length,
        mode,
        next,
        events: [
          turnEvent(conversation, item, draft, nowMs, doneMs),
          ...trackEvents(conversation, item, draft, doneMs),
        ],
      },
      doneMs,
    );
    if (committed.outcome === 'lost') {
      log.info('turn dropped, it was committed before or another worker has the conversation');
      return committed;
    }
    keepTurn(head, draft, nowMs);
    state.session = draft.session;
    state.contact = draft.contact;
    afterCommit(owner, draft, log);
    showTyping(endpoint, conversation, draft);
    const { kind } = item;
    const { outcome } = draft;
    const [waitedMs, tookMs] = [nowMs - item.acceptedMs, doneMs - nowMs];
    const flowFailed = draft.trace.some((entry) => entry.outcome === 'failed');
    deps.observe({ endpoint: endpoint.id, kind, outcome, waitedMs, tookMs, flowFailed });
    log.info({ ...idOf(item), kind, outcome, replies: draft.replies.length, waitedMs, tookMs }, 'turn committed');
    return committed;
  }

  async function saveCheckpoint(
    head: TurnHead,
    draft: TurnDraft,
    checkpoint: Checkpoint,
    nowMs: number,
  ): Promise<void> {
    const { owner, conversation, state, endpoint } = head;
    const committed = await store.commit(
      owner,
      // The session itself stays as it was before the turn: until the item is done, the checkpoint is where it goes on.
      {
        ...changesOf(head, draft),
        // Its timers stay as well; new ones come due behind this item, where they mean something or nothing.
        session: 'unchanged',
        cancelTimers: [],
        items: 0,
        mode: { checkpoint },
        events: [],
        next: 0,
      },
      nowMs,
    );
    if (committed.outcome !== 'kept') throw new LostOwnership();
    state.checkpoints += 1;
    keepTurn(head, draft, nowMs);
    state.contact = draft.contact;
    if (endpoint !== undefined) showTyping(endpoint, conversation, draft);
  }

  function changesOf({ conversation, state, stored, endpoint }: TurnHead, draft: TurnDraft) {
    const { sessionGcSec } = limits;
    const hasOtherLanes = deps.hasOtherLanes();
    return commitOf(draft, { conversation, seq: stored.seq, state, endpoint, sessionGcSec, hasOtherLanes });
  }

  function keepTurn({ owner, state, stored, behind, item, endpoint }: TurnHead, draft: TurnDraft, nowMs: number): void {
    const { transcriptMinutes = 0, collectMs = 0 } = endpoint ?? {};
    if (item === undefined || transcriptMinutes === 0) return;
    const burst = behind.flatMap(({ payload }) => decodeItem(payload) ?? []);
    const before = { session: state.session, collectMs };
    deps.keep(owner, transcriptMinutes, keptTurn(stored.seq, item, burst, draft, before, nowMs));
  }

  function showTyping(endpoint: TurnEndpoint, { phoneNumberId }: ConversationId, { typingUnder }: TurnDraft): void {
    if (typingUnder !== undefined) deps.onPause(endpoint, phoneNumberId, typingUnder);
  }

  function afterCommit(owner: Ownership, draft: TurnDraft, log: Logger): void {
    // What it says may be the contact's words: that stands among the events, which only operators can read.
    for (const { level, flow, step } of draft.logs) log[level]({ flow, step }, 'flow logged');
    for (const entry of draft.trace) {
      if (entry.outcome === 'failed')
        log.warn({ flow: entry.flow, step: entry.step, detail: entry.detail }, 'flow step failed');
    }
    const sooner = draft.timers
      .filter(({ token, afterSend }) => token !== EXPIRY_TOKEN && !afterSend)
      .map(({ dueMs }) => dueMs);
    if (sooner.length > 0) deps.onTimer(owner, Math.min(...sooner));
    if (deps.hasOtherLanes() || draft.elsewhere.length > 0) deps.onEffects(owner);
  }
}

/** The item at the head of a conversation, with those that make one input with it. */
interface TurnHead extends Head {
  behind: readonly StoredItem[];
}

function isUnknown(contact: Contact): boolean {
  return contact.waId === undefined && contact.bsuid === undefined;
}
