import type { MessageItem } from '../inbound/item.js';

/** What the app or Meta tells in the contact's name. */
const TOLD_ABOUT = new Set<unknown>(['system', 'user_preferences']);

/** When it happened, as Meta tells it, and not later than it reached us; epoch ms. */
export function happenedMs({ timestampMs, acceptedMs }: MessageItem): number {
  return Math.min(timestampMs ?? acceptedMs, acceptedMs);
}

/**
 * When the contact wrote this to the business, epoch ms: it opens the 24-hour window. Undefined for what it wrote to a group,
 * and for what is only told about it.
 */
export function wroteToUsMs(item: MessageItem): number | undefined {
  const { group_id, type } = item.message;
  return group_id !== undefined || TOLD_ABOUT.has(type) ? undefined : happenedMs(item);
}
