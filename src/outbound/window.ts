import type { Delivery, MessageContent } from '../shared/message.js';
import { WINDOW_MS } from '../shared/whatsapp-limits.js';

/** What becomes of a message at its window: it goes out, as itself or as its template, it waits for the contact, or not at all. */
export type WindowVerdict =
  | { do: 'send' }
  | { do: 'sendTemplate'; content: MessageContent }
  | { do: 'park' }
  | { do: 'skip' };

/**
 * Only messages that say what to do outside the window are judged here: the window is also opened by calls and, for three
 * days, by advertisements, so for all others Meta's own answer is what counts.
 *
 * @param wroteMs when the contact last wrote, epoch ms; undefined when it never did
 */
export function atWindow(
  outsideWindow: Delivery['outsideWindow'],
  wroteMs: number | undefined,
  nowMs: number,
): WindowVerdict {
  const isOpen = wroteMs !== undefined && nowMs < wroteMs + WINDOW_MS;
  return outsideWindow === undefined || isOpen ? { do: 'send' } : whenClosed(outsideWindow);
}

/** What a message does when the window is closed. */
export function whenClosed(
  outsideWindow: NonNullable<Delivery['outsideWindow']>,
): Exclude<WindowVerdict, { do: 'send' }> {
  switch (outsideWindow.do) {
    case 'template':
      return { do: 'sendTemplate', content: { type: 'template', ...outsideWindow.template } };
    case 'wait':
      return { do: 'park' };
    case 'skip':
      return { do: 'skip' };
  }
}
