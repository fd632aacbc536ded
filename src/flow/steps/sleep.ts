import { NEXT, type Next } from '../behaviour.js';
import { duration } from '../reading/fields.js';
import { defineStep } from '../step.js';

export const sleep = defineStep({
  kind: 'sleep',
  describe:
    'A pause that holds nobody up and survives restarts. A message that comes meanwhile ends it, and the flow goes on with that message as its input; `duringSleep` of the endpoint may let it wait (`queue`) or ignore it (`drop`).',
  traits: { waits: true },
  shape: () => ({ sleep: duration }),
  run: ({ sleep: ms }) => ({ did: 'sleeps', next: asleep(ms) }),
  resume: ({ sleep: ms }, _view, { event }) => {
    if (event === 'again') return { did: 'sleeps', next: asleep(ms) };
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

function asleep(ms: number): Next {
  return { to: 'wait', timer: { ms, afterSend: false }, arrival: { asleep: true } };
}
