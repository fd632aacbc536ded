import type {
  CarouselCard,
  Framed,
  ListSection,
  MediaSource,
  MessageContent,
  MessageHeader,
  ProductSection,
  ReplyButton,
  TemplateCard,
  TemplateMessage,
} from '../shared/message.js';
import {
  BUTTONS,
  CALL,
  CAPTION_MAX,
  CAROUSEL,
  CONTACTS_MAX,
  CTA,
  countCharacters,
  INTERACTIVE,
  LIST,
  PRODUCTS,
  TEMPLATE,
  TEXT_BODY_MAX,
  WHATSAPP_FLOW,
} from '../shared/whatsapp-limits.js';

/** What is wrong with a message, without a word of what it says. */
export interface ContentFault {
  /** where, in our own spelling, e.g. `buttons[1].title` */
  path: string;
  fault: 'empty' | 'too_long' | 'too_few' | 'too_many' | 'duplicate' | 'not_a_link' | 'not_allowed' | 'out_of_range';
  /** of `too_long` and `too_many` (`too_few`): what Meta allows at most (at least) */
  limit?: number;
  /** how long it is, in code points, or how many there are */
  actual?: number;
}

/**
 * Every limit of Meta's that a message breaks, so that it is refused here with its name instead of there with #131009.
 *
 * @returns empty for a message that Meta may take; raw bodies are Meta's to judge
 */
export function checkContent(content: MessageContent): ContentFault[] {
  switch (content.type) {
    case 'text':
      return length('text', content.text, TEXT_BODY_MAX);
    case 'image':
    case 'video':
    case 'document':
      return [...source('', content), ...optionalLength('caption', content.caption, CAPTION_MAX)];
    case 'audio':
    case 'sticker':
      return source('', content);
    case 'location':
      return coordinates(content);
    case 'contacts':
      return [
        ...count('contacts', content.contacts.length, CONTACTS_MAX),
        ...content.contacts.flatMap(({ name }, i) => required(`contacts[${i}].name.formatted`, name.formatted)),
      ];
    case 'buttons':
      return [...frame(content, BUTTONS, true), ...buttons(content.buttons)];
    case 'list':
      return [
        ...frame(content, LIST, false),
        ...length('button', content.button, LIST.buttonMax),
        ...sections(content.sections),
      ];
    case 'cta':
      return [
        ...frame(content, CTA, true),
        ...length('title', content.title, CTA.titleMax),
        ...link('url', content.url),
      ];
    case 'whatsappFlow':
      return [
        ...frame(content, WHATSAPP_FLOW, true),
        ...length('button', content.button, WHATSAPP_FLOW.buttonMax),
        ...required('flow.id', content.flow.id ?? content.flow.name ?? ''),
      ];
    case 'askLocation':
    case 'askContact':
    case 'address':
    case 'callPermission':
      return length('text', content.text, INTERACTIVE.bodyMax);
    case 'call':
      return [...length('text', content.text, CALL.bodyMax), ...optionalLength('title', content.title, CALL.titleMax)];
    case 'catalog':
      return body(content);
    case 'product':
      return [
        ...body(content),
        ...required('catalogId', content.catalogId),
        ...required('productId', content.productId),
      ];
    case 'products':
      return [
        ...body(content),
        ...length('header', content.header, PRODUCTS.headerMax),
        ...required('catalogId', content.catalogId),
        ...productSections(content.sections),
      ];
    case 'carousel':
      return [
        ...length('text', content.text, CAROUSEL.bodyMax),
        ...count('cards', content.cards.length, CAROUSEL.cardsMax, CAROUSEL.cardsMin),
        ...content.cards.flatMap(card),
      ];
    case 'template':
      return checkTemplate(content);
    case 'reaction':
      return required('messageId', content.messageId);
    case 'raw':
      return Object.hasOwn(content.body, content.body.type) ? [] : [{ path: content.body.type, fault: 'empty' }];
  }
}

function frame(content: Framed, limits: Record<'bodyMax' | 'headerMax' | 'footerMax', number>, mediaToo: boolean) {
  return [
    ...length('text', content.text, limits.bodyMax),
    ...header(content.header, limits.headerMax, mediaToo),
    ...optionalLength('footer', content.footer, limits.footerMax),
  ];
}

function body({ text, footer }: { text?: string; footer?: string }): ContentFault[] {
  return [
    ...optionalLength('text', text, INTERACTIVE.bodyMax),
    ...optionalLength('footer', footer, INTERACTIVE.footerMax),
  ];
}

function buttons(items: readonly ReplyButton[], path = 'buttons', most: number = BUTTONS.countMax): ContentFault[] {
  return [
    ...count(path, items.length, most),
    ...items.flatMap((button, i) => [
      ...length(`${path}[${i}].id`, button.id, BUTTONS.idMax),
      ...length(`${path}[${i}].title`, button.title, BUTTONS.titleMax),
    ]),
    ...duplicates(items.map((button, i) => [`${path}[${i}].id`, button.id])),
    ...duplicates(items.map((button, i) => [`${path}[${i}].title`, button.title])),
  ];
}

