import type { JsonObject } from '../shared/json.js';
import type { Expression } from './expression.js';
import type { Text } from './fields.js';
import type { Outcome, ResumeEvent, View } from './step.js';

/** All flows of a bot, checked and compiled; immutable. `loadFlows` makes it again from the same files. */
export interface FlowVersion {
  /** sha256 of the files' names and texts, hex: the same bot has the same hash on every machine */
  readonly hash: string;
  /** names, sorted */
  readonly flows: readonly string[];
  readonly byName: ReadonlyMap<string, Flow>;
}

/** What may happen outside the plain path, and has an answer in this version of the language. */
export const HANDLERS = ['start', 'error', 'unsupported', 'sessionExpired'] as const;
export type HandlerName = (typeof HANDLERS)[number];

export interface Flow {
  readonly name: string;
  readonly title: string | undefined;
  /** the path it was loaded from */
  readonly file: string;
  /** of a session that starts in this flow */
  readonly context: JsonObject;
  readonly texts: ReadonlyMap<string, Text>;
  readonly handlers: { readonly [name in HandlerName]?: Block | undefined };
  readonly start: Block;
  /** every step, by its path and, when it has one, by its id */
  readonly steps: ReadonlyMap<string, Step>;
}

/** Steps one after the other: a flow's own, a handler's, or a branch of a step. */
export class Block {
  /** the step it is a branch of */
  owner: Step | undefined;
  /** the path to it in the file */
  keys: readonly PropertyKey[] = [];

  constructor(readonly steps: readonly Step[]) {}
}

/** What a kind of step makes of its fields; see `defineStep`. */
export interface StepBehaviour {
  run(view: View): Outcome;
  /** only kinds that wait or call have it */
  resume?(view: View, event: ResumeEvent): Outcome;
  /** where a branch of it ends; without this the flow goes on behind the step */
  endOfBlock?(view: View): Outcome;
}

export class Step {
  /** its id, else its path: what sessions and timelines know it by */
  ref = '';
  path = '';
  /** the same path, key by key, to find it in the file */
  keys: readonly PropertyKey[] = [];
  next: Step | undefined;
  block: Block | undefined;

  constructor(
    readonly kind: string,
    readonly id: string | undefined,
    readonly disabled: boolean,
    readonly when: Expression | undefined,
    /** the parsed fields, for checks that look at all of them */
    readonly fields: object,
    readonly behaviour: StepBehaviour,
    readonly traits: StepTraits,
  ) {}
}

/** What checks need to know of a kind of step. */
export interface StepTraits {
  /** a turn can end here and the next go on */
  readonly waits: boolean;
  /** what follows it in its block is never reached through it */
  readonly leaves: boolean;
}
