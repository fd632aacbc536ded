import { jsonBytes } from '../expressions/value.js';
import { FlowError } from '../flow-error.js';
import { remembering, saidByContact } from '../history.js';
import { withIntent } from '../intents/intent-of-input.js';
import { isMoreTap } from '../messages/more.js';
import { receivedOf, tapOf } from './input-memory.js';
import { menuOf, NEW_MENU, pageOf, type Tapped } from './menus.js';
import type { Ending } from './move.js';
import { handlerIn, scopeOf } from './scope.js';
import {
  type EngineState,
  emptyState,
  type Frame,
  type Menu,
  newFrame,
  type OpenTurn,
  positionOf,
  readState,
  toStored,
} from './state.js';
import type { FlowEffect, FlowMessage, FlowSession, TraceEntry, TurnRequest, TurnResult } from './turn.js';
import { Walk } from './walk.js';

/**
 * One turn of a conversation: from where it waits, through the flow's steps, to where it waits again or ends.
 *
 * A pure function: the same request gives the same result, and nothing in the request is changed. What a flow does wrong
 * is part of the result (`handlers.error`, the fallback, a `failed` entry in the trace).
 *
 * @throws FlowError only when the version does not have the endpoint's flow
 */
export function advance(request: TurnRequest): TurnResult {
  const { version, session } = request;
  const first = version.byName.get(request.flow)?.start.steps[0];
  if (first === undefined) throw new FlowError(`there is no flow \`${request.flow}\` in this version`);
  const trace: TraceEntry[] = [];
  const state = storedState(session, trace);
  if (!isExpected(request, state)) return { session, effects: [], outcome: 'ignored', trace: [] };
  const page = turnedPage(request, state);
  if (page !== undefined) return page;
  const turn = beginTurn(request, state, trace);
  const context = session?.context ?? version.byName.get(request.flow)?.context ?? {};
  const walk = new Walk(request, state, context, turn);
  walk.trace.push(...trace);
  const ending = start(request, walk, newFrame(request.flow, first.ref));
  return finish(request, walk, ending);
}

/** A state this engine cannot read is one it did not write: the conversation goes on at the top. */
function storedState(session: FlowSession | undefined, trace: TraceEntry[]): EngineState {
  const state = session === undefined ? emptyState() : readState(session.state);
  if (state !== undefined) return state;
  trace.push({ flow: '', step: '', kind: '', outcome: 'stateUnreadable' });
  return emptyState();
}

/** Whether there is anything the input could be for. Timers and results may come late, and handed-over messages are a person's. */
function isExpected(request: TurnRequest, state: EngineState): boolean {
  const { session, input, version } = request;
  if (input.kind === 'handoverEnded') return session?.handover === true;
  if (session?.handover === true) return false;
  switch (input.kind) {
    case 'message':
      return true;
    case 'event':
      return handlerIn(scopeOf(state.frames, request), input.event, version) !== undefined;
    case 'expired':
      return session !== undefined;
    case 'timer':
      return state.turn === null && state.frames.at(-1)?.timer === input.token;
    case 'callResult':
      return state.turn?.calls === input.ordinal;
  }
}

/** A tap on the *More* row of a long menu is no input: the next page is sent, and everything stays as it was. */
function turnedPage({ session, input }: TurnRequest, state: EngineState): TurnResult | undefined {
  const page = input.kind === 'message' ? pageOf(tappedBy(input.message), state.menus) : undefined;
  if (page === undefined) return undefined;
  const { flow = '', at: step = '' } = state.frames.at(-1) ?? {};
  const trace = [{ flow, step, kind: '', outcome: 'nextPage' }];
  const { content: message, menu } = page;
  const named = menu === '' ? {} : { menu };
  return { session, effects: [{ effect: 'send', message, ...named, flow, step }], outcome: 'waiting', trace };
}

