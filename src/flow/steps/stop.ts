import { yes } from '../reading/fields.js';
import { defineStep } from '../step.js';

export const stop = defineStep({
  kind: 'stop',
  describe: "Ends the turn, however deep; the next message starts at the top of the endpoint's flow.",
  traits: { leaves: true },
  shape: () => ({ stop: yes }),
  run: () => ({ did: 'stopped', next: { to: 'top' } }),
  example: `
spec: 1
flow: stop
steps:
  - say: That was all.
  - stop: true
`,
});
