import { z } from 'zod';
import { isJsonObject } from '../../shared/json.js';
import type { MessageContent } from '../../shared/message.js';
import type { MenuPages, Tap } from '../behaviour.js';
import type { Menu } from './state.js';

/** The place of a menu sent in this turn, until the turn ends and has one. No flow has this name. */
export const NEW_MENU = '?';

const MAX_MENUS = 10;

/** A menu that is being sent. */
interface SentMenu {
  id: string;
  /** the flow that says it, which jumps of its own are meant in */
  flow: string;
  taps: readonly Tap[];
  pages: MenuPages;
}

/** Remembers a menu; the oldest are forgotten. */
export function addMenu(menus: Menu[], { id: name, flow, taps, pages }: SentMenu): void {
  const known = taps.map(({ id, target }) => [
    id,
    target === undefined ? null : { flow: target.flow ?? flow, step: target.step ?? null },
  ]);
  const texts = Object.entries(pages).map(([tap, page]) => [tap, JSON.stringify(page)]);
  menus.push({ id: name, taps: Object.fromEntries(known), at: NEW_MENU, pages: Object.fromEntries(texts) });
  menus.splice(0, menus.length - MAX_MENUS);
}

/** Which button or row was tapped, and on which menu, when the tap tells. */
export interface Tapped {
  id: string;
  menu: string | undefined;
}

/** The menu that was tapped: the one the tap names, else the newest with such a button or row. */
export function menuOf(tapped: Tapped | undefined, menus: readonly Menu[]): Menu | undefined {
  return tapped === undefined ? undefined : menus.findLast((menu) => isOf(tapped, menu) && hasOwn(menu.taps, tapped));
}

function isOf({ menu }: Tapped, { id }: Menu): boolean {
  return menu === undefined || menu === id;
}

function hasOwn(ids: object, { id }: Tapped): boolean {
  return Object.hasOwn(ids, id);
}

const message = z.custom<MessageContent>(isJsonObject);

/** The page a *More* row turns to, and the menu it belongs to. */
export function pageOf(
  tapped: Tapped | undefined,
  menus: readonly Menu[],
): { content: MessageContent; menu: string } | undefined {
  if (tapped === undefined) return undefined;
  const menu = menus.findLast((one) => isOf(tapped, one) && hasOwn(one.pages, tapped));
  const page = menu?.pages[tapped.id];
  return menu === undefined || page === undefined
    ? undefined
    : { content: message.parse(JSON.parse(page)), menu: menu.id };
}
