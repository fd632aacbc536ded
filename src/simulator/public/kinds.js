import { el, icon, paintAvatar } from './dom.js';
import { formatText, link } from './format-text.js';

/** What the rarer kinds of messages look like. */

export const BAG = 'M6 8h12l1 12H5zM9 8V6a3 3 0 0 1 6 0v2';
export const CALL =
  'M6 3h4l1.5 5-2.5 1.5a11 11 0 0 0 5.5 5.5L16 12.5l5 1.5v4a2 2 0 0 1-2 2A15 15 0 0 1 4 5a2 2 0 0 1 2-2z';
const FILE = 'M7 3h7l4 4v14H7zM14 3v5h4';
export const FORM = 'M6 3h12v18H6zM9 8h6M9 12h6M9 16h3';
const HOUSE = 'm4 11 8-7 8 7v9h-5v-6H9v6H4z';
const LEAVE = 'M14 5h5v5m0-5-9 9M10 6H6a1 1 0 0 0-1 1v11a1 1 0 0 0 1 1h11a1 1 0 0 0 1-1v-4';
const MIC = 'M12 4a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V7a3 3 0 0 1 3-3zM6 11v1a6 6 0 0 0 12 0v-1M12 18v3';
const PIN = 'M12 21s7-6.2 7-11.5A7 7 0 0 0 5 9.5C5 14.8 12 21 12 21zm0-9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z';
export const PERSON = 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 20c1-4 4-5.5 8-5.5s7 1.5 8 5.5';
const PLAY = 'M8 5.5v13l10-6.5z';
const VOICE = 'M4 10v4m4-7v10m4-13v16m4-12v8m4-5v2';

/** What a button leads to, by the type of its message: what it says, and its sign. */
const DOORS = {
  flow: (action) => [action.parameters?.flow_cta ?? 'Open form', FORM],
  product: () => ['View product', BAG],
  product_list: () => ['View items', BAG],
  catalog_message: () => ['View catalog', BAG],
  address_message: () => ['Provide address', HOUSE],
  voice_call: (action) => [action.parameters?.display_text ?? 'Call on WhatsApp', CALL],
  call_permission_request: () => ['Allow calls', CALL],
};

/**
 * The button of a kind that opens something; undefined for kinds that have none.
 *
 * @param onOpen undefined when there is no such thing here
 */
export function door(type, action, onOpen) {
  const says = Object.hasOwn(DOORS, type) ? DOORS[type] : undefined;
  if (says === undefined) return undefined;
  const [title, path] = says(action);
  const dead = onOpen === undefined ? { disabled: true, title: 'The simulator has no such screen' } : {};
  const button = el(
    'button',
    { type: 'button', class: 'choice', ...dead, 'aria-haspopup': onOpen && 'dialog', on: onOpen && { click: onOpen } },
    icon(path, { size: 16 }),
    el('span', { dir: 'auto' }, title),
  );
  return el('div', { class: 'choices' }, button);
}

/** The ids of a message's products. */
export function productIds(action) {
  const items = (action.sections ?? []).flatMap((section) => section.product_items ?? []);
  return [action.product_retailer_id, ...items.map((item) => item.product_retailer_id)].filter(
    (id) => id !== undefined,
  );
}

/** The list of products of a message, each by its id. */
export function products(action) {
  return productIds(action).map((id) => el('p', { class: 'file' }, icon(BAG, { size: 22 }), String(id)));
}

