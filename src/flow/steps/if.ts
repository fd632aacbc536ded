import { expression } from '../fields.js';
import { defineStep, NEXT } from '../step.js';

/** One branch or the other. */
export const ifStep = defineStep({
  kind: 'if',
  shape: (steps) => ({ if: expression, then: steps, else: steps.optional() }),
  run: ({ if: condition, then, else: otherwise }, view) => {
    if (view.test(condition)) return { did: 'then', next: { to: 'block', block: then } };
    return { did: 'else', next: otherwise === undefined ? NEXT : { to: 'block', block: otherwise } };
  },
  example: `
spec: 1
flow: if
steps:
  - if: has(profile.name)
    then: [{ say: "Welcome back, {{ profile.name }}!" }]
    else: [{ say: Nice to meet you! }]
`,
});
