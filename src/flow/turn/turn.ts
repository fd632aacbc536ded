import type { FlowMessage } from '../../shared/contact-message.js';
import type { Json, JsonObject } from '../../shared/json.js';
import type { Delivery, MessageContent } from '../../shared/message.js';
import type { FlowVersion } from '../definition.js';
import type { Arrival, Elsewhere } from '../elsewhere.js';

export type { FlowMessage };

/**
 * The contract between the engine and its host. One inbox item is one turn; the engine is a pure function of what
 * stands in `TurnRequest`, so the same request gives the same `TurnResult`, byte for byte.
 */
export interface TurnRequest {
  version: FlowVersion;
  /** the endpoint's flow: where a session begins, and where it begins again after `stop` */
  flow: string;
  /** the flow whose handlers and intents count where no nearer flow has one; its steps are run only when somebody goes there */
  handlers?: string;
  /** as the last turn returned it; undefined starts a session */
  session: FlowSession | undefined;
  /** what is known of the contact, and its custom fields; the engine never changes it, it returns patches */
  profile: JsonObject;
  input: TurnInput;
  /** epoch ms, fixed for the whole turn also when it is run again */
  nowMs: number;
  /** `<conversation>:<seq>`: seeds `random`, names timers, so that a second run makes the same ones */
  seed: string;
  /** id a session gets when this turn starts one */
  sessionId: string;
  /** BCP 47, the endpoint's */
  locale: string;
  /** the variables the endpoint allows flows to see */
  env: { readonly [name: string]: string };
  /** until when the contact may be written to freely, epoch ms; undefined when it never wrote */
  windowUntilMs?: number;
  /** IANA name, the endpoint's, for dates in texts */
  timeZone?: string;
  /** said when a flow fails and no `handlers.error` says something */
  fallback: MessageContent | undefined;
  /** false: nobody is there to take a conversation over, so `handover` runs its `whenClosed` */
  handoverOpen?: boolean;
  limits: FlowLimits;
}

export interface FlowLimits {
  stepsPerTurn: number;
  flowDepth: number;
  /** of session context, of profile, and of state, each as JSON */
  maxMemoryBytes: number;
}

export type TurnInput =
  | { kind: 'message'; message: FlowMessage }
  /**
   * something that is no message but may have a handler: a reaction, what Meta says of the contact, a send that failed, a
   * contact who wants no marketing; without a handler it is a no-op
   */
  | { kind: 'event'; event: FlowEvent; message: FlowMessage }
  /** a timer the engine asked for (sleep, question timeout) came due; a token no longer open is a no-op */
  | { kind: 'timer'; token: string }
  /** the session's lifetime is over: `handlers.sessionExpired` runs with the old context, then the session ends */
  | { kind: 'expired' }
  /** the person who took over is done: the flow goes on behind its `handover`, with `input.type == 'handoverEnded'` */
  | { kind: 'handoverEnded' }
  /** the answer of the call the previous part of this same turn ended with */
  | { kind: 'callResult'; ordinal: number; result: Json };

/** Named as its handler. */
export type FlowEvent = 'reaction' | 'system' | 'status' | 'optOut';

export interface TurnResult {
  /** plain JSON to store; undefined when the session ended */
  session: FlowSession | undefined;
  /** in the order to carry them out */
  effects: FlowEffect[];
  /**
   * `waiting`: the session goes on with the next message, at a step or at the top; `ended`: it is over; `ignored`: nothing
   * happened; `call`: the host performs `call` and runs the turn on with its result, and the profile patches so far applied
   */
  outcome: 'waiting' | 'ended' | 'ignored' | 'call';
  call?: FlowCall;
  /** the flow was `blind` for a part of the turn: nothing of its input is to be kept */
  blind?: true;
  /** what happened, for the timeline; holds no text of the contact or the bot */
  trace: TraceEntry[];
}

/** Work only the host can do: `http`, `llm`, `code`, and `expression`, which needs no checkpoint: it changes nothing. */
export interface FlowCall {
  /** 0, 1, … within the turn: `<conv>:<seq>:<ordinal>` is the idempotency key */
  ordinal: number;
  kind: string;
  request: JsonObject;
  /** the flow was `blind` for a part of the turn: neither request nor answer is to be kept */
  blind?: true;
}

export type FlowEffect =
  /**
   * `menu`: what its buttons and rows must name as theirs, so that a tap tells which menu it was on (`FlowMessage.menu`);
   * `blind`: neither the text nor that it was sent is to be kept
   */
  | {
      effect: 'send';
      message: MessageContent;
      delivery?: Delivery;
      menu?: string;
      flow: string;
      step: string;
      blind?: true;
    }
  /**
   * `appended`: for those fields of `set` that are lists, what this turn put behind them; a host that shares the profile
   * with others adds only that
   */
  | { effect: 'profile'; set: JsonObject; unset: string[]; appended?: { [field: string]: Json[] } }
  /** for analytics; a name of the flow's own, no values */
  | { effect: 'track'; kind: 'goal' | 'step'; name: string; flow: string; step: string }
  /**
   * `afterSendMs`, on the timeouts of questions: the clock really starts when the turn's last message was sent, or its
   * sending failed; `dueMs` is the same counted from the turn, for a host that does not wait for that
   */
  | { effect: 'timer'; token: string; dueMs: number; afterSendMs?: number }
  | { effect: 'cancelTimer'; token: string }
  | { effect: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; message: string; flow: string; step: string }
  | { effect: 'handover'; flow: string; step: string }
  /** something in a conversation, this one or another of the same number: now, or at a time that survives restarts */
  | { effect: 'elsewhere'; act: Elsewhere; flow: string; step: string; blind?: true };

export interface TraceEntry {
  flow: string;
  /** the step's id, else its path in the file, e.g. `steps[3].then[0]` */
  step: string;
  kind: string;
  /** what it decided, a fixed word or a case's key, e.g. `then`, `reprompt`, `timeout`, `failed` */
  outcome: string;
  /** for `failed`: what is wrong, for the designer; no values */
  detail?: string;
  /** while the flow was `blind`: not to be kept, but when it failed */
  blind?: true;
}

/**
 * One run through a flow. `context` is the designer's; `state` is the engine's own (position, open question, counters)
 * and means nothing to anybody else.
 */
export interface FlowSession {
  id: string;
  startedMs: number;
  context: JsonObject;
  state: JsonObject;
  /** tokens of timers that are still open */
  timers: string[];
  /** a person has the conversation: messages start no turn, the session does not expire */
  handover: boolean;
  /** how the next message is to be received; absent: as any other */
  arrival?: Arrival;
  /** `blind` is on: nothing of the next message is to be kept either */
  blind?: true;
}
