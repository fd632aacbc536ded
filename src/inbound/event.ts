import type { JsonObject } from '../shared/json.js';

/**
 * Who wrote, as far as Meta tells. Phone numbers may be missing (username users), and older webhooks have no BSUID;
 * one of the two is always there, or the event is malformed.
 */
export interface ContactIdentity {
  /** the phone number without plus */
  waId?: string;
  /** business-scoped user id, e.g. `PT.9000…` */
  bsuid?: string;
  /** display only: mutable, never a key */
  username?: string;
  /** profile name, control characters removed, at most 256 characters */
  name?: string;
}

export interface MessageEvent {
  kind: 'message';
  phoneNumberId: string;
  /** Meta's message id; the contact's number is readable inside it, so it never reaches a log */
  wamid: string;
  /** Meta's timestamp, epoch ms, as given (may be far off); undefined when Meta gave none that can be read */
  timestampMs: number | undefined;
  contact: ContactIdentity;
  /** set on `system` messages that announce a new number or BSUID: the identity the contact had before */
  previous?: ContactIdentity;
  /** Meta's `type`, e.g. `text`, or one we never heard of */
  type: string;
  /** the message as Meta sent it, nothing lost */
  message: JsonObject;
}

export interface StatusEvent {
  kind: 'status';
  phoneNumberId: string;
  wamid: string;
  /** `sent delivered read played failed`, lower case, or one we never heard of */
  status: string;
  timestampMs: number | undefined;
  /** our own `biz_opaque_callback_data`, when the message was ours */
  callbackData?: string;
  /** what the message costs: with one or two of a message's statuses */
  pricing?: Pricing;
  /** Meta's error codes when `failed` */
  errorCodes: number[];
  /** who it was sent to, as far as Meta tells; absent for groups and for failures that name nobody */
  recipient?: ContactIdentity;
  raw: JsonObject;
}

/**
 * What Meta charges for a message, in Meta's words: `other` for one we never heard of.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/pricing
 */
export interface Pricing {
  /** `marketing`, `utility`, `service`, … */
  category: string;
  /** `regular`, `free_customer_service`, `free_entry_point` */
  type: string;
  /** left out when Meta says neither: it is about to go away */
  billable?: boolean;
}

/** A BSUID or number changed outside any message (`user_id_update`). */
export interface IdentityEvent {
  kind: 'identity';
  /** undefined for account-level changes: then every lane of the WABA learns it */
  phoneNumberId: string | undefined;
  wabaId: string;
  previous: ContactIdentity;
  contact: ContactIdentity;
  /** epoch ms, when Meta gave one that can be read */
  timestampMs?: number;
  raw: JsonObject;
}

/** A person of the business wrote to a contact from the phone app (coexistence): the bot keeps quiet for a while. */
export interface EchoEvent {
  kind: 'echo';
  phoneNumberId: string;
  /** of the person's message */
  wamid: string;
  timestampMs: number | undefined;
  /** whom the person wrote to */
  contact: ContactIdentity;
}

/**
 * What happens beside the bot. Where several apps share a number, who has the conversation: `given`: we do; `taken`: another
 * app does; `standby`: the contact wrote to that app, which has it still. `called`: the contact called the business.
 */
export interface RoutingEvent {
  kind: 'routing';
  phoneNumberId: string;
  /** the same in every redelivery */
  id: string;
  timestampMs: number | undefined;
  contact: ContactIdentity;
  is: 'given' | 'taken' | 'standby' | 'called';
}

/** Everything else Meta tells: template, quality, account news. Kept and shown; starts no turn. */
export interface AccountEvent {
  kind: 'account';
  field: string;
  wabaId: string;
  phoneNumberId: string | undefined;
  /** epoch ms, when Meta gave one that can be read */
  timestampMs?: number;
  raw: JsonObject;
}

/** An item that cannot be read. It goes to quarantine with its reason and never ends the batch. */
export interface MalformedEvent {
  kind: 'malformed';
  /** a fixed word: `no_id`, `no_sender`, `not_an_object`, `no_metadata`, … */
  reason: string;
  phoneNumberId: string | undefined;
  raw: unknown;
}

export type InboundEvent =
  | MessageEvent
  | StatusEvent
  | IdentityEvent
  | EchoEvent
  | RoutingEvent
  | AccountEvent
  | MalformedEvent;
