import type { Json, JsonObject } from '../shared/json.js';

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
  | { type: 'image'; image: WireMedia & { caption?: string } }
  | { type: 'video'; video: WireMedia & { caption?: string } }
  | { type: 'audio'; audio: WireMedia & { voice?: boolean } }
  | { type: 'document'; document: WireMedia & { caption?: string; filename?: string } }
  | { type: 'sticker'; sticker: WireMedia }
  | { type: 'location'; location: WireLocation }
  | { type: 'contacts'; contacts: WireContact[] }
  | { type: 'interactive'; interactive: WireInteractive }
  | { type: 'template'; template: WireTemplate }
  | { type: 'reaction'; reaction: { message_id: string; emoji: string } }
  | WireRaw;

/** Whatever a flow's author wrote: Meta judges it. */
export interface WireRaw {
  type: string;
  [key: string]: Json;
}

/** One of the two. */
export interface WireMedia {
  link?: string;
  id?: string;
}

export interface WireLocation {
  latitude: number;
  longitude: number;
  name?: string;
  address?: string;
}

export interface WireContact {
  name: {
    formatted_name: string;
    first_name?: string;
    last_name?: string;
    middle_name?: string;
    prefix?: string;
    suffix?: string;
  };
  phones?: { phone: string; wa_id?: string; type?: string }[];
  emails?: { email: string; type?: string }[];
  urls?: { url: string; type?: string }[];
  addresses?: {
    street?: string;
    city?: string;
    state?: string;
    zip?: string;
    country?: string;
    country_code?: string;
    type?: string;
  }[];
  org?: { company?: string; department?: string; title?: string };
  birthday?: string;
}

export type WireInteractive = { header?: WireHeader; body?: WireText; footer?: WireText } & (
  | { type: 'button'; action: { buttons: { type: 'reply'; reply: { id: string; title: string } }[] } }
  | { type: 'list'; action: { button: string; sections: WireSection[] } }
  | { type: 'cta_url'; action: WireCta }
  | { type: 'location_request_message'; action: { name: 'send_location' } }
  | { type: 'request_contact_info'; action: { name: 'request_contact_info' } }
  | { type: 'flow'; action: { name: 'flow'; parameters: WireFlow } }
  | { type: 'product'; action: WireProduct }
  | {
      type: 'product_list';
      action: {
        catalog_id: string;
        sections: { title?: string; product_items: { product_retailer_id: string }[] }[];
      };
    }
  | {
      type: 'catalog_message';
      action: { name: 'catalog_message'; parameters?: { thumbnail_product_retailer_id: string } };
    }
  | {
      type: 'address_message';
      action: {
        name: 'address_message';
        parameters: { country: string; values?: JsonObject; saved_addresses?: JsonObject[] };
      };
    }
  | {
      type: 'voice_call';
      action: { name: 'voice_call'; parameters?: { display_text?: string; ttl_minutes?: number; payload?: string } };
    }
  | { type: 'call_permission_request'; action: { name: 'call_permission_request' } }
  | { type: 'carousel'; action: { cards: WireCard[] } }
);

export interface WireText {
  text: string;
}

export interface WireCta {
  name: 'cta_url';
  parameters: { display_text: string; url: string };
}

export interface WireProduct {
  catalog_id: string;
  product_retailer_id: string;
}

export interface WireFlow {
  flow_message_version: '3';
  flow_id?: string;
  flow_name?: string;
  flow_cta: string;
  flow_token?: string;
  flow_action?: 'navigate' | 'data_exchange';
  flow_action_payload?: { screen: string; data?: JsonObject };
  mode?: 'draft' | 'published';
}

/** Media cards carry one link or quick replies, and are of the type `cta_url` either way. */
export type WireCard = { card_index: number } & (
  | {
      type: 'cta_url';
      header: WireHeader;
      body?: WireText;
      action: WireCta | { buttons: { type: 'quick_reply'; quick_reply: { id: string; title: string } }[] };
    }
  | { type: 'product'; action: WireProduct }
);

export type WireHeader =
  | { type: 'text'; text: string }
  | { type: 'image'; image: WireMedia }
  | { type: 'video'; video: WireMedia }
  | { type: 'document'; document: WireMedia & { filename?: string } };

export interface WireSection {
  title?: string;
  rows: { id: string; title: string; description?: string }[];
}

export interface WireTemplate {
  name: string;
  language: { code: string };
  components?: WireComponent[];
}

export type WireComponent =
  | { type: 'header' | 'body' | 'limited_time_offer'; parameters: WireParameter[] }
  | { type: 'carousel'; cards: { card_index: number; components: WireComponent[] }[] }
  | {
      type: 'button';
      sub_type: 'quick_reply' | 'url' | 'copy_code' | 'flow' | 'catalog' | 'mpm';
      /** a number, as text */
      index: string;
      parameters: WireParameter[];
    };

export type WireParameter = { parameter_name?: string } & (
  | { type: 'text'; text: string }
  | { type: 'currency'; currency: { fallback_value: string; code: string; amount_1000: number } }
  | { type: 'date_time'; date_time: { fallback_value: string } }
  | { type: 'image'; image: WireMedia }
  | { type: 'video'; video: WireMedia }
  | { type: 'document'; document: WireMedia & { filename?: string } }
  | { type: 'location'; location: WireLocation }
  | { type: 'product'; product: { catalog_id: string; product_retailer_id: string } }
  | { type: 'limited_time_offer'; limited_time_offer: { expiration_time_ms: number } }
  | { type: 'payload'; payload: string }
  | { type: 'coupon_code'; coupon_code: string }
  | {
      type: 'action';
      action: {
        flow_token?: string;
        flow_action_data?: JsonObject;
        thumbnail_product_retailer_id?: string;
        sections?: { title?: string; product_items: { product_retailer_id: string }[] }[];
      };
    }
);

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

/** `POST /{app-id}/uploads`: `id`; `POST|GET /upload:…`: `h`, or how far it is; a profile that was changed: `success` */
export interface ResumableAnswer {
  id: string;
  file_offset: number;
  h: string;
  success: boolean;
}

/** `GET /{media-id}`; an upload answers with the id alone. */
export interface MediaAnswer {
  messaging_product?: string;
  id?: string;
  url?: string;
  mime_type?: string;
  /** hex here, base64 in message webhooks */
  sha256?: string;
  /** printed as text, sent as a number */
  file_size?: string | number;
}

/** Any list of Graph's, a page at a time. */
export interface ListAnswer {
  data?: unknown[];
  paging?: { cursors?: { before?: string; after?: string }; next?: string };
}

/** An item of `GET /{waba-id}/message_templates`. */
export interface TemplateNode {
  id?: string;
  name?: string;
  language?: string;
  status?: string;
  category?: string;
  /** `POSITIONAL` or `NAMED` */
  parameter_format?: string;
  components?: TemplateComponentNode[];
}

export interface TemplateComponentNode {
  /** `HEADER`, `BODY`, `FOOTER`, `BUTTONS`, `CAROUSEL`, … */
  type?: string;
  /** of a header: `TEXT`, `IMAGE`, … */
  format?: string;
  text?: string;
  buttons?: { type?: string; text?: string; url?: string }[];
  limited_time_offer?: { text?: string; has_expiration?: boolean };
  cards?: { components?: TemplateComponentNode[] }[];
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
