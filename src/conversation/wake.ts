import type { Logger } from 'pino';
import { decodeItem, type InboxItem, type MessageItem, type StoredItem } from '../inbound/item.js';
import type { Clock } from '../shared/clock.js';
import type { DeadLetter } from '../shared/dead-letter.js';
import type { JsonObject } from '../shared/json.js';
import { createMutex } from '../shared/mutex.js';
import { quietOf } from '../shared/staff-pause.js';
import { besidePerson } from './beside-person.js';
import { planTurn } from './burst.js';
import {
  type Checkpoint,
  type Contact,
  type ConversationId,
  parseConversationId,
  type StoredSession,
} from './conversation.js';
import { elsewhereEffects, encodeEffect, type ProfilePatch } from './effects.js';
import { fallbackReply } from './fallback-reply.js';
import { type ContactFiles, mayHaveFiles } from './files.js';
import { EXPIRY_TOKEN } from './session-life.js';
import type { Commit, Committed, ConversationStore, Ownership } from './store.js';
import { type KeptTurn, keptTurn } from './transcript.js';
import { idOf, trackEvents, turnEvent } from './turn-event.js';
import type { TakeTurn, TurnDraft, TurnEndpoint } from './turn-task.js';
import { WakeState } from './wake-state.js';
import { wroteToUsMs } from './when-written.js';

export interface WakeDeps {
  store: ConversationStore;
  takeTurn: TakeTurn;
  /** undefined when nobody configured the number, or its endpoint is switched off */
  endpointOf(phoneNumberId: string): TurnEndpoint | undefined;
  /** whether other lanes must hear of profile changes */
  hasOtherLanes(): boolean;
  /** what other lanes know of a contact that is new here; stored here too, where nothing stands yet */
  adoptContact(owner: Ownership, contactId: string): Promise<Contact>;
  /** Meta's message can be one of several that make one input: see `isJoined` */
  joins(item: MessageItem): boolean;
  files: ContactFiles;
  /** a contact's message is about to be handled: marks it read, shows "typing…"; best effort, never waited for */
  onTaken(endpoint: TurnEndpoint, phoneNumberId: string, wamid: string, message: JsonObject): void;
  /** the first reply to a contact's message comes after a pause, with "typing…"; best effort, never waited for */
  onPause(endpoint: TurnEndpoint, phoneNumberId: string, wamid: string): void;
  /** a commit set a timer: whoever watches them may have to look earlier */
  onTimer(owner: Ownership, dueMs: number): void;
  /** a commit left work for the mover */
  onEffects(owner: Ownership): void;
  /** a turn of an endpoint that keeps transcripts was committed, or a part of it; best effort, never waited for */
  keep(owner: Ownership, minutes: number, turn: KeptTurn): void;
  observe(turn: ObservedTurn): void;
  clock: Clock;
  log: Logger;
  limits: {
    messagesPerWake: number;
    /** a wake-up that took longer lets others go first */
    wakeBudgetMs: number;
    maxFailures: number;
    /** how long a conversation waits whose number no enabled endpoint has */
    noEndpointRetryMs: number;
    maxCrashes: number;
    sessionGcSec: number;
  };
}

export interface ObservedTurn {
  endpoint: string;
  kind: InboxItem['kind'];
  outcome: TurnDraft['outcome'] | 'dead_lettered' | 'postponed';
  /** from acceptance to the start of the turn */
  waitedMs: number;
  tookMs: number;
  flowFailed: boolean;
}

/** Another run has this conversation by now, or this one has committed the same before. Nothing to mend. */
class LostOwnership extends Error {}

