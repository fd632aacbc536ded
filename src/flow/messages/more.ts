import { fnv1a } from '../fnv.js';

const MORE = '~more~';

/** Whether a row turns the page of a long menu. Such a tap is no input: the engine answers it by itself. */
export function isMoreTap(id: string): boolean {
  return id.startsWith(MORE);
}

/**
 * The id of the row that turns to a page. It names the menu by what it says, so that an older menu of the same session
 * turns to its own pages, and equal menus to equal ones.
 */
export function moreId(rows: readonly { id: string; title: string }[], text: string, page: number): string {
  const source = JSON.stringify([text, rows.map(({ id, title }) => [id, title])]);
  return `${MORE}${fnv1a(source)}~${page}`;
}
