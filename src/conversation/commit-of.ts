import type { ConversationId, StoredSession } from './conversation.js';
import { elsewhereEffects, encodeEffect, type ProfilePatch } from './effects.js';
import type { Commit } from './store.js';
import type { TurnDraft, TurnEndpoint } from './turn-task.js';
import type { WakeState } from './wake-state.js';

/** A message that was neither sent nor given up by then stands in a window that is closed. */
const LATEST_SEND_MS = 86_400_000;

export interface CommitFacts {
  conversation: ConversationId;
  /** of the item */
  seq: string;
  state: WakeState;
  endpoint: TurnEndpoint | undefined;
  /** when Redis may forget a session nobody ended, seconds */
  sessionGcSec: number;
  /** whether other lanes must hear of profile changes */
  hasOtherLanes: boolean;
}

/** What a draft changes, as the store takes it. */
export function commitOf(
  draft: TurnDraft,
  { conversation, seq, state, endpoint, sessionGcSec, hasOtherLanes }: CommitFacts,
): Omit<Commit, 'items' | 'mode' | 'next' | 'events'> {
  return {
    seq,
    checkpoints: state.checkpoints,
    session: draft.session ?? (state.session === undefined ? 'unchanged' : 'delete'),
    // Redis collects only what would have ended by itself: an open timer or a handover may last longer than that.
    sessionGcSec: endpoint?.sessionExpirationMinutes === 0 || isHeldOpen(draft.session) ? 0 : sessionGcSec,
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
    effects: [
      ...(hasOtherLanes ? profilePatch(conversation, draft) : []),
      ...elsewhereEffects(conversation, draft.elsewhere),
    ],
    hadFailed: state.failures > 0,
  };
}

function isHeldOpen(session: StoredSession | undefined): boolean {
  return session !== undefined && (session.flow.timers.length > 0 || session.flow.handover);
}

function profilePatch({ contactId }: ConversationId, draft: TurnDraft): string[] {
  const set = draft.contactSet.filter(([field]) => !field.startsWith('@'));
  const unset = draft.contactUnset.filter((field) => !field.startsWith('@'));
  const append = draft.contactAppend;
  if (set.length + unset.length + append.length === 0) return [];
  return [encodeEffect({ effect: 'profile', contactId, set, unset, append } satisfies ProfilePatch)];
}