function sections(items: readonly ListSection[]): ContentFault[] {
  const rows = items.flatMap((section, i) =>
    section.rows.map((row, j) => ({ row, path: `sections[${i}].rows[${j}]` })),
  );
  return [
    ...count('sections', items.length, LIST.sectionsMax),
    // A section without rows is empty, whatever the others hold.
    ...items.flatMap((section, i) => (section.rows.length === 0 ? count(`sections[${i}].rows`, 0, LIST.rowsMax) : [])),
    ...(rows.length > LIST.rowsMax ? count('sections', rows.length, LIST.rowsMax) : []),
    ...titles(items, LIST.sectionTitleMax),
    ...rows.flatMap(({ row, path }) => [
      ...length(`${path}.id`, row.id, LIST.rowIdMax),
      ...length(`${path}.title`, row.title, LIST.rowTitleMax),
      ...optionalLength(`${path}.description`, row.description, LIST.rowDescriptionMax),
    ]),
    ...duplicates(rows.map(({ row, path }) => [`${path}.id`, row.id])),
  ];
}

/** Only a single section needs no title. */
function titles(items: readonly { title?: string }[], max: number, path = ''): ContentFault[] {
  return items.flatMap(({ title }, i) =>
    items.length > 1
      ? length(`${path}sections[${i}].title`, title ?? '', max)
      : optionalLength(`${path}sections[${i}].title`, title, max),
  );
}

function card(one: CarouselCard, index: number): ContentFault[] {
  const path = `cards[${index}]`;
  if ('productId' in one) return required(`${path}.productId`, one.productId);
  return [
    ...source(`${path}.header.`, one.header),
    ...optionalLength(`${path}.text`, one.text, CAROUSEL.cardTextMax),
    ...('button' in one
      ? [...length(`${path}.title`, one.button.title, CAROUSEL.titleMax), ...link(`${path}.url`, one.button.url)]
      : buttons(one.buttons, `${path}.buttons`)),
  ];
}

function checkTemplate({ name, language, cards, ...own }: TemplateMessage): ContentFault[] {
  return [
    ...length('name', name, TEMPLATE.nameMax),
    ...required('language', language),
    ...templateCard(own, '', TEMPLATE.buttonsMax),
    ...(cards === undefined ? [] : count('cards', cards.length, TEMPLATE.cardsMax, TEMPLATE.cardsMin)),
    ...(cards ?? []).flatMap((one, i) => templateCard(one, `cards[${i}].`, TEMPLATE.cardButtonsMax)),
  ];
}

/** A template but for its cards, or one of its cards. */
function templateCard({ header: top, buttons: chosen = [] }: TemplateCard, path: string, most: number): ContentFault[] {
  return [
    ...(chosen.length > most ? count(`${path}buttons`, chosen.length, most) : []),
    ...(top?.type === 'image' || top?.type === 'video' || top?.type === 'document'
      ? source(`${path}header.`, top)
      : []),
    ...chosen.flatMap((button, i) =>
      button.type === 'products' ? productSections(button.sections, `${path}buttons[${i}].`) : [],
    ),
  ];
}

function productSections(items: readonly ProductSection[], path = ''): ContentFault[] {
  const products = items.reduce((sum, { productIds }) => sum + productIds.length, 0);
  return [
    ...count(`${path}sections`, items.length, PRODUCTS.sectionsMax),
    ...titles(items, PRODUCTS.sectionTitleMax, path),
    ...count(`${path}sections`, products, PRODUCTS.productsMax),
  ];
}

function header(value: MessageHeader | undefined, max: number, mediaToo: boolean): ContentFault[] {
  if (value === undefined) return [];
  if (value.type === 'text') return length('header.text', value.text, max);
  return mediaToo ? source('header.', value) : [{ path: 'header', fault: 'not_allowed' }];
}

function source(path: string, { link: url, mediaId }: MediaSource): ContentFault[] {
  if (mediaId === undefined) return link(`${path}link`, url ?? '');
  return url === undefined ? required(`${path}mediaId`, mediaId) : [{ path: `${path}link`, fault: 'not_allowed' }];
}

function coordinates({ latitude, longitude }: { latitude: number; longitude: number }): ContentFault[] {
  const within = (path: string, value: number, most: number): ContentFault[] =>
    Math.abs(value) <= most ? [] : [{ path, fault: 'out_of_range', limit: most }];
  return [...within('latitude', latitude, 90), ...within('longitude', longitude, 180)];
}

function required(path: string, text: string): ContentFault[] {
  return text.trim() === '' ? [{ path, fault: 'empty' }] : [];
}

function optionalLength(path: string, text: string | undefined, max: number): ContentFault[] {
  return text === undefined ? [] : length(path, text, max);
}

function length(path: string, text: string, max: number): ContentFault[] {
  if (text.trim() === '') return [{ path, fault: 'empty' }];
  const actual = text.length <= max ? text.length : countCharacters(text);
  return actual > max ? [{ path, fault: 'too_long', limit: max, actual }] : [];
}

function count(path: string, actual: number, max: number, min = 1): ContentFault[] {
  if (actual < min) return [{ path, fault: 'too_few', limit: min, actual }];
  return actual > max ? [{ path, fault: 'too_many', limit: max, actual }] : [];
}

/** Names the later ones of equal values. */
function duplicates(items: readonly (readonly [path: string, value: string])[]): ContentFault[] {
  const seen = new Set<string>();
  const faults: ContentFault[] = [];
  for (const [path, value] of items) {
    if (seen.has(value)) faults.push({ path, fault: 'duplicate' });
    seen.add(value);
  }
  return faults;
}

function link(path: string, value: string): ContentFault[] {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? [] : [{ path, fault: 'not_a_link' }];
}
