import type { InboxItem } from '../inbound/item.js';
import type { ConversationId } from './conversation.js';
import type { TurnDraft } from './turn-task.js';

/** Of a list in one event. */
const MAX_TRACE = 50;

/** What a turn did, for the event stream: each step with its outcome, and what the flow logged. */
export function turnEvent(
  conversation: ConversationId,
  item: InboxItem,
  draft: TurnDraft,
  startedMs: number,
  doneMs: number,
): string {
  return JSON.stringify({
    at: doneMs,
    k: 'turn',
    c: conversation.id,
    ...idOf(item),
    in: item.kind === 'message' ? item.message.type : item.kind,
    ...(item.kind === 'message' && item.message.group_id !== undefined ? { group: true } : {}),
    outcome: draft.outcome,
    waitedMs: startedMs - item.acceptedMs,
    tookMs: doneMs - startedMs,
    replies: draft.replies.length,
    ...(draft.blind ? { blind: true } : {}),
    ...(draft.logs.length === 0
      ? {}
      : { logs: draft.logs.slice(0, MAX_TRACE).map(({ level, message }) => ({ level, message })) }),
    // What was failing is told also of a blind flow: its details hold no values.
    steps: draft.trace
      .filter(({ blind, outcome }) => !blind || outcome === 'failed')
      .slice(0, MAX_TRACE)
      .map(({ flow, step, outcome, detail }) => ({ flow, step, outcome, ...(detail ? { detail } : {}) })),
  });
}

/** Goals and steps, for analytics. */
export function trackEvents(conversation: ConversationId, item: InboxItem, draft: TurnDraft, doneMs: number): string[] {
  return draft.tracks
    .slice(0, MAX_TRACE)
    .map(({ kind, name, flow, step }) =>
      JSON.stringify({ at: doneMs, k: 'track', c: conversation.id, ...idOf(item), [kind]: name, flow, step }),
    );
}

export function idOf(item: InboxItem | undefined): { messageId?: string } {
  return item?.kind === 'message' ? { messageId: item.messageId } : {};
}
