import { z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../../shared/json.js';
import type { ResumeEvent } from '../behaviour.js';
import { said } from '../history.js';

const json = z.custom<Json>((value) => value !== undefined);
const jsonObject = z.custom<JsonObject>(isJsonObject);

/** A place in a flow, and what stays with it until it is left. */
const frame = z.strictObject({
  flow: z.string(),
  /** id or path of the step that runs or waits there */
  at: z.string(),
  /** which handler this is, or null for a flow itself */
  handler: z.string().nullable(),
  /**
   * what becomes of the frame below when this one ends: `next`, it goes on behind its step; `begin`, it begins; `again`, what
   * is open there is asked again; `open`, it stays open as it is; `message`, it has the message of the turn
   */
  below: z.enum(['next', 'begin', 'again', 'open', 'message']),
  /** what steps keep until they are done, by id or path */
  memos: z.record(z.string(), json),
  /** token of the timer the step waits with */
  timer: z.string().nullable(),
  /** it has not begun: the next message runs the step it is at */
  begins: z.boolean().default(false),
  /** how a message is to be received while it waits here */
  arrival: z.union([z.strictObject({ asleep: z.literal(true) }), z.strictObject({ collectMs: z.number() })]).nullable(),
  /** a context of its own, of a flow that was executed with one */
  context: jsonObject.nullable(),
});
export type Frame = z.output<typeof frame>;

/** A menu the contact may still tap. */
const menu = z.strictObject({
  /** what its buttons and rows name it by; '' for one of before they did */
  id: z.string().default(''),
  /** by id: where a tap leads by itself, or null when it is an answer like any other */
  taps: z.record(z.string(), z.strictObject({ flow: z.string(), step: z.string().nullable() }).nullable()),
  /** where the conversation waits while this menu is the open one: `flow/step`, '' at the top */
  at: z.string(),
  /** by the id of a *More* row: the message it turns to, as JSON */
  pages: z.record(z.string(), z.string()).default({}),
});
export type Menu = z.output<typeof menu>;

/** A step that is run once more, with what its sandboxed expressions came to. */
const replay = z.strictObject({
  /** what is run of it */
  entry: z.enum(['run', 'resume', 'endOfBlock']),
  /** with `resume`: the event it goes on with */
  event: z.custom<ResumeEvent>((value) => isJsonObject(value) && typeof value.event === 'string').nullable(),
  /** in the order the step asks for them */
  answers: z.array(json),
});
export type OpenReplay = z.output<typeof replay>;

/** A turn that waits for a call: what it needs to go on as if nothing had happened. */
const openTurn = z.strictObject({
  /** the frames the turn began with, for the case that it fails */
  start: z.array(frame),
  input: jsonObject,
  steps: z.number(),
  allSteps: z.number(),
  calls: z.number(),
  timers: z.number(),
  drawn: z.number(),
  failed: z.boolean(),
  /** the session is over, and this turn says so */
  expiring: z.boolean(),
  /** `blind` was on for a part of it */
  blind: z.boolean(),
  /** it began with something nobody waits to have answered: the session's end, a reaction, a send that failed */
  unasked: z.boolean(),
  oldTap: z.boolean(),
  startsAt: z.string(),
  /** menus sent in it */
  menus: z.number().default(0),
  /** what the turn itself has added to `input` so far, by key */
  added: jsonObject,
  /** set while the call is a sandboxed expression */
  replay: replay.nullable(),
  /** optional questions have looked at the message */
  welcomed: z.boolean(),
  /** what was said in it so far, for a session that remembers */
  said: z.array(said),
  /** the intent the message has: the flow that declares it, and its name */
  intent: z.strictObject({ flow: z.string(), name: z.string(), exact: z.boolean() }).nullable(),
});
export type OpenTurn = z.output<typeof openTurn>;

/**
 * What the engine keeps in a session. Steps are named by id, or by path when they have none, so that a session survives
 * edits of the flow around it.
 */
const engineState = z.strictObject({
  /** outermost first; empty: the next message starts at the top of the endpoint's flow */
  frames: z.array(frame).default([]),
  /** what steps remember for the session, by `flow/step` */
  notes: z.record(z.string(), json).default({}),
  /** oldest first */
  menus: z.array(menu).default([]),
  /** messages so far */
  inputs: z.number(),
  /** nothing of what happens is to be kept */
  blind: z.boolean().default(false),
  /** optional questions an answer to which is welcome, oldest first; `until` is the last message that counts */
  welcome: z.array(z.strictObject({ flow: z.string(), step: z.string(), until: z.number() })).default([]),
  /** what was said before this turn, for `llm` steps; empty in a bot that has none */
  history: z.array(said).default([]),
  turn: openTurn.nullable().default(null),
});
export type EngineState = z.output<typeof engineState>;

export function emptyState(): EngineState {
  return { frames: [], notes: {}, menus: [], inputs: 0, blind: false, welcome: [], history: [], turn: null };
}

/** Written without what is empty: most sessions wait for a message and nothing else, and there are many of them. */
export function toStored(state: EngineState): JsonObject {
  return Object.fromEntries(Object.entries(state).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: EngineState[keyof EngineState]): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === null || value === false;
}

/** @returns undefined when it is not something this engine wrote */
export function readState(stored: JsonObject): EngineState | undefined {
  const result = engineState.safeParse(stored);
  return result.success ? result.data : undefined;
}

/** A flow, which what it was called from goes on behind. */
export function newFrame(flow: string, at: string): Frame {
  return {
    flow,
    at,
    handler: null,
    below: 'next',
    memos: {},
    timer: null,
    begins: false,
    arrival: null,
    context: null,
  };
}

/** A handler, or what an intent does: an interlude in what goes on below. */
export function newInterlude(flow: string, at: string, handler: string, below: Frame['below']): Frame {
  return { ...newFrame(flow, at), handler, below };
}

/** The frame whose own context counts where the top frame stands; undefined: the session's does. */
export function contextFrame(frames: readonly Frame[], index = frames.length - 1): Frame | undefined {
  const frame = frames[index];
  if (frame === undefined || frame.context !== null) return frame;
  if (frame.handler === null) return contextFrame(frames, index - 1);
  // A handler belongs to the flow it is written in, not to the one it interrupts.
  const home = frames.findLastIndex(({ flow, handler }, at) => at < index && handler === null && flow === frame.flow);
  return contextFrame(frames, home);
}

/** Where a conversation waits, as one word. */
export function positionOf(frames: readonly Frame[]): string {
  const top = frames.at(-1);
  return top === undefined ? '' : `${top.flow}/${top.at}`;
}
