import { el, icon } from './dom.js';
import { file, image, playable } from './kinds.js';

/** What messages are made of, whatever their kind. */

const TICK = 'm4 13 4.5 4.5L19 7';
const REPLY = 'm10 8-5 5 5 5m-5-5h9a5 5 0 0 0 5-5V6';

/** What the bot links to, or uploaded. */
export function mediaUrl({ link: url, id } = {}) {
  return url ?? new URL(`/sim/media/${encodeURIComponent(id ?? '')}`, location.href).href;
}

/** What stands on top: a text, a picture, a film or a file. */
export function headerNodes(header) {
  if (header === undefined) return [];
  if (header.type === 'text') return [el('p', { class: 'header', dir: 'auto' }, header.text)];
  if (header.type === 'image') return [image(mediaUrl(header.image), 'Picture from the bot')];
  if (header.type === 'video') return [playable('video', header.video ?? {})];
  return file('document', { ...header.document, link: mediaUrl(header.document) }).inside;
}

/** Buttons that answer: what the contact chose last is marked. */
export function choices(message, replies, chat) {
  const tapped = chat.tapped(message.wamid);
  const buttons = replies.map(({ id, title }) => {
    const button = choiceButton(id === tapped ? TICK : REPLY, title, () => chat.onTap(message, id));
    if (id === tapped) button.classList.add('tapped');
    return button;
  });
  return el('div', { class: 'choices' }, ...buttons);
}

export function choiceButton(path, title, onClick, popup) {
  return el(
    'button',
    { type: 'button', class: 'choice', 'aria-haspopup': popup, on: { click: onClick } },
    icon(path, { size: 16 }),
    el('span', { dir: 'auto' }, title ?? ''),
  );
}
