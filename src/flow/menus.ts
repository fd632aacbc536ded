import type { Tap } from './behaviour.js';
import type { Menu } from './state.js';

/** The place of a menu sent in this turn, until the turn ends and has one. No flow has this name. */
export const NEW_MENU = '?';

const MAX_MENUS = 10;

/** Remembers a menu that is being sent; the oldest are forgotten. */
export function addMenu(menus: Menu[], taps: readonly Tap[], flow: string): void {
  const known = taps.map(({ id, target }) => [
    id,
    target === undefined ? null : { flow: target.flow ?? flow, step: target.step ?? null },
  ]);
  menus.push({ taps: Object.fromEntries(known), at: NEW_MENU });
  menus.splice(0, menus.length - MAX_MENUS);
}

/** The newest menu with this button or row. */
export function menuOf(id: string | undefined, menus: readonly Menu[]): Menu | undefined {
  return id === undefined ? undefined : menus.findLast(({ taps }) => Object.hasOwn(taps, id));
}
