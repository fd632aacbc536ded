import { BUTTONS, CAPTION_MAX, countCharacters, LIST, TEXT_BODY_MAX } from '../shared/whatsapp-limits.js';
import type { Flow } from './definition.js';
import type { Text } from './fields.js';
import type { Problem } from './finding.js';

import type { Button, Message, MessageFields } from './message.js';
import { literalText, type Template } from './template.js';

type Path = readonly PropertyKey[];

/**
 * What Meta would refuse of a message whatever the values in it are: literal parts that are too long, too many buttons,
 * the same id or title twice.
 */
export function messageProblems(message: Message, flow: Flow, path: Path): Problem[] {
  const check = new MessageCheck(flow);
  check.message(message.fields, path, message.keyOf('buttons'));
  return check.problems;
}

class MessageCheck {
  readonly problems: Problem[] = [];

  constructor(private readonly flow: Flow) {}

  message(fields: MessageFields, path: Path, buttonsKey: string): void {
    const { text = [], buttons = [], list, header, footer, image } = fields;
    const menus = [buttons.length > 0 ? 'buttons' : undefined, list && 'list', image && 'image'].filter(
      (kind) => kind !== undefined,
    );
    if (menus.length > 1) this.add([...path, menus[1] ?? ''], `a message has ${menus.join(' or ')}, not both`);
    const isMenu = buttons.length > 0 || list !== undefined;
    if (image === undefined && text.length === 0) this.add(path, 'a message needs `text`');
    if (image !== undefined && text.length > 0) {
      this.add([...path, 'text'], 'the text of an image is its `caption`', 'write image: { link: …, caption: … }');
    }
    if (!isMenu && (header !== undefined || footer !== undefined)) {
      this.add(
        [...path, header === undefined ? 'footer' : 'header'],
        'only messages with buttons or a list have a header or footer',
      );
    }
    const few = buttons.length > 0 && buttons.length <= BUTTONS.countMax;
    const [bodyMax, what] = few
      ? [BUTTONS.bodyMax, 'with buttons ']
      : isMenu
        ? [LIST.bodyMax, 'with a list ']
        : [TEXT_BODY_MAX, ''];
    text.forEach((one, index) => {
      this.length(one, `a text ${what}`.trim(), bodyMax, [...path, 'text', ...(text.length > 1 ? [index] : [])]);
    });
    if (footer !== undefined) this.length(footer, 'a footer', BUTTONS.footerMax, [...path, 'footer']);
    if (header?.text !== undefined) this.length(header.text, 'a header', BUTTONS.headerMax, [...path, 'header']);
    if (header?.text !== undefined && header.image !== undefined)
      this.add([...path, 'header'], 'a header is a text or an image');
    if (header?.image !== undefined) {
      this.link(header.image, [...path, 'header', 'image']);
      if (!few) this.add([...path, 'header', 'image'], 'the header of a list is a text');
    }
    if (image !== undefined) this.link(image.link, [...path, 'image', 'link']);
    if (image?.caption !== undefined)
      this.length(image.caption, 'a caption', CAPTION_MAX, [...path, 'image', 'caption']);
    this.buttons(buttons, [...path, buttonsKey]);
    if (list !== undefined) this.list(list, [...path, 'list']);
  }

  private add(path: Path, message: string, hint?: string): void {
    this.problems.push({ code: 'whatsapp-limit', path, message, ...(hint === undefined ? {} : { hint }) });
  }

  private buttons(buttons: readonly Button[], path: Path): void {
    if (buttons.length > LIST.rowsMax) {
      this.add(path, `${buttons.length} buttons; WhatsApp shows ${LIST.rowsMax} at most`, 'ask in two steps');
    }
    const asReplies = buttons.length <= BUTTONS.countMax;
    const [what, titleMax, idMax] = asReplies
      ? (['the title of a button', BUTTONS.titleMax, BUTTONS.idMax] as const)
      : (['the title of a button that becomes a list row', LIST.rowTitleMax, LIST.rowIdMax] as const);
    buttons.forEach((button, index) => {
      this.length(button.title, what, titleMax, [...path, index, 'title']);
      this.id(button.id, idMax, [...path, index, 'id']);
    });
    this.unique(buttons, (index) => [...path, index], asReplies);
  }

  private list({ button, sections }: NonNullable<MessageFields['list']>, path: Path): void {
    if (button !== undefined) this.length(button, 'the button of a list', LIST.buttonMax, [...path, 'button']);
    if (sections.length > LIST.sectionsMax)
      this.add([...path, 'sections'], `${sections.length} sections; a list has ${LIST.sectionsMax} at most`);
    const places: Path[] = [];
    sections.forEach(({ title, rows }, index) => {
      const at = [...path, 'sections', index];
      if (title !== undefined) this.length(title, 'the title of a section', LIST.sectionTitleMax, [...at, 'title']);
      else if (sections.length > 1) this.add(at, 'a section needs a title when there is more than one');
      rows.forEach((row, place) => {
        const rowAt = [...at, 'rows', place];
        places.push(rowAt);
        this.length(row.title, 'the title of a row', LIST.rowTitleMax, [...rowAt, 'title']);
        this.id(row.id, LIST.rowIdMax, [...rowAt, 'id']);
        if (row.description !== undefined)
          this.length(row.description, 'the description of a row', LIST.rowDescriptionMax, [...rowAt, 'description']);
      });
    });
    const rows = sections.flatMap((section) => section.rows);
    if (rows.length > LIST.rowsMax)
      this.add([...path, 'sections'], `${rows.length} rows; a list has ${LIST.rowsMax} in all sections together`);
    this.unique(rows, (index) => places[index] ?? path, false);
  }

  private length(text: Text, what: string, max: number, path: Path): void {
    for (const [language, template] of this.variants(text)) {
      const long = template.parts.reduce(
        (sum, part) => sum + (typeof part === 'string' ? countCharacters(part) : 0),
        0,
      );
      const at = text.reference === undefined && language !== '' ? [...path, language] : path;
      if (long > max) this.add(at, `${what} has ${long} characters; WhatsApp takes ${max}`);
    }
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
