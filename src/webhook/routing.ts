import type { ContactIdentity, RoutingEvent } from '../inbound/event.js';
import { isJsonObject, type JsonObject, type Unread } from '../shared/json.js';
import { idOf, jsonTextOf, listOf, objectOf, textOf } from '../shared/unread.js';
import { isSomebody, readContacts, senderOf } from './identity.js';
import { timestampMsOf } from './timestamp.js';
import type { StandbyValue, WireHandover, WireMessage } from './wire.js';

/** Meta's own assistant: a conversation that is passed to it is not ours. */
const METAS_ASSISTANT = 'ai_agent';

/**
 * Who has a conversation from now on, of `messaging_handovers`: `control_passed` comes to the app that gets it,
 * `control_taken` to the app that loses it.
 *
 * @returns empty for types Meta has not used so far, and for a change that names nobody or cannot be written again: it stays in the account's news
 */
export function handoversIn(value: JsonObject, timestampMs: number | undefined): RoutingEvent[] {
  const handover: Unread<WireHandover> = value;
  const phoneNumberId =
    idOf(objectOf(handover.metadata)?.phone_number_id) ?? idOf(objectOf(handover.recipient)?.phone_number_id);
  const sender = objectOf(handover.sender) ?? {};
  const { only: contact } = readContacts([
    { wa_id: idOf(sender.wa_id) ?? sender.phone_number, user_id: sender.user_id },
  ]);
  const type = textOf(handover.type);
  // It has no id: a redelivery is the same word for word.
  const id = jsonTextOf(value);
  if (phoneNumberId === undefined || contact === undefined || id === undefined) return [];
  if (type !== 'control_passed' && type !== 'control_taken') return [];
  const isOurs = type === 'control_passed' && objectOf(value[type])?.new_owner_role !== METAS_ASSISTANT;
  return [
    {
      kind: 'routing',
      phoneNumberId,
      id,
      timestampMs: timestampMsOf(handover.timestamp) ?? timestampMs,
      contact,
      is: isOurs ? 'given' : 'taken',
    },
  ];
}

/**
 * What contacts write while another app has their conversation, of `standby`: it has it still. What that app answers, and
 * statuses, say nothing of who has it now.
 */
export function standbyIn(value: JsonObject, phoneNumberId: string | undefined): RoutingEvent[] {
  if (phoneNumberId === undefined) return [];
  const copies: Unread<StandbyValue> = objectOf(value.standby) ?? value;
  const known = readContacts(copies.contacts ?? value.contacts);
  return listOf(copies.messages).flatMap((item): RoutingEvent[] => {
    if (!isJsonObject(item)) return [];
    const message: Unread<WireMessage> = { ...objectOf(item.message), ...item };
    const id = textOf(message.id);
    const contact: ContactIdentity = senderOf(message, known);
    if (id === undefined || message.group_id !== undefined || !isSomebody(contact)) return [];
    return [
      { kind: 'routing', phoneNumberId, id, timestampMs: timestampMsOf(message.timestamp), contact, is: 'standby' },
    ];
  });
}
