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
} from '../../shared/whatsapp-limits.js';
import type { Flow } from '../definition.js';
import { literalText, type Template } from '../expressions/template.js';
import type { Button, LinkButton, List } from '../messages/buttons.js';
import type { Card } from '../messages/carousel.js';
import { contentKeys, MESSAGE_KINDS, type MessageKind, type MessageKindKey } from '../messages/kinds.js';
import type { Header, Media } from '../messages/media.js';
import type { Message, MessageFields } from '../messages/message.js';
import type { TemplateFields } from '../messages/template-message.js';
import type { Text, ValueTemplate } from '../reading/fields.js';
import { didYouMean, type Problem } from '../reading/finding.js';
import type { WorstCaseOf } from './value-lengths.js';

type Path = readonly PropertyKey[];

/**
 * What Meta would refuse of a message whatever the values in it are: keys that do not go together, literal parts that are
 * too long, too many of something, the same id or title twice; and what is cut with values the flows may give it.
 */
export function messageProblems(message: Message, flow: Flow, path: Path, worstCase: WorstCaseOf): Problem[] {
  const check = new MessageCheck(flow, worstCase);
  check.message(message.fields, path, message.keyOf('buttons'));
  return check.problems;
}

const TEXT: MessageKind = { what: 'a text', text: 'needed', header: 'none', footer: false };

/** The types of the Cloud API. @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages */
const WIRE_TYPES = [
  ...['text', 'image', 'video', 'audio', 'document', 'sticker', 'location', 'contacts', 'reaction', 'interactive'],
  ...['template', 'pin'],
];

class MessageCheck {
  readonly problems: Problem[] = [];

  constructor(
    private readonly flow: Flow,
    private readonly worstCase: WorstCaseOf,
  ) {}

  message(fields: MessageFields, path: Path, buttonsKey: string): void {
    const [key, second] = contentKeys(fields);
    if (second !== undefined) this.mismatch([...path, second], `a message has ${key} or ${second}, not both`);
    this.texts(fields, key, path);
    this.around(fields, key, path);
    const { buttons, list, carousel, template, contacts, cta, products, call, whatsappFlow, raw } = fields;
    if (buttons !== undefined) this.buttons(buttons, [...path, buttonsKey]);
    if (list !== undefined) this.list(list, [...path, 'list']);
    if (carousel !== undefined) this.carousel(carousel, [...path, 'carousel']);
    if (template !== undefined) this.template(template, [...path, 'template']);
    if (cta !== undefined) this.linkButton(cta, [...path, 'cta']);
    if (call !== undefined) this.title(call.title, CALL.titleMax, [...path, 'call', 'title']);
    if (whatsappFlow !== undefined) {
      this.title(whatsappFlow.button, WHATSAPP_FLOW.buttonMax, [...path, 'whatsappFlow', 'button']);
    }
    if (products !== undefined) this.products(products, [...path, 'products']);
    if (contacts !== undefined && contacts.length > CONTACTS_MAX) {
      this.add([...path, 'contacts'], `${contacts.length} contacts; WhatsApp takes ${CONTACTS_MAX}`);
    }
    if (raw !== undefined) this.raw(raw, [...path, 'raw']);
    for (const kind of ['image', 'video', 'audio', 'voice', 'document', 'sticker'] as const) {
      const media = fields[kind];
      if (media !== undefined) this.media(media, [...path, kind]);
    }
    const { outsideWindow } = fields;
    if (typeof outsideWindow === 'object')
      this.template(outsideWindow.template, [...path, 'outsideWindow', 'template']);
    if (outsideWindow !== undefined && key === 'template') {
      this.mismatch([...path, 'outsideWindow'], 'a template is sent outside the window, too');
    }
  }

