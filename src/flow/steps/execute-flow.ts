import { flowName, shorthand, strict } from '../fields.js';
import { defineStep } from '../step.js';

const PLANNED = ['context', 'input', 'result'];

/** Runs another flow and comes back when it ends. The context is shared. */
export const executeFlow = defineStep({
  kind: 'executeFlow',
  shape: () => ({
    executeFlow: shorthand('flow', flowName, strict('executeFlow', { flow: flowName }, PLANNED)),
  }),
  run: ({ executeFlow: { flow } }) => ({ did: flow.name, next: { to: 'flow', flow: flow.name } }),
  example: `
spec: 1
flow: execute-flow
steps:
  - if: context.depth == undefined
    then:
      - set: { context.depth: 1 }
      - executeFlow: execute-flow
      - say: And back again.
    else:
      - say: Inside.
`,
});
