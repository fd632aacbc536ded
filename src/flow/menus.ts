import { z } from 'zod';
import { isJsonObject } from '../shared/json.js';
import type { MessageContent } from '../shared/message.js';
import type { MenuPages, Tap } from './behaviour.js';
import type { Menu } from './state.js';

/** The place of a menu sent in this turn, until the turn ends and has one. No flow has this name. */
export const NEW_MENU = '?';

const MAX_MENUS = 10;

/** Remembers a menu that is being sent; the oldest are forgotten. */
export function addMenu(menus: Menu[], taps: readonly Tap[], pages: MenuPages, flow: string): void {
  const known = taps.map(({ id, target }) => [
    id,
    target === undefined ? null : { flow: target.flow ?? flow, step: target.step ?? null },
  ]);
  const texts = Object.entries(pages).map(([tap, page]) => [tap, JSON.stringify(page)]);
  menus.push({ taps: Object.fromEntries(known), at: NEW_MENU, pages: Object.fromEntries(texts) });
  menus.splice(0, menus.length - MAX_MENUS);
}

/** The newest menu with this button or row. */
export function menuOf(id: string | undefined, menus: readonly Menu[]): Menu | undefined {
  return id === undefined ? undefined : menus.findLast(({ taps }) => Object.hasOwn(taps, id));
}

const message = z.custom<MessageContent>(isJsonObject);

/** The page a *More* row turns to, whichever menu it belongs to. */
export function pageOf(id: string | undefined, menus: readonly Menu[]): MessageContent | undefined {
  const menu = id === undefined ? undefined : menus.findLast(({ pages }) => Object.hasOwn(pages, id));
  return menu === undefined ? undefined : message.parse(JSON.parse(menu.pages[id ?? ''] ?? ''));
}
