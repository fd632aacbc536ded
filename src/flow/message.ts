import { z } from 'zod';
import type { ListSection, MessageContent, MessageHeader } from '../shared/message.js';
import { BUTTONS, CAPTION_MAX, countCharacters, LIST, TEXT_BODY_MAX } from '../shared/whatsapp-limits.js';
import type { StepEffect, Tap, View } from './behaviour.js';
import { cutTo } from './cut.js';
import type { Expression } from './expression.js';
import {
  bool,
  expression,
  isLanguageMap,
  listOf,
  oneOf,
  shorthand,
  strict,
  type Target,
  type Text,
  target,
  template,
  text,
  texts,
} from './fields.js';
import { FlowError } from './flow-error.js';
import { shaped } from './shape.js';
import { isRawMap, Plain } from './source.js';
import type { Template } from './template.js';
import { wordsOf } from './words.js';

/** A reply button, or the row of a list it becomes when there are more than three. */
export interface Button {
  id: Template;
  title: Text;
  description?: Text | undefined;
  when?: Expression | undefined;
  goTo?: Target | undefined;
}

export interface Section {
  title?: Text | undefined;
  rows: readonly Button[];
}

/** A message as a flow file describes it. A class, so that checks find it wherever a step keeps one. */
export class Message {
  /**
   * @param isInline its keys stand among those of the step
   * @param buttonsKey where its buttons stand in the file
   */
  constructor(
    readonly fields: MessageFields,
    readonly isInline = false,
    private readonly buttonsKey: 'buttons' | 'choices' = 'buttons',
  ) {}

  /** The key of a field in the file. */
  keyOf(field: string): string {
    return field === 'buttons' ? this.buttonsKey : field;
  }
}

export interface MessageFields {
  text?: readonly Text[] | undefined;
  mode?: 'random' | 'sequence' | 'loop' | undefined;
  previewUrl?: boolean | undefined;
  buttons?: readonly Button[] | undefined;
  list?: { button?: Text | undefined; sections: readonly Section[] } | undefined;
  header?: { text?: Text | undefined; image?: Template | undefined } | undefined;
  footer?: Text | undefined;
  image?: { link: Template; caption?: Text | undefined } | undefined;
}

function isScalar(raw: unknown): boolean {
  return typeof raw === 'string' || raw instanceof Plain;
}

const buttonMap = strict(
  'a button',
  { id: template, title: text, when: expression.optional(), goTo: target.optional() },
  ['url', 'phone'],
);

/** `buttons: [Yes, No]`: the title is the id, too. */
const button: z.ZodType<Button> = shaped(
  z.preprocess((raw) => (isScalar(raw) ? { id: raw, title: raw } : raw), buttonMap),
  (of) => ({ anyOf: [of(template), of(buttonMap)] }),
);

const row: z.ZodType<Button> = strict('a row', {
  id: template,
  title: text,
  description: text.optional(),
  when: expression.optional(),
  goTo: target.optional(),
});

const section: z.ZodType<Section> = strict('a section', { title: text.optional(), rows: listOf(row) });

const HEADER_KEYS = ['text', 'image'];

/** The keys of a message, for steps that have them among their own. */
export const messageShape = {
  text: texts.optional(),
  mode: oneOf(['random', 'sequence', 'loop']).optional(),
  previewUrl: bool.optional(),
  buttons: listOf(button).optional(),
  list: strict('a list', { button: text.optional(), sections: listOf(section) }).optional(),
  header: shorthand(
    'text',
    text,
    strict('a header', { text: text.optional(), image: template.optional() }, ['video', 'document']),
    (raw) => isScalar(raw) || isLanguageMap(raw, HEADER_KEYS),
  ).optional(),
  footer: text.optional(),
  image: shorthand(
    'link',
    template,
    strict('an image', { link: template, caption: text.optional() }, ['media', 'file']),
    isScalar,
  ).optional(),
};

/** What the language has and this version does not. */
export const PLANNED_MESSAGE_KEYS = [
  ...['video', 'audio', 'voice', 'document', 'sticker', 'location', 'contacts', 'askLocation', 'askContact', 'cta'],
  ...['whatsappFlow', 'product', 'products', 'catalog', 'address', 'call', 'carousel', 'template', 'react', 'replyTo'],
  ...['raw', 'delay', 'typing', 'markRead', 'then', 'outsideWindow'],
];

