import { encodeOutboxItem, type OutboxItem } from '../shared/outbox-item.js';
import type { Ack } from './outbox.js';

/** Meta's word that the 24-hour window was closed, and that it could not use a file. */
const WINDOW_CLOSED = 131_047;
const MEDIA_FAILED = 131_053;

/** How a message left. */
export interface Left {
  /** not as the template for a window that is closed */
  asItself: boolean;
  /** the bot's files that went by an id Meta gave for an earlier message, by their hash */
  reusedMedia?: { readonly [sha256: string]: string };
}

/**
 * What goes out in a message's place when Meta takes it and refuses it later. The window was closed: the message comes
 * again, and does what it says for that. An id of a file had run out before its time: it comes again with a new upload.
 * Once; what fails then has failed.
 *
 * @returns undefined for a message that could only fail again
 */
export function substituteOf(item: OutboxItem, oid: string, { asItself, reusedMedia }: Left): Ack['substitute'] {
  if (item.again !== undefined) return undefined;
  const codes = [
    ...(asItself && item.delivery?.outsideWindow !== undefined ? [WINDOW_CLOSED] : []),
    ...(reusedMedia === undefined ? [] : [MEDIA_FAILED]),
  ];
  if (codes.length === 0) return undefined;
  const again = { oid, ...(reusedMedia === undefined ? {} : { staleMedia: reusedMedia }) };
  return { codes, payload: encodeOutboxItem({ ...item, again }) };
}
