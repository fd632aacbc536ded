import type { ContactIdentity, IdentityEvent, MessageEvent, StatusEvent } from '../../src/inbound/event.js';
import { formatCallbackData } from '../../src/shared/callback-data.js';

export const PHONE = '106540352242922';
export const INSTALL_ID = 'test01';

let made = 0;

/** A text as the webhook reads it; every call makes a message of its own. */
export function textFrom(contact: ContactIdentity, text: string, other: Partial<MessageEvent> = {}): MessageEvent {
  const wamid = `wamid.${++made}.${process.pid}`;
  return {
    kind: 'message',
    phoneNumberId: PHONE,
    wamid,
    timestampMs: undefined,
    contact,
    type: 'text',
    message: { id: wamid, type: 'text', text: { body: text } },
    ...other,
  };
}

/** A contact known by number and user id, as most are. */
export function person(n: number): Required<Pick<ContactIdentity, 'waId' | 'bsuid'>> {
  return { waId: String(351_910_000_000 + n), bsuid: `PT.${n}` };
}

export function statusOf(
  contactId: string,
  oid: string | number,
  status: string,
  other: Partial<StatusEvent> = {},
): StatusEvent {
  return {
    kind: 'status',
    phoneNumberId: PHONE,
    wamid: `wamid.out.${oid}`,
    status,
    timestampMs: Date.UTC(2026, 5, 1, 12),
    callbackData: formatCallbackData({ installId: INSTALL_ID, contactId, oid: String(oid) }),
    errorCodes: [],
    raw: {},
    ...other,
  };
}

export function identityChange(
  previous: ContactIdentity,
  contact: ContactIdentity,
  other: Partial<IdentityEvent> = {},
): IdentityEvent {
  return { kind: 'identity', phoneNumberId: PHONE, wabaId: 'waba', previous, contact, raw: {}, ...other };
}
