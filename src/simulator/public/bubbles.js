import { contactContent } from './contact-content.js';
import { el, icon, timeOf } from './dom.js';
import { formatText } from './format-text.js';
import {
  carousel,
  contactCard,
  door,
  file,
  linkChoice,
  paragraph,
  picture,
  place,
  playable,
  products,
  reacted,
  reactionBadge,
  shareContact,
  sticker,
} from './kinds.js';
import { choiceButton, choices, headerNodes, mediaUrl } from './parts.js';
import { template } from './template-view.js';

/**
 * Bubbles: one message of the chat as the phone shows it. `by` is seen from the phone: what the contact wrote is on the right.
 */

const TICK = 'm4 13 4.5 4.5L19 7';
const TICKS = 'm1.5 13 4.5 4.5L16 7.5M11 16.5l1 1L22.5 7';
const CLOCK = 'M12 7v5.5l3.5 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z';
const CROSS = 'M12 8v5m0 3.2v.3M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z';
const LIST = 'M5 7h.01M9 7h11M5 12h.01M9 12h11M5 17h.01M9 17h11';
const PIN = 'M12 21s7-6.2 7-11.5A7 7 0 0 0 5 9.5C5 14.8 12 21 12 21zm0-9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z';

const STATUS_WORDS = {
  pending: 'accepted',
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
  played: 'played',
  failed: 'failed',
};

/**
 * @param message as the API gives it
 * @param {{ find(wamid: string): object | undefined, reactions(wamid: string): string[], businessName: string, tapped(wamid: string): string | undefined,
 *   onTap(message: object, id: string): void, onList(message: object): void, onShareLocation(message: object): void, onShareContact(message: object): void, onMenu(message: object): void,
 *   onPlay(message: object): void, opener(message: object): (() => void) | undefined, edited(wamid: string): string | undefined,
 *   deleted(wamid: string): boolean, buttonOpener(message: object, button: object): (() => void) | undefined,
 *   onCallPermission(message: object): void }} chat
 */
export function renderMessage(message, chat) {
  const isOwn = message.by === 'contact';
  const isGone = isOwn && chat.deleted(message.wamid);
  const failed = !isOwn && message.status === 'failed';
  const shown = isOwn ? contactContent(message, chat) : botContent(message, chat);
  const bubble = el(
    'div',
    { class: `bubble ${isOwn ? 'own' : 'bot'}${failed ? ' failed' : ''}${shown.bare ? ' bare' : ''}` },
    message.by === 'staff' ? el('p', { class: 'small' }, 'From the phone app') : undefined,
    message.repliedTo === undefined ? undefined : quote(message, chat),
    ...shown.inside,
    meta(message, isOwn),
    reactionBadge(chat.reactions(message.wamid)),
    shown.aside || isGone ? undefined : menuButton(message, chat),
  );
  return el(
    'li',
    {
      class: `${isOwn ? 'from-contact' : 'from-bot'}${shown.aside ? ' aside' : ''}`,
      'data-seq': message.seq,
      'data-wamid': message.wamid,
    },
    bubble,
    ...(shown.below ?? []),
    failed || (isOwn && message.error !== undefined) ? problem(message) : undefined,
  );
}

function menuButton(message, chat) {
  const label = `Reply, react and more: ${snippet(message).slice(0, 60)}`;
  return el(
    'button',
    {
      type: 'button',
      class: 'menu',
      'aria-label': label,
      'aria-haspopup': 'dialog',
      on: { click: () => chat.onMenu(message) },
    },
    '⋯',
  );
}

function meta(message, isOwn) {
  const words = isOwn ? STATUS_WORDS[message.status] : `the bot was told: ${STATUS_WORDS[message.status]}`;
  return el('span', { class: 'meta' }, el('time', {}, timeOf(message.atMs)), ticks(message, words));
}

function ticks(message, words) {
  const isTroubled = message.by === 'contact' && message.error !== undefined;
  const path =
    isTroubled || message.status === 'failed' ? CROSS : ({ pending: CLOCK, sent: TICK }[message.status] ?? TICKS);
  const name = isTroubled ? 'failed' : message.status;
  const label = isTroubled ? message.error.title : words;
  return el(
    'span',
    { class: `ticks ${name}`, role: 'img', 'aria-label': label, title: label },
    icon(path, { size: 16 }),
  );
}

function problem({ by, error }) {
  if (error === undefined) return undefined;
  const text = by === 'bot' ? `Never arrived: ${error.code} ${error.title}` : `Not taken yet: ${error.title}`;
  return el('p', { class: 'problem' }, text);
}

