import { api } from './api.js';
import { byId, el } from './dom.js';

/** What Meta tells beside messages, what happens to who the contact is, and time. `report` tells what went wrong. */
export function createEventsView(report, chatNow) {
  const status = byId('events-status');
  const does = (label, run) => {
    const click = () =>
      void run(chatNow())
        .then(() => {
          status.textContent = `Done: ${label}`;
        })
        .catch(report);
    return el('li', {}, el('button', { type: 'button', class: 'event', on: { click } }, label));
  };
  const identity = (change) => (chat) => api.changeIdentity(chat, change);
  const hours = (count) => () => api.advanceClock(count * 3_600_000);

  byId('person-events').replaceChildren(
    does('Hides the number', identity({ kind: 'visibility', hidden: true })),
    does('Shows the number', identity({ kind: 'visibility', hidden: false })),
    does('Gets another number', (chat) => api.changeIdentity(chat, { kind: 'number', waId: newNumber() })),
    does('Gets another user id', identity({ kind: 'bsuid' })),
    does('Gets another phone', identity({ kind: 'device' })),
    does('Wants no offers', (chat) => api.setOffers(chat, false)),
    does('Wants offers again', (chat) => api.setOffers(chat, true)),
    does('Is answered by the staff', (chat) =>
      api.echo(chat, { type: 'text', text: { body: 'I take over from here.' } }),
    ),
  );
  byId('clock-events').replaceChildren(
    does('An hour later', hours(1)),
    does('A day later', hours(24)),
    does('A month later', hours(30 * 24)),
  );
  void api
    .samples()
    .then((samples) =>
      byId('meta-events').replaceChildren(
        ...samples.map(({ id, label }) => does(label, (chat) => api.sendSample(chat, id))),
      ),
    )
    .catch(report);
}

/** A Portuguese mobile number nobody has here. */
function newNumber() {
  return `35196${String(Math.floor(Math.random() * 1e7)).padStart(7, '0')}`;
}
