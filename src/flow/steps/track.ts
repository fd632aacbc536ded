import { countCharacters } from '../../shared/whatsapp-limits.js';
import { NEXT } from '../behaviour.js';
import { plainText, report, shorthand, strict } from '../reading/fields.js';
import type { Problem } from '../reading/finding.js';
import { defineStep } from '../step.js';

/** As in Cognigy's analytics. */
const MAX_CHARACTERS = 128;

const label = plainText.superRefine((written, ctx) => {
  const problem = labelProblem(written.trim());
  if (problem !== undefined) report(ctx, problem.message, problem);
});

function labelProblem(written: string): Omit<Problem, 'path'> | undefined {
  if (written === '') return { message: 'a goal or step needs a name' };
  if (written.includes('{{'))
    return { message: 'a goal or step has one name: with values in it, nobody could count it' };
  const length = countCharacters(written);
  return length <= MAX_CHARACTERS
    ? undefined
    : { message: `a goal or step has ${MAX_CHARACTERS} characters at most, this one ${length}` };
}

const tracked = strict('track', {
  goal: label.optional().describe('The name of a goal, 128 characters.'),
  step: label.optional().describe('The name of a step on the way, 128 characters.'),
});

export const track = defineStep({
  kind: 'track',
  describe: 'Counts for analytics: a goal that was reached, or a step on the way to one.',
  shape: () => ({ track: shorthand('goal', label, tracked) }),
  check: ({ track: { goal, step } }) =>
    (goal === undefined) === (step === undefined) ? [{ path: ['track'], message: 'track needs `goal` or `step`' }] : [],
  run: ({ track: { goal, step } }) => ({
    did: goal === undefined ? 'step' : 'goal',
    effects: [
      goal === undefined
        ? { effect: 'track', kind: 'step', name: (step ?? '').trim() }
        : { effect: 'track', kind: 'goal', name: goal.trim() },
    ],
    next: NEXT,
  }),
  example: `
spec: 1
flow: track
steps:
  - track: { step: order begun }
  - say: Your order is on its way.
  - track: order placed
`,
});
