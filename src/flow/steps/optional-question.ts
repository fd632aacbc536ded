import { NEXT, type StepEffect } from '../behaviour.js';
import { choiceButton } from '../messages/buttons.js';
import { sending } from '../messages/compose.js';
import { Message, messageShape } from '../messages/message.js';
import { answerShape, checkAnswer } from '../questions/answer-fields.js';
import { QUESTION_TYPES } from '../questions/question-types.js';
import { readAnswer } from '../questions/read-answer.js';
import { count, expression, report, strict } from '../reading/fields.js';
import { defineStep } from '../step.js';

/** How many messages an answer stays welcome for, when nothing is said. */
const INPUTS = 1;

export const optionalQuestion = defineStep({
  kind: 'optionalQuestion',
  describe: 'An answer that would be welcome: the flow goes on, and one of the next messages may be it.',
  shape: (steps) => ({
    optionalQuestion: strict('an optional question', {
      ...messageShape,
      ...answerShape,
      skipIf: expression.optional().describe('An expression: nothing is asked when it holds.'),
      inputs: count.optional().describe('For so many messages an answer is welcome.'),
      onAnswer: steps.optional().describe('Runs when it came, instead of what the message would have done.'),
    }).transform((fields, ctx) => {
      const { type, pattern, choices, currency, intents, result, validate, into, ...more } = fields;
      const { skipIf, inputs, onAnswer, ...said } = more;
      const answer = { type, pattern, choices, currency, intents, result, validate, into };
      checkAnswer(answer, ctx);
      if (QUESTION_TYPES[type].open && type !== 'custom' && validate === undefined) {
        const hint = 'say with `validate` which ones are answers, or ask a `question`';
        report(ctx, `any message answers an optional question of type ${type}`, { path: ['type'], hint });
      }
      const isSaid = Object.values(said).some((value) => value !== undefined);
      if (choices !== undefined && !isSaid)
        report(ctx, 'choices need a `text` to stand under', { code: 'missing-key' });
      const buttons = choices?.items.map(({ id, title }) => choiceButton(id, title)) ?? said.buttons;
      const key = choices === undefined ? 'buttons' : 'choices';
      const message = isSaid ? new Message({ ...said, buttons }, true, key) : undefined;
      return { ...answer, message, skipIf, inputs: inputs ?? INPUTS, onAnswer };
    }),
  }),
  run({ optionalQuestion: asked }, view) {
    if (asked.skipIf !== undefined && view.test(asked.skipIf)) return { did: 'skipped', next: NEXT };
    const said = asked.message === undefined ? [] : sending(asked.message, view);
    return { did: 'asked', effects: [...said, { effect: 'welcome', inputs: asked.inputs }], next: NEXT };
  },
  resume({ optionalQuestion: asked }, view) {
    const reading = readAnswer(asked, view);
    if (reading === undefined) return { did: 'noAnswer', next: { to: 'welcome', how: 'declined' } };
    const { value } = reading;
    const store: StepEffect[] = asked.into === undefined ? [] : [{ effect: 'assign', path: asked.into, value }];
    const effects: StepEffect[] = [{ effect: 'result', value }, { effect: 'unwelcome' }, ...store];
    return asked.onAnswer === undefined
      ? { did: 'answered', effects, next: { to: 'welcome', how: 'stored' } }
      : { did: 'answered', effects, next: { to: 'block', block: asked.onAnswer } };
  },
  endOfBlock: () => ({ did: 'passed', next: { to: 'welcome', how: 'consumed' } }),
  example: `
spec: 1
flow: optionalQuestion
steps:
  - optionalQuestion:
      type: integer
      text: What can I do for you? And do tell me some time how many you are.
      into: context.guests
      inputs: 3
      onAnswer: [{ say: "{{ context.guests }} guests, noted." }]
  - id: wish
    wait: true
  - say: Let me see what I can do.
`,
});
