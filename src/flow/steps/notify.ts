import type { Delivery, MessageContent } from '../../shared/message.js';
import { NEXT, type StepEffect } from '../behaviour.js';
import { FlowError } from '../flow-error.js';
import { sendingAgain } from '../messages/compose.js';
import { message } from '../messages/message.js';
import { shorthand, strict, Target } from '../reading/fields.js';
import type { Problem } from '../reading/finding.js';
import { nameOf, recipientOf, scheduleOf, scheduleProblems, scheduleShape } from '../reading/schedule-fields.js';
import { walkFields } from '../reading/walk-fields.js';
import { defineStep } from '../step.js';

const told = strict('notify', { say: message.optional().describe('What is sent.'), ...scheduleShape });

export const notify = defineStep({
  kind: 'notify',
  describe:
    'Sends a message and starts no turn: in this conversation, or in one that another contact has with the same business number; at once, `in` a while, or `at` a time. It is put together now, in the language spoken here. A tap on it is an input like any other.',
  shape: () => ({ notify: shorthand('say', message, told) }),
  check: ({ notify: fields }) => [
    ...scheduleProblems('notify', fields, { say: fields.say }),
    ...(fields.say === undefined ? [] : jumps(fields.say)),
  ],
  run: ({ notify: fields }, view) => {
    const to = recipientOf(fields, view);
    if (fields.cancel !== undefined) {
      const act = { to, do: 'cancel', name: nameOf(fields.cancel, view) } as const;
      return { did: 'cancelled', effects: [{ effect: 'elsewhere', act }], next: NEXT };
    }
    const messages = (fields.say === undefined ? [] : sendingAgain(fields.say, view, 0)).flatMap(asTold);
    if (messages.length === 0) return { did: 'empty', next: NEXT };
    const act = { to, do: 'notify' as const, messages, ...scheduleOf(fields, view) };
    return {
      did: act.atMs === undefined ? 'notified' : 'scheduled',
      effects: [{ effect: 'elsewhere', act }],
      next: NEXT,
    };
  },
  example: `
spec: 1
flow: notify
steps:
  - notify: { in: 23h, name: reminder, say: "Your basket is still here." }
  - say: I have kept your basket.
  - id: answer
    wait: true
  - notify: { cancel: reminder }
  - say: Let us go on, then.
`,
});

/** @throws FlowError for a list of several pages: nobody would turn them */
function asTold(effect: StepEffect): { message: MessageContent; delivery?: Delivery }[] {
  if (effect.effect !== 'send') return [];
  if (effect.pages !== undefined) throw new FlowError('a notification has as many buttons as fit into one list');
  return [{ message: effect.message, ...(effect.delivery === undefined ? {} : { delivery: effect.delivery }) }];
}

/** Nobody knows where the conversation stands when the contact taps. */
function jumps(said: object): Problem[] {
  const problems: Problem[] = [];
  walkFields(said, (found, path) => {
    if (!(found instanceof Target)) return;
    const message = 'a tap on a notification is an input like any other: its button cannot have `goTo`';
    const hint = 'look at input.text where the tap arrives';
    problems.push({ code: 'invalid-combination', path: ['notify', 'say', ...path], message, hint });
  });
  return problems;
}
