import { el, icon, paintAvatar } from './dom.js';
import { link } from './format-text.js';

/** What the rarer kinds of messages look like. */

const BAG = 'M6 8h12l1 12H5zM9 8V6a3 3 0 0 1 6 0v2';
const CALL = 'M6 3h4l1.5 5-2.5 1.5a11 11 0 0 0 5.5 5.5L16 12.5l5 1.5v4a2 2 0 0 1-2 2A15 15 0 0 1 4 5a2 2 0 0 1 2-2z';
const FORM = 'M6 3h12v18H6zM9 8h6M9 12h6M9 16h3';
const HOUSE = 'm4 11 8-7 8 7v9h-5v-6H9v6H4z';
const LEAVE = 'M14 5h5v5m0-5-9 9M10 6H6a1 1 0 0 0-1 1v11a1 1 0 0 0 1 1h11a1 1 0 0 0 1-1v-4';
const PERSON = 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 20c1-4 4-5.5 8-5.5s7 1.5 8 5.5';
const PLAY = 'M8 5.5v13l10-6.5z';
const VOICE = 'M4 10v4m4-7v10m4-13v16m4-12v8m4-5v2';

/** What a button does on a real phone and cannot do here, by the type of its message: what it says, and its sign. */
const DEAD_ENDS = {
  flow: (action) => [action.parameters?.flow_cta ?? 'Open form', FORM],
  product: () => ['View product', BAG],
  product_list: () => ['View items', BAG],
  catalog_message: () => ['View catalog', BAG],
  address_message: () => ['Provide address', HOUSE],
  voice_call: (action) => [action.parameters?.display_text ?? 'Call on WhatsApp', CALL],
  call_permission_request: () => ['Allow calls', CALL],
};

/** The button of a kind that leads out of the chat; undefined for kinds that have none. */
export function deadEnd(type, action) {
  const says = Object.hasOwn(DEAD_ENDS, type) ? DEAD_ENDS[type] : undefined;
  if (says === undefined) return undefined;
  const [title, path] = says(action);
  const button = el(
    'button',
    { type: 'button', class: 'choice', disabled: true, title: 'The simulator has no such screen' },
    icon(path, { size: 16 }),
    el('span', { dir: 'auto' }, title),
  );
  return el('div', { class: 'choices' }, button);
}

/** The list of products of a message, each by its id. */
export function products(action) {
  const items = (action.sections ?? []).flatMap((section) => section.product_items ?? []);
  const ids = [action.product_retailer_id, ...items.map((item) => item.product_retailer_id)];
  return ids
    .filter((id) => id !== undefined)
    .map((id) => el('p', { class: 'file' }, icon(BAG, { size: 22 }), String(id)));
}

export function contactCard({ name = {}, phones = [], emails = [], org = {} }) {
  const shown = name.formatted_name ?? 'Contact';
  const lines = [org.company, ...phones.map(({ phone }) => phone), ...emails.map(({ email }) => email)];
  return el(
    'div',
    { class: 'contact-card' },
    paintAvatar(el('span', { class: 'avatar', 'aria-hidden': 'true' }), shown, shown),
    el(
      'div',
      {},
      el('strong', { dir: 'auto' }, shown),
      ...lines.filter((line) => line !== undefined).map((line) => el('p', { class: 'small', dir: 'auto' }, line)),
    ),
  );
}

export function playable(type, { link: url, voice, caption }) {
  const name = voice ? 'Voice message' : type === 'audio' ? 'Audio' : 'Video';
  const heard = type === 'audio';
  return el(
    'p',
    { class: `playable ${type}` },
    el('span', { class: 'play' }, icon(heard && voice ? VOICE : PLAY, { size: heard ? 20 : 34 })),
    url === undefined ? el('span', {}, `${name} by media id`) : link(url, caption === undefined ? name : `${name} `),
  );
}

/** @param nodes what stands in each card, with the buttons below it */
export function carousel(cards) {
  return el(
    'ul',
    { class: 'cards', 'aria-label': 'Cards' },
    ...cards.map(({ inside, below }) => el('li', { class: 'wide-card' }, ...inside, ...below)),
  );
}

export function linkChoice(url, title) {
  const anchor = link(url, title);
  anchor.prepend(icon(LEAVE, { size: 16 }));
  anchor.className = 'choice';
  return anchor;
}

export function shareContact(onClick) {
  const button = el(
    'button',
    { type: 'button', class: 'choice', on: { click: onClick } },
    icon(PERSON, { size: 16 }),
    el('span', {}, 'Share phone number'),
  );
  return el('div', { class: 'choices' }, button);
}

/** The small sign under a bubble somebody has reacted to; undefined without one. */
export function reactionBadge(emojis) {
  if (emojis.length === 0) return undefined;
  return el(
    'span',
    { class: 'reaction-badge', role: 'img', 'aria-label': `Reactions: ${emojis.join(' ')}` },
    emojis.join(''),
  );
}
