import type { Json, JsonObject } from '../shared/json.js';
import type { Delivery, MessageContent } from '../shared/message.js';
import type { Arrival, Elsewhere } from './elsewhere.js';
import type { Expression } from './expressions/expression.js';
import type { Template } from './expressions/template.js';
import type { Value } from './expressions/value.js';
import type { Said } from './history.js';
import type { Target, Text, ValueTemplate } from './reading/fields.js';
import type { MemoryPath } from './turn/memory.js';

/** Steps one after the other: a flow's own, a handler's, or a branch of a step. */
export class Block {
  /** the step it is a branch of */
  owner: Step | undefined;

  constructor(readonly steps: readonly Step[]) {}
}

/** What a kind of step makes of its fields; see `defineStep`. */
export interface StepBehaviour {
  run(view: View): Outcome;
  /** only kinds that wait or call have it */
  resume?(view: View, event: ResumeEvent): Outcome;
  /** where a branch of it ends; without this the flow goes on behind the step */
  endOfBlock?(view: View): Outcome;
  /** where the flow it executed ends; without this the flow goes on behind the step */
  returned?(result: Value): Outcome;
  /** names for the steps inside it, by what it keeps */
  locals?(memo: Json | undefined): JsonObject;
}

export class Step {
  /** its id, else its path: what sessions and timelines know it by */
  ref = '';
  /** `flow/ref`, unlike any other step of the version */
  place = '';
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
  /** nobody may jump to a step inside it */
  readonly closed: boolean;
  /** it is remembered by its id, beyond the flow version */
  readonly remembered: boolean;
}

/** What a step sees. Reading only: what it wants done, it returns. */
export interface View {
  readonly input: JsonObject;
  /** a tap on a menu that is not the open one */
  readonly oldTap: boolean;
  /** what this step asked to keep until it is done; undefined at first */
  readonly memo: Json | undefined;
  /** what this step asked to keep as long as the session lives */
  readonly note: Json | undefined;
  /** when this step last asked to be remembered with the contact, epoch ms */
  readonly contactNote: number | undefined;
  readonly profile: JsonObject;
  /** epoch ms, fixed for the turn */
  readonly nowMs: number;
  /** whether anybody is there to take a conversation over */
  readonly handoverOpen: boolean;
  /** of each memory, and of what the engine keeps, as JSON */
  readonly maxMemoryBytes: number;
  /** what was said before this turn, oldest first */
  readonly history: readonly Said[];
  /** BCP 47: the contact's language, else the endpoint's */
  readonly language: string;
  /** BCP 47 with the country, where one is known */
  readonly locale: string;
  /** IANA name */
  readonly timeZone: string;
  /** in [0, 1) */
  random(): number;
  /** a text in the contact's language; an expression that fails gives nothing there and a warning in the trace */
  text(text: Text): string;
  /** a text that is no message, rendered as strictly as `value` */
  render(template: Template): string;
  /** @throws FlowError when an expression fails, or a value would lead elsewhere; see `renderUrl` */
  url(template: Template): string;
  /** @throws FlowError when the expression fails */
  test(expression: Expression): boolean;
  /** @throws FlowError when the expression fails */
  evaluate(expression: Expression): Json | undefined;
  /** @throws FlowError when an expression fails */
  value(value: ValueTemplate): Value;
  /** the same with `input.result` set */
  withResult(result: Value): View;
  /** the same after a write */
  withAssigned(path: MemoryPath, value: Value): View;
  /** what the host needs to run code over all of the memory */
  scriptRequest(code: string): JsonObject;
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
  | { effect: 'send'; message: MessageContent; taps: readonly Tap[]; pages?: MenuPages; delivery?: Delivery }
  /** undefined takes the key away */
  | { effect: 'assign'; path: MemoryPath; value: Value }
  /** sets `input.result` */
  | { effect: 'result'; value: Value }
  /** an answer to this step is welcome for that many messages */
  | { effect: 'welcome'; inputs: number }
  /** it is not any more */
  | { effect: 'unwelcome' }
  /** becomes this step's `note` */
  | { effect: 'note'; value: Json }
  /** becomes this step's `contactNote` */
  | { effect: 'contactNote'; atMs: number }
  /** one more item of a list; a profile's list keeps what others add at the same time */
  | { effect: 'append'; path: MemoryPath; value: Json }
  /** everything flows know of the contact is gone */
  | { effect: 'forget' }
  | { effect: 'track'; kind: 'goal' | 'step'; name: string }
  | { effect: 'blind'; on: boolean }
  /** random numbers a call has drawn */
  | { effect: 'drawn'; count: number }
  | { effect: 'elsewhere'; act: Elsewhere }
  | { effect: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; message: string };

/** What the *More* row of a long menu leads to, by the id of that row. */
export interface MenuPages {
  [tap: string]: MessageContent;
}

export interface Tap {
  id: string;
  target: Target | undefined;
}

/** Where the flow goes from here. `memo` is there again when the step is. */
export type Next =
  | { to: 'next' }
  /** `round`: one more round of a list, with steps of its own to spend */
  | { to: 'block'; block: Block; memo?: Json; round?: true }
  /** `wait`: the turn ends, and the next message goes on there; `input`: what is there has this in place of the contact's */
  | { to: 'target'; target: Target; wait?: true; input?: { text: string; data: JsonObject } }
  /** another flow, and back */
  | { to: 'flow'; flow: string; context?: JsonObject }
  /** from the top of the endpoint's flow, as if the contact had sent this */
  | { to: 'think'; text: string; data: JsonObject }
  /** the turn ends; `afterSend`: the timer's clock starts when the messages were sent */
  | { to: 'wait'; memo?: Json; timer?: { ms: number; afterSend: boolean }; arrival?: Arrival }
  /**
   * the message is not this step's alone: an intent of the contact, or an optional question, may have it first. `open`:
   * anything would be an answer, so only keywords and patterns count; `strict`: it was no answer; `wait`: it was asked nothing. `otherwise` is what the
   * step makes of it when nobody else does
   */
  | { to: 'interruption'; from: 'open' | 'strict' | 'wait'; otherwise: Outcome }
  /**
   * an optional question has looked at the message: it is not its answer; it is, and the message goes on as it is; it is,
   * and was dealt with
   */
  | { to: 'welcome'; how: 'declined' | 'stored' | 'consumed' }
  /** the turn ends, and a person takes over */
  | { to: 'handover' }
  /** the host does something and the turn goes on with its result */
  | { to: 'call'; kind: string; request: JsonObject; memo?: Json }
  | { to: 'top' }
  | { to: 'end' };

export const NEXT: Next = { to: 'next' };