/** A cart, with what it comes to. */
export function order({ product_items: items = [], text }) {
  const total = items.reduce((sum, { quantity, item_price: price }) => sum + quantity * price, 0);
  return [
    ...items.map(({ product_retailer_id: id, quantity }) =>
      el('p', { class: 'file' }, icon(BAG, { size: 22 }), `${quantity} × ${id}`),
    ),
    el('p', { class: 'header' }, `${total.toFixed(2)} ${items[0]?.currency ?? ''}`),
    text ? paragraph(text) : undefined,
  ];
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

/** Something to be played, with the browser's own controls; who plays it for the first time is told by `onPlay`. */
export function playable(type, { link: url, id, voice }, onPlay) {
  const name = voice ? 'Voice message' : type === 'audio' ? 'Audio' : 'Video';
  const src = url ?? `/sim/media/${encodeURIComponent(id ?? '')}`;
  const player = el(type, {
    class: `player ${type}`,
    src,
    controls: true,
    controlslist: 'nodownload noplaybackrate',
    preload: 'metadata',
    'aria-label': name,
  });
  const shown = voice ? el('div', { class: 'voice' }, icon(MIC, { size: 22 }), player) : player;
  player.addEventListener('play', () => onPlay?.(), { once: true });
  // What cannot be loaded leaves its address: the bot's author wants to know which it was.
  player.addEventListener('error', () => {
    const sign = el('span', { class: 'play' }, icon(type === 'audio' && voice ? VOICE : PLAY, { size: 20 }));
    shown.replaceWith(el('p', { class: `playable ${type}` }, sign, url === undefined ? name : link(url, name)));
  });
  return shown;
}

/** @param nodes what stands in each card, with the buttons below it */
export function carousel(cards) {
  return el(
    'ul',
    { class: 'wide-cards', 'aria-label': 'Cards' },
    ...cards.map(({ inside, below }) => el('li', { class: 'wide-card' }, ...inside, ...below)),
  );
}

export function linkChoice(url, title, path = LEAVE) {
  const anchor = link(url, title);
  anchor.prepend(icon(path, { size: 16 }));
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

export const paragraph = (text) => el('p', { class: 'text', dir: 'auto' }, formatText(String(text)));

/** Its emoji is shown at the bubble it belongs to; here is only a note that it was sent. */
export function reacted(reaction) {
  const emoji = reaction?.emoji ?? '';
  const note = emoji === '' ? 'took a reaction back' : `reacted ${emoji}`;
  return { aside: true, inside: [el('p', { class: 'small' }, note)] };
}

/** A sticker stands on the chat itself, and is small. */
export function sticker(url, alt) {
  const node = image(url, alt);
  node.classList.add('sticker');
  return { bare: true, inside: [node] };
}

export function picture(url, caption, alt) {
  return {
    bare: caption === undefined,
    inside: [image(url, alt), caption === undefined ? undefined : paragraph(caption)],
  };
}

/** A picture that cannot be loaded leaves its address: the bot's author wants to know which it was. */
export function image(url, alt) {
  const img = el('img', { class: 'picture', src: url, alt, loading: 'lazy', referrerpolicy: 'no-referrer' });
  img.addEventListener('error', () => {
    img.replaceWith(
      el('p', { class: 'lost-picture' }, icon(FILE, { size: 22 }), el('span', {}, 'No picture at '), safeLink(url)),
    );
  });
  return img;
}

function safeLink(url) {
  return /^https?:\/\//i.test(url) ? link(url) : el('span', {}, url);
}

export function file(type, { link: url, filename, caption }) {
  const name = filename ?? url?.split('/').at(-1)?.split('?')[0] ?? type;
  return {
    inside: [
      el(
        'p',
        { class: 'file' },
        icon(FILE, { size: 26 }),
        el('span', {}, url === undefined ? name : link(url, name), el('small', {}, endingOf(name) ?? type)),
      ),
      caption === undefined ? undefined : paragraph(caption),
    ],
  };
}

/** `PDF` of `menu.pdf`; undefined for a name without an ending. */
const endingOf = (name) => /\.([a-z0-9]{1,5})$/i.exec(name)?.[1].toUpperCase();

export function place({ latitude, longitude, name, address }) {
  const coordinates = `${Number(latitude).toFixed(4)}, ${Number(longitude).toFixed(4)}`;
  return {
    inside: [
      el('div', { class: 'map', role: 'img', 'aria-label': `Map at ${coordinates}` }, icon(PIN, { size: 34 })),
      el('p', { class: 'text' }, el('strong', {}, name ?? 'Location')),
      el('p', { class: 'small' }, address ?? coordinates),
    ],
  };
}
