import type { ListSection, MessageContent } from '../../shared/message.js';
import { BUTTONS, countCharacters, LIST } from '../../shared/whatsapp-limits.js';
import type { MenuPages, Tap, View } from '../behaviour.js';
import { FlowError } from '../flow-error.js';
import type { Target, Text } from '../reading/fields.js';
import { wordsOf } from '../words.js';
import type { Button, List } from './buttons.js';
import { moreId } from './more.js';
import { cut, said } from './parts.js';

/** A button whose `when` holds, in the contact's words. */
export interface Shown {
  id: string;
  title: string;
  description: string;
  target: Target | undefined;
}

export function shown(buttons: readonly Button[], view: View): Shown[] {
  return buttons
    .filter(({ when }) => when === undefined || view.test(when))
    .map(({ id, title, description, goTo }) => ({
      id: view.render(id),
      title: view.text(title).trim(),
      description: description === undefined ? '' : view.text(description).trim(),
      target: goTo,
    }));
}

export function asTap({ id, target }: Shown): Tap {
  return { id, target };
}

/** What stands around the choices: header, body and footer. */
export type Around = { text: string } & Pick<Extract<MessageContent, { type: 'list' }>, 'header' | 'footer'>;

/** A menu, the pages its *More* row leads to, and what can be tapped in all of it. */
export interface Menu {
  content: MessageContent;
  pages: MenuPages;
  taps: readonly Tap[];
}

/** Up to three buttons, else a list of them. @throws FlowError for what Meta would refuse */
export function buttonMenu(around: Around, buttons: readonly Shown[], view: View): Menu {
  if (buttons.length > BUTTONS.countMax) return rowMenu(around, buttons, view);
  const replies = buttons.map(({ id, title }) => ({ id, title: cut(view, 'button title', title, BUTTONS.titleMax) }));
  checkReplies(replies, BUTTONS.idMax);
  const text = cut(view, 'text', around.text, BUTTONS.bodyMax);
  return { content: { type: 'buttons', ...around, text, buttons: replies }, pages: {}, taps: buttons.map(asTap) };
}

/** A list of up to ten rows, else lists of nine and a row that turns the page. @throws FlowError */
export function rowMenu(around: Around, buttons: readonly Shown[], view: View): Menu {
  const rows = buttons.map((button) => asRow(button, view));
  checkRows(rows);
  // The header of a list is a text.
  const { header, ...rest } = around;
  const [content, pages] = paged(header?.type === 'text' ? around : rest, rows, view);
  return { content, pages, taps: buttons.map(asTap) };
}

/** @throws FlowError for what Meta would refuse */
export function listMenu(around: Around, { button, sections }: List, view: View): Menu | undefined {
  const full = sections
    .map(({ title, rows }) => ({ title, rows: shown(rows, view) }))
    .filter(({ rows }) => rows.length > 0);
  const all = full.flatMap(({ rows }) => rows);
  if (all.length === 0) return undefined;
  if (all.length > LIST.rowsMax) throw new FlowError(`a list has ${LIST.rowsMax} rows at most, this one ${all.length}`);
  const made: ListSection[] = full.map(({ title, rows }) => {
    const heading = said(view, 'section title', title, LIST.sectionTitleMax);
    return { ...(heading === '' ? {} : { title: heading }), rows: rows.map((row) => asRow(row, view)) };
  });
  checkRows(made.flatMap(({ rows }) => rows));
  return { content: listContent(around, made, button, view), pages: {}, taps: all.map(asTap) };
}

function listContent(around: Around, sections: ListSection[], button: Text | undefined, view: View): MessageContent {
  const opens = button === undefined ? '' : view.text(button).trim();
  const label = cut(view, 'list button', opens === '' ? wordsOf(view.language).choose : opens, LIST.buttonMax);
  return { type: 'list', ...around, text: cut(view, 'text', around.text, LIST.bodyMax), button: label, sections };
}

type Row = ListSection['rows'][number];

function asRow({ id, title, description }: Shown, view: View): Row {
  const below = cut(view, 'row description', description, LIST.rowDescriptionMax);
  const row = { id, title: cut(view, 'row title', title, LIST.rowTitleMax) };
  return below === '' ? row : { ...row, description: below };
}

/** Pages of nine rows and *More*; the last one has up to ten of its own. */
function paged(around: Around, rows: readonly Row[], view: View): [MessageContent, MenuPages] {
  const pages: Row[][] = [];
  let rest = [...rows];
  while (rest.length > LIST.rowsMax) {
    pages.push(rest.slice(0, LIST.rowsMax - 1));
    rest = rest.slice(LIST.rowsMax - 1);
  }
  pages.push(rest);
  const title = wordsOf(view.language).more;
  const idOf = (page: number) => moreId(rows, around.text, page);
  const contents = pages.map((page, index) => {
    const isLast = index === pages.length - 1;
    const all = isLast ? page : [...page, { id: idOf(index + 1), title }];
    return listContent(around, [{ rows: all }], undefined, view);
  });
  const [first = listContent(around, [], undefined, view), ...others] = contents;
  return [first, Object.fromEntries(others.map((content, index) => [idOf(index + 1), content]))];
}

interface Choice {
  id: string;
  title: string;
}

/** @throws FlowError for two buttons with one id or title, an empty one, an id that is too long */
export function checkReplies(items: readonly Choice[], idMax: number): void {
  checkIds(items, idMax);
  if (new Set(items.map(({ title }) => title)).size < items.length) {
    throw new FlowError('two buttons of one message have the same title');
  }
}

function checkRows(items: readonly Choice[]): void {
  checkIds(items, LIST.rowIdMax);
}

function checkIds(items: readonly Choice[], idMax: number): void {
  const ids = new Set(items.map(({ id }) => id));
  if (ids.size < items.length) throw new FlowError('two buttons or rows of one message have the same id');
  if (items.some(({ id }) => id === '' || countCharacters(id) > idMax)) {
    throw new FlowError(`the id of a button or row has between 1 and ${idMax} characters`);
  }
  if (items.some(({ title }) => title === '')) throw new FlowError('a button or row has no title');
}
