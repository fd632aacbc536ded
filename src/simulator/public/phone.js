import { api } from './api.js';
import { HOME, setUpAttachments } from './attach.js';
import { renderMessage, snippet } from './bubbles.js';
import { dayLine, dayOf } from './days.js';
import { byId, el, paintAvatar, timeOf } from './dom.js';
import { setUpDrawers, setUpTabs } from './drawers.js';
import { createEventsView } from './events-view.js';
import { createFaultsView } from './faults-view.js';
import { formatText } from './format-text.js';
import { productIds } from './kinds.js';
import { ADDRESS, openCallSheet, openCatalogueSheet, openFormSheet, openMessageSheet } from './message-sheets.js';
import { closeSheet, openListSheet } from './sheet.js';
import { createWireView } from './wire-view.js';

/**
 * The phone page. One chat is open at a time; its event stream is what makes it open for the simulator too. The server's
 * state is the truth: what is sent from here shows up when it comes back in the stream.
 */
const SILENT = 'The simulator does not answer. Trying again…';
const wire = createWireView();
const faults = createFaultsView(report);
const drawers = setUpDrawers();
setUpTabs();
createEventsView(report, () => chat);

let state = await api.state();
/** by how much time in the simulator was put forward, as of the last reading */
let aheadMs = state.nowMs - Date.now();
let chat = firstChat();
/** messages of the open chat by `seq` */
let messages = new Map();
/** of the newest message, as its midnight */
let lastDay;
/** bot messages that came to other chats, by chat key */
const unread = new Map();
const newest = new Map();
let stream;
/** what the stream tells while the chat is being read: it happened after, so it is shown after */
let heldEvents;
let typingTimer;
/** whether the stream is down, and until when another trouble is told */
let isOffline = false;
let toldTimer;
/** wamid of the message the next text answers */
let replyTo;

openChat(chat);

function firstChat() {
  const asked = new URLSearchParams(location.search);
  const has = (list, key) => list.some((one) => one[key] === asked.get(key));
  return {
    contactId: has(state.contacts, 'contactId') ? asked.get('contactId') : state.contacts[0].contactId,
    phoneNumberId: has(state.numbers, 'phoneNumberId') ? asked.get('phoneNumberId') : state.numbers[0].phoneNumberId,
  };
}

function keyOf({ contactId, phoneNumberId }) {
  return `${phoneNumberId}:${contactId}`;
}

function openChat(next) {
  chat = next;
  history.replaceState(null, '', `?${new URLSearchParams(chat)}`);
  closeSheet();
  setReply(undefined);
  showTyping(0);
  messages = new Map();
  byId('bubbles').replaceChildren();
  unread.delete(keyOf(chat));
  drawPanes();
  stream?.close();
  stream = api.events(chat);
  const opened = stream;
  const on = (name, handle) =>
    opened.addEventListener(name, (event) => {
      if (stream !== opened) return;
      const data = JSON.parse(event.data);
      if (heldEvents === undefined || name === 'hello' || name === 'reset') handle(data);
      else heldEvents.push(() => handle(data));
    });
  // The stream says hello when it begins, and again when it comes back after a break: then all is read anew.
  on('hello', () => void load().catch(report));
  on('message', messageCame);
  on('typing', (typing) => {
    if (keyOf(typing) === keyOf(chat)) showTyping(typing.forMs);
  });
  on('wire', (entry) => wire.show(entry));
  on('faults', ({ phoneNumberId, active }) => faults.faultsChanged(phoneNumberId, active));
  on('contact', () => void refreshState().catch(report));
  on('settings', () => void refreshState().catch(report));
  on('reset', () => void load().catch(report));
  opened.addEventListener('error', () => {
    if (stream !== opened) return;
    isOffline = true;
    tell(SILENT);
  });
}

async function load() {
  const asked = chat;
  heldEvents = [];
  const [newState, list, entries] = await Promise.all([api.state(), api.messages(asked), api.wire(asked)]);
  if (asked !== chat) return;
  setState(newState);
  isOffline = false;
  byId('notice').hidden = true;
  messages = new Map(list.map((message) => [message.seq, message]));
  drawPanes();
  drawMessages();
  wire.replace(entries);
  const held = heldEvents ?? [];
  heldEvents = undefined;
  for (const show of held) show();
}

async function refreshState() {
  const today = dayOf(nowMs());
  setState(await api.state());
  drawPanes();
  if (dayOf(nowMs()) !== today) drawMessages();
}

function setState(newState) {
  state = newState;
  aheadMs = state.nowMs - Date.now();
  tick();
}

