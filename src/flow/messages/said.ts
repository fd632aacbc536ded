import type { MessageContent } from '../../shared/message.js';
import type { MenuPages, Tap } from '../behaviour.js';

/** One message, the pages its *More* row leads to, and what can be tapped in it. */
export interface Said {
  content: MessageContent;
  taps: readonly Tap[];
  pages?: MenuPages;
}
