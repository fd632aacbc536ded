import { yes } from '../reading/fields.js';
import { defineStep } from '../step.js';

export const endSession = defineStep({
  kind: 'endSession',
  describe: 'Ends the session: its context is gone, and the next message begins a new one.',
  traits: { leaves: true },
  shape: () => ({ endSession: yes }),
  run: () => ({ did: 'ended', next: { to: 'end' } }),
  example: `
spec: 1
flow: end-session
steps:
  - say: Goodbye!
  - endSession: true
`,
});
