import { NEXT } from '../behaviour.js';
import { duration } from '../fields.js';
import { defineStep } from '../step.js';

export const sleep = defineStep({
  kind: 'sleep',
  describe: 'A pause. A message that comes meanwhile ends it, and the flow goes on with that message as its input.',
  traits: { waits: true },
  shape: () => ({ sleep: duration }),
  run: ({ sleep: ms }) => ({ did: 'sleeps', next: { to: 'wait', timer: { ms, afterSend: false } } }),
  resume: ({ sleep: ms }, _view, { event }) => {
    if (event === 'again') return { did: 'sleeps', next: { to: 'wait', timer: { ms, afterSend: false } } };
    return { did: event === 'timer' ? 'woke' : 'interrupted', next: NEXT };
  },
  example: `
spec: 1
flow: sleep
steps:
  - say: Let me think …
  - id: thinking
    sleep: 2s
  - say: I have an idea!
`,
});
