import type { TemplateButton, TemplateMessage, TemplateValue } from '../shared/message.js';
import type { WireComponent, WireParameter, WireTemplate } from './wire.js';
import { present, toWireMedia } from './wire-parts.js';

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview */
export function toWireTemplate({ name, language, header, body = [], buttons = [] }: TemplateMessage): WireTemplate {
  const components: WireComponent[] = [
    ...(header === undefined ? [] : [{ type: 'header' as const, parameters: [toParameter(header)] }]),
    ...(body.length === 0 ? [] : [{ type: 'body' as const, parameters: body.map(toParameter) }]),
    ...buttons.map(toButton),
  ];
  return { name, language: { code: language }, ...(components.length > 0 && { components }) };
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
  }
}