  private texts(fields: MessageFields, key: MessageKindKey | undefined, path: Path): void {
    const kind: MessageKind = key === undefined ? TEXT : MESSAGE_KINDS[key];
    const own = key === 'askLocation' || key === 'askContact' ? fields[key] : undefined;
    const text = fields.text ?? [];
    const asked = Array.isArray(own) ? own : [];
    if (asked.length > 0 && text.length > 0) {
      this.mismatch([...path, 'text'], `the text stands in \`${key}\` already`);
    }
    if (kind.text === 'needed' && text.length + asked.length === 0) {
      this.problems.push({
        code: 'missing-key',
        path,
        message: `${key === undefined ? 'a message' : kind.what} needs \`text\``,
      });
    }
    if (kind.text === 'none' && text.length > 0) this.noText(fields, key, path);
    const [max, what] = this.bodyMax(fields, key);
    const at = (index: number, all: readonly Text[], name: string) => [
      ...path,
      name,
      ...(all.length > 1 ? [index] : []),
    ];
    text.forEach((one, index) => {
      this.length(one, what, max, at(index, text, 'text'));
    });
    asked.forEach((one, index) => {
      this.length(one, what, max, at(index, asked, key ?? ''));
    });
    if (fields.mode !== undefined && text.length + asked.length < 2) {
      this.mismatch([...path, 'mode'], '`mode` chooses among several texts, and there is one');
    }
    if (fields.previewUrl !== undefined && key !== undefined) {
      this.mismatch([...path, 'previewUrl'], 'only plain texts have link previews');
    }
  }

  private noText({ text = [] }: MessageFields, key: MessageKindKey | undefined, path: Path): void {
    const captioned = key === 'image' || key === 'video' || key === 'document';
    const message = captioned
      ? `the text of ${MESSAGE_KINDS[key].what} is its \`caption\``
      : `${key === undefined ? 'this' : MESSAGE_KINDS[key].what} has no text of its own`;
    const hint = captioned ? `write ${key}: { link: …, caption: … }` : 'say it in a step of its own';
    if (text.length > 0) this.mismatch([...path, 'text'], message, hint);
  }

  private bodyMax({ buttons = [] }: MessageFields, key: MessageKindKey | undefined): [max: number, what: string] {
    if (key === undefined) return [TEXT_BODY_MAX, 'a text'];
    if (key === 'buttons') {
      const few = buttons.length <= BUTTONS.countMax;
      return few ? [BUTTONS.bodyMax, 'a text with buttons'] : [LIST.bodyMax, 'a text with a list'];
    }
    return key === 'list'
      ? [LIST.bodyMax, 'a text with a list']
      : [INTERACTIVE.bodyMax, `the text of ${MESSAGE_KINDS[key].what}`];
  }

  private around({ header, footer, buttons = [] }: MessageFields, key: MessageKindKey | undefined, path: Path): void {
    const kind: MessageKind = key === undefined ? TEXT : MESSAGE_KINDS[key];
    const isList = key === 'buttons' && buttons.length > BUTTONS.countMax;
    if (header !== undefined) {
      this.header(header, isList ? 'text' : kind.header, kind, [...path, 'header']);
    } else if (key === 'products') {
      this.problems.push({
        code: 'missing-key',
        path: [...path, 'products'],
        key: true,
        message: 'a list of products needs `header`',
      });
    }
    if (footer === undefined) return;
    if (kind.footer) this.length(footer, 'a footer', INTERACTIVE.footerMax, [...path, 'footer']);
    else if (header === undefined || kind.header !== 'none')
      this.mismatch([...path, 'footer'], nothingAround(kind, 'footer'));
  }

  private header(
    { text, image, video, document }: Header,
    allowed: MessageKind['header'],
    kind: MessageKind,
    path: Path,
  ): void {
    const media = image ?? video ?? document;
    const key = image !== undefined ? 'image' : video !== undefined ? 'video' : 'document';
    if (allowed === 'none') {
      this.mismatch(path, nothingAround(kind, 'header'));
      return;
    }
    if (text !== undefined) this.length(text, 'a header', INTERACTIVE.headerMax, [...path, 'text']);
    if (media === undefined) return;
    this.media(media, [...path, key]);
    if (allowed === 'text') {
      const what = kind === MESSAGE_KINDS.products ? kind.what : 'a list';
      this.add([...path, key], `the header of ${what} is a text`);
    }
  }

  private media({ link, caption }: Media, path: Path): void {
    if (link !== undefined) this.link(link, [...path, 'link']);
    if (caption !== undefined) this.length(caption, 'a caption', CAPTION_MAX, [...path, 'caption']);
  }

