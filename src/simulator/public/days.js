import { el } from './dom.js';

/** Lines between the days of a chat, as WhatsApp has them. Time is the simulator's: it can be put forward. */

const DAY_MS = 86_400_000;
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long' });
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });

/** Epoch ms of the midnight a moment's day began with. */
export const dayOf = (ms) => new Date(ms).setHours(0, 0, 0, 0);

/** @param nowMs what time it is in the simulator */
export function dayLine(ms, nowMs) {
  // A day of 23 or 25 hours is still one day.
  const ago = Math.round((dayOf(nowMs) - dayOf(ms)) / DAY_MS);
  const name =
    ago === 0 ? 'Today' : ago === 1 ? 'Yesterday' : ago > 1 && ago < 7 ? weekday.format(ms) : date.format(ms);
  return el('li', { class: 'day' }, el('span', {}, name));
}
