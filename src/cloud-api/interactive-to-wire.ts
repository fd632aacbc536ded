import type {
  CarouselCard,
  Framed,
  ListSection,
  MessageContent,
  MessageHeader,
  ReplyButton,
  WhatsappFlow,
} from '../shared/message.js';
import type { WireCard, WireCta, WireFlow, WireHeader, WireInteractive, WireSection } from './wire.js';
import { present, toWireMedia } from './wire-parts.js';

type NotInteractive =
  | 'text'
  | 'image'
  | 'video'
  | 'audio'
  | 'document'
  | 'sticker'
  | 'location'
  | 'contacts'
  | 'reaction'
  | 'template'
  | 'raw';

/** What Meta sends as `type: interactive`. */
export type InteractiveContent = Exclude<MessageContent, { type: NotInteractive }>;

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages */
export function toWireInteractive(content: InteractiveContent): WireInteractive {
  switch (content.type) {
    case 'buttons': {
      const buttons = content.buttons.map(({ id, title }) => ({ type: 'reply' as const, reply: { id, title } }));
      return { type: 'button', ...frame(content), action: { buttons } };
    }
    case 'list': {
      const { button } = content;
      return { type: 'list', ...frame(content), action: { button, sections: content.sections.map(toWireSection) } };
    }
    case 'cta':
      return { type: 'cta_url', ...frame(content), action: toWireCta(content) };
    case 'askLocation':
      return { type: 'location_request_message', body: said(content.text), action: { name: 'send_location' } };
    case 'askContact':
      return { type: 'request_contact_info', body: said(content.text), action: { name: 'request_contact_info' } };
    case 'whatsappFlow': {
      const parameters = toWireFlow(content.button, content.flow);
      return { type: 'flow', ...frame(content), action: { name: 'flow', parameters } };
    }
    case 'product': {
      const action = { catalog_id: content.catalogId, product_retailer_id: content.productId };
      return { type: 'product', ...around(content), action };
    }
    case 'products': {
      const sections = content.sections.map(({ title, productIds }) =>
        present({ title, product_items: productIds.map((id) => ({ product_retailer_id: id })) }),
      );
      return {
        type: 'product_list',
        header: { type: 'text', text: content.header },
        ...around(content),
        action: { catalog_id: content.catalogId, sections },
      };
    }
    case 'catalog': {
      const { thumbnailProductId: id } = content;
      const parameters = id === undefined ? undefined : { thumbnail_product_retailer_id: id };
      return {
        type: 'catalog_message',
        ...around(content),
        action: present({ name: 'catalog_message' as const, parameters }),
      };
    }
    case 'address': {
      const { country, values, savedAddresses } = content;
      const parameters = present({ country, values, saved_addresses: savedAddresses });
      return { type: 'address_message', body: said(content.text), action: { name: 'address_message', parameters } };
    }
    case 'call': {
      const { title, ttlMinutes, payload } = content;
      const parameters = present({ display_text: title, ttl_minutes: ttlMinutes, payload });
      const some = Object.keys(parameters).length > 0 ? { parameters } : {};
      return { type: 'voice_call', body: said(content.text), action: { name: 'voice_call', ...some } };
    }
    case 'callPermission':
      return {
        type: 'call_permission_request',
        body: said(content.text),
        action: { name: 'call_permission_request' },
      };
    case 'carousel':
      return { type: 'carousel', body: said(content.text), action: { cards: content.cards.map(toWireCard) } };
  }
}

/** Header, body and footer. */
function frame(content: Framed): { header?: WireHeader; body: { text: string }; footer?: { text: string } } {
  return {
    ...(content.header !== undefined && { header: toWireHeader(content.header) }),
    body: said(content.text),
    ...(content.footer !== undefined && { footer: said(content.footer) }),
  };
}

/** Body and footer, as far as they are there. */
function around({ text, footer }: { text?: string; footer?: string }) {
  return { ...(text !== undefined && { body: said(text) }), ...(footer !== undefined && { footer: said(footer) }) };
}

function said(text: string): { text: string } {
  return { text };
}

function toWireHeader(header: MessageHeader): WireHeader {
  switch (header.type) {
    case 'text':
      return { type: 'text', text: header.text };
    case 'image':
      return { type: 'image', image: toWireMedia(header) };
    case 'video':
      return { type: 'video', video: toWireMedia(header) };
    case 'document':
      return { type: 'document', document: present({ ...toWireMedia(header), filename: header.filename }) };
  }
}

/** Key by key: Meta refuses a request with a parameter it does not know. */
function toWireSection({ title, rows }: ListSection): WireSection {
  return present({
    title,
    rows: rows.map(({ id, title: shown, description }) => present({ id, title: shown, description })),
  });
}

function toWireCta({ title, url }: { title: string; url: string }): WireCta {
  return { name: 'cta_url', parameters: { display_text: title, url } };
}

function toWireFlow(button: string, { id, name, token, screen, data, action, mode }: WhatsappFlow): WireFlow {
  return present({
    flow_message_version: '3' as const,
    flow_id: id,
    flow_name: id === undefined ? name : undefined,
    flow_cta: button,
    flow_token: token,
    flow_action: action,
    flow_action_payload: screen === undefined ? undefined : present({ screen, data }),
    mode,
  });
}

function toWireCard(card: CarouselCard, index: number): WireCard {
  if ('productId' in card) {
    const action = { catalog_id: card.catalogId, product_retailer_id: card.productId };
    return { card_index: index, type: 'product', action };
  }
  const action = 'button' in card ? toWireCta(card.button) : { buttons: card.buttons.map(toQuickReply) };
  return present({
    card_index: index,
    type: 'cta_url' as const,
    header: toWireHeader(card.header),
    body: card.text === undefined ? undefined : said(card.text),
    action,
  });
}

function toQuickReply({ id, title }: ReplyButton) {
  return { type: 'quick_reply' as const, quick_reply: { id, title } };
}