/** What time it is in the simulator, where time can be put forward. */
function nowMs() {
  return Date.now() + aheadMs;
}

function messageCame(message) {
  const key = keyOf(message);
  const isNew = message.seq > (newest.get(key) ?? 0);
  if (isNew) newest.set(key, message.seq);
  if (key !== keyOf(chat)) {
    if (isNew && message.by === 'bot') {
      unread.set(key, (unread.get(key) ?? 0) + 1);
      drawPanes();
    }
    return;
  }
  const wasKnown = messages.has(message.seq);
  messages.set(message.seq, message);
  if (wasKnown) {
    draw(message);
    return;
  }
  byId('bubbles').querySelector('.welcome')?.remove();
  appendToChat(message);
  const tappedOn = message.repliedTo === undefined ? undefined : find(message.repliedTo);
  if (tappedOn !== undefined) draw(tappedOn);
  const reactedTo = find(message.message.reaction?.message_id);
  if (reactedTo !== undefined) draw(reactedTo);
  const { edit, revoke } = message.message;
  const changed = find((edit ?? revoke)?.original_message_id);
  if (changed !== undefined) draw(changed);
  scrollDown();
}

// --- the chat -------------------------------------------------------------------------------------------------------

function find(wamid) {
  return [...messages.values()].find((message) => message.wamid === wamid);
}

function rendered(message) {
  return renderMessage(message, {
    find,
    businessName: numberOf(chat.phoneNumberId).name,
    tapped: (wamid) => lastTap(wamid),
    onTap: (on, id) => send({ type: 'tap', messageId: on.wamid, id }),
    onList: (on) => openListSheet(on, (id) => send({ type: 'tap', messageId: on.wamid, id })),
    onShareLocation: (on) => send({ ...HOME, replyTo: on.wamid }),
    onShareContact: (on) => send({ type: 'share-number', messageId: on.wamid }),
    reactions,
    edited,
    deleted: (wamid) => changes('revoke', wamid).length > 0,
    onMenu: (on) => openMessageSheet(on, { send, reply: setReply, textOf, reactionOf }),
    onPlay: (on) => void api.played(chat, on.wamid).catch(report),
    opener,
    buttonOpener,
    onCallPermission: (on) => openCallSheet(on, send),
  });
}

/** What the contact did to a message of theirs. */
function changes(type, wamid) {
  return [...messages.values()].filter(({ message }) => message[type]?.original_message_id === wamid);
}

/** The text an edit gave a message; undefined when there was none. */
function edited(wamid) {
  const { message } = changes('edit', wamid).at(-1)?.message.edit ?? {};
  return message === undefined ? undefined : (message.text?.body ?? message[message.type]?.caption);
}

/** What of a message can be changed. */
function textOf({ wamid, type, message }) {
  return edited(wamid) ?? message.text?.body ?? message[type]?.caption;
}

/** What opens behind the button of a message; undefined when nothing does. */
function opener(on) {
  const { type, action = {} } = on.message.interactive ?? {};
  if (type === 'flow') return () => openFormSheet(on, action.parameters?.flow_cta ?? 'Form', send);
  if (type === 'address_message') return () => openFormSheet(on, 'Address', send, ADDRESS);
  if (type === 'call_permission_request') return () => openCallSheet(on, send);
  if (type === 'voice_call') return call;
  const isShop = type === 'product' || type === 'product_list' || type === 'catalog_message';
  return isShop ? () => openShop(on, action) : undefined;
}

function openShop(on, action) {
  const products = productIds(action);
  const shown = products.length === 0 ? ['rye-bread', 'spelt-bread'] : products;
  openCatalogueSheet(on, { catalogId: action.catalog_id ?? 'catalogue-1', products: shown }, send);
}

/** What a button of a template does that neither answers nor leads elsewhere; undefined when nothing does. */
function buttonOpener(on, { type, text, payload, action = {} }) {
  switch (type) {
    case 'FLOW':
      return () => openFormSheet(on, text, send);
    case 'VOICE_CALL':
      return call;
    case 'REQUEST_CONTACT_INFO':
      return () => send({ type: 'share-number', messageId: on.wamid });
    case 'COPY_CODE':
    case 'OTP':
      return () => void copy(payload);
    case 'CATALOG':
    case 'MPM':
    case 'SPM':
      return () => openShop(on, action);
    default:
      return undefined;
  }
}

/** Browsers only let secure pages copy; elsewhere the code is shown, to be copied by hand. */
async function copy(code) {
  try {
    await navigator.clipboard.writeText(code);
    note(`Copied: ${code}`);
  } catch {
    note(`The code is ${code}`);
  }
}

