import { isJsonObject, type Json } from '../../shared/json.js';
import type { MessageContent } from '../../shared/message.js';
import { Block, NEXT, type Next, type Outcome, type StepEffect, type View } from '../behaviour.js';
import { sending, sendingAgain } from '../messages/compose.js';
import { readYesNo } from '../questions/answers.js';
import { confirmation } from '../questions/confirm-fields.js';
import { hintFor } from '../questions/hints.js';
import { type QuestionFields, questionFields, repromptFor } from '../questions/question-fields.js';
import { isOpenType, readAnswer } from '../questions/read-answer.js';
import type { Reading } from '../questions/reading.js';
import { shownAnswer } from '../questions/shown-answer.js';
import { defineStep } from '../step.js';

export const question = defineStep({
  kind: 'question',
  describe: 'Asks, waits for an answer that is one, and stores it.',
  traits: { waits: true },
  shape: (steps) => ({ question: questionFields(steps) }),
  run({ question: asked }, view) {
    if (asked.skipIf !== undefined && view.test(asked.skipIf)) return { did: 'skipped', next: NEXT };
    return ask(asked, view, 0, 'asked');
  },
  resume({ question: asked }, view, { event }) {
    const { attempts, confirming } = memoOf(view.memo);
    if (event === 'timer') return branch('timeout', asked.onTimeout);
    if (event !== 'message') {
      return confirming === undefined
        ? ask(asked, view, attempts, 'askedAgain')
        : confirm(asked, view, attempts, confirming);
    }
    // A tap on an older menu says nothing about this question, whatever the id looks like.
    if (view.oldTap) return ask(asked, view, attempts, 'oldTap');
    if (confirming !== undefined) {
      const meant = readYesNo(textOf(view), view.language);
      if (meant === true) return answered(asked, confirming);
      if (meant === false) return failed(asked, attempts, () => ask(asked, view, attempts + 1, 'denied'));
    }
    const reading = readAnswer(asked, view);
    const own = reading === undefined ? undefined : take(asked, view, attempts, reading);
    if (own !== undefined && !isOpenType(asked)) return own;
    const from = isOpenType(asked) ? 'open' : 'strict';
    const otherwise = own ?? failed(asked, attempts, () => reprompt(asked, view, attempts + 1));
    return asked.interruptible ? { did: 'heard', next: { to: 'interruption', from, otherwise } } : otherwise;
  },
  // Of the branches of a question only the steps of a reprompt come back to it; they begin with a memo.
  endOfBlock: ({ question: asked }, view) =>
    view.memo === undefined
      ? { did: 'passed', next: NEXT }
      : { did: 'waits', next: waiting(asked, memoOf(view.memo).attempts) },
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

/** An answer: stored, or first confirmed. */
function take(asked: QuestionFields, view: View, attempts: number, { value, unsure = false }: Reading): Outcome {
  const { when } = asked.confirm;
  const asks = when === 'always' || (when === 'unsure' && unsure);
  return asks ? confirm(asked, view, attempts, value) : answered(asked, value);
}

function answered({ into }: QuestionFields, value: Json): Outcome {
  const store: StepEffect[] = into === undefined ? [] : [{ effect: 'assign', path: into, value }];
  return { did: 'answered', effects: [{ effect: 'result', value }, ...store], next: NEXT };
}

function confirm(asked: QuestionFields, view: View, attempts: number, value: Json): Outcome {
  const shown = view.withResult(asked.confirm.message === undefined ? shownAnswer(asked, value, view) : value);
  const effects = sendingAgain(confirmation(asked.confirm), shown, 0);
  return { did: 'confirm', effects, next: waiting(asked, attempts, value) };
}

/** One attempt more than there were; the last one ends the question. */
function failed(asked: QuestionFields, attempts: number, again: () => Outcome): Outcome {
  const { maxAttempts = Number.POSITIVE_INFINITY } = asked;
  return attempts + 1 >= maxAttempts ? branch('maxAttempts', asked.onMaxAttempts) : again();
}

function reprompt(asked: QuestionFields, view: View, attempts: number): Outcome {
  const again = repromptFor(asked, attempts);
  if (again === undefined) return hint(asked, view, attempts);
  if (again instanceof Block) {
    return { did: 'reprompt', next: { to: 'block', block: again, memo: memo(asked, attempts) } };
  }
  // The texts of a reprompt take turns by the attempt, not by the session.
  const effects = sendingAgain(again, view, attempts - 1);
  return { did: 'reprompt', effects, next: waiting(asked, attempts) };
}

/** The question again, with what would be an answer in front. */
function hint(asked: QuestionFields, view: View, attempts: number): Outcome {
  const asking = ask(asked, view, attempts, 'reprompt');
  const help = hintFor(asked.type, view.language);
  if (help === undefined) return asking;
  const effects = (asking.effects ?? []).map((effect) =>
    effect.effect === 'send' ? { ...effect, message: withHint(effect.message, help) } : effect,
  );
  return { ...asking, effects };
}

function withHint(content: MessageContent, help: string): MessageContent {
  return 'text' in content ? { ...content, text: `${help}\n\n${content.text}` } : content;
}

/** Waits for an answer; who was asked anew has all the time anew. */
function waiting(asked: QuestionFields, attempts: number, confirming?: Json): Next {
  const { timeout, collect } = asked;
  const timer = timeout === undefined ? {} : { timer: { ms: timeout, afterSend: true } };
  const arrival = collect === undefined ? {} : { arrival: { collectMs: collect } };
  return { to: 'wait', memo: memo(asked, attempts, confirming), ...timer, ...arrival };
}

function memo({ type }: QuestionFields, attempts: number, confirming?: Json): Json {
  return { type, attempts, ...(confirming === undefined ? {} : { confirming }) };
}

function memoOf(kept: Json | undefined): { attempts: number; confirming: Json | undefined } {
  const { attempts, confirming } = isJsonObject(kept) ? kept : {};
  return { attempts: typeof attempts === 'number' ? attempts : 0, confirming };
}

function branch(did: string, block: QuestionFields['onTimeout']): Outcome {
  return { did, next: block === undefined ? NEXT : { to: 'block', block } };
}

function textOf({ input }: View): string {
  return typeof input.text === 'string' ? input.text : '';
}
