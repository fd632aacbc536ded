import type { JsonObject } from './json.js';
import { present } from './json.js';
import type { SimulatedContact, SimulatedNumber } from './options.js';

/** One thing to tell the bot: a contact's message, or a status of the bot's own. */
export interface WebhookUpdate {
  number: SimulatedNumber;
  contactId: string;
  kind: 'messages' | 'statuses';
  /** what stands in `value.contacts[]`; a `failed` status has none */
  profile: JsonObject | undefined;
  item: JsonObject;
  wamid: string;
  /** in one word, for the wire view: the message's type or the status */
  summary: string;
}

interface Value {
  messaging_product: 'whatsapp';
  metadata: { display_phone_number: string; phone_number_id: string };
  contacts?: JsonObject[];
  messages?: JsonObject[];
  statuses?: JsonObject[];
}

interface Entry {
  id: string;
  changes: { field: 'messages'; value: Value }[];
}

/** The POST body Meta sends. */
export interface WebhookBody {
  object: 'whatsapp_business_account';
  entry: Entry[];
}

/**
 * The POST body for updates in the order given: one entry a WABA, one change a number and kind. Messages and statuses
 * of the same number stand in different changes, as Meta sends them.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
 */
export function toWebhookBody(updates: readonly WebhookUpdate[]): WebhookBody {
  const entries = new Map<string, Entry>();
  const values = new Map<string, Value>();
  for (const { number, kind, profile, item } of updates) {
    const entry = entries.get(number.wabaId) ?? { id: number.wabaId, changes: [] };
    entries.set(number.wabaId, entry);
    const key = `${number.phoneNumberId} ${kind}`;
    let value = values.get(key);
    if (value === undefined) {
      value = {
        messaging_product: 'whatsapp',
        metadata: {
          display_phone_number: digitsOf(number.displayPhoneNumber),
          phone_number_id: number.phoneNumberId,
        },
      };
      values.set(key, value);
      entry.changes.push({ field: 'messages', value });
    }
    addContact(value, profile);
    value[kind] = [...(value[kind] ?? []), item];
  }
  return { object: 'whatsapp_business_account', entry: [...entries.values()] };
}

function addContact(value: Value, profile: JsonObject | undefined): void {
  if (profile === undefined) return;
  const known = value.contacts ?? [];
  if (!known.some((contact) => contact.user_id === profile.user_id)) value.contacts = [...known, profile];
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