/** The emojis that stand at a message: the last of each side. */
function reactionsBySide(wamid) {
  const bySide = new Map();
  for (const { by, type, message } of messages.values()) {
    if (type === 'reaction' && message.reaction?.message_id === wamid) bySide.set(by, message.reaction.emoji);
  }
  return bySide;
}

function reactions(wamid) {
  return [...reactionsBySide(wamid).values()].filter((emoji) => emoji);
}

/** What the contact reacted with; undefined, or empty when that was taken back. */
function reactionOf({ wamid }) {
  return reactionsBySide(wamid).get('contact');
}

function lastTap(wamid) {
  const replies = [...messages.values()].filter((message) => message.by === 'contact' && message.repliedTo === wamid);
  const { interactive, button } = replies.at(-1)?.message ?? {};
  return interactive?.button_reply?.id ?? button?.payload;
}

function draw(message) {
  byId('bubbles').querySelector(`[data-seq="${message.seq}"]`)?.replaceWith(rendered(message));
}

function drawMessages() {
  const list = [...messages.values()].sort((a, b) => a.seq - b.seq);
  byId('bubbles').replaceChildren(...(list.length === 0 ? [welcome()] : []));
  lastDay = undefined;
  for (const message of list) appendToChat(message);
  scrollDown();
}

function appendToChat(message) {
  const day = dayOf(message.atMs);
  if (day !== lastDay) byId('bubbles').append(dayLine(message.atMs, nowMs()));
  lastDay = day;
  byId('bubbles').append(rendered(message));
}

function welcome() {
  const { name } = numberOf(chat.phoneNumberId);
  const hello = el(
    'button',
    { type: 'button', class: 'button', on: { click: () => send({ type: 'text', text: 'Hello!' }) } },
    'Say hello',
  );
  return el(
    'li',
    { class: 'welcome' },
    el('p', {}, `This is the beginning of the chat with ${name}. Nobody pays for these messages.`),
    hello,
  );
}

/** Pictures and films take their place when they have come, below what was the end. */
for (const event of ['load', 'loadedmetadata']) {
  byId('bubbles').addEventListener(
    event,
    ({ target }) => {
      const node = byId('chat');
      if (node.scrollHeight - node.scrollTop - node.clientHeight < target.offsetHeight + 80) scrollDown();
    },
    true,
  );
}

function scrollDown() {
  const node = byId('chat');
  node.scrollTop = node.scrollHeight;
}

function showTyping(leftMs) {
  clearTimeout(typingTimer);
  byId('typing').hidden = leftMs <= 0;
  byId('business-line').textContent = leftMs > 0 ? 'typing…' : businessLine();
  if (leftMs <= 0) return;
  typingTimer = setTimeout(() => showTyping(0), leftMs);
  scrollDown();
}

function businessLine() {
  const { about, displayPhoneNumber } = numberOf(chat.phoneNumberId);
  return about ?? displayPhoneNumber;
}

// --- sending --------------------------------------------------------------------------------------------------------

/** @returns whether the simulator took it; what went wrong is told here */
function send(action) {
  return api.send(chat, action).then(
    () => true,
    (err) => {
      report(err);
      return false;
    },
  );
}

async function sendBurst() {
  const to = chat;
  for (const text of ['One', 'Two', 'Three', 'Four', 'Five']) await api.send(to, { type: 'text', text }).catch(report);
}

const text = byId('text');

byId('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  const value = text.value.trim();
  if (value === '') return;
  text.value = '';
  fitComposer();
  const [to, quoted] = [chat, replyTo === undefined ? undefined : find(replyTo)];
  setReply(undefined);
  void send({ type: 'text', text: value, replyTo: quoted?.wamid }).then((isTaken) => {
    // What nobody took is not lost, unless the next text is being written already.
    if (isTaken || chat !== to || text.value !== '') return;
    text.value = value;
    fitComposer();
    if (quoted !== undefined) setReply(quoted);
  });
});

text.addEventListener('keydown', (event) => {
  // Enter also ends the word an input method is composing; that one is not for us.
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  byId('composer').requestSubmit();
});

text.addEventListener('input', fitComposer);

function fitComposer() {
  text.style.height = 'auto';
  text.style.height = `${Math.min(text.scrollHeight, 120)}px`;
  byId('composer').classList.toggle('has-text', text.value.trim() !== '');
}

setUpAttachments({ send, sendBurst: () => void sendBurst(), report });

/** The next text answers this message. */
function setReply(message) {
  replyTo = message?.wamid;
  byId('reply').hidden = message === undefined;
  byId('reply-text').replaceChildren(message === undefined ? '' : formatText(snippet(message)));
  if (message !== undefined) text.focus();
}

