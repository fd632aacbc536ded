import type { InboundEvent, MessageEvent } from '../inbound/event.js';

/** Messages of one contact, and where in the body they stood. */
interface Group {
  slots: number[];
  messages: MessageEvent[];
  /** of the last message that had a timestamp */
  latestMs: number;
  isSorted: boolean;
}

/**
 * The same events with the messages of each contact (per business number) by timestamp, equal ones as they stood. They
 * trade places among themselves only. Meta promises no order, and this is the one place where it can be mended: once
 * accepted, the order is ours.
 *
 * @param events changed in place
 */
export function inOrderPerContact(events: InboundEvent[]): InboundEvent[] {
  if (events.length < 2) return events;
  for (const group of groupByContact(events)) {
    if (group.isSorted) continue;
    const sorted = sortByTimestamp(group.messages);
    for (const [i, slot] of group.slots.entries()) {
      const message = sorted[i];
      if (message !== undefined) events[slot] = message;
    }
  }
  return events;
}

function groupByContact(events: readonly InboundEvent[]): Set<Group> {
  const byKey = new Map<string, Group>();
  const groups = new Set<Group>();
  for (const [slot, event] of events.entries()) {
    if (event.kind !== 'message') continue;
    const { waId, bsuid } = event.contact;
    const idKey = bsuid === undefined ? undefined : `${event.phoneNumberId} ${bsuid}`;
    const numberKey = waId === undefined ? undefined : `${event.phoneNumberId} ${waId}`;
    const group = known(byKey, idKey) ?? known(byKey, numberKey) ?? emptyGroup();
    if (idKey !== undefined) byKey.set(idKey, group);
    if (numberKey !== undefined) byKey.set(numberKey, group);
    groups.add(group);
    group.slots.push(slot);
    group.messages.push(event);
    if (event.timestampMs === undefined) continue;
    if (event.timestampMs < group.latestMs) group.isSorted = false;
    group.latestMs = event.timestampMs;
  }
  return groups;
}

const emptyGroup = (): Group => ({ slots: [], messages: [], latestMs: Number.NEGATIVE_INFINITY, isSorted: true });

/** A contact may be named by number in one message, by BSUID in the next, and with both in a third. */
const known = (byKey: ReadonlyMap<string, Group>, key: string | undefined): Group | undefined =>
  key === undefined ? undefined : byKey.get(key);

/** A message without a timestamp stays behind the one it stood behind. */
function sortByTimestamp(messages: readonly MessageEvent[]): MessageEvent[] {
  let ms = Number.NEGATIVE_INFINITY;
  return messages
    .map((message) => {
      ms = message.timestampMs ?? ms;
      return { message, ms };
    })
    .sort((a, b) => (a.ms === b.ms ? 0 : a.ms - b.ms))
    .map(({ message }) => message);
}
