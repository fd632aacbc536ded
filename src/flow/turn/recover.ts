import { type Move, WAIT } from './move.js';
import { handlerIn } from './scope.js';
import type { Standing } from './standing.js';
import { type EngineState, newInterlude, type OpenTurn } from './state.js';
import type { StepBudget } from './step-budget.js';
import type { FlowEffect, TraceEntry, TurnRequest } from './turn.js';
import { sentenceOf } from './view.js';

/** The turn in which something failed. */
interface UnderWay {
  readonly request: TurnRequest;
  readonly state: EngineState;
  readonly turn: OpenTurn;
  readonly standing: Standing;
  readonly budget: StepBudget;
  readonly effects: FlowEffect[];
  readonly trace: TraceEntry[];
}

/**
 * After a failure: what was done stays, the conversation stands where the turn began, and the flow's `handlers.error`
 * speaks; without one, or when that fails too, the endpoint's fallback does.
 *
 * @returns where to go on, to be found out as part of what may fail again
 */
export function recover(error: unknown, walk: UnderWay): () => Move {
  const { request, turn, standing } = walk;
  const frame = standing.frames.at(-1);
  const { flow, at: step } = frame ?? { flow: '', at: '' };
  const kind = request.version.byName.get(flow)?.steps.get(step)?.kind ?? '';
  const marks = walk.state.blind ? { blind: true as const } : {};
  walk.trace.push({ flow, step, kind, outcome: 'failed', detail: sentenceOf(error), ...marks });
  const handling = turn.failed || standing.frames.some(({ handler }) => handler === 'error');
  const handler = handling ? undefined : handlerIn(standing.scope(), 'error', request.version);
  standing.frames = structuredClone(turn.start);
  // Nobody waits for an answer when a session expires, or after something that is no message.
  if (turn.unasked) return () => WAIT;
  if (handler === undefined) {
    const { fallback } = request;
    if (fallback !== undefined) walk.effects.push({ effect: 'send', message: fallback, flow, step, ...marks });
    return () => WAIT;
  }
  turn.failed = true;
  standing.frames.push(newInterlude(handler.flow, handler.at, 'error', 'open'));
  // The handler gets a turn's worth of steps of its own, or a circle could not even be apologised for.
  walk.budget.renew();
  return () => ({ do: 'run', step: standing.current() });
}
