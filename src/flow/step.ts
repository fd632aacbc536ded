import type { z } from 'zod';
import type { Json, JsonObject } from '../shared/json.js';
import type { Block, Outcome, ResumeEvent, StepBehaviour, StepTraits, View } from './behaviour.js';
import type { Value } from './expressions/value.js';
import { bool, expression, name, plainText, report, strict } from './reading/fields.js';
import type { Problem } from './reading/finding.js';

/** What a kind of step makes of its keys. */
export interface StepBody {
  fields: object;
  behaviour: StepBehaviour;
}

/** A kind of step, ready for the table in `steps/step-kinds.ts`. */
export interface StepKind {
  /** the key that names it */
  readonly kind: string;
  /** a sentence or two for editors and the language reference */
  readonly description?: string | undefined;
  readonly traits: StepTraits;
  /** a whole flow in YAML that shows the step; a test runs it */
  readonly example: string;
  /** reads its keys, without the common ones; `steps` reads a branch */
  build(steps: z.ZodType<Block>): z.ZodType<StepBody>;
}

/**
 * A kind of step: one file with its keys, what it does, and an example.
 *
 * @param definition.describe what it does, for editors and the language reference; keys have `.describe()` for theirs
 * @param definition.shape its keys; one of them is `kind`
 * @param definition.planned keys the language has but this version does not
 * @param definition.check what the keys together must not be
 */
export function defineStep<const S extends z.ZodRawShape>(definition: {
  kind: string;
  describe?: string;
  shape: (steps: z.ZodType<Block>) => S;
  planned?: readonly string[];
  traits?: Partial<StepTraits>;
  check?: (fields: z.output<z.ZodObject<S>>) => readonly Problem[];
  run: (fields: z.output<z.ZodObject<S>>, view: View) => Outcome;
  resume?: (fields: z.output<z.ZodObject<S>>, view: View, event: ResumeEvent) => Outcome;
  endOfBlock?: (fields: z.output<z.ZodObject<S>>, view: View) => Outcome;
  returned?: (fields: z.output<z.ZodObject<S>>, result: Value) => Outcome;
  locals?: (fields: z.output<z.ZodObject<S>>, memo: Json | undefined) => JsonObject;
  example: string;
}): StepKind {
  const { kind, describe, example, check, run, resume, endOfBlock, returned, locals } = definition;
  return {
    kind,
    description: describe,
    example,
    traits: { waits: false, leaves: false, closed: false, remembered: false, ...definition.traits },
    build: (steps) =>
      strict(
        `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind} step`,
        definition.shape(steps),
        definition.planned,
        COMMON_KEYS,
      ).transform((fields, ctx) => {
        for (const { message, ...problem } of check?.(fields) ?? []) report(ctx, message, problem);
        const behaviour: StepBehaviour = {
          run: (view) => run(fields, view),
          ...(resume === undefined ? {} : { resume: (view: View, event: ResumeEvent) => resume(fields, view, event) }),
          ...(endOfBlock === undefined ? {} : { endOfBlock: (view: View) => endOfBlock(fields, view) }),
          ...(returned === undefined ? {} : { returned: (result: Value) => returned(fields, result) }),
          ...(locals === undefined ? {} : { locals: (memo: Json | undefined) => locals(fields, memo) }),
        };
        return { fields, behaviour };
      }),
  };
}

/** What every step may have. A note is for the reader of the file. */
export const COMMON_KEYS = ['id', 'note', 'disabled', 'when'] as const;
export const commonFields = strict('a step', {
  id: name.optional().describe('the name other steps jump to, and sessions remember it by'),
  note: plainText.optional().describe('for whoever reads the file'),
  disabled: bool.optional().describe('leaves the step out'),
  when: expression.optional().describe('an expression: the step is left out when it does not hold'),
});
