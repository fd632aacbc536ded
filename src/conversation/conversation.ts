import type { FlowCall, FlowSession } from '../flow/turn/turn.js';
import type { Json, JsonObject } from '../shared/json.js';

/** A conversation is all of one contact with one business number: `<phoneNumberId>.<contactId>`. Safe in logs. */
export interface ConversationId {
  id: string;
  phoneNumberId: string;
  contactId: string;
}

export function parseConversationId(id: string): ConversationId {
  const dot = id.indexOf('.');
  return { id, phoneNumberId: id.slice(0, dot), contactId: id.slice(dot + 1) };
}

/** A session as it is stored. */
export interface StoredSession {
  /** hash of the flow version it began with, and keeps */
  version: string;
  /** last activity, epoch ms: what expiry counts from */
  touchedMs: number;
  flow: FlowSession;
}

/** Where a turn goes on that was cut off behind a call: written before each call that follows unsent replies. */
export interface Checkpoint {
  /** fixed for the whole turn */
  nowMs: number;
  session: StoredSession;
  call: FlowCall;
  /** how many items of the inbox are this turn's input, when more than one */
  items?: number;
  /** how many effects outside the lane earlier parts of the turn have had */
  elsewhere?: number;
  /** the call belongs to the end of an expired session; the item itself was not begun */
  expiring?: true;
}

/** What is known of a contact: identities as Meta last told them, and what flows put into the profile. */
export interface Contact {
  waId?: string;
  bsuid?: string;
  username?: string;
  /** the name the contact gave itself on WhatsApp */
  name?: string;
  custom: JsonObject;
  /** when the contact last wrote to this business number, came from an advertisement, was refused an answer: epoch ms */
  wroteMs?: number;
  adMs?: number;
  closedMs?: number;
}

const IDENTITY_FIELDS = ['waId', 'bsuid', 'username', 'name'] as const;

/**
 * Identities are stored under `@name`, custom fields under their own name as JSON; `~lane` fields are the mover's,
 * `~w:<phoneNumberId>` says when the contact last wrote to that number, `~a:` when it last came from an advertisement, `~c:`
 * what it had last written when Meta said that the window is closed: for the number that is asked about.
 */
export function decodeContact(fields: readonly string[], phoneNumberId?: string): Contact {
  const contact: Contact = { custom: {} };
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [field = '', value = ''] = [fields[i], fields[i + 1]];
    const identity = IDENTITY_FIELDS.find((name) => field === `@${name}`);
    if (identity !== undefined) contact[identity] = value;
    else if (phoneNumberId !== undefined && field === `~w:${phoneNumberId}`) contact.wroteMs = Number(value);
    else if (phoneNumberId !== undefined && field === `~a:${phoneNumberId}`) contact.adMs = Number(value);
    else if (phoneNumberId !== undefined && field === `~c:${phoneNumberId}`) contact.closedMs = Number(value);
    else if (!field.startsWith('@') && !field.startsWith('~')) contact.custom[field] = parseJson(value);
  }
  return contact;
}

/** The profile flows see; a custom field of the same name stands before what WhatsApp says. */
export function profileOf(contact: Contact): JsonObject {
  const profile: JsonObject = {};
  for (const name of IDENTITY_FIELDS) {
    const value = contact[name];
    if (value !== undefined) profile[name] = value;
  }
  return { ...profile, ...contact.custom };
}

/**
 * What changes when a contact shows itself with these identities.
 *
 * @returns pairs of stored field and value, empty when nothing changed
 */
export function identityChanges(contact: Contact, seen: Partial<Contact>): [string, string][] {
  const changes: [string, string][] = [];
  for (const name of IDENTITY_FIELDS) {
    const value = seen[name];
    if (value !== undefined && value !== contact[name]) changes.push([`@${name}`, value]);
  }
  return changes;
}

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}
