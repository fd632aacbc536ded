import type { z } from 'zod';
import type { Json, JsonObject } from '../shared/json.js';
import type { MessageContent } from '../shared/message.js';
import type { Block, StepBehaviour, StepTraits } from './definition.js';
import type { Expression } from './expression.js';
import {
  bool,
  expression,
  name,
  plainText,
  report,
  strict,
  type Target,
  type Text,
  type ValueTemplate,
} from './fields.js';
import type { Problem } from './finding.js';
import type { MemoryPath } from './memory.js';
import type { Template } from './template.js';
import type { Value } from './value.js';

/** What a step sees. Reading only: what it wants done, it returns. */
export interface View {
  readonly input: JsonObject;
  /** a tap on a menu that is not the open one */
  readonly oldTap: boolean;
  /** what this step asked to keep until it is done; undefined at first */
  readonly memo: Json | undefined;
  /** what this step asked to keep as long as the session lives */
  readonly note: Json | undefined;
  /** BCP 47: the contact's language, else the endpoint's */
  readonly language: string;
  /** in [0, 1) */
  random(): number;
  /** a text in the contact's language; an expression that fails gives nothing there and a warning in the trace */
  text(text: Text): string;
  /** a text that is no message, rendered as strictly as `value` */
  render(template: Template): string;
  /** @throws FlowError when the expression fails */
  test(expression: Expression): boolean;
  /** @throws FlowError when an expression fails */
  value(value: ValueTemplate): Value;
  /** the same with `input.result` set */
  withResult(result: Value): View;
  /** the same after a write */
  withAssigned(path: MemoryPath, value: Value): View;
  /** something for the timeline that is no failure; no values in it */
  warn(detail: string): void;
}

/** Why a step that waited has its turn again. `again`: an interlude is over, and what was open is asked once more. */
export type ResumeEvent =
  | { event: 'message' }
  | { event: 'timer' }
  | { event: 'handoverEnded' }
  | { event: 'again' }
  | { event: 'callResult'; result: Json };

/** What a step has done. */
export interface Outcome {
  /** for the trace: a fixed word or a key from the file */
  did: string;
  effects?: readonly StepEffect[];
  next: Next;
}

export type StepEffect =
  /** `taps`: the ids that can be tapped, and where a tap leads by itself */
  | { effect: 'send'; message: MessageContent; taps: readonly Tap[] }
  /** undefined takes the key away */
  | { effect: 'assign'; path: MemoryPath; value: Value }
  /** sets `input.result` */
  | { effect: 'result'; value: Value }
  /** becomes this step's `note` */
  | { effect: 'note'; value: Json }
  | { effect: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; message: string };

export interface Tap {
  id: string;
  target: Target | undefined;
}

/** Where the flow goes from here. `memo` is there again when the step is. */
export type Next =
  | { to: 'next' }
  | { to: 'block'; block: Block; memo?: Json }
  | { to: 'target'; target: Target }
  /** another flow, and back */
  | { to: 'flow'; flow: string }
  /** the turn ends; `afterSend`: the timer's clock starts when the messages were sent */
  | { to: 'wait'; memo?: Json; timer?: { ms: number; afterSend: boolean } }
  /** the turn ends, and a person takes over */
  | { to: 'handover' }
  /** the host does something and the turn goes on with its result */
  | { to: 'call'; kind: string; request: JsonObject; memo?: Json }
  | { to: 'top' }
  | { to: 'end' };

export const NEXT: Next = { to: 'next' };

/** What a kind of step makes of its keys. */
export interface StepBody {
  fields: object;
  behaviour: StepBehaviour;
}

/** A kind of step, ready for the table in `steps/step-kinds.ts`. */
export interface StepKind {
  /** the key that names it */
  readonly kind: string;
  readonly traits: StepTraits;
  /** a whole flow in YAML that shows the step; a test runs it */
  readonly example: string;
  /** reads its keys, without the common ones; `steps` reads a branch */
  build(steps: z.ZodType<Block>): z.ZodType<StepBody>;
}

/**
 * A kind of step: one file with its keys, what it does, and an example.
 *
 * @param definition.shape its keys; one of them is `kind`
 * @param definition.planned keys the language has but this version does not
 * @param definition.check what the keys together must not be
 */
export function defineStep<const S extends z.ZodRawShape>(definition: {
  kind: string;
  shape: (steps: z.ZodType<Block>) => S;
  planned?: readonly string[];
  traits?: Partial<StepTraits>;
  check?: (fields: z.output<z.ZodObject<S>>) => readonly Problem[];
  run: (fields: z.output<z.ZodObject<S>>, view: View) => Outcome;
  resume?: (fields: z.output<z.ZodObject<S>>, view: View, event: ResumeEvent) => Outcome;
  endOfBlock?: (fields: z.output<z.ZodObject<S>>, view: View) => Outcome;
  example: string;
}): StepKind {
  const { kind, example, check, run, resume, endOfBlock } = definition;
  return {
    kind,
    example,
    traits: { waits: false, leaves: false, ...definition.traits },
    build: (steps) =>
      strict(`a ${kind} step`, definition.shape(steps), definition.planned, COMMON_KEYS).transform((fields, ctx) => {
        for (const { message, ...problem } of check?.(fields) ?? []) report(ctx, message, problem);
        const behaviour: StepBehaviour = {
          run: (view) => run(fields, view),
          ...(resume === undefined ? {} : { resume: (view: View, event: ResumeEvent) => resume(fields, view, event) }),
          ...(endOfBlock === undefined ? {} : { endOfBlock: (view: View) => endOfBlock(fields, view) }),
        };
        return { fields, behaviour };
      }),
  };
}

/** What every step may have. A note is for the reader of the file. */
export const COMMON_KEYS = ['id', 'note', 'disabled', 'when'] as const;
export const commonFields = strict('a step', {
  id: name.optional(),
  note: plainText.optional(),
  disabled: bool.optional(),
  when: expression.optional(),
});