/** What the turn begins with; changes `state` to stand there. */
function beginTurn(request: TurnRequest, state: EngineState, trace: TraceEntry[]): OpenTurn {
  const { input } = request;
  if (input.kind === 'callResult' && state.turn !== null) return { ...state.turn, calls: state.turn.calls + 1 };
  // Another input while a call was open: the host has given the call up.
  if (state.turn !== null) state.frames = state.turn.start;
  state.turn = null;
  if (!isThere(state.frames, request)) {
    trace.push({
      flow: state.frames.at(-1)?.flow ?? '',
      step: state.frames.at(-1)?.at ?? '',
      kind: '',
      outcome: 'stepGone',
    });
    state.frames = [];
  }
  const top = state.frames.at(-1);
  // It has gone off: even if this turn fails, nobody may wait for it again.
  if (input.kind === 'timer' && top !== undefined) top.timer = null;
  if (input.kind === 'message') {
    state.inputs += 1;
    state.welcome = state.welcome.filter(({ until }) => until >= state.inputs);
  }
  const received = receivedOf(input);
  const tap = input.kind === 'message' ? tappedBy(input.message) : undefined;
  const tapped = menuOf(tap, state.menus);
  const startsAt = positionOf(state.frames);
  const heard =
    input.kind === 'message'
      ? withIntent(received, scopeOf(state.frames, request), request.version, tapped !== undefined)
      : { input: received, intent: null };
  // A menu that names itself and is not remembered any more is older than all that are. So is the page of one.
  const isForgotten = tap !== undefined && tapped === undefined && (tap.menu !== undefined || isMoreTap(tap.id));
  const oldTap = isForgotten || (tapped !== undefined && tapped.at !== startsAt);
  return {
    start: structuredClone(state.frames),
    input: oldTap ? { ...heard.input, oldTap } : heard.input,
    steps: 0,
    allSteps: 0,
    calls: 0,
    timers: 0,
    drawn: 0,
    failed: false,
    expiring: input.kind === 'expired',
    blind: state.blind,
    unasked: input.kind === 'expired' || input.kind === 'event',
    oldTap,
    startsAt,
    menus: 0,
    added: {},
    said: input.kind === 'message' && request.version.remembers ? saidByContact(received) : [],
    replay: null,
    welcomed: false,
    intent: heard.intent,
  };
}

/** Whether this version has every step the session stands at, and those that are to answer still can. */
function isThere(frames: readonly Frame[], { version }: TurnRequest): boolean {
  return frames.every(({ flow, at, begins }, index) => {
    const step = version.byName.get(flow)?.steps.get(at);
    const above = frames[index + 1]?.below;
    const goesOnByItself = above === 'next' || above === 'begin';
    return step !== undefined && (goesOnByItself || begins || step.behaviour.resume !== undefined);
  });
}

/** Sends the input where it belongs. */
function start({ session, input }: TurnRequest, walk: Walk, top: Frame): Ending {
  switch (input.kind) {
    case 'callResult':
      if (walk.turn.replay !== null) return walk.replay(walk.turn.replay, input.result);
      return walk.resume({ event: 'callResult', result: input.result });
    case 'expired':
      return walk.standing.push('sessionExpired') ? walk.runFrom() : 'ended';
    case 'timer':
    case 'handoverEnded':
      return walk.standing.frames.length === 0 ? 'waiting' : walk.resume({ event: input.kind });
    case 'event':
      return walk.standing.push(input.event) ? walk.runFrom() : 'waiting';
    case 'message':
      return hear(session === undefined, input.message, walk, top);
  }
}

/** A contact's message: to the menu it taps, to a handler, to what is open, or to the top. */
function hear(isFirst: boolean, message: FlowMessage, walk: Walk, top: Frame): Ending {
  const { turn, state } = walk;
  const tap = tappedBy(message);
  const target = menuOf(tap, state.menus)?.taps[tap?.id ?? ''];
  if (target) return walk.jump({ flow: target.flow, step: target.step ?? undefined });
  const isInterlude =
    (!message.supported && walk.standing.push('unsupported')) || (turn.oldTap && walk.standing.push('oldTap'));
  if (isInterlude) {
    if (isFirst) walk.standing.push('start', 'begin');
    return walk.runFrom();
  }
  const isReferral = message.referral !== undefined;
  if (walk.standing.frames.length > 0) {
    // What an advertisement lets people say is no answer to what was open before.
    return isReferral && walk.standing.push('referral', 'again') ? walk.runFrom() : walk.resume({ event: 'message' });
  }
  return walk.begin(() => {
    if (walk.hearing.pushWelcome(top)) return 'resume';
    if (!walk.hearing.followIntent(false) && (isFirst || !walk.hearing.pushIntentNone()))
      walk.standing.frames.push(top);
    if (isReferral) walk.standing.push('referral', 'begin');
    if (isFirst) walk.standing.push('start', 'begin');
    return 'run';
  });
}

function tappedBy({ data, menu }: FlowMessage): Tapped | undefined {
  const id = tapOf({ data });
  return id === undefined ? undefined : { id, menu };
}

function withoutMenu(effect: FlowEffect): FlowEffect {
  if (effect.effect !== 'send') return effect;
  const { menu: _none, ...rest } = effect;
  return rest;
}