  private buttons(all: readonly (Button | LinkButton)[], path: Path): void {
    all.forEach((one, index) => {
      if (!('url' in one)) return;
      this.linkButton(one, [...path, index]);
      if (all.length === 1) return;
      this.problems.push({
        code: 'whatsapp-limit',
        path: [...path, index, 'url'],
        message: 'WhatsApp shows a button with a `url` only alone',
        hint: 'send it in a message of its own, or write the link into the text',
      });
    });
    const replies = all.filter((one) => 'id' in one);
    if (replies.length < all.length) return;
    const asReplies = replies.length <= BUTTONS.countMax;
    const [what, titleMax, idMax] = asReplies
      ? (['the title of a button', BUTTONS.titleMax, BUTTONS.idMax] as const)
      : (['the title of a button that becomes a list row', LIST.rowTitleMax, LIST.rowIdMax] as const);
    replies.forEach((button, index) => {
      this.length(button.title, what, titleMax, [...path, index, 'title']);
      this.id(button.id, idMax, [...path, index, 'id']);
    });
    this.fewShown(replies, path);
    this.unique(replies, (index) => [...path, index], asReplies);
  }

  /** With `when`, more than three may become three, and then their titles are shorter. */
  private fewShown(buttons: readonly Button[], path: Path): void {
    const fewest = buttons.filter(({ when }) => when === undefined).length;
    if (buttons.length <= BUTTONS.countMax || fewest > BUTTONS.countMax) return;
    buttons.forEach(({ title }, index) => {
      for (const [language, template] of this.variants(title)) {
        const long = literalLength(template);
        if (long <= BUTTONS.titleMax || long > LIST.rowTitleMax) continue;
        const at = [...path, index, 'title', ...(title.reference === undefined && language !== '' ? [language] : [])];
        this.problems.push({
          code: 'may-be-too-long',
          severity: 'warning',
          path: at,
          message: `when \`when\` leaves three buttons or fewer, a title of ${long} characters is cut to ${BUTTONS.titleMax}`,
        });
      }
    });
  }

  private list({ button, sections }: List, path: Path): void {
    if (button !== undefined) this.length(button, 'the button of a list', LIST.buttonMax, [...path, 'button']);
    this.sections(sections, LIST.sectionsMax, 'a list', path);
    const places: Path[] = [];
    sections.forEach(({ rows }, index) => {
      rows.forEach((row, place) => {
        const rowAt = [...path, 'sections', index, 'rows', place];
        places.push(rowAt);
        this.length(row.title, 'the title of a row', LIST.rowTitleMax, [...rowAt, 'title']);
        this.id(row.id, LIST.rowIdMax, [...rowAt, 'id']);
        if (row.description !== undefined)
          this.length(row.description, 'the description of a row', LIST.rowDescriptionMax, [...rowAt, 'description']);
      });
    });
    const rows = sections.flatMap((section) => section.rows);
    const always = rows.filter(({ when }) => when === undefined).length;
    if (always > LIST.rowsMax) {
      this.add(
        [...path, 'sections'],
        `${rows.length} rows; a list has ${LIST.rowsMax} in all sections together`,
        'use `buttons`: more than ten of them are sent in pages',
      );
    } else if (rows.length > LIST.rowsMax) {
      this.problems.push({
        code: 'whatsapp-limit',
        severity: 'warning',
        path: [...path, 'sections'],
        message: `when every \`when\` holds there are ${rows.length} rows; a list has ${LIST.rowsMax}`,
      });
    }
    this.unique(rows, (index) => places[index] ?? path, false);
  }

  private sections(sections: readonly { title?: Text | undefined }[], most: number, what: string, path: Path): void {
    if (sections.length > most)
      this.add([...path, 'sections'], `${sections.length} sections; ${what} has ${most} at most`);
    sections.forEach(({ title }, index) => {
      const at = [...path, 'sections', index];
      if (title !== undefined) this.length(title, 'the title of a section', LIST.sectionTitleMax, [...at, 'title']);
      else if (sections.length > 1) this.add(at, 'a section needs a title when there is more than one');
    });
  }

  private products({ sections }: Pick<NonNullable<MessageFields['products']>, 'sections'>, path: Path): void {
    this.sections(sections, PRODUCTS.sectionsMax, 'a list of products', path);
    const count = sections.flatMap(({ items }) => items).length;
    if (count > PRODUCTS.productsMax) {
      this.add(
        [...path, 'sections'],
        `${count} products; WhatsApp takes ${PRODUCTS.productsMax} in all sections together`,
      );
    }
  }

