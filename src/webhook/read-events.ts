import type {
  AccountEvent,
  EchoEvent,
  InboundEvent,
  MalformedEvent,
  MessageEvent,
  StatusEvent,
} from '../inbound/event.js';
import { isJsonObject, type JsonObject, type Unread } from '../shared/json.js';
import { idOf, jsonTextOf, listOf, numberOf, objectOf, textOf } from '../shared/unread.js';
import { inOrderPerContact } from './arrival-order.js';
import { callsIn } from './calls.js';
import {
  addresseeOf,
  changeOf,
  isSomebody,
  type KnownContacts,
  readContacts,
  recipientOf,
  senderOf,
  updateOf,
} from './identity.js';
import { readPricing } from './pricing.js';
import { handoversIn, standbyIn } from './routing.js';
import { timestampMsOf } from './timestamp.js';
import type {
  MessagesValue,
  WebhookBody,
  WebhookChange,
  WebhookEntry,
  WireEcho,
  WireError,
  WireMessage,
  WireMetadata,
  WireStatus,
  WireSystem,
  WireUserIdUpdate,
  WireUserPreference,
} from './wire.js';

/** What every item of one change shares. */
interface ChangeContext {
  wabaId: string;
  phoneNumberId: string | undefined;
  /** of the entry; account fields have no other */
  timestampMs: number | undefined;
}

/**
 * Everything a webhook body tells: every entry, change, message and status, each read for itself. What cannot be read
 * becomes a `malformed` event with its reason and leaves its neighbours alone; what we do not know is kept as it came.
 *
 * @param body parsed JSON, any value
 * @returns in the order of the body, but the messages of one contact by their timestamps; never throws
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview (up to 1000 updates, 3 MB)
 */
export function readEvents(body: unknown): InboundEvent[] {
  if (!isJsonObject(body)) return [malformed('not_an_object', body)];
  const { entry: entries }: Unread<WebhookBody> = body;
  if (!Array.isArray(entries)) return [malformed('no_entry', body)];
  const events: InboundEvent[] = [];
  for (const entry of entries) readEntry(entry, events);
  return inOrderPerContact(events);
}

function readEntry(item: unknown, events: InboundEvent[]): void {
  if (!isJsonObject(item)) return void events.push(malformed('not_an_object', item));
  const entry: Unread<WebhookEntry> = item;
  if (!Array.isArray(entry.changes)) return void events.push(malformed('no_changes', item));
  const wabaId = idOf(entry.id) ?? '';
  const timestampMs = timestampMsOf(entry.time);
  for (const change of entry.changes) readChange(change, item, wabaId, timestampMs, events);
}

function readChange(
  item: unknown,
  entry: JsonObject,
  wabaId: string,
  timestampMs: number | undefined,
  events: InboundEvent[],
): void {
  if (!isJsonObject(item)) return void events.push(malformed('not_an_object', item));
  const change: Unread<WebhookChange> = item;
  const value = objectOf(change.value);
  const field = textOf(change.field) ?? misplacedField(entry, value);
  if (field === undefined) return void events.push(malformed('no_field', item));
  const metadata: Unread<WireMetadata> = objectOf(value?.metadata) ?? {};
  // Each change names its own number: one body may carry several, and the first says nothing about the second.
  const context: ChangeContext = { wabaId, phoneNumberId: idOf(metadata.phone_number_id), timestampMs };
  if (field === 'messages') {
    if (value === undefined) events.push(malformed('no_value', item));
    else readMessagesValue(value, context, events);
  } else if (field === 'user_id_update' && Array.isArray(value?.user_id_update)) {
    for (const update of value.user_id_update) events.push(readUserIdUpdate(update, context));
  } else {
    events.push(account(field, value ?? item, context));
    if (field === 'user_preferences') events.push(...preferencesIn(value, context));
    if (field === 'smb_message_echoes') events.push(...echoesIn(value, context));
    if (field === 'messaging_handovers' && value !== undefined) events.push(...handoversIn(value, timestampMs));
    if (field === 'calls' && value !== undefined) events.push(...callsIn(value, context.phoneNumberId));
    if (field === 'standby' && value !== undefined) events.push(...standbyIn(value, context.phoneNumberId));
  }
}

