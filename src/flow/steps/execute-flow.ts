import type { JsonObject } from '../../shared/json.js';
import { NEXT } from '../behaviour.js';
import { flowName, mapOf, memoryPath, oneOf, shorthand, strict, value } from '../reading/fields.js';
import type { Problem } from '../reading/finding.js';
import { defineStep } from '../step.js';

const call = strict('executeFlow', {
  flow: flowName.describe('Its name.'),
  context: oneOf(['share', 'own'])
    .optional()
    .describe('`share`, which is usual: both work on one. `own`: it begins with an empty one.'),
  input: mapOf(value).optional().describe('With `own`: what its context begins with.'),
  result: memoryPath.optional().describe('With `own`: where its context is kept when it ends.'),
});

export const executeFlow = defineStep({
  kind: 'executeFlow',
  describe:
    'Runs another flow and comes back when it ends. `context: share` (as it is without saying) is one context for both. With `context: own` the flow begins with its default context and the values of `input`; when it ends, its context is gone and `result` gets what stood in its `context.result`.',
  shape: () => ({
    executeFlow: shorthand('flow', flowName, call),
  }),
  check: ({ executeFlow: { context, input, result } }) => {
    if (context === 'own') return [];
    const keys = [...(input === undefined ? [] : ['input']), ...(result === undefined ? [] : ['result'])];
    return keys.map((key): Problem => {
      const message = `\`${key}\` needs \`context: own\`: a shared context has all values anyway`;
      return { code: 'invalid-combination', path: ['executeFlow', key], key: true, message };
    });
  },
  run: ({ executeFlow: { flow, context, input } }, view) => {
    if (context !== 'own') return { did: flow.name, next: { to: 'flow', flow: flow.name } };
    const given: JsonObject = {};
    for (const [key, written] of input ?? []) {
      const one = view.value(written);
      if (one !== undefined) given[key] = one;
    }
    return { did: flow.name, next: { to: 'flow', flow: flow.name, context: given } };
  },
  returned: ({ executeFlow: { result: path } }, result) => ({
    did: 'returned',
    effects: path === undefined ? [] : [{ effect: 'assign', path, value: result }],
    next: NEXT,
  }),
  example: `
spec: 1
flow: execute-flow
context: { depth: 0 }
steps:
  - if: context.depth < 2
    then:
      - executeFlow:
          flow: execute-flow
          context: own
          input: { depth: "{{ context.depth + 1 }}" }
          result: context.below
  - set: { context.result: "{{ context.depth }}{{ context.below }}" }
  - say: "{{ context.result }}"
`,
});