/** Makes the result of what the walk left behind. */
function finish(request: TurnRequest, walk: Walk, ended: Ending): TurnResult {
  const { session } = request;
  const ending: Ending = walk.turn.expiring && ended !== 'call' ? 'ended' : ended;
  const { trace } = walk;
  // An event between two sessions begins none, unless its handler waits for an answer.
  const isNothing =
    session === undefined &&
    request.input.kind === 'event' &&
    ending === 'waiting' &&
    walk.standing.frames.length === 0;
  const isOver = ending === 'ended' || isNothing;
  // A menu said as the session ends belongs to none: a tap on it begins the next one, and is not late.
  const effects = isOver ? walk.effects.map(withoutMenu) : walk.effects;
  const patch = [...walk.memory.written];
  if (patch.length > 0) {
    const set = patch.flatMap(([field, value]) => (value === undefined ? [] : [[field, value] as const]));
    const unset = patch.flatMap(([field, value]) => (value === undefined ? [field] : []));
    const appended = Object.fromEntries(walk.memory.appended);
    const lists = walk.memory.appended.size === 0 ? {} : { appended };
    effects.push({ effect: 'profile', set: Object.fromEntries(set), unset, ...lists });
  }
  const open = openTimers(request, walk, ending);
  effects.push(...timerEffects(request, walk, open));
  const blind = walk.turn.blind ? { blind: true as const } : {};
  if (isOver) return { session: undefined, effects, outcome: 'ended', ...blind, trace };
  const state = stateAfter(request, walk, ending);
  const arrival = state.frames.at(-1)?.arrival;
  return {
    session: {
      id: session?.id ?? request.sessionId,
      startedMs: session?.startedMs ?? request.nowMs,
      context: walk.memory.session,
      state: toStored(state),
      timers: state.frames.length === 0 && ending !== 'call' ? [] : open,
      handover: ending === 'handover',
      ...(ending === 'waiting' && arrival ? { arrival } : {}),
      ...(state.blind ? { blind: true } : {}),
    },
    effects,
    outcome: ending === 'call' ? 'call' : 'waiting',
    ...blind,
    ...(ending === 'call' && walk.call !== undefined ? { call: { ...walk.call, ...blind } } : {}),
    trace,
  };
}

/** Timers wait as long as their step does; while a call is open, nothing is decided about the step the turn came from. */
function openTimers({ session, input }: TurnRequest, walk: Walk, ending: Ending): string[] {
  if (ending === 'ended') return [];
  if (ending === 'call')
    return (session?.timers ?? []).filter((token) => input.kind !== 'timer' || token !== input.token);
  const token = walk.standing.frames.at(-1)?.timer;
  return token ? [token] : [];
}

function timerEffects({ session, input, nowMs }: TurnRequest, walk: Walk, open: readonly string[]): FlowEffect[] {
  const fired = input.kind === 'timer' ? input.token : undefined;
  const cancelled = (session?.timers ?? []).filter((token) => token !== fired && !open.includes(token));
  const begun = open.flatMap((token): FlowEffect[] => {
    const timer = walk.timers.get(token);
    if (timer === undefined) return [];
    return [{ effect: 'timer', token, dueMs: nowMs + timer.ms, ...(timer.afterSend ? { afterSendMs: timer.ms } : {}) }];
  });
  return [...cancelled.map((token): FlowEffect => ({ effect: 'cancelTimer', token })), ...begun];
}

function stateAfter({ input, limits, fallback }: TurnRequest, walk: Walk, ending: Ending): EngineState {
  const { state, turn } = walk;
  const { frames } = walk.standing;
  if (ending === 'call') {
    const { memory, budget } = walk;
    return { ...state, frames, turn: { ...turn, ...budget.soFar, drawn: memory.drawn, added: memory.added } };
  }
  const at = positionOf(frames);
  // A menu is the open one until the contact's next message has moved the conversation.
  const moves = (menu: Menu) => menu.at === NEW_MENU || (input.kind !== 'message' && menu.at === turn.startsAt);
  const menus = state.menus.map((menu) => (moves(menu) ? { ...menu, at } : menu));
  // Where the flow was blind for a part of the turn, what the contact wrote is not kept.
  const kept = turn.blind ? turn.said.filter(({ by }) => by === 'bot') : turn.said;
  const history = remembering(state.history, kept);
  const next: EngineState = { ...state, frames, menus, history, turn: null };
  if (jsonBytes(next, limits.maxMemoryBytes) <= limits.maxMemoryBytes) return next;
  // What the engine keeps is bounded by the flow, so only a limit of some bytes gets here: begin at the top, and say so.
  walk.trace.push({
    flow: '',
    step: '',
    kind: '',
    outcome: 'failed',
    detail: `state is over ${limits.maxMemoryBytes} bytes`,
  });
  if (fallback !== undefined) walk.effects.push({ effect: 'send', message: fallback, flow: '', step: '' });
  return { ...emptyState(), inputs: state.inputs };
}
