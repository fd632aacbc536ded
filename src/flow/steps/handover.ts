import { z } from 'zod';
import { NEXT } from '../behaviour.js';
import { sending } from '../messages/compose.js';
import { message } from '../messages/message.js';
import { strict } from '../reading/fields.js';
import { shaped } from '../reading/shape.js';
import { isRawMap, Plain } from '../reading/source.js';
import { defineStep } from '../step.js';

export const handover = defineStep({
  kind: 'handover',
  describe:
    "A person takes over: the flow is silent until that person is done, and goes on behind this step then. `whenClosed` runs instead while the endpoint's opening hours say that nobody is there; without it the conversation waits for somebody.",
  traits: { waits: true },
  shape: (steps) => {
    const settings = strict(
      'handover',
      {
        message: message.optional().describe('Said when a person takes over.'),
        whenClosed: steps.optional().describe('Runs instead when nobody is there.'),
      },
      ['provider'],
    );
    return {
      handover: shaped(
        z.preprocess((raw) => {
          if (raw === undefined || isRawMap(raw)) return raw;
          return raw instanceof Plain && raw.value === true ? {} : { message: raw };
        }, settings),
        (of) => ({ anyOf: [{ const: true }, of(message), of(settings)] }),
      ),
    };
  },
  run: ({ handover: { message: said, whenClosed } }, view) => {
    if (!view.handoverOpen && whenClosed !== undefined)
      return { did: 'closed', next: { to: 'block', block: whenClosed } };
    return {
      did: 'handedOver',
      effects: said === undefined ? [] : sending(said, view),
      next: { to: 'handover' },
    };
  },
  resume: () => ({ did: 'handedBack', next: NEXT }),
  example: `
spec: 1
flow: handover
steps:
  - id: agent
    handover:
      message: One moment, I am getting a colleague.
      whenClosed: [{ say: We are back tomorrow at nine. }, { stop: true }]
  - say: I am back. Can I do anything else for you?
`,
});