/** The end of a sleep wakes who waits for it; this is for a lost one. */
const LOOK_AT_SLEEPERS_MS = 600_000;
/** A message that was neither sent nor given up by then stands in a window that is closed. */
const LATEST_SEND_MS = 86_400_000;
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
        const count = await itemsOfNextTurn(owner, conversation, state);
        if (count === undefined || !(await hasFiles(owner, conversation, state, count))) return;
        const [stored, ...burst] = state.items.splice(0, count);
        if (stored === undefined) return;
        handled += 1 + burst.length;
        const isLast = handled >= limits.messagesPerWake || clock.nowMs() - startedMs > limits.wakeBudgetMs;
        const next = isLast || state.items.length > 0 ? 0 : Math.max(1, limits.messagesPerWake - handled);
        committed = await handle(owner, conversation, state, stored, { yields: isLast, next, burst });
        if (committed?.outcome === 'more') state.goOn(committed.items);
      } while (committed?.outcome === 'more');
      if (committed?.outcome !== 'lost') return;
    }
  }

  /**
   * How many items to handle as one; undefined when they are to wait, and a later job does them.
   *
   * An endpoint that neither lets messages wait nor joins them pays nothing for this.
   */
  async function itemsOfNextTurn(
    owner: Ownership,
    conversation: ConversationId,
    state: WakeState,
  ): Promise<number | undefined> {
    const endpoint = deps.endpointOf(conversation.phoneNumberId);
    state.besidePerson = false;
    if (state.checkpoint !== undefined) return state.checkpoint.items ?? 1;
    if (state.voices !== undefined) {
      const beside = await keepQuiet(owner, state, endpoint?.staffPauseMinutes);
      if (beside !== 'turn') return beside === 'record' ? 1 : undefined;
    }
    const { arrival } = state.session?.flow ?? {};
    const { duringSleep = 'interrupt', collectMs = 0 } = endpoint ?? {};
    if (endpoint === undefined || (arrival === undefined && collectMs === 0)) return 1;
    const nowMs = clock.nowMs();
    const items = state.items.map(({ payload }) => decodeItem(payload));
    const plan = planTurn({ items, arrival, duringSleep, collectMs, nowMs, joins: deps.joins });
    const [head] = state.items;
    if (head === undefined || plan.do === 'turn') return plan.do === 'turn' ? plan.items : 1;
    const token = plan.do === 'sleepOn' ? state.session?.flow.timers[0] : undefined;
    const delayMs = plan.do === 'sleepOn' ? LOOK_AT_SLEEPERS_MS : plan.untilMs - nowMs;
    const held = await store.hold(owner, {
      seq: head.seq,
      nowMs,
      delayMs,
      ...(token === undefined ? {} : { token }),
    });
    return held === 'free' ? 1 : undefined;
  }

  /** A person of the business or another app has the word: the head is only recorded, or waits until that is over. */
  async function keepQuiet(
    owner: Ownership,
    state: WakeState,
    pauseMinutes: number | undefined,
  ): Promise<ReturnType<typeof besidePerson>> {
    const [head] = state.items;
    const item = head === undefined ? undefined : decodeItem(head.payload);
    // What the contact wrote to us behind the moment in which another app took the conversation shows that it is ours again,
    // also to what waits before that; but a message from before that moment is the app's to answer.
    const written =
      item?.kind === 'message' ? [item] : state.items.flatMap((one) => messageOf(decodeItem(one.payload)) ?? []);
    const wroteMs = Math.max(state.contact.wroteMs ?? 0, ...written.map((one) => wroteToUsMs(one) ?? 0));
    const quiet = quietOf(state.voices, pauseMinutes, wroteMs);
    const nowMs = clock.nowMs();
    const beside = quiet === undefined ? 'turn' : besidePerson(item, quiet.untilMs, nowMs);
    state.besidePerson = beside === 'record';
    if (beside === 'wait' && head !== undefined && quiet !== undefined)
      await store.hold(owner, { seq: head.seq, nowMs, delayMs: quiet.untilMs - nowMs });
    return beside;
  }

  /** Whether the files of the next items are there, or will not come; if not, the conversation waits for them. */
  async function hasFiles(
    owner: Ownership,
    { phoneNumberId }: ConversationId,
    state: WakeState,
    count: number,
  ): Promise<boolean> {
    state.files = undefined;
    if (state.besidePerson) return true;
    const [head] = state.items;
    const items = state.items
      .slice(0, count)
      .flatMap(({ payload }) => (mayHaveFiles(payload) ? (messageOf(decodeItem(payload)) ?? []) : []));
    const endpoint = deps.endpointOf(phoneNumberId);
    const last = items.at(-1);
    if (head === undefined || last === undefined || endpoint === undefined) return true;
    const look = await deps.files.look(owner, phoneNumberId, items);
    if ('attachments' in look) {
      state.files = look.attachments;
      return true;
    }
    if (typeof last.message.id === 'string') {
      deps.onTaken(endpoint, phoneNumberId, last.message.id, last.message);
    }
    await store.hold(owner, { seq: head.seq, nowMs: clock.nowMs(), delayMs: look.waitMs });
    look.begin();
    return false;
  }

  async function handle(
    owner: Ownership,
    conversation: ConversationId,
    state: WakeState,
    stored: StoredItem,
    { yields, next, burst: behind }: { yields: boolean; next: number; burst: readonly StoredItem[] },
  ): Promise<Committed | undefined> {
    const log = deps.log.child({ conversationId: conversation.id, seq: stored.seq });
    const endpoint = deps.endpointOf(conversation.phoneNumberId);
    const item = decodeItem(stored.payload);
    const mode = yields ? 'yield' : 'done';
    const giveUp = (reason: string, detail: string) =>
      deadLetter({ owner, conversation, state, stored, mode, next, item, endpoint, reason, detail, log });
    if (item === undefined) return giveUp('unreadable_item', 'the stored item is not one this version can read');
    if (endpoint === undefined) return waitForEndpoint(owner, state, stored, item, log);
    if (state.failures > limits.maxCrashes)
      return giveUp('poison', `it failed or took its process down ${state.failures} times`);

    const nowMs = clock.nowMs();
    const burst = behind.flatMap(({ payload }) => messageOf(decodeItem(payload)) ?? []);
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
        saveCheckpoint: (soFar, checkpoint) =>
          saveCheckpoint(owner, conversation, state, [stored, ...behind], soFar, checkpoint, nowMs),
      });
    } catch (err) {
      if (err instanceof LostOwnership) return { outcome: 'lost' };
      return postpone({ owner, state, stored, item, endpoint, err, nowMs, log, giveUp });
    }

    const doneMs = clock.nowMs();
    const committed = await store.commit(
      owner,
      {
        ...commitOf(conversation, endpoint, state, stored, draft),
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
    keepTurn(owner, endpoint, state, stored, behind, draft, nowMs);
    state.session = draft.session;
    state.contact = draft.contact;
    afterCommit(owner, draft, log);
    showTyping(endpoint, conversation, draft);
    const flowFailed = draft.trace.some((entry) => entry.outcome === 'failed');
    const waitedMs = nowMs - item.acceptedMs;
    deps.observe({
      endpoint: endpoint.id,
      kind: item.kind,
      outcome: draft.outcome,
      waitedMs,
      tookMs: doneMs - nowMs,
      flowFailed,
    });
    log.info(
      {
        ...idOf(item),
        kind: item.kind,
        outcome: draft.outcome,
        replies: draft.replies.length,
        waitedMs,
        tookMs: doneMs - nowMs,
      },
      'turn committed',
    );
    return committed;
  }

  /** A number that is switched off, or missing from the configuration for now: its messages wait, nothing is given up. */
  async function waitForEndpoint(
    owner: Ownership,
    state: WakeState,
    stored: StoredItem,
    item: InboxItem,
    log: Logger,
  ): Promise<undefined> {
    const nowMs = clock.nowMs();
    log.warn(idOf(item), 'no enabled endpoint has this number, the conversation waits');
    await store.postpone(owner, stored.seq, nowMs, limits.noEndpointRetryMs, state.failures);
    const waitedMs = nowMs - item.acceptedMs;
    deps.observe({ endpoint: 'none', kind: item.kind, outcome: 'postponed', waitedMs, tookMs: 0, flowFailed: false });
  }

  async function saveCheckpoint(
    owner: Ownership,
    conversation: ConversationId,
    state: WakeState,
    [stored, ...behind]: readonly [StoredItem, ...StoredItem[]],
    draft: TurnDraft,
    checkpoint: Checkpoint,
    nowMs: number,
  ): Promise<void> {
    const endpoint = deps.endpointOf(conversation.phoneNumberId);
    const committed = await store.commit(
      owner,
      // The session itself stays as it was before the turn: until the item is done, the checkpoint is where it goes on.
      {
        ...commitOf(conversation, endpoint, state, stored, draft),
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
    keepTurn(owner, endpoint, state, stored, behind, draft, nowMs);
    state.contact = draft.contact;
    if (endpoint !== undefined) showTyping(endpoint, conversation, draft);
  }

  function keepTurn(
    owner: Ownership,
    endpoint: TurnEndpoint | undefined,
    state: WakeState,
    stored: StoredItem,
    behind: readonly StoredItem[],
    draft: TurnDraft,
    nowMs: number,
  ): void {
    const minutes = endpoint?.transcriptMinutes ?? 0;
    const item = minutes === 0 ? undefined : decodeItem(stored.payload);
    if (item === undefined) return;
    const burst = behind.flatMap(({ payload }) => decodeItem(payload) ?? []);
    const before = { session: state.session, collectMs: endpoint?.collectMs ?? 0 };
    deps.keep(owner, minutes, keptTurn(stored.seq, item, burst, draft, before, nowMs));
  }

  function showTyping(endpoint: TurnEndpoint, { phoneNumberId }: ConversationId, { typingUnder }: TurnDraft): void {
    if (typingUnder !== undefined) deps.onPause(endpoint, phoneNumberId, typingUnder);
  }

  function commitOf(
    conversation: ConversationId,
    endpoint: TurnEndpoint | undefined,
    state: WakeState,
    stored: StoredItem,
    draft: TurnDraft,
  ): Omit<Commit, 'items' | 'mode' | 'next' | 'events'> {
    return {
      seq: stored.seq,
      checkpoints: state.checkpoints,
      session: draft.session ?? (state.session === undefined ? 'unchanged' : 'delete'),
      // Redis collects only what would have ended by itself: an open timer or a handover may last longer than that.
      sessionGcSec: endpoint?.sessionExpirationMinutes === 0 || isHeldOpen(draft.session) ? 0 : limits.sessionGcSec,
      wroteMs: draft.wroteMs,
      fromAd: draft.fromAd,
      contactSet: draft.contactSet,
      contactUnset: draft.contactUnset,
      contactAppend: draft.contactAppend,
      // Should its message never be sent nor given up, the question is not open for ever either.
      timers: draft.timers.map(({ token, dueMs, afterSend }) => ({
        token,
        dueMs: afterSend ? dueMs + LATEST_SEND_MS : dueMs,
      })),
      cancelTimers: draft.cancelTimers,
      replies: draft.replies,
      effects: [...profilePatch(conversation, draft), ...elsewhereEffects(conversation, draft.elsewhere)],
      hadFailed: state.failures > 0,
    };
  }

  function profilePatch({ contactId }: ConversationId, draft: TurnDraft): string[] {
    const set = draft.contactSet.filter(([field]) => !field.startsWith('@'));
    const unset = draft.contactUnset.filter((field) => !field.startsWith('@'));
    const append = draft.contactAppend;
    if (!deps.hasOtherLanes() || set.length + unset.length + append.length === 0) return [];
    return [encodeEffect({ effect: 'profile', contactId, set, unset, append } satisfies ProfilePatch)];
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

  async function postpone(it: {
    owner: Ownership;
    state: WakeState;
    stored: StoredItem;
    item: InboxItem;
    endpoint: TurnEndpoint;
    err: unknown;
    nowMs: number;
    log: Logger;
    giveUp(reason: string, detail: string): Promise<Committed | undefined>;
  }): Promise<Committed | undefined> {
    const { state, endpoint, item, nowMs } = it;
    state.failures += 1;
    it.log.error({ ...idOf(item), err: it.err, failures: state.failures }, 'turn failed');
    if (state.failures >= limits.maxFailures) return it.giveUp('turn_failed', describe(it.err));
    const delayMs = Math.min(500 * 2 ** (state.failures - 1), 60_000);
    await store.postpone(it.owner, it.stored.seq, clock.nowMs(), delayMs, state.failures);
    const waitedMs = nowMs - item.acceptedMs;
    deps.observe({
      endpoint: endpoint.id,
      kind: item.kind,
      outcome: 'postponed',
      waitedMs,
      tookMs: 0,
      flowFailed: false,
    });
    return undefined;
  }

  /** Takes an item off that cannot be handled, keeps it for the operators, and does not leave the contact without a word. */
  async function deadLetter(it: {
    owner: Ownership;
    conversation: ConversationId;
    state: WakeState;
    stored: StoredItem;
    mode: 'done' | 'yield';
    next: number;
    item: InboxItem | undefined;
    endpoint: TurnEndpoint | undefined;
    reason: string;
    detail: string;
    log: Logger;
  }): Promise<Committed | undefined> {
    const { owner, conversation, state, stored, item, endpoint, reason, detail } = it;
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
    const committed = await store.commit(
      owner,
      {
        seq: stored.seq,
        items: 1,
        mode: it.mode,
        checkpoints: state.checkpoints,
        session: 'unchanged',
        sessionGcSec: 0,
        contactSet: [],
        contactUnset: [],
        contactAppend: [],
        timers: [],
        cancelTimers: [],
        replies:
          item?.kind === 'message' && endpoint !== undefined ? fallbackReply(endpoint, state.contact, item, nowMs) : [],
        effects: [encodeEffect(letter)],
        events: [JSON.stringify({ at: nowMs, k: 'dead', c: conversation.id, ...idOf(item), reason })],
        hadFailed: state.failures > 0,
        next: it.next,
      },
      nowMs,
    );
    if (committed.outcome === 'lost') return committed;
    deps.onEffects(owner);
    it.log.error({ ...idOf(item), reason, detail }, 'item given up, it is in the dead letters');
    deps.observe({
      endpoint: endpoint?.id ?? 'none',
      kind: item?.kind ?? 'message',
      outcome: 'dead_lettered',
      waitedMs: item === undefined ? 0 : nowMs - item.acceptedMs,
      tookMs: 0,
      flowFailed: false,
    });
    return committed;
  }
}

function isHeldOpen(session: StoredSession | undefined): boolean {
  return session !== undefined && (session.flow.timers.length > 0 || session.flow.handover);
}

function isUnknown(contact: Contact): boolean {
  return contact.waId === undefined && contact.bsuid === undefined;
}

/** An error's name and code, not its message: that may quote what it choked on. */
function describe(err: unknown): string {
  if (!(err instanceof Error)) return 'something that is no Error was thrown';
  return 'code' in err && typeof err.code === 'string' ? `${err.name} (${err.code})` : err.name;
}

function messageOf(item: InboxItem | undefined): MessageItem | undefined {
  return item?.kind === 'message' ? item : undefined;
}
