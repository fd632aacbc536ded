import type { JsonObject } from './json.js';

/**
 * What a flow says, before it is spelled as Meta wants it. The flow engine makes these, the outbox keeps them,
 * `cloud-api/` turns them into request bodies. Lengths are checked where a flow is loaded and again before sending.
 */
export type MessageContent =
  | { type: 'text'; text: string; previewUrl?: boolean }
  | ({ type: 'buttons'; buttons: ReplyButton[] } & Framed)
  | ({ type: 'list'; button: string; sections: ListSection[] } & Framed)
  | ({ type: 'cta'; title: string; url: string } & Framed)
  | ({ type: 'image'; caption?: string } & MediaSource)
  | ({ type: 'video'; caption?: string } & MediaSource)
  /** `voice`: shown as a voice message, which takes Ogg with Opus */
  | ({ type: 'audio'; voice?: boolean } & MediaSource)
  | ({ type: 'document'; caption?: string; filename?: string } & MediaSource)
  | ({ type: 'sticker' } & MediaSource)
  | { type: 'location'; latitude: number; longitude: number; name?: string; address?: string }
  | { type: 'contacts'; contacts: ContactCard[] }
  | { type: 'askLocation'; text: string }
  | { type: 'askContact'; text: string }
  | ({ type: 'whatsappFlow'; button: string; flow: WhatsappFlow } & Framed)
  | { type: 'product'; text?: string; footer?: string; catalogId: string; productId: string }
  | { type: 'products'; header: string; text: string; footer?: string; catalogId: string; sections: ProductSection[] }
  | { type: 'catalog'; text: string; footer?: string; thumbnailProductId?: string }
  /** India only */
  | { type: 'address'; text: string; country: string; values?: JsonObject; savedAddresses?: JsonObject[] }
  | { type: 'call'; text: string; title?: string; ttlMinutes?: number; payload?: string }
  | { type: 'callPermission'; text: string }
  | { type: 'carousel'; text: string; cards: CarouselCard[] }
  | ({ type: 'template' } & TemplateMessage)
  /** `messageId`: Meta's id of the message reacted to; an empty emoji takes the reaction back */
  | { type: 'reaction'; messageId: string; emoji: string }
  /** any Cloud API body: `type`, and the object of that name */
  | { type: 'raw'; body: JsonObject & { type: string } };

/** What interactive messages have around their buttons. */
export interface Framed {
  text: string;
  header?: MessageHeader;
  footer?: string;
}

/** A file Meta fetches, one that was uploaded, or one of the bot's own. One of the three. */
export interface MediaSource {
  link?: string;
  mediaId?: string;
  file?: OwnFile;
}

/** A file of a bot: it lies in the folder `media` beside the flows, is deployed with them, and uploaded when it is sent. */
export interface OwnFile {
  /** below that folder */
  path: string;
  /** hex; it is stored under this */
  sha256: string;
  bytes: number;
  /** what it is by its bytes */
  type: string;
  /** a WebP that moves */
  animated?: true;
}

export type MessageHeader =
  | { type: 'text'; text: string }
  | ({ type: 'image' | 'video' } & MediaSource)
  | ({ type: 'document'; filename?: string } & MediaSource);

export interface ReplyButton {
  id: string;
  title: string;
}

export interface ListSection {
  title?: string;
  rows: { id: string; title: string; description?: string }[];
}

export interface ProductSection {
  title?: string;
  productIds: string[];
}

export interface ContactCard {
  name: { formatted: string; first?: string; last?: string; middle?: string; prefix?: string; suffix?: string };
  phones?: { phone: string; waId?: string; type?: string }[];
  emails?: { email: string; type?: string }[];
  urls?: { url: string; type?: string }[];
  addresses?: {
    street?: string;
    city?: string;
    state?: string;
    zip?: string;
    country?: string;
    countryCode?: string;
    type?: string;
  }[];
  org?: { company?: string; department?: string; title?: string };
  /** YYYY-MM-DD */
  birthday?: string;
}

/** A form of WhatsApp's own "Flows", by id or by name. */
export interface WhatsappFlow {
  id?: string;
  name?: string;
  token?: string;
  /** the first screen and its data, when the form does not ask an endpoint */
  screen?: string;
  data?: JsonObject;
  action?: 'navigate' | 'data_exchange';
  mode?: 'draft' | 'published';
}

export type CarouselCard =
  | { header: CardMedia; text?: string; button: { title: string; url: string } }
  | { header: CardMedia; text?: string; buttons: ReplyButton[] }
  | { catalogId: string; productId: string };

export type CardMedia = { type: 'image' | 'video' } & MediaSource;

/** A message Meta approved before; the only kind that may open a conversation. */
export interface TemplateMessage {
  name: string;
  language: string;
  header?: TemplateValue;
  body?: TemplateValue[];
  buttons?: TemplateButton[];
  /** when its limited-time offer ends, epoch ms */
  offerEndsMs?: number;
  /** of a carousel, in their order */
  cards?: TemplateCard[];
}

/** What one card of a template's carousel needs: its own header, body and buttons. */
export type TemplateCard = Pick<TemplateMessage, 'header' | 'body' | 'buttons'>;

/** What stands in one gap of a template; `name` for templates whose gaps have names. */
export type TemplateValue =
  | { type: 'text'; text: string; name?: string }
  | { type: 'currency'; fallback: string; code: string; amount1000: number; name?: string }
  | { type: 'dateTime'; fallback: string; name?: string }
  | ({ type: 'image' | 'video' } & MediaSource)
  | ({ type: 'document'; filename?: string } & MediaSource)
  | { type: 'location'; latitude: number; longitude: number; name?: string; address?: string }
  /** of the catalog; a header only */
  | { type: 'product'; catalogId: string; productId: string };

/** `index`: which of the template's buttons, from 0. */
export type TemplateButton =
  | { index: number; type: 'reply'; payload: string }
  /** what follows the fixed part of the button's address */
  | { index: number; type: 'url'; text: string }
  | { index: number; type: 'code'; code: string }
  | { index: number; type: 'flow'; token?: string; data?: JsonObject }
  | { index: number; type: 'catalog'; thumbnailProductId?: string }
  /** opens a list of products; the first of them is the picture unless another is named */
  | { index: number; type: 'products'; thumbnailProductId?: string; sections: ProductSection[] };

/** How a message leaves; without any of it, as its endpoint says. */
export interface Delivery {
  /** Meta's id of the message it quotes */
  replyTo?: string;
  /** before this message, in place of the endpoint's message delay */
  delayMs?: number;
  /** shows "typing…" while it is waited for */
  typing?: true;
  /** marks the contact's message as read */
  markRead?: true;
  /** the next message waits until this one has got that far, 5 s at most */
  nextWaitsFor?: 'sent' | 'delivered';
  /** when the contact's 24-hour window is closed; without it the message is given up with an error event */
  outsideWindow?: OutsideWindow;
}

export type OutsideWindow =
  | { do: 'template'; template: TemplateMessage }
  /** waits until the contact writes, and goes out first then */
  | { do: 'wait' }
  | { do: 'skip' };
