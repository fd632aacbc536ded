import type { JsonObject } from './json.js';
import { present } from './json.js';
import type { SimulatedContact, SimulatedNumber } from './options.js';

/** One thing to tell the bot. */
export type WebhookUpdate = MessageUpdate | FieldUpdate;

/** A contact's message, or a status of the bot's own: what the field `messages` carries. */
export interface MessageUpdate {
  number: SimulatedNumber;
  contactId: string;
  kind: 'messages' | 'statuses';
  /** what stands in `value.contacts[]`; a `failed` status and a `system` message have none */
  profile: JsonObject | undefined;
  item: JsonObject;
  wamid: string;
  /** in one word, for the wire view: the message's type or the status */
  summary: string;
}

/** Anything else Meta tells: a whole change, as it is. */
export interface FieldUpdate {
  kind: 'field';
  /** account fields do not follow the URL a number has of its own */
  scope: 'number' | 'account';
  number: SimulatedNumber;
  /** whose chat it belongs to; undefined: nobody's */
  contactId: string | undefined;
  /** the WABA, or the portfolio where Meta says so */
  entryId: string;
  /** epoch seconds; only account fields have it */
  time: number | undefined;
  field: string;
  value: JsonObject;
  summary: string;
}

interface MessagesValue {
  messaging_product: 'whatsapp';
  metadata: JsonObject;
  contacts?: JsonObject[];
  messages?: JsonObject[];
  statuses?: JsonObject[];
}

interface Entry {
  id: string;
  time?: number;
  changes: { field: string; value: MessagesValue | JsonObject }[];
}

/** The POST body Meta sends. */
export interface WebhookBody {
  object: 'whatsapp_business_account';
  entry: Entry[];
}

/**
 * The POST body for updates in the order given: one entry a WABA and time, one change a number and kind. Messages and
 * statuses of the same number stand in different changes, as Meta sends them.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
 */
export function toWebhookBody(updates: readonly WebhookUpdate[]): WebhookBody {
  const entries = new Map<string, Entry>();
  const values = new Map<string, MessagesValue>();
  const entryOf = (id: string, time: number | undefined): Entry => {
    const key = `${id} ${time ?? ''}`;
    const entry = entries.get(key) ?? { id, ...(time === undefined ? {} : { time }), changes: [] };
    entries.set(key, entry);
    return entry;
  };
  for (const update of updates) {
    if (update.kind === 'field') {
      entryOf(update.entryId, update.time).changes.push({ field: update.field, value: update.value });
      continue;
    }
    const { number, kind, profile, item } = update;
    const entry = entryOf(number.wabaId, undefined);
    const key = `${number.phoneNumberId} ${kind}`;
    let value = values.get(key);
    if (value === undefined) {
      value = { messaging_product: 'whatsapp', metadata: metadataOf(number) };
      values.set(key, value);
      entry.changes.push({ field: 'messages', value });
    }
    addContact(value, profile);
    value[kind] = [...(value[kind] ?? []), item];
  }
  return { object: 'whatsapp_business_account', entry: [...entries.values()] };
}

function addContact(value: MessagesValue, profile: JsonObject | undefined): void {
  if (profile === undefined) return;
  const known = value.contacts ?? [];
  if (!known.some((contact) => contact.user_id === profile.user_id)) value.contacts = [...known, profile];
}

/** `value.metadata`: which business number it is about. */
export function metadataOf({ displayPhoneNumber, phoneNumberId }: SimulatedNumber): JsonObject {
  return { display_phone_number: digitsOf(displayPhoneNumber), phone_number_id: phoneNumberId };
}

/**
 * What a webhook says about a contact; the username is left out when there is none.
 *
 * @param waId the number as the business is told it; undefined when it is withheld
 */
export function profileOf(contact: SimulatedContact, waId: string | undefined): JsonObject {
  const { name, username } = contact;
  return present({
    profile: username === undefined ? { name } : { name, username },
    wa_id: waId,
    user_id: contact.bsuid,
    parent_user_id: contact.parentBsuid,
  });
}

export function digitsOf(phoneNumber: string): string {
  return phoneNumber.replace(/\D/g, '');
}

/** Meta's timestamps in messages and statuses: Unix seconds, as a string. */
export function toTimestamp(nowMs: number): string {
  return String(Math.floor(nowMs / 1000));
}