byId('reply-cancel').addEventListener('click', () => {
  setReply(undefined);
  text.focus();
});

// --- the panes ------------------------------------------------------------------------------------------------------

function numberOf(phoneNumberId) {
  return state.numbers.find((number) => number.phoneNumberId === phoneNumberId);
}

function drawPanes() {
  const number = numberOf(chat.phoneNumberId);
  byId('business-name').textContent = number.name;
  byId('business-line').textContent = byId('typing').hidden ? businessLine() : 'typing…';
  paintAvatar(byId('business-avatar'), number.phoneNumberId, number.name);
  redraw(byId('contacts'), state.contacts.map(contactCard));
  redraw(byId('numbers'), state.numbers.map(numberCard));
  byId('webhook-url').textContent = number.webhookUrl ?? 'No URL yet: webhooks wait.';
  faults.show(state, chat.phoneNumberId);
}

/** Draws the cards anew and leaves the keyboard where it was. */
function redraw(list, cards) {
  const at = list.contains(document.activeElement) ? document.activeElement.dataset.card : undefined;
  list.replaceChildren(...cards);
  if (at !== undefined) list.querySelector(`[data-card="${CSS.escape(at)}"]`)?.focus();
}

function contactCard({ contactId, name, waId, username, hidesNumber }) {
  const line = [
    username === undefined ? undefined : `@${username}`,
    hidesNumber || waId === undefined ? 'number hidden' : `+${waId}`,
  ];
  const isChosen = contactId === chat.contactId;
  const count = unread.get(keyOf({ contactId, phoneNumberId: chat.phoneNumberId })) ?? 0;
  return card({
    id: contactId,
    name,
    line: line.filter((part) => part !== undefined).join(' · '),
    isChosen,
    count,
    choose: () => openChat({ ...chat, contactId }),
  });
}

function numberCard({ phoneNumberId, name, displayPhoneNumber }) {
  const count = unread.get(keyOf({ contactId: chat.contactId, phoneNumberId })) ?? 0;
  return card({
    id: phoneNumberId,
    name,
    line: displayPhoneNumber,
    isChosen: phoneNumberId === chat.phoneNumberId,
    count,
    choose: () => openChat({ ...chat, phoneNumberId }),
  });
}

function card({ id, name, line, isChosen, count, choose }) {
  const onClick = () => {
    choose();
    drawers.close();
  };
  return el(
    'li',
    {},
    el(
      'button',
      { type: 'button', class: 'card', 'data-card': id, 'aria-pressed': String(isChosen), on: { click: onClick } },
      paintAvatar(el('span', { class: 'avatar', 'aria-hidden': 'true' }), id, name),
      el('span', { class: 'card-text' }, el('b', { dir: 'auto' }, name), el('span', {}, line)),
      count === 0 ? undefined : el('span', { class: 'badge', 'aria-label': `${count} unread` }, String(count)),
    ),
  );
}

const VERDICTS = {
  verified: () => 'Verified: the bot gave the challenge back.',
  refused: ({ httpStatus }) => `Refused with HTTP ${httpStatus}. Is the verify token the same on both sides?`,
  wrong_body: () => 'HTTP 200, but the body is not exactly the challenge.',
  unreachable: () => 'Nobody answers there.',
  no_url: () => 'There is no URL yet.',
};

byId('verify').addEventListener('click', async () => {
  const result = byId('verify-result');
  try {
    const verdict = await api.verify(chat.phoneNumberId);
    result.textContent = VERDICTS[verdict.outcome](verdict);
    result.classList.toggle('good', verdict.outcome === 'verified');
  } catch (err) {
    report(err);
  }
});

byId('reset').addEventListener('click', () => void api.reset().catch(report));

/** Nobody picks up here: the bot is told that somebody calls, and what it does about that is seen in the chat. */
function call() {
  void api
    .sendSample(chat, 'call')
    .then(() => note('Calling … the bot is told in a webhook of its own.'))
    .catch(report);
}

/** A failed call; a line that is down is told as long as it is. */
function report(err) {
  note(err instanceof TypeError ? SILENT : err.message);
}

function note(what) {
  tell(what);
  clearTimeout(toldTimer);
  toldTimer = setTimeout(() => {
    if (isOffline) tell(SILENT);
    else byId('notice').hidden = true;
  }, 6_000);
}

function tell(what) {
  byId('notice').textContent = what;
  byId('notice').hidden = false;
}

function tick() {
  byId('clock').textContent = timeOf(nowMs());
}
tick();
setInterval(tick, 10_000);
