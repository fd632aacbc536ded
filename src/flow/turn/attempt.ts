import type { JsonObject } from '../../shared/json.js';
import type { Outcome, ResumeEvent, Step } from '../behaviour.js';
import { Replay } from './replay.js';
import type { Standing } from './standing.js';
import type { EngineState, Frame, OpenReplay, OpenTurn } from './state.js';
import type { StepBudget } from './step-budget.js';
import type { FlowCall, TraceEntry, TurnRequest } from './turn.js';
import type { TurnMemory } from './turn-memory.js';
import { StepView } from './view.js';

/** The turn a step is run in. */
interface UnderWay {
  readonly request: TurnRequest;
  readonly state: EngineState;
  readonly turn: OpenTurn;
  readonly memory: TurnMemory;
  readonly standing: Standing;
  readonly budget: StepBudget;
  readonly trace: TraceEntry[];
  call: FlowCall | undefined;
}

/**
 * What a step does, as a whole or not at all: when it meets an expression for the sandbox, all of it is undone, and the
 * same is run again with the host's answer.
 *
 * @param entry what is run of it, with the event if it goes on
 * @returns what it did; undefined when that was nothing; `call` when the turn waits for the sandbox
 */
export function attempt(
  walk: UnderWay,
  step: Step,
  entry: OpenReplay['entry'],
  event: ResumeEvent | null,
  act: (view: StepView) => Outcome | undefined,
): Outcome | undefined | 'call' {
  const { turn, memory, trace, budget } = walk;
  const [drawn, spent, traced] = [memory.drawn, budget.soFar, trace.length];
  const answers = turn.replay?.answers ?? [];
  turn.replay = null;
  const replay = new Replay(answers, memory.random);
  let outcome: Outcome | undefined;
  try {
    outcome = act(viewOf(step, replay, walk));
  } catch (error) {
    if (replay.pending === undefined) throw error;
  }
  if (replay.pending === undefined) return outcome;
  memory.random.rewind(drawn);
  budget.rewind(spent);
  trace.length = traced;
  turn.replay = { entry, event, answers };
  walk.call = { ordinal: turn.calls, kind: 'expression', request: replay.pending };
  return 'call';
}

function viewOf(step: Step, replay: Replay, { memory, trace, request, standing, state, turn }: UnderWay): StepView {
  const { flow, memos } = standing.top();
  return new StepView({
    memory: { ...memory.memory(localsAround(step, memos)), sandbox: (script, seen) => replay.take(script, seen) },
    random: memory.random,
    step,
    flow: standing.flow(flow),
    languages: memory.languages,
    memo: memos[step.ref],
    note: state.notes[step.place],
    contactNote: memory.contactNote(step.place),
    handoverOpen: request.handoverOpen ?? true,
    maxMemoryBytes: request.limits.maxMemoryBytes,
    oldTap: turn.oldTap,
    history: state.history,
    trace,
  });
}

const NO_LOCALS: JsonObject = Object.freeze({});

/** What the steps around a step have named; the innermost counts. */
function localsAround({ block }: Step, memos: Frame['memos']): JsonObject {
  const owner = block?.owner;
  if (owner === undefined) return NO_LOCALS;
  const outer = localsAround(owner, memos);
  const own = owner.behaviour.locals?.(memos[owner.ref]);
  return own === undefined ? outer : { ...outer, ...own };
}