  /** WhatsApp wants the cards of a carousel alike. */
  private carousel(cards: readonly Card[], path: Path): void {
    if (cards.length < CAROUSEL.cardsMin || cards.length > CAROUSEL.cardsMax) {
      this.add(
        path,
        `${cards.length === 1 ? '1 card' : `${cards.length} cards`}; a carousel has ${CAROUSEL.cardsMin} to ${CAROUSEL.cardsMax}`,
      );
    }
    const [first, ...others] = cards.map(cardForm);
    const odd = others.findIndex((form) => form !== first);
    if (odd !== -1) {
      this.add(
        [...path, odd + 1],
        `the cards of a carousel are alike: this one has ${others[odd]}, the first ${first}`,
      );
    }
    const replies: { button: Button; at: Path }[] = [];
    cards.forEach(({ image, video, text, cta, buttons = [] }, index) => {
      const at = [...path, index];
      const source = image ?? video;
      if (source !== undefined) this.media(source, [...at, image === undefined ? 'video' : 'image']);
      if (source?.caption !== undefined) {
        this.mismatch(
          [...at, image === undefined ? 'video' : 'image', 'caption'],
          'the caption of a card is its `text`',
        );
      }
      if (text !== undefined) this.length(text, 'the text of a card', CAROUSEL.cardTextMax, [...at, 'text']);
      if (cta !== undefined) this.linkButton(cta, [...at, 'cta']);
      if (buttons.length > CAROUSEL.repliesMax)
        this.add([...at, 'buttons'], `${buttons.length} buttons; a card has ${CAROUSEL.repliesMax} at most`);
      buttons.forEach((button, place) => {
        const buttonAt = [...at, 'buttons', place];
        this.length(button.title, 'the title of a button', CAROUSEL.titleMax, [...buttonAt, 'title']);
        this.id(button.id, CAROUSEL.idMax, [...buttonAt, 'id']);
        replies.push({ button, at: buttonAt });
      });
    });
    this.unique(
      replies.map(({ button }) => button),
      (index) => replies[index]?.at ?? path,
      false,
    );
  }

  private template({ name, cards, ...own }: TemplateFields, path: Path): void {
    const literal = literalText(name);
    if (literal !== undefined && !/^[a-z0-9_]{1,512}$/.test(literal)) {
      this.add([...path, 'name'], 'the name of a template has lower-case letters, digits and _ only');
    }
    this.templatePart(own, 'a template', TEMPLATE.buttonsMax, path);
    if (cards === undefined) return;
    if (cards.length < TEMPLATE.cardsMin || cards.length > TEMPLATE.cardsMax) {
      const count = cards.length === 1 ? '1 card' : `${cards.length} cards`;
      const message = `${count}; the carousel of a template has ${TEMPLATE.cardsMin} to ${TEMPLATE.cardsMax}`;
      this.add([...path, 'cards'], message);
    }
    cards.forEach((card, i) => {
      this.templatePart(card, 'a card', TEMPLATE.cardButtonsMax, [...path, 'cards', i]);
    });
  }

  /** A template but for its cards, or one of its cards. */
  private templatePart(
    { buttons = [], header }: Pick<TemplateFields, 'header' | 'buttons'>,
    what: string,
    most: number,
    path: Path,
  ): void {
    if (buttons.length > most) {
      this.add([...path, 'buttons'], `${buttons.length} buttons; ${what} has ${most} at most`);
    }
    buttons.forEach(({ products }, i) => {
      if (products !== undefined) this.products(products, [...path, 'buttons', i, 'products']);
    });
    const media = header?.image ?? header?.video ?? header?.document;
    if (media?.link !== undefined) this.link(media.link, [...path, 'header']);
    if (media?.caption !== undefined) this.mismatch([...path, 'header'], 'the header of a template has no caption');
  }

  /** What stands in a raw message is Meta's to judge; only what nobody could send is found here. */
  private raw(raw: ValueTemplate, path: Path): void {
    if (raw.kind !== 'map') return;
    const entries = new Map(raw.entries);
    if (['_cognigy', '_default', '_whatsapp'].some((key) => entries.has(key))) return;
    const type = entries.get('type');
    if (type === undefined) {
      const message = 'a raw message needs `type`';
      this.problems.push({ code: 'missing-key', path, message, hint: 'write { type: text, text: { body: Hello } }' });
      return;
    }
    const word = type.kind === 'template' ? literalText(type.template) : undefined;
    if (word === undefined) return;
    if (!WIRE_TYPES.includes(word)) {
      const hint = didYouMean(word, WIRE_TYPES) ?? `Meta has ${WIRE_TYPES.join(', ')}`;
      this.problems.push({
        code: 'whatsapp-limit',
        severity: 'warning',
        path: [...path, 'type'],
        message: `\`${word}\` is no type of message that is known here`,
        hint,
      });
    } else if (!entries.has(word)) {
      const message = `a raw message of type ${word} has its content under \`${word}\``;
      this.problems.push({ code: 'missing-key', path, message });
    }
    for (const key of ['to', 'recipient', 'recipient_type', 'messaging_product', 'biz_opaque_callback_data']) {
      if (!entries.has(key)) continue;
      const message = `\`${key}\` is written by Parlance; leave it out`;
      this.problems.push({ code: 'unknown-key', severity: 'warning', path: [...path, key], key: true, message });
    }
  }

