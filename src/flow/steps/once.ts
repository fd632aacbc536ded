import { NEXT } from '../behaviour.js';
import { defineStep } from '../step.js';

export const once = defineStep({
  kind: 'once',
  describe: 'Steps for the first time in a session, and others for the times after.',
  shape: (steps) => ({
    once: steps.describe('Runs the first time in a session.'),
    afterwards: steps.optional().describe('Runs every later time.'),
  }),
  run: ({ once: first, afterwards }, view) => {
    if (view.note === true) {
      return { did: 'afterwards', next: afterwards === undefined ? NEXT : { to: 'block', block: afterwards } };
    }
    return { did: 'once', effects: [{ effect: 'note', value: true }], next: { to: 'block', block: first } };
  },
  example: `
spec: 1
flow: once
steps:
  - id: greeting
    once: [{ say: "Hello, I am the bot of the bakery." }]
    afterwards: [{ say: What else can I do for you? }]
`,
});
