/**
 * The body Meta POSTs, as Meta spells it. Every field is optional because each has been missing in the wild; a reader
 * takes these types as `Unread<…>`: the spelling is known, the values are not.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview
 */
export interface WebhookBody {
  /** `whatsapp_business_account` */
  object?: string;
  entry?: WebhookEntry[];
}

export interface WebhookEntry {
  /** the WABA; a business portfolio for `partner_solutions` and some `account_update`s */
  id?: string;
  /** epoch seconds; with account fields only */
  time?: number;
  changes?: WebhookChange[];
}

export interface WebhookChange {
  /** `messages`, or one of the account fields */
  field?: string;
  value?: MessagesValue | { [key: string]: unknown };
}

/** `value` of the field `messages`. One body may hold several, each of another number. */
export interface MessagesValue {
  messaging_product?: string;
  metadata?: WireMetadata;
  contacts?: WireContact[];
  messages?: WireMessage[];
  statuses?: WireStatus[];
  /** faults of the app or account that belong to no message */
  errors?: WireError[];
  /** clicks on marketing links; names no user */
  user_actions?: unknown[];
}

export interface WireMetadata {
  display_phone_number?: string;
  phone_number_id?: string;
}

/**
 * Who wrote. A phone number that Meta withholds is left out, or `""`, or replaced by the BSUID: all three exist.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
 */
export interface WireContact {
  profile?: { name?: string; username?: string };
  wa_id?: string;
  user_id?: string;
  parent_user_id?: string;
  identity_key_hash?: string;
}

export interface WireError {
  code?: number;
  title?: string;
  message?: string;
  error_data?: { details?: string };
  href?: string;
}

export interface WireMessage {
  /** the number without plus */
  from?: string;
  from_user_id?: string;
  from_parent_user_id?: string;
  /** the wamid */
  id?: string;
  /** epoch seconds, as a string */
  timestamp?: string;
  type?: string;
  group_id?: string;
  context?: WireContext;
  referral?: WireReferral;
  errors?: WireError[];
  text?: { body?: string };
  image?: WireMedia;
  video?: WireMedia;
  audio?: WireMedia;
  document?: WireMedia;
  sticker?: WireMedia;
  location?: WireLocation;
  contacts?: WireContactCard[];
  interactive?: WireInteractive;
  button?: { payload?: string; text?: string };
  /** no `emoji`, or an empty one, takes the reaction back */
  reaction?: { message_id?: string; emoji?: string };
  order?: WireOrder;
  system?: WireSystem;
  edit?: { original_message_id?: string; message?: WireMessage };
  revoke?: { original_message_id?: string };
  unsupported?: { type?: string };
}

/** The message this one answers. Forwarded messages have a context without `id`. */
export interface WireContext {
  /** the business number */
  from?: string;
  id?: string;
  forwarded?: boolean;
  frequently_forwarded?: boolean;
  referred_product?: { catalog_id?: string; product_retailer_id?: string };
}

/** The ad or post the contact came from. */
export interface WireReferral {
  source_url?: string;
  source_id?: string;
  source_type?: string;
  headline?: string;
  body?: string;
  media_type?: string;
  image_url?: string;
  video_url?: string;
  thumbnail_url?: string;
  ctwa_clid?: string;
  welcome_message?: { text?: string };
}

export interface WireMedia {
  /** kept by Meta for 7 days */
  id?: string;
  mime_type?: string;
  /** base64 */
  sha256?: string;
  caption?: string;
  filename?: string;
  voice?: boolean;
  animated?: boolean;
  /** good for 5 minutes, and only with the token; not always there */
  url?: string;
}

export interface WireLocation {
  latitude?: number;
  longitude?: number;
  name?: string;
  address?: string;
  url?: string;
}

export interface WireContactCard {
  name?: { formatted_name?: string; first_name?: string; last_name?: string };
  phones?: { phone?: string; wa_id?: string; type?: string }[];
  emails?: { email?: string; type?: string }[];
  org?: { company?: string; department?: string; title?: string };
  /** `contact_request`: the answer to our asking for the number; `other`: shared by hand */
  origin?: string;
}

export interface WireInteractive {
  type?: string;
  button_reply?: WireReply;
  list_reply?: WireReply;
  /** a WhatsApp Flow or an address form; `response_json` is JSON inside a string */
  nfm_reply?: { name?: string; body?: string; response_json?: string };
  call_permission_reply?: {
    response?: string;
    is_permanent?: boolean;
    /** epoch seconds */
    expiration_timestamp?: number;
    response_source?: string;
  };
}

export interface WireReply {
  id?: string;
  title?: string;
  description?: string;
}

export interface WireOrder {
  catalog_id?: string;
  text?: string;
  product_items?: { product_retailer_id?: string; quantity?: number; item_price?: number; currency?: string }[];
}

export interface WireSystem {
  body?: string;
  /** `user_changed_number`, `user_changed_user_id`, `customer_identity_changed` */
  type?: string;
  /** the new number */
  wa_id?: string;
  /** the new BSUID */
  user_id?: string;
}

/** `(id, status)` may come twice, late, early, or never; `read` without `delivered` is usual. */
export interface WireStatus {
  id?: string;
  /** `sent delivered read played failed` */
  status?: string;
  /** epoch seconds, as a string */
  timestamp?: string;
  recipient_id?: string;
  recipient_user_id?: string;
  /** `group` when `recipient_id` is a group's id */
  recipient_type?: string;
  /** what the send call carried, given back */
  biz_opaque_callback_data?: string;
  pricing?: { billable?: boolean; pricing_model?: string; type?: string; category?: string };
  conversation?: { [key: string]: unknown };
  errors?: WireError[];
}

/** An item of `message_echoes[]`: what staff wrote from the phone app. It has what a message has, and whom it went to. */
export interface WireEcho extends WireMessage {
  /** the contact's number; `from` is the business */
  to?: string;
  to_user_id?: string;
  to_parent_user_id?: string;
}

/**
 * `value` of `messaging_handovers`, which carries no `metadata`: the business number is the recipient.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview
 */
export interface WireHandover {
  metadata?: WireMetadata;
  sender?: { phone_number?: string; wa_id?: string; user_id?: string };
  recipient?: WireMetadata;
  /** `control_passed` or `control_taken`; the object of that name says more */
  type?: string;
  /** epoch seconds */
  timestamp?: string;
}

/** Copies of what is said in conversations another app has: `value` of `standby`, or `standby` inside it. */
export interface StandbyValue {
  contacts?: WireContact[];
  messages?: WireMessage[];
}

/** A step of a call, of the field `calls`. */
export interface WireCall {
  /** `wacid.…`, the same in every step of a call */
  id?: string;
  from?: string;
  from_user_id?: string;
  /** `connect`, `terminate`, … */
  event?: string;
  /** `USER_INITIATED` or `BUSINESS_INITIATED` */
  direction?: string;
  /** epoch seconds */
  timestamp?: string;
}

/** One item of the field `user_id_update`. */
export interface WireUserIdUpdate {
  wa_id?: string;
  user_id?: { previous?: string; current?: string };
  parent_user_id?: { previous?: string; current?: string };
  detail?: string;
  /** epoch seconds */
  timestamp?: string;
}

/** An item of `user_preferences[]`: what a contact allows a business to send, set outside the chat. */
export interface WireUserPreference {
  wa_id?: string;
  user_id?: string;
  detail?: string;
  /** `marketing_messages` */
  category?: string;
  /** `stop` or `resume` */
  value?: string;
  /** seconds */
  timestamp?: number;
}
