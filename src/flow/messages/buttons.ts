import { z } from 'zod';
import type { Expression } from '../expressions/expression.js';
import type { Template } from '../expressions/template.js';
import {
  expression,
  listOf,
  report,
  strict,
  type Target,
  type Text,
  target,
  template,
  text,
} from '../reading/fields.js';
import { shaped } from '../reading/shape.js';
import { isScalar } from './parts.js';

/** A reply button, or the row of a list it becomes when there are more than three. */
export interface Button {
  id: Template;
  title: Text;
  description?: Text | undefined;
  when?: Expression | undefined;
  goTo?: Target | undefined;
}

/** `choices` of a question, as the buttons they are sent as. */
export function choiceButton(id: string, title: Text): Button {
  return { id: { source: id, parts: [id] }, title };
}

/** A button that opens an address. WhatsApp shows it only alone, and tells nobody that it was tapped. */
export interface LinkButton {
  title: Text;
  url: Template;
  when?: Expression | undefined;
}

const replyMap = strict(
  'a button',
  {
    id: template.describe('What `input.text` is when it is tapped; its title when left out.'),
    title: text.describe('What it says.'),
    when: expression.optional().describe('An expression: the button is left out when it does not hold.'),
    goTo: target.optional().describe('Where a tap leads, also when the menu is an old one.'),
  },
  [],
  ['url'],
);

/** `[Yes, No]`: the title is the id, too. */
function orTitle<T>(map: z.ZodType<T>): z.ZodType<T> {
  const schema = z.preprocess((raw) => (isScalar(raw) ? { id: raw, title: raw } : raw), map);
  return shaped(schema, (of) => ({ anyOf: [of(template), of(map)] }));
}

export const replyButton: z.ZodType<Button> = orTitle(replyMap);

const anyMap: z.ZodType<Button | LinkButton> = strict('a button', {
  id: template.optional().describe('What `input.text` is when it is tapped.'),
  title: text.describe('What it says.'),
  url: template.optional().describe('What it opens; then it is the only button.'),
  phone: template.optional().describe('WhatsApp has these in templates only.'),
  when: expression.optional().describe('An expression: the button is left out when it does not hold.'),
  goTo: target.optional().describe('Where a tap leads, also when the menu is an old one.'),
}).transform(({ id, url, phone, goTo, ...rest }, ctx): Button | LinkButton => {
  if (phone !== undefined) {
    report(ctx, 'WhatsApp has phone buttons in templates only', {
      code: 'whatsapp-limit',
      path: ['phone'],
      key: true,
      hint: 'write the number into the text: WhatsApp makes a link of it; or send `contacts`',
    });
    return z.NEVER;
  }
  if (url === undefined) {
    if (id !== undefined) return { id, goTo, ...rest };
    report(ctx, 'a button needs `id`', { code: 'missing-key' });
    return z.NEVER;
  }
  if (id !== undefined || goTo !== undefined) {
    report(ctx, 'nobody is told when a button with a `url` is tapped', {
      code: 'invalid-combination',
      path: [id === undefined ? 'goTo' : 'id'],
      key: true,
      hint: 'leave `id` and `goTo` out',
    });
  }
  return { url, ...rest };
});

export const buttons = listOf(orTitle(anyMap));

export interface Section {
  title?: Text | undefined;
  rows: readonly Button[];
}

const row: z.ZodType<Button> = strict('a row', {
  id: template.describe('What `input.text` is when it is chosen.'),
  title: text.describe('What it says, 24 characters.'),
  description: text.optional().describe('A line below the title, 72 characters.'),
  when: expression.optional().describe('An expression: the row is left out when it does not hold.'),
  goTo: target.optional().describe('Where choosing it leads, also when the menu is an old one.'),
});

const section: z.ZodType<Section> = strict('a section', {
  title: text.optional().describe('Above its rows; needed when there is more than one section.'),
  rows: listOf(row).describe('Ten in all sections together.'),
});

export interface List {
  button?: Text | undefined;
  sections: readonly Section[];
}

export const list: z.ZodType<List> = strict('a list', {
  button: text.optional().describe('Opens the list.'),
  sections: listOf(section).describe('Groups of rows, ten at most.'),
});
