import { NEXT } from '../behaviour.js';
import { sending } from '../messages/compose.js';
import { message } from '../messages/message.js';
import { defineStep } from '../step.js';

export const say = defineStep({
  kind: 'say',
  describe: 'Sends a message: a text, one of several, with buttons or a list, or an image.',
  shape: () => ({ say: message }),
  run: ({ say: toSend }, view) => {
    const effects = sending(toSend, view);
    return { did: effects.some(({ effect }) => effect === 'send') ? 'said' : 'empty', effects, next: NEXT };
  },
  example: `
spec: 1
flow: say
steps:
  - say: "Hello {{ profile.name ?? 'there' }}!"
  - say:
      text: [How can I help?, What can I do for you?]
      mode: sequence
      buttons: [{ id: track, title: Track a parcel }, { id: talk, title: Talk to us }]
`,
});