  private linkButton({ title, url }: Pick<LinkButton, 'title' | 'url'>, path: Path): void {
    this.title(title, CTA.titleMax, [...path, 'title']);
    this.link(url, [...path, 'url']);
  }

  private title(title: Text | undefined, max: number, path: Path): void {
    if (title !== undefined) this.length(title, 'the title of a button', max, path);
  }

  private add(path: Path, message: string, hint?: string): void {
    this.problems.push({ code: 'whatsapp-limit', path, message, ...(hint === undefined ? {} : { hint }) });
  }

  /** Keys that do not go together. */
  private mismatch(path: Path, message: string, hint?: string): void {
    this.problems.push({ code: 'invalid-combination', path, message, ...(hint === undefined ? {} : { hint }) });
  }

  private length(text: Text, what: string, max: number, path: Path): void {
    for (const [language, template] of this.variants(text)) {
      const long = literalLength(template);
      const at = text.reference === undefined && language !== '' ? [...path, language] : path;
      if (long > max) this.add(at, `${what} has ${long} characters; WhatsApp takes ${max}`);
      else this.mayBeTooLong(what, this.worstCase(template), max, at);
    }
  }

  private mayBeTooLong(what: string, long: number, max: number, path: Path): void {
    if (long <= max) return;
    this.problems.push({
      code: 'may-be-too-long',
      severity: 'warning',
      path,
      message: `with its longest value, ${what} has ${long} characters and is cut to ${max}`,
      hint: 'shorten it, or put text.truncate() around the value',
    });
  }

  private id(id: Template, max: number, path: Path): void {
    const literal = literalText(id);
    if (literal === '') this.add(path, 'the id is empty');
    if (literal !== undefined && countCharacters(literal) > max) {
      this.add(path, `an id has ${countCharacters(literal)} characters; WhatsApp takes ${max}`);
    }
  }

  private link(link: Template, path: Path): void {
    const [begins] = link.parts;
    if (typeof begins === 'string' && !/^https?:\/\//.test(begins.trim()))
      this.add(path, 'a link begins with https://');
  }

  /** Equal ids never work; equal titles only where one reads them in the answer. Buttons with `when` may exclude each other. */
  private unique(buttons: readonly Button[], place: (index: number) => Path, titlesToo: boolean): void {
    const always = buttons
      .map((button, index) => ({ button, index }))
      .filter(({ button }) => button.when === undefined);
    const seenIds = new Set<string>();
    const seenTitles = new Set<string>();
    for (const { button, index } of always) {
      const id = literalText(button.id);
      if (id !== undefined && seenIds.has(id))
        this.add([...place(index), 'id'], `two buttons or rows have the id \`${id}\``);
      if (id !== undefined) seenIds.add(id);
      if (!titlesToo) continue;
      for (const [language, template] of this.variants(button.title)) {
        const title = literalText(template)?.trim();
        const key = `${language} ${title}`;
        if (title !== undefined && seenTitles.has(key))
          this.add([...place(index), 'title'], `two buttons have the title "${title}"`);
        if (title !== undefined) seenTitles.add(key);
      }
    }
  }

  private variants(text: Text): ReadonlyMap<string, Template> {
    return (text.reference === undefined ? text : this.flow.texts.get(text.reference))?.variants ?? new Map();
  }
}

function nothingAround({ what }: MessageKind, part: 'header' | 'footer'): string {
  if (what === TEXT.what) return 'only messages with buttons or a list have a header or footer';
  return `${what} has no ${part}`;
}

function literalLength({ parts }: Template): number {
  return parts.reduce((sum, part) => sum + (typeof part === 'string' ? countCharacters(part) : 0), 0);
}

/** What two cards have in common that may stand side by side. */
function cardForm({ product, image, buttons, cta }: Card): string {
  if (product !== undefined) return 'a product';
  const below = cta === undefined ? `${buttons?.length ?? 0} buttons` : 'a link';
  return `${image === undefined ? 'a video' : 'an image'} and ${below}`;
}
