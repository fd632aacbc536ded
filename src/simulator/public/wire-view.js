import { byId, el } from './dom.js';

/** How many requests stay on the page. */
const KEEP = 300;

const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
});

/** The log of requests in both directions. An entry that comes again, with its answer, takes its own place. */
export function createWireView() {
  const list = byId('wire');
  const empty = byId('wire-empty');
  const panel = byId('panel-wire');
  const shown = new Map();
  /** whether the newest entry is what one looks at; it stays so while another tab is open */
  let follows = true;
  const scrollToEnd = () => {
    panel.scrollTop = panel.scrollHeight;
  };
  const look = () => {
    if (panel.clientHeight > 0) follows = panel.scrollHeight - panel.scrollTop - panel.clientHeight < 60;
  };
  panel.addEventListener('scroll', look);
  new ResizeObserver(() => follows && scrollToEnd()).observe(panel);

  function show(entry) {
    look();
    const old = shown.get(entry.id);
    const item = render(entry, old?.querySelector('details').open ?? false);
    shown.set(entry.id, item);
    if (old === undefined) list.append(item);
    else old.replaceWith(item);
    if (shown.size > KEEP) {
      const [id, node] = shown.entries().next().value;
      shown.delete(id);
      node.remove();
    }
    empty.hidden = true;
    if (follows) scrollToEnd();
  }

  return {
    show,
    replace(entries) {
      shown.clear();
      list.replaceChildren();
      empty.hidden = false;
      for (const entry of entries.slice(-KEEP)) show(entry);
      follows = true;
      scrollToEnd();
    },
  };
}

function render(entry, isOpen) {
  const isWebhook = entry.direction === 'webhook';
  const summary = el(
    'summary',
    {},
    el(
      'span',
      { class: `way ${entry.direction}`, title: isWebhook ? 'Meta to bot' : 'bot to Meta' },
      isWebhook ? '→' : '←',
    ),
    el('span', { class: 'wire-what' }, entry.summary),
    entry.note === undefined ? undefined : el('span', { class: 'note' }, entry.note),
    el('span', { class: 'wire-end' }, outcome(entry), el('time', {}, clock.format(entry.atMs))),
  );
  const details = el('details', { open: isOpen }, summary);
  // The bodies are only drawn when somebody looks.
  const fill = () => {
    if (details.open && details.childElementCount === 1) details.append(body(entry));
  };
  details.addEventListener('toggle', fill);
  fill();
  return el('li', { class: entry.direction }, details);
}

function outcome({ httpStatus, failure, tookMs }) {
  if (tookMs === undefined) return el('span', { class: 'pill waiting' }, '…');
  const text = httpStatus === undefined ? (failure ?? 'no answer') : String(httpStatus);
  const kind = httpStatus === 200 ? 'good' : 'bad';
  return el('span', { class: `pill ${kind}`, title: `${Math.round(tookMs)} ms` }, text);
}

function body(entry) {
  const { direction, method, url, headers, request, response, failure, tookMs } = entry;
  const answer = response ?? failure;
  const from = direction === 'webhook' ? 'The bot answered' : 'Meta answered';
  return el(
    'div',
    { class: 'wire-body' },
    el('p', { class: 'wire-line' }, el('b', {}, method), ` ${url}`),
    ...Object.entries(headers).map(([name, value]) =>
      el('p', { class: 'wire-line' }, el('span', { class: 'key' }, name), `: ${value}`),
    ),
    request === undefined ? undefined : json(request),
    tookMs === undefined ? undefined : el('p', { class: 'wire-from' }, `${from} in ${Math.round(tookMs)} ms`),
    answer === undefined ? undefined : json(answer),
  );
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi;

/** JSON as text with colours. */
function json(value) {
  const text = JSON.stringify(value, null, 2);
  const pre = el('pre', { tabindex: '0' });
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [token, quoted, colon] = match;
    pre.append(text.slice(end, match.index));
    end = match.index + token.length;
    const kind = quoted === undefined ? 'literal' : colon === undefined ? 'string' : 'key';
    pre.append(el('span', { class: kind }, quoted ?? token), colon ?? '');
  }
  pre.append(text.slice(end));
  return pre;
}
