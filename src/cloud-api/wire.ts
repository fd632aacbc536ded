/**
 * `POST /{phone-number-id}/messages` as Meta spells it. Requests are what we send; answers are what Meta may send, so
 * every field of theirs is optional and read as `Unread<…>`.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 */
export type SendRequest = Envelope & WireContent;

interface Envelope {
  messaging_product: 'whatsapp';
  recipient_type: 'individual';
  /** with a plus: without one Meta prepends the country code of the business number */
  to?: string;
  /** a BSUID; `to` wins when both are given */
  recipient?: string;
  /** the message this one quotes */
  context?: { message_id: string };
  /** comes back in every status; not an idempotency key, the API has none */
  biz_opaque_callback_data?: string;
}

export type WireContent =
  | { type: 'text'; text: { body: string; preview_url?: boolean } }
  | { type: 'image'; image: { link: string; caption?: string } }
  | { type: 'interactive'; interactive: WireInteractive };

type WireInteractive = {
  header?: WireHeader;
  body: { text: string };
  footer?: { text: string };
} & (
  | { type: 'button'; action: { buttons: { type: 'reply'; reply: { id: string; title: string } }[] } }
  | { type: 'list'; action: { button: string; sections: WireSection[] } }
);

export type WireHeader = { type: 'text'; text: string } | { type: 'image'; image: { link: string } };

export interface WireSection {
  title?: string;
  rows: { id: string; title: string; description?: string }[];
}

/** The same call marks a message (and those before it) as read; the typing bubble lasts until the reply, 25 s at most. */
export interface MarkReadRequest {
  messaging_product: 'whatsapp';
  status: 'read';
  message_id: string;
  typing_indicator?: { type: 'text' };
}

/** HTTP 200: accepted, which is not delivered. */
export interface SendAnswer {
  messaging_product?: string;
  contacts?: { input?: string; wa_id?: string; user_id?: string }[];
  messages?: {
    id?: string;
    /** with templates only: `accepted`, `held_for_quality_assessment`, `paused` */
    message_status?: string;
  }[];
  /** of `MarkReadRequest` */
  success?: boolean;
}

export interface ErrorAnswer {
  error?: {
    message?: string;
    type?: string;
    code?: number;
    error_subcode?: number;
    is_transient?: boolean;
    error_data?: { messaging_product?: string; details?: string };
    fbtrace_id?: string;
  };
}

/** Value of the header `X-Business-Use-Case-Usage`, by the id of the WABA. */
export interface BusinessUseCaseUsage {
  [businessId: string]: {
    type?: string;
    call_count?: number;
    total_cputime?: number;
    total_time?: number;
    /** minutes */
    estimated_time_to_regain_access?: number;
  }[];
}
