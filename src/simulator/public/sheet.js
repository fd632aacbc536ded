import { byId, el, icon } from './dom.js';

/**
 * The phone's bottom sheet: one at a time, above everything else on the phone, which cannot be reached meanwhile.
 * Escape, the scrim and the cross close it; focus goes back to where it was.
 */
let close = () => {};

export function openSheet(title, ...content) {
  close();
  const sheet = byId('sheet');
  const scrim = byId('scrim');
  const cameFrom = document.activeElement;
  const under = [...document.querySelectorAll('[data-under-sheet]')];
  const onKey = (event) => {
    if (event.key === 'Escape') close();
  };
  close = () => {
    close = () => {};
    sheet.hidden = true;
    scrim.hidden = true;
    sheet.replaceChildren();
    for (const node of under) node.inert = false;
    document.removeEventListener('keydown', onKey);
    scrim.onclick = null;
    if (cameFrom instanceof HTMLElement && cameFrom.isConnected) cameFrom.focus();
  };
  const cross = el(
    'button',
    { type: 'button', class: 'icon-button', 'aria-label': 'Close', on: { click: () => close() } },
    '✕',
  );
  sheet.replaceChildren(
    el('header', { class: 'sheet-head' }, cross, el('h2', { id: 'sheet-title', dir: 'auto' }, title)),
    ...content,
  );
  for (const node of under) node.inert = true;
  sheet.hidden = false;
  scrim.hidden = false;
  scrim.onclick = () => close();
  document.addEventListener('keydown', onKey);
  (sheet.querySelector('input, textarea, .tile') ?? cross).focus();
}

export function closeSheet() {
  close();
}

/** The rows of a list message, to choose one and send it. */
export function openListSheet(message, onSend) {
  const { action = {} } = message.message.interactive ?? {};
  const send = el('button', { type: 'submit', class: 'button primary', disabled: true }, 'Send');
  const rows = (action.sections ?? []).flatMap((section) => [
    section.title === undefined ? undefined : el('h3', { dir: 'auto' }, section.title),
    ...section.rows.map((row) =>
      el(
        'label',
        { class: 'row' },
        el(
          'span',
          { class: 'row-text' },
          el('span', { class: 'row-title', dir: 'auto' }, row.title),
          row.description === undefined ? undefined : el('span', { class: 'small', dir: 'auto' }, row.description),
        ),
        el('input', { type: 'radio', name: 'row', value: row.id }),
      ),
    ),
  ]);
  const form = el(
    'form',
    { class: 'rows' },
    el('div', { class: 'rows-scroll' }, ...rows),
    el('div', { class: 'sheet-foot' }, send),
  );
  form.addEventListener('change', () => {
    send.disabled = false;
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const chosen = new FormData(form).get('row');
    if (chosen === null) return;
    close();
    onSend(chosen);
  });
  openSheet(action.button ?? 'Choose', form);
}

/** @param {{ label: string, hint: string, symbol: string, run(): void }[]} tiles */
export function openTileSheet(title, tiles) {
  openSheet(
    title,
    el(
      'div',
      { class: 'tiles' },
      ...tiles.map(({ label, hint, symbol, run }) =>
        el(
          'button',
          {
            type: 'button',
            class: 'tile',
            on: {
              click: () => {
                close();
                run();
              },
            },
          },
          icon(symbol, { size: 26 }),
          el('span', { class: 'tile-label' }, label),
          el('span', { class: 'small' }, hint),
        ),
      ),
    ),
  );
}
