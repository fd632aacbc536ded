import { el, timeOf } from './dom.js';
import { BAG, CALL, carousel, FORM, linkChoice, PERSON, paragraph, place } from './kinds.js';
import { choiceButton, choices, headerNodes } from './parts.js';

/** Templates: one the simulator knows is filled in as WhatsApp would; of others there is only what was sent. */

const COPY = 'M9 9h10v11H9zM15 9V4H5v11h4';
const ICONS = { FLOW: FORM, VOICE_CALL: CALL, REQUEST_CONTACT_INFO: PERSON, COPY_CODE: COPY, OTP: COPY };
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });

export function template(message, chat) {
  return message.template === undefined ? sentTemplate(message, chat) : face(message.template, message, chat);
}

/** A template without its cards, or one of its cards. */
function face({ header, body, offer, footer, buttons = [], cards, asksToCall }, message, chat) {
  const rows = buttons.map((button) => templateButton(button, message, chat));
  if (asksToCall) rows.push(choiceButton(CALL, 'Allow calls', () => chat.onCallPermission(message), 'dialog'));
  return {
    inside: [
      ...templateHeader(header),
      offer === undefined ? undefined : offerLine(offer),
      body === undefined ? undefined : paragraph(body),
      footer === undefined ? undefined : el('p', { class: 'small' }, footer),
    ],
    below: [
      cards === undefined ? undefined : carousel(cards.map((card) => face(card, message, chat))),
      rows.length === 0 ? undefined : el('div', { class: 'choices' }, ...rows),
    ].filter((node) => node !== undefined),
  };
}

function templateButton(button, message, chat) {
  const { type, text, url, payload, phone_number: phone } = button;
  if (type === 'QUICK_REPLY') return choices(message, [{ id: payload, title: text }], chat).firstChild;
  if (url !== undefined) return linkChoice(url, text);
  if (phone !== undefined) return linkChoice(`tel:${phone}`, text, CALL);
  const onOpen = chat.buttonOpener(message, button);
  const node = choiceButton(ICONS[type] ?? BAG, text, onOpen ?? (() => {}));
  if (onOpen === undefined) {
    node.disabled = true;
    node.title = 'The simulator has no such screen';
  }
  return node;
}

function templateHeader(header) {
  if (typeof header === 'string') return headerNodes({ type: 'text', text: header });
  if (header?.type === 'product') {
    return [el('p', { class: 'header' }, String(header.product?.product_retailer_id ?? ''))];
  }
  return header?.type === 'location' ? place(header.location ?? {}).inside : headerNodes(header);
}

function offerLine({ text, untilMs }) {
  const end = untilMs === undefined ? undefined : `Ends ${day.format(untilMs)}, ${timeOf(untilMs)}`;
  return el(
    'p',
    { class: 'offer' },
    text === undefined ? undefined : el('strong', { dir: 'auto' }, text),
    end === undefined ? undefined : el('span', { class: 'small' }, end),
  );
}

function sentTemplate(message, chat) {
  const { name, language, components = [] } = message.message.template ?? {};
  const quick = components
    .filter((part) => part.sub_type === 'quick_reply')
    .map((part) => part.parameters?.[0]?.payload)
    .filter((payload) => typeof payload === 'string')
    .map((payload) => ({ id: payload, title: payload }));
  const top = components.find((part) => String(part.type).toLowerCase() === 'header')?.parameters?.[0];
  const values = components
    .filter((part) => String(part.type).toLowerCase() === 'body')
    .flatMap((part) => part.parameters ?? [])
    .map((one, index) => [
      one.parameter_name ?? String(index + 1),
      one.text ?? one.currency?.fallback_value ?? one.date_time?.fallback_value ?? one.type,
    ]);
  return {
    inside: [
      el('p', { class: 'chip' }, `Template · ${language?.code ?? ''}`),
      ...templateHeader(top),
      el('p', { class: 'header' }, name ?? ''),
      el('dl', {}, ...values.flatMap(([key, value]) => [el('dt', {}, key), el('dd', { dir: 'auto' }, String(value))])),
    ],
    below: quick.length === 0 ? [] : [choices(message, quick, chat)],
  };
}
