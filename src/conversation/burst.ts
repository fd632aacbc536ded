import type { Arrival } from '../flow/elsewhere.js';
import type { InboxItem, MessageItem } from '../inbound/item.js';
import type { FlowMessage } from '../shared/contact-message.js';

/** What a message is told that comes while its session sleeps. */
export type DuringSleep = 'interrupt' | 'queue' | 'drop';

/** What is to be done with the head of an inbox. */
export type Plan =
  /** a turn of this many items: more than one are joined into one input */
  | { do: 'turn'; items: number }
  /** the session sleeps, and its messages wait */
  | { do: 'sleepOn' }
  /** more messages may belong to this one */
  | { do: 'collect'; untilMs: number };

export interface PlanInput {
  /** what is known of the inbox, from its head; undefined for what cannot be read */
  items: readonly (InboxItem | undefined)[];
  arrival: Arrival | undefined;
  duringSleep: DuringSleep;
  /** the endpoint's; 0: not */
  collectMs: number;
  nowMs: number;
  /** whether a message can be one of several that make one input: a text, a picture; no tap */
  joins(item: MessageItem): boolean;
}

/** However fast somebody writes, an answer comes after this many windows. */
const MOST_WINDOWS = 5;

/**
 * Whether the head of an inbox is handled now. A burst ends when nothing came for the window, or when something else did.
 */
export function planTurn({ items, arrival, duringSleep, collectMs, nowMs, joins }: PlanInput): Plan {
  const [head] = items;
  const asleep = arrival !== undefined && 'asleep' in arrival;
  if (asleep && duringSleep === 'queue' && (head?.kind === 'message' || head?.kind === 'inject'))
    return { do: 'sleepOn' };
  const windowMs = windowOf(arrival, collectMs);
  if (windowMs === 0 || asleep) return { do: 'turn', items: 1 };
  const burst: MessageItem[] = [];
  for (const item of items) {
    if (item?.kind !== 'message' || !joins(item)) break;
    burst.push(item);
  }
  const [first, last] = [burst[0], burst.at(-1)];
  if (first === undefined || last === undefined) return { do: 'turn', items: 1 };
  const untilMs = Math.min(last.acceptedMs + windowMs, first.acceptedMs + MOST_WINDOWS * windowMs);
  const isOver = burst.length < items.length || nowMs >= untilMs;
  return isOver ? { do: 'turn', items: burst.length } : { do: 'collect', untilMs };
}

/** How long more is waited for where a session stands: the question's own time, else the endpoint's; 0: not at all. */
export function windowOf(arrival: Arrival | undefined, collectMs: number): number {
  return arrival !== undefined && 'collectMs' in arrival ? arrival.collectMs : collectMs;
}

/**
 * Several messages as one input: texts below each other, all attachments; what can only be there once is the last one's.
 *
 * @param messages at least one, in the order they came
 */
export function joinMessages(messages: readonly FlowMessage[]): FlowMessage {
  const last = messages.at(-1);
  if (last === undefined) throw new RangeError('there is no message to join');
  if (messages.length === 1) return last;
  const quoting = messages.findLast(({ repliedTo }) => repliedTo !== undefined);
  const referred = messages.find(({ referral }) => referral !== undefined);
  return {
    ...last,
    type: messages.findLast(({ type }) => type !== 'text')?.type ?? 'text',
    text: messages.flatMap(({ text }) => (text === '' ? [] : [text])).join('\n'),
    data: Object.assign({}, ...messages.map(({ data }) => data)),
    attachments: messages.flatMap(({ attachments }) => attachments),
    supported: messages.some(({ supported }) => supported),
    ...(quoting?.repliedTo === undefined ? {} : { repliedTo: quoting.repliedTo }),
    ...(referred?.referral === undefined ? {} : { referral: referred.referral }),
  };
}

/** Messages that say something by themselves; a tap answers one menu, and is never a part of something longer. */
const JOINED_TYPES = ['text', 'image', 'video', 'audio', 'document', 'sticker', 'location', 'contacts'];

export function isJoined({ message: { type } }: Pick<MessageItem, 'message'>): boolean {
  return typeof type === 'string' && JOINED_TYPES.includes(type);
}