function quote(message, chat) {
  const quoted = chat.find(message.repliedTo);
  const who = quoted?.by === 'contact' ? 'You' : chat.businessName;
  return el(
    'div',
    { class: 'quote' },
    el('span', { class: 'quote-who' }, who),
    el(
      'span',
      { class: 'quote-text', dir: 'auto' },
      quoted === undefined ? 'a message that is gone' : formatText(snippet(quoted)),
    ),
  );
}

/** What stands for a message without words. */
const KIND_WORDS = {
  image: 'Photo',
  video: 'Video',
  audio: 'Audio',
  document: 'Document',
  sticker: 'Sticker',
  location: 'Location',
  contacts: 'Contact',
  order: 'Order',
};

/** One line that stands for a message. */
export function snippet({ type, message, template: shown }) {
  const { interactive } = message;
  const text =
    message.text?.body ??
    interactive?.body?.text ??
    interactive?.button_reply?.title ??
    interactive?.list_reply?.title ??
    message[type]?.caption ??
    message.button?.text ??
    shown?.body ??
    message[type]?.filename ??
    message[type]?.name ??
    message.contacts?.[0]?.name?.formatted_name;
  return typeof text === 'string' ? text : (KIND_WORDS[type] ?? type);
}

/** What the bot sent. */
function botContent(message, chat) {
  const { type, message: sent } = message;
  switch (type) {
    case 'text':
      return { inside: [paragraph(sent.text?.body ?? '')] };
    case 'image':
      return picture(mediaUrl(sent.image), sent.image?.caption, 'Picture from the bot');
    case 'sticker':
      return sticker(mediaUrl(sent.sticker), 'Sticker from the bot');
    case 'video':
    case 'audio':
      return {
        inside: [
          playable(type, sent[type] ?? {}, type === 'audio' ? () => chat.onPlay(message) : undefined),
          sent[type]?.caption === undefined ? undefined : paragraph(sent[type].caption),
        ],
      };
    case 'document':
      return file(type, { ...sent[type], link: mediaUrl(sent[type]) });
    case 'location':
      return place(sent.location ?? {});
    case 'contacts':
      return {
        inside: (sent.contacts ?? []).map(contactCard),
      };
    case 'reaction':
      return reacted(sent.reaction);
    case 'template':
      return template(message, chat);
    case 'interactive':
      return interactiveContent(message, chat);
    default:
      return { inside: [el('p', { class: 'chip' }, type)] };
  }
}

function interactiveContent(message, chat) {
  const { header, body, footer, action = {}, type } = message.message.interactive ?? {};
  const inside = [
    ...headerNodes(header),
    body === undefined ? undefined : paragraph(body.text),
    footer === undefined ? undefined : el('p', { class: 'small' }, footer.text),
  ];
  switch (type) {
    case 'button':
      return {
        inside,
        below: [
          choices(
            message,
            (action.buttons ?? []).map(({ reply }) => reply),
            chat,
          ),
        ],
      };
    case 'list':
      return {
        inside,
        below: [
          el(
            'div',
            { class: 'choices' },
            choiceButton(LIST, action.button, () => chat.onList(message), 'dialog'),
          ),
        ],
      };
    case 'cta_url': {
      const { url, display_text: title } = action.parameters ?? {};
      return { inside, below: [el('div', { class: 'choices' }, linkChoice(url, title))] };
    }
    case 'carousel':
      return { inside, below: [carousel((action.cards ?? []).map((card) => cardContent(card, message, chat)))] };
    case 'request_contact_info':
      return { inside, below: [shareContact(() => chat.onShareContact(message))] };
    case 'location_request_message':
      return {
        inside,
        below: [
          el(
            'div',
            { class: 'choices' },
            choiceButton(PIN, 'Send location', () => chat.onShareLocation(message)),
          ),
        ],
      };
    default: {
      const button = door(type, action, chat.opener(message));
      return { inside: [...inside, ...products(action)], below: button === undefined ? [] : [button] };
    }
  }
}

function cardContent({ header, body, action = {} }, message, chat) {
  const { url, display_text: title } = action.parameters ?? {};
  const replies = (action.buttons ?? []).map((button) => button.quick_reply);
  const below =
    url === undefined ? choices(message, replies, chat) : el('div', { class: 'choices' }, linkChoice(url, title));
  const inside = [...headerNodes(header), ...products(action), body === undefined ? undefined : paragraph(body.text)];
  return { inside: inside.filter((node) => node !== undefined), below: [below] };
}
