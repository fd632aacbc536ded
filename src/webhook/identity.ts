import type { ContactIdentity } from '../inbound/event.js';
import type { Unread } from '../shared/json.js';
import { idOf, listOf, objectOf, textOf } from '../shared/unread.js';
import type { WireContact, WireEcho, WireMessage, WireStatus, WireSystem } from './wire.js';

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids */
const BSUID = /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/;
/** E.164 has at most 15 digits; a few more for test numbers */
const WA_ID = /^\+?(\d{3,20})$/;
/** A user id passes through whole, whatever Meta makes of its form next, as long as it can be an id at all. */
const USER_ID = /^[\x21-\x7e]{1,256}$/;

/** The ids of a contact, in whichever of Meta's spellings: withheld numbers are left out, empty, or a BSUID. */
interface Ids {
  waId?: string;
  bsuid?: string;
}

/** The `contacts[]` of one change, by each of their ids. */
export interface KnownContacts {
  byId: ReadonlyMap<string, ContactIdentity>;
  /** set when there is exactly one */
  only: ContactIdentity | undefined;
}

/**
 * @param number `from`, `wa_id` or `recipient_id`: a number, nothing, or a BSUID in its place
 * @param userId the user id beside it
 * @param parentUserId counts only when there is nothing else: messages may be sent to it too
 */
function idsOf(number: unknown, userId: unknown, parentUserId: unknown): Ids {
  const inNumber = idOf(number) ?? '';
  const waId = WA_ID.exec(inNumber)?.[1];
  const bsuid =
    userIdOf(userId) ?? (BSUID.test(inNumber) ? inNumber : waId === undefined ? userIdOf(parentUserId) : undefined);
  // Assigned rather than spread: this runs several times for every message.
  const ids: Ids = {};
  if (waId !== undefined) ids.waId = waId;
  if (bsuid !== undefined) ids.bsuid = bsuid;
  return ids;
}

function userIdOf(value: unknown): string | undefined {
  return typeof value === 'string' && USER_ID.test(value) ? value : undefined;
}

/** Reads `contacts[]`; items that name nobody are left out. */
export function readContacts(contacts: unknown): KnownContacts {
  const byId = new Map<string, ContactIdentity>();
  const known: ContactIdentity[] = [];
  for (const item of listOf(contacts)) {
    const contact: Unread<WireContact> | undefined = objectOf(item);
    if (contact === undefined) continue;
    const identity: ContactIdentity = idsOf(contact.wa_id, contact.user_id, contact.parent_user_id);
    if (!isSomebody(identity)) continue;
    const profile: Unread<NonNullable<WireContact['profile']>> = objectOf(contact.profile) ?? {};
    const name = displayName(profile.name);
    const username = displayName(profile.username);
    if (username !== undefined) identity.username = username;
    if (name !== undefined) identity.name = name;
    known.push(identity);
    if (identity.bsuid !== undefined) byId.set(identity.bsuid, identity);
    if (identity.waId !== undefined) byId.set(identity.waId, identity);
  }
  return { byId, only: known.length === 1 ? known[0] : undefined };
}

/** Who wrote a message: its own ids, completed from the `contacts[]` item that means the same person. */
export function senderOf(message: Unread<WireMessage>, { byId, only }: KnownContacts): ContactIdentity {
  const ids = idsOf(message.from, message.from_user_id, message.from_parent_user_id);
  const match =
    (ids.bsuid === undefined ? undefined : byId.get(ids.bsuid)) ??
    (ids.waId === undefined ? undefined : byId.get(ids.waId)) ??
    only;
  return match === undefined || isSomebodyElse(match, ids) ? ids : { ...match, ...ids };
}

/** Whom an echo went to: the contact, as `contacts[]` completes it. */
export function addresseeOf(echo: Unread<WireEcho>, known: KnownContacts): ContactIdentity {
  return senderOf({ from: echo.to, from_user_id: echo.to_user_id, from_parent_user_id: echo.to_parent_user_id }, known);
}

/** Who a status is about. Groups have ids of their own, which are no contact's. */
export function recipientOf(status: Unread<WireStatus>): ContactIdentity | undefined {
  if (status.recipient_type === 'group') return undefined;
  const ids = idsOf(status.recipient_id, status.recipient_user_id, undefined);
  return isSomebody(ids) ? ids : undefined;
}

/**
 * The two identities of a `system` message that announces a change; undefined when it announces none that can be read.
 * Its body names them too, but between words a contact chose (the profile name), so it is not read.
 */
export function changeOf(
  system: Unread<WireSystem>,
  sender: ContactIdentity,
): { previous: ContactIdentity; contact: ContactIdentity } | undefined {
  if (system.type !== 'user_changed_number' && system.type !== 'user_changed_user_id') return undefined;
  const contact = idsOf(system.wa_id, system.user_id, undefined);
  // A new BSUID comes with a new number. What the sender fields repeat of the new identity is not part of the old one.
  const previous: Ids = {
    ...(sender.waId !== undefined && sender.waId !== contact.waId && { waId: sender.waId }),
    ...(sender.bsuid !== undefined && sender.bsuid !== contact.bsuid && { bsuid: sender.bsuid }),
  };
  return isSomebody(contact) && isSomebody(previous) ? { previous, contact } : undefined;
}

/** The two identities of a `user_id_update` item. */
export function updateOf(
  waId: unknown,
  userId: { readonly previous?: unknown; readonly current?: unknown },
): { previous: ContactIdentity; contact: ContactIdentity } | undefined {
  const previous = idsOf(undefined, userId.previous, undefined);
  const contact = idsOf(waId, userId.current, undefined);
  return isSomebody(previous) && contact.bsuid !== undefined ? { previous, contact } : undefined;
}

export function isSomebody(ids: ContactIdentity): boolean {
  return ids.waId !== undefined || ids.bsuid !== undefined;
}

/** A user id decides. Ids of different kinds do not contradict each other: one side is named by number, one by user id. */
function isSomebodyElse(a: Ids, b: Ids): boolean {
  if (a.bsuid !== undefined && b.bsuid !== undefined) return a.bsuid !== b.bsuid;
  return a.waId !== undefined && b.waId !== undefined && a.waId !== b.waId;
}

/** UTF-16 units. Ours: WhatsApp shows far fewer, and a name may come in any length. */
const MAX_NAME_LENGTH = 256;
const SPACES = /\s+/g;
/** Control characters, halves of surrogate pairs, marks and overrides of direction: they break logs and pages. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** Most names: nothing to clean, and a tenth of the time. */
const PLAIN = /^[\x21-\x7e\u00a1-\u024f]+(?: [\x21-\x7e\u00a1-\u024f]+)*$/;

/** A name as it may be shown anywhere; undefined when nothing is left of it. */
function displayName(value: unknown): string | undefined {
  const given = textOf(value);
  if (given === undefined || (given.length <= MAX_NAME_LENGTH && PLAIN.test(given))) return given;
  const clean = given.replace(SPACES, ' ').replace(UNPRINTABLE, '').trim();
  // The cut may go through a surrogate pair.
  const name =
    clean.length <= MAX_NAME_LENGTH
      ? clean
      : clean
          .slice(0, MAX_NAME_LENGTH)
          .replace(/\p{Cs}$/u, '')
          .trim();
  return name === '' ? undefined : name;
}
