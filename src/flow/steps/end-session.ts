import { yes } from '../fields.js';
import { defineStep } from '../step.js';

/** Ends the session: its context is gone, and the next message begins a new one. */
export const endSession = defineStep({
  kind: 'endSession',
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
