import type { Expression } from '../expressions/expression.js';
import type { Template } from '../expressions/template.js';
import { Text, text, texts } from '../reading/fields.js';

/**
 * The small part of Markdown that authors write without thinking, turned into WhatsApp's marks. Only the file's own words
 * are read; what an expression inserts is never touched, though marks may stand around it.
 *
 * | written | becomes |
 * | --- | --- |
 * | `**bold**` | `*bold*` |
 * | `***both***` | `*_both_*` |
 * | `~~strike~~` | `~strike~` |
 * | `# Heading`, up to six signs, alone in its line | `*Heading*` |
 * | `[title](https://link)` | `title: https://link`; the link alone when it is its own title |
 *
 * WhatsApp's own marks stay as they are: `*bold*`, `_italic_`, `~strike~`, `` `code` ``, `> quote`, and lists with `- `,
 * `* ` and `1. `. So one star is bold, as on the phone, and never italic. Between back-ticks nothing is changed.
 */
export function withMarks(template: Template): Template {
  const { parts, source } = template;
  if (!parts.some((part) => typeof part === 'string' && HINT.test(part))) return template;
  if (parts.some((part) => typeof part === 'string' && PLACES.test(part))) return template;
  // Expressions become one sign each that no text has, so that marks are found around them.
  const inserted: Expression[] = [];
  const line = parts.map((part) => (typeof part === 'string' ? part : PLACE(inserted.push(part) - 1))).join('');
  if (inserted.length > MOST_PLACES) return template;
  const marked = line
    .split(CODE)
    .map((piece, index) => (index % 2 === 1 ? piece : marks(piece)))
    .join('');
  return { source, parts: apart(marked, inserted) };
}

/** What is worth a closer look. */
const HINT = /\*\*|~~|^ {0,3}#{1,6} |\]\(/m;
const CODE = /(```[\s\S]*?```|`[^`\n]+`)/;
const FIRST_PLACE = 0xe000;
const MOST_PLACES = 0x1000;
const PLACES = /[\ue000-\uefff]/;
const PLACE = (index: number): string => String.fromCharCode(FIRST_PLACE + index);

function marks(piece: string): string {
  return piece
    .replace(/^ {0,3}#{1,6} +(.+?) *#*$/gm, (_, heading: string) => `*${heading.replace(/\*+/g, '')}*`)
    .replace(/\*\*\*(?=\S)([^\n*]*?\S)\*\*\*/g, '*_$1_*')
    .replace(/\*\*(?=\S)([^\n*]*?\S)\*\*/g, '*$1*')
    .replace(/~~(?=\S)([^\n~]*?\S)~~/g, '~$1~')
    .replace(/\[([^\]\n]+)\]\(([^)\s]+)\)/g, (whole, title: string, link: string) => {
      if (!/^(https?:\/\/|[\ue000-\uefff])/.test(link)) return whole;
      return title === link ? link : `${title}: ${link}`;
    });
}

function apart(line: string, inserted: readonly Expression[]): (string | Expression)[] {
  return line
    .split(/([\ue000-\uefff])/)
    .map((piece) => inserted[piece.charCodeAt(0) - FIRST_PLACE] ?? piece)
    .filter((piece) => piece !== '');
}

function textWithMarks(written: Text): Text {
  const variants = [...written.variants].map(([language, one]) => [language, withMarks(one)] as const);
  return new Text(new Map(variants), written.reference);
}

/** A text that is the body of a message, or a caption: only there WhatsApp shows marks. */
export const bodyText = text.transform(textWithMarks);

/** One such text, or several to choose from. */
export const bodyTexts = texts.transform((all) => all.map(textWithMarks));
