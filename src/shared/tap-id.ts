import { countCharacters } from './whatsapp-limits.js';

/**
 * What a tap tells beside the id of its button or row: which menu it was on. WhatsApp gives back the id and nothing else
 * that is known when the message is made, so the name of the menu is written behind it on the wire, and taken off again
 * when a tap comes in. See docs/decisions/0016-a-tap-names-its-menu.md.
 */
const MARK = /^(.+)~of~([0-9a-z]{1,7})$/s;

/** @param longest what Meta allows: an id that would get longer stays as it is, and only ids decide about its taps */
export function markedId(id: string, menu: string, longest: number): string {
  const marked = `${id}~of~${menu}`;
  return countCharacters(marked) > longest ? id : marked;
}

/** @returns without `menu` for a tap on a message that named none: a raw one, a notification, another sender's */
export function readMarkedId(marked: string): { id: string; menu?: string } {
  const [, id, menu] = MARK.exec(marked) ?? [];
  return id !== undefined && menu !== undefined ? { id, menu } : { id: marked };
}
