import type { Delivery, MessageContent } from '../shared/message.js';
import { type WindowFacts, windowUntilMs } from '../shared/service-window.js';

/** What becomes of a message at its window: it goes out, as itself or as its template, it waits for the contact, or not at all. */
export type WindowVerdict =
  | { do: 'send' }
  | { do: 'sendTemplate'; content: MessageContent }
  | { do: 'park' }
  | { do: 'skip' };

/**
 * Only messages that say what to do outside the window are judged here: the window is also opened by calls, of which we
 * may not hear, so for all others Meta's own answer is what counts.
 */
export function atWindow(outsideWindow: Delivery['outsideWindow'], window: WindowFacts, nowMs: number): WindowVerdict {
  const isOpen = nowMs < (windowUntilMs(window) ?? 0);
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
