import type { InboxItem } from '../inbound/item.js';
import { EXPIRY_TOKEN } from './session-life.js';

/**
 * What becomes of an inbox item while a person of the business writes to the contact.
 *
 * `record`: the contact's message is the person's to answer, also when the bot only finds it afterwards. `wait`: a sleep
 * that is over, a question's timeout, something a flow has scheduled would speak: their time comes when the person is
 * done. `turn`: everything else; what it might say is left out when it would be sent.
 *
 * @param quietUntilMs epoch ms
 */
export function besidePerson(
  item: InboxItem | undefined,
  quietUntilMs: number,
  nowMs: number,
): 'record' | 'wait' | 'turn' {
  switch (item?.kind) {
    case 'message':
      return item.acceptedMs < quietUntilMs ? 'record' : 'turn';
    case 'timer':
      return nowMs < quietUntilMs && item.token !== EXPIRY_TOKEN ? 'wait' : 'turn';
    case 'inject':
    case 'notify':
    case 'failedSend':
      return nowMs < quietUntilMs ? 'wait' : 'turn';
    default:
      return 'turn';
  }
}
