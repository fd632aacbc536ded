import { isJsonObject } from './json.js';
import type { Delivery, MessageContent } from './message.js';

/** One message on its way to a contact: written by the commit of a turn, taken off by the ack of its send. */
export interface OutboxItem {
  /**
   * it goes out a second time: Meta took it as message `oid`, and refused it later; the scripts read it at the front of the
   * text. `staleMedia`: ids of the bot's files Meta may not have known any more, by their hash
   */
  again?: { oid: string; staleMedia?: { readonly [sha256: string]: string } };
  /** before this message, in place of the endpoint's message delay; the scripts read it at the front of the text */
  delayMs?: number;
  content: MessageContent;
  delivery?: Omit<Delivery, 'delayMs' | 'typing'>;
  /** the message behind this one asks for "typing…" while it is waited for */
  typingNext?: true;
  /** who gets it; one of the two is known */
  waId?: string;
  bsuid?: string;
  /** when the turn was committed, epoch ms */
  committedMs: number;
  /** the step that said it, for the timeline */
  flow: string;
  step: string;
  /** our id of the contact's message it answers, when one did start the turn */
  answers?: string;
  /** Meta's id of that message, to show "typing…" under it */
  answersWamid?: string;
  /** the time to answer it begins when it was sent, or given up: a timer of its conversation, and how long it is */
  startsTimer?: { token: string; ms: number };
  /** what its buttons and rows name as their menu */
  menu?: string;
  /** its flow has something to say when it does not reach the contact */
  watched?: true;
  /** neither the text nor that it was sent is to be kept */
  blind?: true;
}

export function encodeOutboxItem(item: OutboxItem): string {
  const { delayMs, again, ...rest } = item;
  // The pause before it was made the first time.
  if (again !== undefined) return JSON.stringify({ again, ...rest });
  return JSON.stringify(delayMs === undefined ? rest : { delayMs, ...rest });
}

/** @returns undefined for what no version of ours wrote */
export function decodeOutboxItem(payload: string): OutboxItem | undefined {
  try {
    const value: unknown = JSON.parse(payload);
    // Ours, written by encodeOutboxItem: the shape is checked where damage would show, not field by field.
    return isJsonObject(value) && isJsonObject(value.content) && typeof value.committedMs === 'number'
      ? (value as unknown as OutboxItem)
      : undefined;
  } catch {
    return undefined;
  }
}
