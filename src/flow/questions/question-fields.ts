import { z } from 'zod';
import { Block } from '../behaviour.js';
import { choiceButton } from '../messages/buttons.js';
import { contentKeys } from '../messages/kinds.js';
import { Message, message, messageShape } from '../messages/message.js';
import { bool, count, delegate, duration, expression, isLanguageMap, report, strict } from '../reading/fields.js';
import { shaped } from '../reading/shape.js';
import { isRawMap } from '../reading/source.js';
import { answerShape, checkAnswer } from './answer-fields.js';
import { CONFIRM_UNSURE, confirm } from './confirm-fields.js';

/** What is said, or done, after a message that was no answer. */
type Reprompt = Message | Block;

/** One for each attempt, the last for all that follow; a list of steps is one reprompt. */
function repromptOf(steps: z.ZodType<Block>): z.ZodType<Reprompt | readonly Reprompt[]> {
  const isStep = (raw: unknown) =>
    isRawMap(raw) && !isLanguageMap(raw) && !Object.keys(raw).some((key) => MESSAGE_KEYS.includes(key));
  const one: z.ZodType<Reprompt> = z
    .unknown()
    .transform((raw, ctx) => delegate<Reprompt>(ctx, Array.isArray(raw) ? steps : message, raw) ?? z.NEVER);
  const schema = z.unknown().transform((raw, ctx): Reprompt | readonly Reprompt[] => {
    if (!Array.isArray(raw) || raw.length === 0 || raw.some(isStep)) return delegate(ctx, one, raw) ?? z.NEVER;
    return raw.flatMap((item, index) => delegate(ctx, one, item, [index]) ?? []);
  });
  return shaped(schema, (of) => ({
    anyOf: [of(message), of(steps), { type: 'array', minItems: 1, items: { anyOf: [of(message), of(steps)] } }],
  }));
}

const MESSAGE_KEYS = Object.keys(messageShape);

/** The keys of a question: those of its message, of its answer and of its rules, side by side in the file. */
export function questionFields(steps: z.ZodType<Block>) {
  const shape = {
    ...messageShape,
    ...answerShape,
    reprompt: repromptOf(steps)
      .optional()
      .describe('What is said or done after a message that was no answer; a list has one for each attempt.'),
    skipIf: expression.optional().describe('An expression: the question is passed over when it holds.'),
    maxAttempts: count.optional().describe('Messages that may be no answer.'),
    onMaxAttempts: steps.optional().describe('Runs instead of another reprompt.'),
    collect: duration.optional().describe('So long the messages of a burst become one answer.'),
    timeout: duration.optional().describe('How long the contact may take, from when the question was really sent.'),
    onTimeout: steps.optional().describe('Runs when that time is over.'),
    confirm: confirm.optional().describe('Whether to ask “did you mean”: always, never, or when it is not sure.'),
    interruptible: bool
      .optional()
      .describe('Whether intents may take a message that is no answer; they may unless this is `false`.'),
  };
  return strict('a question', shape).transform((fields, ctx) => {
    const { type, pattern, choices, currency, intents, result, validate, into, ...more } = fields;
    const {
      reprompt,
      skipIf,
      maxAttempts,
      onMaxAttempts,
      collect,
      timeout,
      onTimeout,
      confirm: asks,
      interruptible,
      ...said
    } = more;
    const together = (one: string, other: string, has: boolean, needs: boolean) => {
      const where = { code: 'missing-key', path: [one], key: true } as const;
      if (has && !needs) report(ctx, `\`${one}\` needs \`${other}\` beside it`, where);
    };
    together('maxAttempts', 'onMaxAttempts', maxAttempts !== undefined, onMaxAttempts !== undefined);
    together('onMaxAttempts', 'maxAttempts', onMaxAttempts !== undefined, maxAttempts !== undefined);
    together('timeout', 'onTimeout', timeout !== undefined, onTimeout !== undefined);
    together('onTimeout', 'timeout', onTimeout !== undefined, timeout !== undefined);
    const answer = { type, pattern, choices, currency, intents, result, validate, into };
    checkAnswer(answer, ctx);
    if (choices !== undefined && (said.buttons !== undefined || said.list !== undefined)) {
      const where = { code: 'invalid-combination', path: ['choices'], key: true } as const;
      report(ctx, 'the choices are sent as buttons or a list by themselves', where);
    }
    if (said.text === undefined && contentKeys(said).length === 0) {
      report(ctx, 'a question needs `text`', { code: 'missing-key' });
    }
    const buttons = choices?.items.map(({ id, title }) => choiceButton(id, title));
    return {
      ...answer,
      message: new Message(
        { ...said, buttons: buttons ?? said.buttons },
        true,
        buttons === undefined ? 'buttons' : 'choices',
      ),
      reprompt,
      skipIf,
      maxAttempts,
      onMaxAttempts,
      collect,
      timeout,
      onTimeout,
      confirm: asks ?? CONFIRM_UNSURE,
      interruptible: interruptible ?? true,
    };
  });
}

export type QuestionFields = z.output<ReturnType<typeof questionFields>>;

/** What follows the attempt of this number, from 1. Who did not find a choice the first time sees the choices again. */
export function repromptFor(
  { reprompt, choices, message: asked }: QuestionFields,
  attempt: number,
): Reprompt | undefined {
  const isOne = reprompt === undefined || reprompt instanceof Block || reprompt instanceof Message;
  const again = isOne ? reprompt : reprompt[Math.min(attempt, reprompt.length) - 1];
  if (!(again instanceof Message) || choices === undefined) return again;
  const { fields } = again;
  return contentKeys(fields).length > 0 ? again : new Message({ ...fields, buttons: asked.fields.buttons });
}
