import { NEXT } from '../behaviour.js';
import { bool } from '../reading/fields.js';
import { defineStep } from '../step.js';

export const blind = defineStep({
  kind: 'blind',
  describe:
    'From here on, and for the message this turn answers, nothing is kept in transcripts, logs or analytics: until `blind: false` or the end of the session.',
  shape: () => ({ blind: bool }),
  run: ({ blind: on }) => ({ did: on ? 'blind' : 'seeing', effects: [{ effect: 'blind', on }], next: NEXT }),
  example: `
spec: 1
flow: blind
steps:
  - blind: true
  - id: secret
    question: { type: text, text: What is your PIN? }
  - blind: false
  - say: Thank you.
`,
});
