import { NEXT } from '../behaviour.js';
import { duration, strict } from '../reading/fields.js';
import { defineStep } from '../step.js';

export const every = defineStep({
  kind: 'every',
  describe:
    'Steps at most once in an interval, for each contact: remembered with the contact, so it outlives the session. The interval begins where the steps do, also when they fail.',
  traits: { remembered: true },
  shape: (steps) => ({
    every: strict('every', {
      interval: duration.describe('How long to wait until it runs again for this contact.'),
      steps: steps.describe('What runs.'),
    }),
  }),
  run: ({ every: { interval, steps } }, view) => {
    const { contactNote: lastMs, nowMs } = view;
    if (lastMs !== undefined && nowMs - lastMs < interval) return { did: 'tooSoon', next: NEXT };
    return { did: 'every', effects: [{ effect: 'contactNote', atMs: nowMs }], next: { to: 'block', block: steps } };
  },
  example: `
spec: 1
flow: every
steps:
  - id: news
    every:
      interval: 7d
      steps: [{ say: "This week there is walnut bread." }]
  - say: What can I do for you?
`,
});
