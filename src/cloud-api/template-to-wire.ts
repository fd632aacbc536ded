import type { TemplateButton, TemplateCard, TemplateMessage, TemplateValue } from '../shared/message.js';
import type { WireComponent, WireParameter, WireTemplate } from './wire.js';
import { present, toWireMedia } from './wire-parts.js';

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview */
export function toWireTemplate({ name, language, offerEndsMs, cards, ...own }: TemplateMessage): WireTemplate {
  const components: WireComponent[] = [
    ...toComponents(own),
    ...(offerEndsMs === undefined ? [] : [toOffer(offerEndsMs)]),
    ...(cards === undefined ? [] : [toCarousel(cards)]),
  ];
  return { name, language: { code: language }, ...(components.length > 0 && { components }) };
}

function toComponents({ header, body = [], buttons = [] }: TemplateCard): WireComponent[] {
  return [
    ...(header === undefined ? [] : [{ type: 'header' as const, parameters: [toParameter(header)] }]),
    ...(body.length === 0 ? [] : [{ type: 'body' as const, parameters: body.map(toParameter) }]),
    ...buttons.map(toButton),
  ];
}

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/marketing-templates/limited-time-offer-templates */
function toOffer(endsMs: number): WireComponent {
  const type = 'limited_time_offer';
  return { type, parameters: [{ type, limited_time_offer: { expiration_time_ms: endsMs } }] };
}

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/marketing-templates/media-card-carousel-templates */
function toCarousel(cards: readonly TemplateCard[]): WireComponent {
  return { type: 'carousel', cards: cards.map((card, i) => ({ card_index: i, components: toComponents(card) })) };
}

function toParameter(value: TemplateValue): WireParameter {
  switch (value.type) {
    case 'text':
      return present({ type: 'text' as const, parameter_name: value.name, text: value.text });
    case 'currency': {
      const currency = { fallback_value: value.fallback, code: value.code, amount_1000: value.amount1000 };
      return present({ type: 'currency' as const, parameter_name: value.name, currency });
    }
    case 'dateTime': {
      const date_time = { fallback_value: value.fallback };
      return present({ type: 'date_time' as const, parameter_name: value.name, date_time });
    }
    case 'image':
      return { type: 'image', image: toWireMedia(value) };
    case 'video':
      return { type: 'video', video: toWireMedia(value) };
    case 'document': {
      const document = present({ ...toWireMedia(value), filename: value.filename });
      return { type: 'document', document };
    }
    case 'location': {
      const { latitude, longitude, name, address } = value;
      return { type: 'location', location: present({ latitude, longitude, name, address }) };
    }
    case 'product': {
      const product = { catalog_id: value.catalogId, product_retailer_id: value.productId };
      return { type: 'product', product };
    }
  }
}

function toButton(button: TemplateButton): WireComponent {
  const at = { type: 'button' as const, index: String(button.index) };
  switch (button.type) {
    case 'reply':
      return { ...at, sub_type: 'quick_reply', parameters: [{ type: 'payload', payload: button.payload }] };
    case 'url':
      return { ...at, sub_type: 'url', parameters: [{ type: 'text', text: button.text }] };
    case 'code':
      return { ...at, sub_type: 'copy_code', parameters: [{ type: 'coupon_code', coupon_code: button.code }] };
    case 'flow': {
      const action = present({ flow_token: button.token, flow_action_data: button.data });
      return { ...at, sub_type: 'flow', parameters: [{ type: 'action', action }] };
    }
    case 'catalog': {
      const action = present({ thumbnail_product_retailer_id: button.thumbnailProductId });
      return { ...at, sub_type: 'catalog', parameters: [{ type: 'action', action }] };
    }
    case 'products': {
      const { sections, thumbnailProductId = sections[0]?.productIds[0] } = button;
      const action = present({
        thumbnail_product_retailer_id: thumbnailProductId,
        sections: sections.map(({ title, productIds }) =>
          present({ title, product_items: productIds.map((id) => ({ product_retailer_id: id })) }),
        ),
      });
      return { ...at, sub_type: 'mpm', parameters: [{ type: 'action', action }] };
    }
  }
}
