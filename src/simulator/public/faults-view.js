import { api } from './api.js';
import { byId, el } from './dom.js';

/** The switches: faults of the chosen number, and what holds for all numbers. `report` tells a person what went wrong. */
export function createFaultsView(report) {
  let state;
  let phoneNumberId;

  function render() {
    const active = state.activeFaults[phoneNumberId] ?? {};
    const { name } = state.numbers.find((number) => number.phoneNumberId === phoneNumberId);
    byId('faults-hint').textContent = `What Meta may do to a bot, now and at the worst moment. For ${name}:`;
    keepFocus(byId('faults'), () =>
      state.faults.map(({ id, label, explanation }) =>
        toggle({ id, label, explanation, on: active[id] !== undefined, left: active[id]?.timesLeft }, (on) =>
          api.setFault(phoneNumberId, id, on),
        ),
      ),
    );
    const count = Object.keys(active).length;
    const badge = byId('fault-count');
    badge.hidden = count === 0;
    badge.textContent = String(count);
    badge.setAttribute('aria-label', `${count} on`);
    keepFocus(byId('settings'), () => [
      toggle(
        {
          id: 'rate-model',
          label: 'Meta’s rate limits',
          explanation: '45 messages to a contact, then one in 6 s; 80 a second for a number.',
          on: state.rateModel,
        },
        (on) => api.setSettings({ rateModel: on }),
      ),
      toggle(
        {
          id: 'service-window',
          label: 'The 24-hour window',
          explanation: 'A day after the contact wrote, only templates arrive; all else fails with 131047.',
          on: state.serviceWindow,
        },
        (on) => api.setSettings({ serviceWindow: on }),
      ),
      toggle(
        {
          id: 'known-templates',
          label: 'Only templates that exist',
          explanation: 'A template nobody has created is refused with 132001.',
          on: state.templates === 'known',
        },
        (on) => api.setSettings({ templates: on ? 'known' : 'any' }),
      ),
    ]);
    const select = byId('status-mode');
    select.replaceChildren(...state.statusModes.map(({ id, label }) => el('option', { value: id }, label)));
    select.value = state.statusMode;
    byId('status-hint').textContent = state.statusModes.find(({ id }) => id === state.statusMode)?.explanation ?? '';
  }

  function toggle({ id, label, explanation, on, left }, change) {
    const button = el(
      'button',
      { type: 'button', role: 'switch', 'aria-checked': String(on), 'data-fault': id, class: 'switch' },
      el(
        'span',
        { class: 'switch-text' },
        el('b', {}, label, left === undefined ? undefined : el('span', { class: 'note' }, `${left} left`)),
        el('span', { class: 'small' }, explanation),
      ),
      el('span', { class: 'knob', 'aria-hidden': 'true' }),
    );
    button.addEventListener('click', () => void change(button.getAttribute('aria-checked') !== 'true').catch(report));
    return el('li', {}, button);
  }

  byId('status-mode').addEventListener(
    'change',
    (event) => void api.setSettings({ statusMode: event.target.value }).catch(report),
  );

  return {
    show(newState, newPhoneNumberId) {
      state = newState;
      phoneNumberId = newPhoneNumberId;
      render();
    },
    faultsChanged(number, active) {
      state.activeFaults[number] = active;
      render();
    },
  };
}

/** Draws a list anew without taking the keyboard away from the switch that was just used. */
function keepFocus(list, draw) {
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.fault : undefined;
  list.replaceChildren(...draw());
  if (focused !== undefined) list.querySelector(`[data-fault="${CSS.escape(focused)}"]`)?.focus();
}
