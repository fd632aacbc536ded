import { NEXT } from '../behaviour.js';
import { yes } from '../reading/fields.js';
import { defineStep } from '../step.js';

export const wait = defineStep({
  kind: 'wait',
  describe: 'Stops here; the next message goes on behind it.',
  traits: { waits: true },
  shape: () => ({ wait: yes }),
  run: () => ({ did: 'waits', next: { to: 'wait' } }),
  resume: (_fields, _view, { event }) =>
    event === 'message'
      ? { did: 'heard', next: { to: 'interruption', from: 'wait', otherwise: { did: 'answered', next: NEXT } } }
      : { did: 'waits', next: { to: 'wait' } },
  example: `
spec: 1
flow: wait
steps:
  - say: Tell me anything.
  - id: anything
    wait: true
  - say: "You wrote {{ input.text.length }} characters."
`,
});