/**
 * The preferences of contacts, as messages of theirs that start no turn by themselves: their flow may have an answer. An
 * item that names nobody, or cannot be written again, stays in the account's news only.
 */
function preferencesIn(value: JsonObject | undefined, { phoneNumberId }: ChangeContext): MessageEvent[] {
  if (phoneNumberId === undefined) return [];
  return listOf(value?.user_preferences).flatMap((item): MessageEvent[] => {
    if (!isJsonObject(item)) return [];
    const preference: Unread<WireUserPreference> = item;
    const { only: contact } = readContacts([{ wa_id: preference.wa_id, user_id: preference.user_id }]);
    // It has no id: a redelivery is the same item word for word.
    const written = jsonTextOf(item);
    if (contact === undefined || written === undefined) return [];
    const type = 'user_preferences';
    const wamid = `${type}|${written}`;
    const timestampMs = timestampMsOf(preference.timestamp);
    return [{ kind: 'message', phoneNumberId, wamid, timestampMs, contact, type, message: { type, [type]: item } }];
  });
}

/** What staff wrote, of whatever type, edits included. What it says stays in the account's news. */
function echoesIn(value: JsonObject | undefined, { phoneNumberId }: ChangeContext): (EchoEvent | MalformedEvent)[] {
  const known = readContacts(value?.contacts);
  return listOf(value?.message_echoes).map((item) => {
    // Marked as what it is: tried again as a message, it would pass for the contact's.
    const unreadable = (reason: string) => malformed(reason, { echo: item }, { phoneNumberId });
    if (!isJsonObject(item)) return unreadable('not_an_object');
    if (phoneNumberId === undefined) return unreadable('no_metadata');
    const echo: Unread<WireEcho> = item;
    const wamid = textOf(echo.id);
    if (wamid === undefined) return unreadable('no_id');
    const contact = addresseeOf(echo, known);
    if (!isSomebody(contact)) return unreadable('no_addressee');
    return { kind: 'echo', phoneNumberId, wamid, timestampMs: timestampMsOf(echo.timestamp), contact };
  });
}

/** Some bodies, Meta's own examples among them, carry `field` one level up or down, or leave it out. */
function misplacedField(entry: JsonObject, value: JsonObject | undefined): string | undefined {
  return textOf(value?.field) ?? textOf(entry.field) ?? ((value?.messages ?? value?.statuses) ? 'messages' : undefined);
}

/** Keys of `value` that are read item by item. Whatever else is there is told as one account event. */
const READ_BY_ITEM: ReadonlySet<string> = new Set<keyof MessagesValue>([
  'messaging_product',
  'metadata',
  'contacts',
  'messages',
  'statuses',
]);

function readMessagesValue(value: JsonObject, context: ChangeContext, events: InboundEvent[]): void {
  const before = events.length;
  const { contacts, messages, statuses }: Unread<MessagesValue> = value;
  if (messages !== undefined) {
    if (Array.isArray(messages)) {
      const known = readContacts(contacts);
      for (const message of messages) events.push(readMessageItem(message, context, known));
    } else events.push(malformed('messages_not_a_list', messages, context));
  }
  if (statuses !== undefined) {
    if (Array.isArray(statuses)) for (const status of statuses) events.push(readStatusItem(status, context));
    else events.push(malformed('statuses_not_a_list', statuses, context));
  }
  const rest = Object.keys(value).some((key) => !READ_BY_ITEM.has(key));
  if (rest || events.length === before) events.push(account('messages', withoutItems(value), context));
}

