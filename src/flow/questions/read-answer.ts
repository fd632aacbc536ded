import type { View } from '../behaviour.js';
import type { AnswerFields } from './answer-fields.js';
import { QUESTION_TYPES, type QuestionOptions } from './question-types.js';
import type { Reading } from './reading.js';

/**
 * What the message of this turn answers to a question, its `validate` included.
 *
 * @returns undefined when it is no answer, or not a valid one
 * @throws FlowError when `validate` or `result` fails
 */
export function readAnswer(asked: AnswerFields, view: View): Reading | undefined {
  const { input, language, locale, nowMs, timeZone } = view;
  const text = typeof input.text === 'string' ? input.text.trim() : '';
  const reading = QUESTION_TYPES[asked.type].read(
    { text, input, language, locale, nowMs, timeZone },
    optionsOf(asked, view),
  );
  if (reading === undefined || asked.validate === undefined) return reading;
  return view.withResult(reading.value).test(asked.validate) ? reading : undefined;
}

function optionsOf(asked: AnswerFields, view: View): QuestionOptions {
  const { pattern, currency, intents, choices, result } = asked;
  return {
    pattern,
    currency,
    intents,
    choices: choices?.items.map(({ id, title, synonyms = [] }) => ({ id, title: view.text(title), synonyms })),
    custom: result === undefined ? undefined : view.evaluate(result),
  };
}

/** Whether anything is an answer to this type: then only keywords and patterns interrupt it. */
export function isOpenType({ type }: AnswerFields): boolean {
  return QUESTION_TYPES[type].open;
}
