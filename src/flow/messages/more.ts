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

/** A short name for a text, not a secure one. @see https://datatracker.ietf.org/doc/draft-eastlake-fnv/ */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}
