import type { RoutingEvent } from '../inbound/event.js';
import { isJsonObject, type JsonObject, type Unread } from '../shared/json.js';
import { listOf, textOf } from '../shared/unread.js';
import { isSomebody, readContacts, senderOf } from './identity.js';
import { timestampMsOf } from './timestamp.js';
import type { WireCall } from './wire.js';

/**
 * Contacts who call the business, of `calls`: it may write to them for a day. What follows a ring, and calls the business
 * makes, open nothing.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 */
export function callsIn(value: JsonObject, phoneNumberId: string | undefined): RoutingEvent[] {
  if (phoneNumberId === undefined) return [];
  const known = readContacts(value.contacts);
  return listOf(value.calls).flatMap((item): RoutingEvent[] => {
    if (!isJsonObject(item)) return [];
    const call: Unread<WireCall> = item;
    const id = textOf(call.id);
    const contact = senderOf(call, known);
    if (id === undefined || call.direction !== 'USER_INITIATED' || !isSomebody(contact)) return [];
    return [{ kind: 'routing', phoneNumberId, id, timestampMs: timestampMsOf(call.timestamp), contact, is: 'called' }];
  });
}
