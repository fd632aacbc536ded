import type { ListSection, MessageContent, MessageHeader, ReplyButton } from '../shared/message.js';
import { BUTTONS, CAPTION_MAX, LIST, TEXT_BODY_MAX } from './limits.js';

/** What is wrong with a message, without a word of what it says. */
export interface ContentFault {
  /** where, in our own spelling, e.g. `buttons[1].title` */
  path: string;
  fault: 'empty' | 'too_long' | 'too_few' | 'too_many' | 'duplicate' | 'not_a_link' | 'not_allowed';
  /** of `too_long` and `too_many` (`too_few`): what Meta allows at most (at least) */
  limit?: number;
  /** how long it is, in code points, or how many there are */
  actual?: number;
}

/**
 * Every limit of Meta's that a message breaks, so that it is refused here with its name instead of there with #131009.
 *
 * @returns empty for a message that Meta may take
 */
export function checkContent(content: MessageContent): ContentFault[] {
  switch (content.type) {
    case 'text':
      return length('text', content.text, TEXT_BODY_MAX);
    case 'image':
      return [...link('link', content.link), ...optionalLength('caption', content.caption, CAPTION_MAX)];
    case 'buttons':
      return [
        ...length('text', content.text, BUTTONS.bodyMax),
        ...header(content.header, BUTTONS.headerMax, true),
        ...optionalLength('footer', content.footer, BUTTONS.footerMax),
        ...buttons(content.buttons),
      ];
    case 'list':
      return [
        ...length('text', content.text, LIST.bodyMax),
        ...header(content.header, LIST.headerMax, false),
        ...optionalLength('footer', content.footer, LIST.footerMax),
        ...length('button', content.button, LIST.buttonMax),
        ...sections(content.sections),
      ];
  }
}

function buttons(items: readonly ReplyButton[]): ContentFault[] {
  return [
    ...count('buttons', items.length, BUTTONS.countMax),
    ...items.flatMap((button, i) => [
      ...length(`buttons[${i}].id`, button.id, BUTTONS.idMax),
      ...length(`buttons[${i}].title`, button.title, BUTTONS.titleMax),
    ]),
    ...duplicates(items.map((button, i) => [`buttons[${i}].id`, button.id])),
    ...duplicates(items.map((button, i) => [`buttons[${i}].title`, button.title])),
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
    // Only the single section of a short list needs no title.
    ...items.flatMap((section, i) =>
      items.length > 1
        ? length(`sections[${i}].title`, section.title ?? '', LIST.sectionTitleMax)
        : optionalLength(`sections[${i}].title`, section.title, LIST.sectionTitleMax),
    ),
    ...rows.flatMap(({ row, path }) => [
      ...length(`${path}.id`, row.id, LIST.rowIdMax),
      ...length(`${path}.title`, row.title, LIST.rowTitleMax),
      ...optionalLength(`${path}.description`, row.description, LIST.rowDescriptionMax),
    ]),
    ...duplicates(rows.map(({ row, path }) => [`${path}.id`, row.id])),
  ];
}

function header(value: MessageHeader | undefined, max: number, mayBeImage: boolean): ContentFault[] {
  if (value === undefined) return [];
  if (value.type === 'text') return length('header.text', value.text, max);
  return mayBeImage ? link('header.link', value.link) : [{ path: 'header', fault: 'not_allowed' }];
}

function optionalLength(path: string, text: string | undefined, max: number): ContentFault[] {
  return text === undefined ? [] : length(path, text, max);
}

function length(path: string, text: string, max: number): ContentFault[] {
  if (text.trim() === '') return [{ path, fault: 'empty' }];
  const actual = text.length <= max ? text.length : countCharacters(text);
  return actual > max ? [{ path, fault: 'too_long', limit: max, actual }] : [];
}

function countCharacters(text: string): number {
  let characters = 0;
  for (const _ of text) characters += 1;
  return characters;
}

function count(path: string, actual: number, max: number): ContentFault[] {
  if (actual < 1) return [{ path, fault: 'too_few', limit: 1, actual }];
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
