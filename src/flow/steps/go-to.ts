import { target } from '../fields.js';
import { defineStep } from '../step.js';

export const goTo = defineStep({
  kind: 'goTo',
  describe: 'Goes on at another step and never comes back, not to the flow that executed this one either.',
  traits: { leaves: true },
  shape: () => ({ goTo: target }),
  run: ({ goTo: leadsTo }) => ({ did: 'went', next: { to: 'target', target: leadsTo } }),
  example: `
spec: 1
flow: go-to
steps:
  - if: input.text == 'help'
    then: [{ goTo: help }]
  - say: Write "help" if you are stuck.
  - stop: true
  - id: help
    say: Here is how it works.
`,
});
