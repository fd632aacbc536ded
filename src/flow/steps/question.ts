import { isJsonObject, type Json } from '../../shared/json.js';
import { readChoice, readEmail, readNumber, readYesNo } from '../answers.js';
import { NEXT, type Next, type Outcome, type StepEffect, type View } from '../behaviour.js';
import { compose, sending, sent } from '../message.js';
import { type QuestionFields, questionFields } from '../question-fields.js';
import { matchPattern } from '../safe-regex.js';
import { defineStep } from '../step.js';
import type { Value } from '../value.js';

/** Asks, waits for an answer that is one, and stores it. */
export const question = defineStep({
  kind: 'question',
  traits: { waits: true },
  shape: (steps) => ({ question: questionFields(steps) }),
  run({ question: asked }, view) {
    if (asked.skipIf !== undefined && view.test(asked.skipIf)) return { did: 'skipped', next: NEXT };
    return ask(asked, view, 0, 'asked');
  },
  resume({ question: asked }, view, { event }) {
    const attempts = attemptsOf(view.memo);
    if (event === 'timer') return branch('timeout', asked.onTimeout);
    if (event !== 'message') return ask(asked, view, attempts, 'askedAgain');
    // A tap on an older menu says nothing about this question, whatever the id looks like.
    if (view.oldTap) return ask(asked, view, attempts, 'oldTap');
    const answer = readAnswer(asked, view);
    if (answer !== undefined && isValid(asked, view, answer)) {
      const store: StepEffect[] =
        asked.into === undefined ? [] : [{ effect: 'assign', path: asked.into, value: answer }];
      return { did: 'answered', effects: [{ effect: 'result', value: answer }, ...store], next: NEXT };
    }
    const { maxAttempts = Number.POSITIVE_INFINITY } = asked;
    return attempts + 1 >= maxAttempts
      ? branch('maxAttempts', asked.onMaxAttempts)
      : reprompt(asked, view, attempts + 1);
  },
  // Of the branches of a question only the steps of a reprompt come back to it; they begin with a memo.
  endOfBlock: ({ question: asked }, view) =>
    view.memo === undefined
      ? { did: 'passed', next: NEXT }
      : { did: 'waits', next: waiting(asked, attemptsOf(view.memo)) },
  example: `
spec: 1
flow: question
steps:
  - id: guests
    question:
      type: number
      text: How many guests will you be?
      reprompt: Please write a number from 1 to 8.
      validate: input.result >= 1 && input.result <= 8
      into: context.guests
      maxAttempts: 3
      onMaxAttempts: [{ say: Please call us. }, { stop: true }]
  - say: "A table for {{ context.guests }}, then."
`,
});

function ask(asked: QuestionFields, view: View, attempts: number, did: string): Outcome {
  return { did, effects: sending(asked.message, view), next: waiting(asked, attempts) };
}

function reprompt(asked: QuestionFields, view: View, attempts: number): Outcome {
  const { reprompt: again } = asked;
  if (again === undefined) return ask(asked, view, attempts, 'reprompt');
  if ('steps' in again)
    return { did: 'reprompt', next: { to: 'block', block: again.steps, memo: memo(asked, attempts) } };
  // The texts of a reprompt take turns by the attempt, not by the session.
  const { content, taps } = compose(again.message, view, attempts - 1);
  return { did: 'reprompt', effects: sent(content, taps), next: waiting(asked, attempts) };
}

/** Waits for an answer; who was asked anew has all the time anew. */
function waiting(asked: QuestionFields, attempts: number): Next {
  const { timeout } = asked;
  const timer = timeout === undefined ? {} : { timer: { ms: timeout, afterSend: true } };
  return { to: 'wait', memo: memo(asked, attempts), ...timer };
}

function memo({ type }: QuestionFields, attempts: number): Json {
  return { type, attempts };
}

function attemptsOf(kept: Json | undefined): number {
  return isJsonObject(kept) && typeof kept.attempts === 'number' ? kept.attempts : 0;
}

function branch(did: string, block: QuestionFields['onTimeout']): Outcome {
  return { did, next: block === undefined ? NEXT : { to: 'block', block } };
}

function isValid({ validate }: QuestionFields, view: View, answer: Value): boolean {
  return validate === undefined || view.withResult(answer).test(validate);
}

/** What the message answers, or undefined when it is no answer to this type of question. */
function readAnswer({ type, pattern = '', choices = [] }: QuestionFields, view: View): Value {
  const written = typeof view.input.text === 'string' ? view.input.text : '';
  switch (type) {
    case 'text':
      return written.trim() === '' ? undefined : written.trim();
    case 'yesNo':
      return readYesNo(written, view.language);
    case 'number':
      return readNumber(written, view.language);
    case 'email':
      return readEmail(written);
    case 'regex':
      return matchPattern(pattern, written.trim());
    case 'choice': {
      const shown = choices.map(({ id, title, synonyms = [] }) => ({ id, title: view.text(title), synonyms }));
      return readChoice(written, shown);
    }
  }
}