const MESSAGE_KEYS = [...Object.keys(messageShape), ...PLANNED_MESSAGE_KEYS];

/** `say: Hello`, `say: [Hello, Hi]`, `say: { en: Hello, de: Hallo }`, `say: { text: Hello, buttons: … }`. */
export const message: z.ZodType<Message> = shorthand(
  'text',
  texts,
  strict('a message', messageShape, PLANNED_MESSAGE_KEYS).transform((fields) => new Message(fields)),
  (raw) => raw !== undefined && (!isRawMap(raw) || isLanguageMap(raw, MESSAGE_KEYS)),
);

/** `choices` of a question, as the buttons they are sent as. */
export function choiceButton(id: string, title: Text): Button {
  return { id: { source: id, parts: [id] }, title };
}

/** What a message comes to for one contact. */
export interface Composed {
  /** undefined when there is nothing to say: its text is empty here */
  content: MessageContent | undefined;
  taps: readonly Tap[];
  /** how many times its texts were taken, when the next turn must know */
  taken: number | undefined;
}

/**
 * Puts a message together. What is too long only with its values is cut, and the trace says so: a shortened answer is
 * better than none.
 *
 * @param taken how often this message was sent before in the session, for `sequence` and `loop`
 * @throws FlowError when Meta would refuse it: two buttons with one id or title, an image without a link
 */
export function compose({ fields }: Message, view: View, taken: number): Composed {
  const { mode = 'random', image, list } = fields;
  const body = variant(fields.text, mode, view, taken);
  const counts = mode !== 'random' && (fields.text?.length ?? 0) > 1;
  const done = (content: MessageContent | undefined, taps: readonly Tap[] = []): Composed => {
    if (content === undefined) view.warn('there was nothing to say: the text is empty');
    return { content, taps, taken: counts ? taken + 1 : undefined };
  };
  if (image !== undefined) {
    const caption = image.caption === undefined ? '' : cut(view, 'caption', view.text(image.caption), CAPTION_MAX);
    return done({ type: 'image', link: link(image.link, view), ...(caption === '' ? {} : { caption }) });
  }
  if (body.trim() === '') return done(undefined);
  if (list !== undefined) {
    const sections = list.sections.map((one) => ({ title: one.title, rows: shown(one.rows, view) }));
    return done(...asList(fields, view, body, sections, list.button));
  }
  const buttons = shown(fields.buttons ?? [], view);
  if (buttons.length === 0) {
    const text = cut(view, 'text', body, TEXT_BODY_MAX);
    return done({ type: 'text', text, ...(fields.previewUrl === undefined ? {} : { previewUrl: fields.previewUrl }) });
  }
  if (buttons.length > BUTTONS.countMax)
    return done(...asList(fields, view, body, [{ title: undefined, rows: buttons }], undefined));
  const replies = buttons.map(({ id, title }) => ({ id, title: cut(view, 'button title', title, BUTTONS.titleMax) }));
  checkUnique(replies, BUTTONS.idMax, true);
  const content: MessageContent = {
    type: 'buttons',
    text: cut(view, 'text', body, BUTTONS.bodyMax),
    ...around(fields, view, true),
    buttons: replies,
  };
  return done(content, buttons.map(asTap));
}

function variant(options: readonly Text[] = [], mode: string, view: View, taken: number): string {
  const { length } = options;
  const chosen = options[length < 2 ? 0 : indexOf(mode, length, view, taken)];
  return chosen === undefined ? '' : view.text(chosen);
}

function indexOf(mode: string, length: number, view: View, taken: number): number {
  if (mode === 'random') return Math.floor(view.random() * length);
  return mode === 'loop' ? taken % length : Math.min(taken, length - 1);
}

interface ShownButton {
  id: string;
  title: string;
  description: string;
  target: Target | undefined;
}

function shown(buttons: readonly Button[], view: View): ShownButton[] {
  return buttons
    .filter(({ when }) => when === undefined || view.test(when))
    .map(({ id, title, description, goTo }) => ({
      id: view.render(id),
      title: view.text(title).trim(),
      description: description === undefined ? '' : view.text(description).trim(),
      target: goTo,
    }));
}

