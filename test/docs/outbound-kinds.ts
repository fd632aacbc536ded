import type { MessageContent } from '../../src/shared/message.js';
import {
  BUTTONS,
  CALL,
  CAPTION_MAX,
  CAROUSEL,
  CONTACTS_MAX,
  CTA,
  INTERACTIVE,
  LIST,
  PRODUCTS,
  TEMPLATE,
  TEXT_BODY_MAX,
  WHATSAPP_FLOW,
} from '../../src/shared/whatsapp-limits.js';

/** One kind of message: what flows call it, what Meta calls it, and one that is just too much. */
interface OutboundKind {
  /** in a flow */
  key: string;
  /** `type`, and `interactive.type` behind it */
  wire: string;
  limits: string;
  example: MessageContent;
  /** the example made too long, and where */
  beyond?: { content: MessageContent; path: string };
}

const x = (length: number): string => 'x'.repeat(length);
const link = 'https://shop.example/file';
const text = 'Which one?';
const button = (title: string) => ({ id: title, title });
const framed = `body ${INTERACTIVE.bodyMax}, header ${INTERACTIVE.headerMax}, footer ${INTERACTIVE.footerMax}`;

/** Every kind there is: one without a row does not compile. */
export const OUTBOUND_KINDS: { readonly [kind in MessageContent['type']]: OutboundKind } = {
  text: {
    key: '`say: text`',
    wire: 'text',
    limits: `${TEXT_BODY_MAX} characters`,
    example: { type: 'text', text },
    beyond: { content: { type: 'text', text: x(TEXT_BODY_MAX + 1) }, path: 'text' },
  },
  buttons: {
    key: '`buttons`',
    wire: 'interactive button',
    limits: `1 to ${BUTTONS.countMax} buttons, title ${BUTTONS.titleMax}, id ${BUTTONS.idMax}, titles and ids all different; ${framed}`,
    example: { type: 'buttons', text, buttons: [button('Yes')] },
    beyond: {
      content: { type: 'buttons', text, buttons: [button(x(BUTTONS.titleMax + 1))] },
      path: 'buttons[0].title',
    },
  },
  list: {
    key: '`list`',
    wire: 'interactive list',
    limits: `1 to ${LIST.sectionsMax} sections with ${LIST.rowsMax} rows in all, row title ${LIST.rowTitleMax}, description ${LIST.rowDescriptionMax}, id ${LIST.rowIdMax}, section title ${LIST.sectionTitleMax}, button ${LIST.buttonMax}; body ${LIST.bodyMax}, header text ${LIST.headerMax}, footer ${LIST.footerMax}; more rows turn pages by themselves`,
    example: { type: 'list', text, button: 'Show', sections: [{ rows: [button('One')] }] },
    beyond: {
      content: { type: 'list', text, button: x(LIST.buttonMax + 1), sections: [{ rows: [button('One')] }] },
      path: 'button',
    },
  },
  cta: {
    key: '`cta`',
    wire: 'interactive cta_url',
    limits: `title ${CTA.titleMax}; ${framed}`,
    example: { type: 'cta', text, title: 'Open', url: link },
    beyond: { content: { type: 'cta', text, title: x(CTA.titleMax + 1), url: link }, path: 'title' },
  },
  image: {
    key: '`image`',
    wire: 'image',
    limits: `caption ${CAPTION_MAX}; jpeg, png, 5 MB`,
    example: { type: 'image', link },
    beyond: { content: { type: 'image', link, caption: x(CAPTION_MAX + 1) }, path: 'caption' },
  },
  video: {
    key: '`video`',
    wire: 'video',
    limits: `caption ${CAPTION_MAX}; mp4, 3gpp, 16 MB`,
    example: { type: 'video', link },
    beyond: { content: { type: 'video', link, caption: x(CAPTION_MAX + 1) }, path: 'caption' },
  },
  audio: {
    key: '`audio`',
    wire: 'audio',
    limits: 'no caption; aac, amr, mp3, m4a, ogg with opus, 16 MB; `voice: true` takes ogg with opus',
    example: { type: 'audio', link },
  },
  document: {
    key: '`document`',
    wire: 'document',
    limits: `caption ${CAPTION_MAX}; 100 MB`,
    example: { type: 'document', link },
    beyond: { content: { type: 'document', link, caption: x(CAPTION_MAX + 1) }, path: 'caption' },
  },
  sticker: {
    key: '`sticker`',
    wire: 'sticker',
    limits: 'no caption; webp, 100 KB, moving ones 500 KB',
    example: { type: 'sticker', link },
  },
  location: {
    key: '`location`',
    wire: 'location',
    limits: 'latitude −90 to 90, longitude −180 to 180',
    example: { type: 'location', latitude: 38.7, longitude: -9.1 },
  },
  contacts: {
    key: '`contacts`',
    wire: 'contacts',
    limits: `1 to ${CONTACTS_MAX}`,
    example: { type: 'contacts', contacts: [{ name: { formatted: 'Rita Alves', first: 'Rita' } }] },
    beyond: {
      content: {
        type: 'contacts',
        contacts: Array.from({ length: CONTACTS_MAX + 1 }, () => ({ name: { formatted: 'R', first: 'R' } })),
      },
      path: 'contacts',
    },
  },
  askLocation: {
    key: '`askLocation`',
    wire: 'interactive location_request_message',
    limits: `body ${INTERACTIVE.bodyMax}`,
    example: { type: 'askLocation', text },
    beyond: { content: { type: 'askLocation', text: x(INTERACTIVE.bodyMax + 1) }, path: 'text' },
  },
  askContact: {
    key: '`askContact`',
    wire: 'interactive request_contact_info',
    limits: `body ${INTERACTIVE.bodyMax}`,
    example: { type: 'askContact', text },
    beyond: { content: { type: 'askContact', text: x(INTERACTIVE.bodyMax + 1) }, path: 'text' },
  },
  whatsappFlow: {
    key: '`whatsappFlow`',
    wire: 'interactive flow',
    limits: `button ${WHATSAPP_FLOW.buttonMax}; ${framed}`,
    example: { type: 'whatsappFlow', text, button: 'Start', flow: { id: '1' } },
    beyond: {
      content: { type: 'whatsappFlow', text, button: x(WHATSAPP_FLOW.buttonMax + 1), flow: { id: '1' } },
      path: 'button',
    },
  },
  product: {
    key: '`product`',
    wire: 'interactive product',
    limits: `body ${INTERACTIVE.bodyMax}, footer ${INTERACTIVE.footerMax}`,
    example: { type: 'product', catalogId: '1', productId: 'p1' },
    beyond: {
      content: { type: 'product', catalogId: '1', productId: 'p1', text: x(INTERACTIVE.bodyMax + 1) },
      path: 'text',
    },
  },
  products: {
    key: '`products`',
    wire: 'interactive product_list',
    limits: `${PRODUCTS.sectionsMax} sections with ${PRODUCTS.productsMax} products in all, section title ${PRODUCTS.sectionTitleMax}; ${framed}`,
    example: { type: 'products', header: 'New', text, catalogId: '1', sections: [{ productIds: ['p1'] }] },
    beyond: {
      content: {
        type: 'products',
        header: x(INTERACTIVE.headerMax + 1),
        text,
        catalogId: '1',
        sections: [{ productIds: ['p1'] }],
      },
      path: 'header',
    },
  },
  catalog: {
    key: '`catalog`',
    wire: 'interactive catalog_message',
    limits: `body ${INTERACTIVE.bodyMax}, footer ${INTERACTIVE.footerMax}`,
    example: { type: 'catalog', text },
    beyond: { content: { type: 'catalog', text: x(INTERACTIVE.bodyMax + 1) }, path: 'text' },
  },
  address: {
    key: '`address`',
    wire: 'interactive address_message',
    limits: `India only; body ${INTERACTIVE.bodyMax}`,
    example: { type: 'address', text, country: 'IN' },
    beyond: { content: { type: 'address', text: x(INTERACTIVE.bodyMax + 1), country: 'IN' }, path: 'text' },
  },
  call: {
    key: '`call`',
    wire: 'interactive voice_call',
    limits: `body ${CALL.bodyMax}, title ${CALL.titleMax}`,
    example: { type: 'call', text },
    beyond: { content: { type: 'call', text, title: x(CALL.titleMax + 1) }, path: 'title' },
  },
  callPermission: {
    key: '`call: permission`',
    wire: 'interactive call_permission_request',
    limits: `body ${CALL.bodyMax}`,
    example: { type: 'callPermission', text },
    beyond: { content: { type: 'callPermission', text: x(CALL.bodyMax + 1) }, path: 'text' },
  },
  carousel: {
    key: '`carousel`',
    wire: 'interactive carousel',
    limits: `${CAROUSEL.cardsMin} to ${CAROUSEL.cardsMax} cards of one kind, card text ${CAROUSEL.cardTextMax}, button ${CAROUSEL.titleMax}; body ${CAROUSEL.bodyMax}`,
    example: {
      type: 'carousel',
      text,
      cards: [
        { catalogId: '1', productId: 'p1' },
        { catalogId: '1', productId: 'p2' },
      ],
    },
    beyond: { content: { type: 'carousel', text, cards: [{ catalogId: '1', productId: 'p1' }] }, path: 'cards' },
  },
  template: {
    key: '`template`',
    wire: 'template',
    limits: `name ${TEMPLATE.nameMax}, ${TEMPLATE.buttonsMax} buttons, one of them with ${PRODUCTS.sectionsMax} sections of ${PRODUCTS.productsMax} products in all; \`cards\` (a carousel) ${TEMPLATE.cardsMin} to ${TEMPLATE.cardsMax} with ${TEMPLATE.cardButtonsMax} buttons each; \`offerEnds\` in the future; values as the account's template asks for them, without line breaks, tabs or five spaces in a row`,
    example: { type: 'template', name: 'pickup_ready', language: 'pt_PT' },
    beyond: { content: { type: 'template', name: x(TEMPLATE.nameMax + 1), language: 'pt_PT' }, path: 'name' },
  },
  reaction: {
    key: '`react`',
    wire: 'reaction',
    limits: 'to a message of the last 30 days that is no reaction; an empty emoji takes it back',
    example: { type: 'reaction', messageId: 'wamid.1', emoji: '👍' },
  },
  raw: {
    key: '`raw`',
    wire: 'as written',
    limits: "Meta's; a `template` is checked as above",
    example: { type: 'raw', body: { type: 'location', location: { latitude: '1', longitude: '2' } } },
  },
};
