import { byId } from './dom.js';

/**
 * On narrow screens the side panes slide in over the phone. While one is closed nothing in it can be focused; on wide screens
 * all panes are simply there.
 */
const NARROWER_THAN = { people: '(max-width: 1179px)', lab: '(max-width: 819px)' };

export function setUpDrawers() {
  const media = Object.fromEntries(Object.entries(NARROWER_THAN).map(([id, query]) => [id, matchMedia(query)]));
  let openId;
  let opener;

  const update = () => {
    if (openId !== undefined && !media[openId].matches) openId = undefined;
    for (const [id, { matches }] of Object.entries(media)) {
      byId(id).inert = matches && id !== openId;
      byId(id).classList.toggle('open', id === openId);
    }
    byId('page-scrim').hidden = openId === undefined;
    document.querySelector('.stage').inert = openId !== undefined;
  };
  const close = () => {
    if (openId === undefined) return;
    openId = undefined;
    update();
    opener?.focus();
  };

  for (const button of document.querySelectorAll('[data-open]')) {
    button.addEventListener('click', () => {
      opener = button;
      openId = button.dataset.open;
      update();
      byId(openId).querySelector('button')?.focus();
    });
  }
  for (const button of document.querySelectorAll('[data-close]')) button.addEventListener('click', close);
  byId('page-scrim').addEventListener('click', close);
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') close();
  });
  for (const query of Object.values(media)) query.addEventListener('change', update);
  update();
  return { close };
}

/** Tabs: arrow keys move between them, as everywhere. */
export function setUpTabs() {
  const tabs = [...document.querySelectorAll('[role="tab"]')];
  const select = (tab) => {
    for (const other of tabs) {
      const isSelected = other === tab;
      other.setAttribute('aria-selected', String(isSelected));
      other.tabIndex = isSelected ? 0 : -1;
      byId(other.getAttribute('aria-controls')).hidden = !isSelected;
    }
  };
  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener('click', () => select(tab));
    tab.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step === undefined) return;
      const next = tabs[(index + step + tabs.length) % tabs.length];
      select(next);
      next.focus();
    });
  }
}
