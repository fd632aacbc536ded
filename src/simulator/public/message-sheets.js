import { el } from './dom.js';
import { closeSheet, openSheet } from './sheet.js';

/** Sheets about one message: what can be done to it, and what a form, a catalogue or a call asks for. */

const EMOJIS = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

const button = (label, run, props = {}) =>
  el(
    'button',
    {
      type: 'button',
      class: 'button',
      ...props,
      on: {
        click: () => {
          closeSheet();
          run();
        },
      },
    },
    label,
  );

/**
 * @param phone `send`, `reply` (quotes it with the next text), the texts that can be changed, and what the contact reacted with
 */
export function openMessageSheet(message, { send, reply, textOf, reactionOf }) {
  const { wamid: messageId, by } = message;
  const react = (emoji) => send({ type: 'reaction', messageId, emoji });
  const text = by === 'contact' ? textOf(message) : undefined;
  openSheet(
    'This message',
    el(
      'div',
      { class: 'emojis', role: 'group', 'aria-label': 'React' },
      ...EMOJIS.map((emoji) => button(emoji, () => react(emoji), { class: 'emoji', 'aria-label': `React ${emoji}` })),
    ),
    el(
      'div',
      { class: 'message-actions' },
      button('Reply', () => reply(message)),
      reactionOf(message) ? button('Take the reaction back', () => react('')) : undefined,
      text === undefined ? undefined : button('Edit', () => openEditSheet(messageId, text, send)),
      by === 'contact' ? button('Delete for everybody', () => send({ type: 'delete', messageId })) : undefined,
    ),
  );
}

function openEditSheet(messageId, text, send) {
  openTextSheet('Edit', 'New text', text, 'Save', (changed) => send({ type: 'edit', messageId, text: changed }));
}

/** What a form comes back with, until somebody writes something else. */
const FORM = { day: 'Monday' };

/** As a contact in India gives it. */
export const ADDRESS = {
  values: {
    name: 'Asha Rao',
    phone_number: '+91 80 0000 0000',
    address: '12 Baker Street',
    city: 'Bengaluru',
    in_pin_code: '560001',
  },
};

/** A form of the bot: the page does not know its screens, so the answer is written as JSON. */
export function openFormSheet(message, title, send, filled = FORM) {
  openTextSheet(title, 'What is filled in, as JSON', JSON.stringify(filled, null, 2), 'Send', (text) =>
    send({ type: 'form', messageId: message.wamid, response: readJson(text) }),
  );
}

export function openCallSheet(message, send) {
  const answer = (response, permanent) =>
    send({ type: 'call-permission', messageId: message.wamid, response, permanent });
  openSheet(
    'May the business call you?',
    el(
      'div',
      { class: 'message-actions' },
      button('Yes, for a week', () => answer('accept', false)),
      button('Always', () => answer('accept', true)),
      button('No', () => answer('reject', false)),
    ),
  );
}

/** @param products ids; one is tapped to ask for, all can be ordered */
export function openCatalogueSheet(message, { catalogId, products }, send) {
  const items = products.map((productId) => ({ productId, price: 3.5 }));
  openSheet(
    'Products',
    el(
      'div',
      { class: 'message-actions' },
      ...products.map((productId) =>
        button(`Ask about ${productId}`, () =>
          send({ type: 'text', text: 'Is it still there?', replyTo: message.wamid, product: { catalogId, productId } }),
        ),
      ),
      button('Order', () => send({ type: 'order', catalogId, items, replyTo: message.wamid }), {
        class: 'button primary',
      }),
    ),
  );
}

function openTextSheet(title, label, value, verb, onSend) {
  const area = el('textarea', { rows: '8', class: 'sheet-text', 'aria-label': label, dir: 'auto' });
  area.value = value;
  const form = el(
    'form',
    { class: 'rows' },
    el('div', { class: 'rows-scroll' }, el('p', { class: 'small' }, label), area),
    el('div', { class: 'sheet-foot' }, el('button', { type: 'submit', class: 'button primary' }, verb)),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (area.value.trim() === '') return;
    closeSheet();
    onSend(area.value);
  });
  openSheet(title, form);
}

/** Broken JSON is sent as it is: a bot has to stand that too. */
function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