function asTap({ id, target: leadsTo }: ShownButton): Tap {
  return { id, target: leadsTo };
}

function asList(
  fields: MessageFields,
  view: View,
  body: string,
  sections: readonly { title: Text | undefined; rows: ShownButton[] }[],
  label: Text | undefined,
): [MessageContent, Tap[]] {
  const full = sections.filter(({ rows }) => rows.length > 0);
  const rows = full.flatMap((one) => one.rows);
  if (rows.length === 0) return [{ type: 'text', text: cut(view, 'text', body, TEXT_BODY_MAX) }, []];
  if (rows.length > LIST.rowsMax)
    throw new FlowError(`a list has ${LIST.rowsMax} rows at most, this one ${rows.length}`);
  const made: ListSection[] = full.map((one) => {
    const title =
      one.title === undefined ? '' : cut(view, 'section title', view.text(one.title).trim(), LIST.sectionTitleMax);
    const items = one.rows.map((item) => ({
      id: item.id,
      title: cut(view, 'row title', item.title, LIST.rowTitleMax),
      ...(item.description === ''
        ? {}
        : { description: cut(view, 'row description', item.description, LIST.rowDescriptionMax) }),
    }));
    return { ...(title === '' ? {} : { title }), rows: items };
  });
  checkUnique(
    made.flatMap((one) => one.rows),
    LIST.rowIdMax,
    false,
  );
  const opens = label === undefined ? '' : view.text(label).trim();
  const content: MessageContent = {
    type: 'list',
    text: cut(view, 'text', body, LIST.bodyMax),
    ...around(fields, view, false),
    button: cut(view, 'list button', opens === '' ? wordsOf(view.language).choose : opens, LIST.buttonMax),
    sections: made,
  };
  return [content, rows.map(asTap)];
}

function around(
  { header, footer }: MessageFields,
  view: View,
  imageAllowed: boolean,
): { header?: MessageHeader; footer?: string } {
  const foot = footer === undefined ? '' : cut(view, 'footer', view.text(footer).trim(), BUTTONS.footerMax);
  const head = header?.text === undefined ? '' : cut(view, 'header', view.text(header.text).trim(), BUTTONS.headerMax);
  const made: { header?: MessageHeader; footer?: string } = foot === '' ? {} : { footer: foot };
  if (header?.image !== undefined && imageAllowed) made.header = { type: 'image', link: link(header.image, view) };
  else if (head !== '') made.header = { type: 'text', text: head };
  return made;
}

function link(source: Template, view: View): string {
  const written = view.render(source).trim();
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return written;
  throw new FlowError('the link of an image does not begin with https://');
}

function cut(view: View, what: string, written: string, most: number): string {
  const short = cutTo(written, most);
  if (short !== written) view.warn(`the ${what} was cut from ${countCharacters(written)} to ${most} characters`);
  return short;
}

function checkUnique(items: readonly { id: string; title: string }[], idMax: number, titlesToo: boolean): void {
  const ids = new Set(items.map(({ id }) => id));
  if (ids.size < items.length) throw new FlowError('two buttons or rows of one message have the same id');
  if (items.some(({ id }) => id === '' || countCharacters(id) > idMax)) {
    throw new FlowError(`the id of a button or row has between 1 and ${idMax} characters`);
  }
  if (items.some(({ title }) => title === '')) throw new FlowError('a button or row has no title');
  if (titlesToo && new Set(items.map(({ title }) => title)).size < items.length) {
    throw new FlowError('two buttons of one message have the same title');
  }
}

/** The effects of sending a message and of remembering which of its texts was taken. */
export function sending(toSend: Message, view: View): StepEffect[] {
  const { content, taps, taken } = compose(toSend, view, typeof view.note === 'number' ? view.note : 0);
  return [...sent(content, taps), ...(taken === undefined ? [] : [{ effect: 'note', value: taken } as const])];
}

export function sent(content: MessageContent | undefined, taps: readonly Tap[]): StepEffect[] {
  return content === undefined ? [] : [{ effect: 'send', message: content, taps }];
}
