import type { FlowEffect } from '../flow/turn/turn.js';
import type { InboxItem } from '../inbound/item.js';
import { encodeOutboxItem, type OutboxItem } from '../shared/outbox-item.js';
import type { Contact } from './conversation.js';
import type { TurnTask } from './turn-task.js';

export type Send = Extract<FlowEffect, { effect: 'send' }>;

/** How long the replies of a turn take to leave, until the last one. */
export function sendingMs(replies: readonly Send[], messageDelayMs: number): number {
  return replies.reduce(
    (sum, { delivery }, index) => sum + (delivery?.delayMs ?? (index === 0 ? 0 : messageDelayMs)),
    0,
  );
}

/** The item a turn answers, of a burst the last. */
export function latestItem({ item, burst }: Pick<TurnTask, 'item' | 'burst'>): InboxItem {
  return burst?.at(-1) ?? item;
}

/** Meta's id of the message a turn answers. */
export function answeredWamid(task: Pick<TurnTask, 'item' | 'burst'>): string | undefined {
  const item = latestItem(task);
  return item.kind === 'message' && typeof item.message.id === 'string' ? item.message.id : undefined;
}

/**
 * The replies of a turn as the outbox stores them.
 *
 * @param about.watched a flow wants to hear of those that fail
 * @param about.startsTimer begins when the last of them was sent
 */
export function encodeReplies(
  replies: readonly Send[],
  task: TurnTask,
  about: { contact: Contact; watched: boolean; startsTimer: OutboxItem['startsTimer'] },
): string[] {
  const { startsTimer } = about;
  return replies.map((reply, index) =>
    encodeOutboxItem({
      ...outboxItem(reply, replies[index + 1], task, about),
      ...(startsTimer !== undefined && index === replies.length - 1 ? { startsTimer } : {}),
    }),
  );
}

function outboxItem(
  effect: Send,
  next: Send | undefined,
  task: TurnTask,
  { contact: { waId, bsuid }, watched }: { contact: Contact; watched: boolean },
): OutboxItem {
  const item = latestItem(task);
  const wamid = answeredWamid(task);
  const { delayMs, typing: _typing, ...delivery } = effect.delivery ?? {};
  return {
    ...(delayMs === undefined ? {} : { delayMs }),
    content: effect.message,
    ...(effect.menu === undefined ? {} : { menu: effect.menu }),
    ...(Object.keys(delivery).length === 0 ? {} : { delivery }),
    ...(next?.delivery?.typing ? { typingNext: true } : {}),
    ...(waId === undefined ? {} : { waId }),
    ...(bsuid === undefined ? {} : { bsuid }),
    committedMs: task.nowMs,
    flow: effect.flow,
    step: effect.step,
    ...(watched ? { watched: true } : {}),
    ...(effect.blind ? { blind: true } : {}),
    ...(item.kind === 'message' ? { answers: item.messageId } : {}),
    ...(wamid === undefined ? {} : { answersWamid: wamid }),
  };
}