function withoutItems(value: JsonObject): JsonObject {
  const { messages: _messages, statuses: _statuses, ...rest } = value;
  return rest;
}

function readMessageItem(
  item: unknown,
  { phoneNumberId }: ChangeContext,
  known: KnownContacts,
): MessageEvent | MalformedEvent {
  if (!isJsonObject(item)) return malformed('not_an_object', item, { phoneNumberId });
  if (phoneNumberId === undefined) return malformed('no_metadata', item);
  const message: Unread<WireMessage> = item;
  const wamid = textOf(message.id);
  if (wamid === undefined) return malformed('no_id', item, { phoneNumberId });
  const sender = senderOf(message, known);
  if (!isSomebody(sender)) return malformed('no_sender', item, { phoneNumberId });
  const event: MessageEvent = {
    kind: 'message',
    phoneNumberId,
    wamid,
    timestampMs: timestampMsOf(message.timestamp),
    contact: sender,
    type: textOf(message.type) ?? 'unknown',
    message: item,
  };
  const system: Unread<WireSystem> | undefined = event.type === 'system' ? objectOf(message.system) : undefined;
  return system === undefined ? event : { ...event, ...changeOf(system, sender) };
}

function readStatusItem(item: unknown, { phoneNumberId }: ChangeContext): StatusEvent | MalformedEvent {
  if (!isJsonObject(item)) return malformed('not_an_object', item, { phoneNumberId });
  if (phoneNumberId === undefined) return malformed('no_metadata', item);
  const status: Unread<WireStatus> = item;
  const wamid = textOf(status.id);
  if (wamid === undefined) return malformed('no_id', item, { phoneNumberId });
  const word = textOf(status.status);
  if (word === undefined) return malformed('no_status', item, { phoneNumberId });
  const callbackData = textOf(status.biz_opaque_callback_data);
  const recipient = recipientOf(status);
  const pricing = readPricing(status.pricing);
  return {
    kind: 'status',
    phoneNumberId,
    wamid,
    status: word.toLowerCase(),
    timestampMs: timestampMsOf(status.timestamp),
    ...(callbackData !== undefined && { callbackData }),
    ...(pricing !== undefined && { pricing }),
    errorCodes: readErrorCodes(status.errors),
    ...(recipient !== undefined && { recipient }),
    raw: item,
  };
}

/** The codes of an `errors[]`; items without one are left to the raw event. */
function readErrorCodes(errors: unknown): number[] {
  const codes: number[] = [];
  for (const item of listOf(errors)) {
    const error: Unread<WireError> | undefined = objectOf(item);
    const code = numberOf(error?.code);
    if (code !== undefined) codes.push(code);
  }
  return codes;
}

function readUserIdUpdate(item: unknown, context: ChangeContext): InboundEvent {
  const { wabaId, phoneNumberId } = context;
  if (!isJsonObject(item)) return malformed('not_an_object', item, context);
  const update: Unread<WireUserIdUpdate> = item;
  const change = updateOf(update.wa_id, objectOf(update.user_id) ?? {});
  if (change === undefined) return malformed('no_identity', item, context);
  const timestampMs = timestampMsOf(update.timestamp) ?? context.timestampMs;
  return {
    kind: 'identity',
    phoneNumberId,
    wabaId,
    ...change,
    ...(timestampMs !== undefined && { timestampMs }),
    raw: item,
  };
}

function account(field: string, raw: JsonObject, { wabaId, phoneNumberId, timestampMs }: ChangeContext): AccountEvent {
  return {
    kind: 'account',
    field,
    wabaId,
    phoneNumberId,
    ...(timestampMs !== undefined && { timestampMs }),
    raw,
  };
}

function malformed(reason: string, raw: unknown, context?: Pick<ChangeContext, 'phoneNumberId'>): MalformedEvent {
  return { kind: 'malformed', reason, phoneNumberId: context?.phoneNumberId, raw };
}
