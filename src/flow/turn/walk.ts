import { isJsonObject, type Json, type JsonObject } from '../../shared/json.js';
import type { Block, Next, Outcome, ResumeEvent, Step, StepEffect } from '../behaviour.js';
import { FlowError } from '../flow-error.js';
import type { Target } from '../reading/fields.js';
import { attempt } from './attempt.js';
import { carryOut } from './carry-out.js';
import { Hearing } from './hearing.js';
import { checkSize } from './memory.js';
import { AGAIN, type Ending, MESSAGE, type Move, WAIT } from './move.js';
import { recover } from './recover.js';
import { Standing } from './standing.js';
import type { EngineState, Frame, OpenReplay, OpenTurn } from './state.js';
import { StepBudget } from './step-budget.js';
import type { FlowCall, FlowEffect, TraceEntry, TurnRequest } from './turn.js';
import { TurnMemory, type Write } from './turn-memory.js';
import type { StepView } from './view.js';

/**
 * One turn on its way through the steps. Everything it changes is its own copy; `advance` makes the result of it.
 */
export class Walk {
  readonly effects: FlowEffect[] = [];
  readonly trace: TraceEntry[] = [];
  readonly timers = new Map<string, { ms: number; afterSend: boolean }>();
  call: FlowCall | undefined;
  readonly standing: Standing;
  readonly hearing: Hearing;
  readonly memory: TurnMemory;
  readonly budget: StepBudget;

  constructor(
    readonly request: TurnRequest,
    readonly state: EngineState,
    context: JsonObject,
    readonly turn: OpenTurn,
  ) {
    const { inputs, frames } = state;
    const flow = frames.at(-1)?.flow ?? request.flow;
    this.standing = new Standing(request, frames);
    this.memory = new TurnMemory({ request, context, turn, inputs, flow }, () => this.standing.frames);
    this.budget = new StepBudget(request.limits.stepsPerTurn, turn.steps, turn.allSteps);
    this.hearing = new Hearing(this);
  }

  /** Runs from the first step of the flow or handler on top of the frames. */
  runFrom(): Ending {
    return this.begin(() => 'run');
  }

  /** Decides where to begin, and goes on from there. @param decide leaves at least one frame */
  begin(decide: () => 'run' | 'resume'): Ending {
    return this.go(() => {
      const how = decide();
      checkSize('context', this.memory.context, this.request.limits.maxMemoryBytes);
      return how === 'run' ? { do: 'run', step: this.standing.current() } : MESSAGE;
    });
  }

  resume(event: ResumeEvent): Ending {
    return this.go(() => ({ do: 'resume', event }));
  }

  /** Goes on with what a sandboxed expression came to: what asked for it is run again. */
  replay({ entry, event, answers }: OpenReplay, answer: Json): Ending {
    this.turn.replay = { entry, event, answers: [...answers, answer] };
    return this.go(() => {
      if (entry === 'resume' && event !== null) return { do: 'resume', event };
      return { do: entry === 'endOfBlock' ? entry : 'run', step: this.standing.current() };
    });
  }

  jump(target: Target): Ending {
    return this.go(() => this.goTo(target, this.request.flow));
  }

  private go(first: () => Move): Ending {
    let next = first;
    for (;;) {
      let move: Move;
      try {
        move = next();
        while (move.do !== 'end') move = this.step(move);
        return move.how;
      } catch (error) {
        next = recover(error, this);
      }
    }
  }

  private step(move: Exclude<Move, { do: 'end' }>): Move {
    switch (move.do) {
      case 'run':
        return this.run(move.step);
      case 'resume':
        return this.again(move.event);
      case 'pass':
        return this.pass(move.step);
      case 'endOfBlock':
        return this.endOfBlock(move.step);
    }
  }

  private run(step: Step): Move {
    this.standing.top().at = step.ref;
    return this.attempt(step, 'run', null, (view) => {
      this.budget.spend(step);
      if (step.disabled) return undefined;
      if (step.when === undefined || view.test(step.when)) return step.behaviour.run(view);
      this.note(step, 'skipped');
      return undefined;
    });
  }

  private again(event: ResumeEvent): Move {
    const step = this.standing.current();
    const frame = this.standing.top();
    if (frame.begins) return this.beginAt(frame, step, event);
    const { resume } = step.behaviour;
    if (resume === undefined) throw new FlowError('the step a session waits at does not wait any more');
    frame.timer = null;
    frame.arrival = null;
    const memo = frame.memos[step.ref];
    if (isJsonObject(memo)) this.memory.setInput('activeQuestion', { step: step.ref, ...memo });
    return this.attempt(step, 'resume', event, (view) => {
      this.budget.spend(step);
      return resume(view, event);
    });
  }

  /** A message at a place that `goTo` has left for it; after an interlude nothing is open there that could be asked again. */
  private beginAt(frame: Frame, step: Step, { event }: ResumeEvent): Move {
    if (event !== 'message') return WAIT;
    const other = this.hearing.interrupt('wait');
    if (other !== undefined) return other;
    frame.begins = false;
    return { do: 'run', step };
  }

  private endOfBlock(step: Step): Move {
    const { endOfBlock } = step.behaviour;
    this.standing.top().at = step.ref;
    return this.attempt(step, 'endOfBlock', null, (view) => endOfBlock?.(view));
  }

  private attempt(
    step: Step,
    entry: OpenReplay['entry'],
    event: ResumeEvent | null,
    act: (view: StepView) => Outcome | undefined,
  ): Move {
    const outcome = attempt(this, step, entry, event, act);
    if (outcome === 'call') return { do: 'end', how: 'call' };
    return outcome === undefined ? { do: 'pass', step } : this.apply(step, outcome);
  }

  /** Behind a step: the next one, else the step whose branch this was, else the end of the flow. */
  private pass(step: Step): Move {
    const frame = this.standing.top();
    delete frame.memos[step.ref];
    if (step.next !== undefined) return { do: 'run', step: step.next };
    const owner = step.block?.owner;
    if (owner === undefined) return this.leave();
    return { do: owner.behaviour.endOfBlock === undefined ? 'pass' : 'endOfBlock', step: owner };
  }

  /** A flow or handler has come to its end. */
  private leave(): Move {
    const { frames } = this.standing;
    const left = frames.pop();
    if (frames.length === 0) return WAIT;
    switch (left?.below) {
      case 'next':
        return this.comeBack(this.standing.current(), left.context?.result);
      case 'begin':
        return { do: 'run', step: this.standing.current() };
      case 'again':
        return AGAIN;
      case 'message':
        return MESSAGE;
      default:
        return WAIT;
    }
  }

  /** Behind the step that executed a flow. */
  private comeBack(step: Step, result: Json | undefined): Move {
    const { returned } = step.behaviour;
    return returned === undefined ? { do: 'pass', step } : this.apply(step, returned(result));
  }

  private apply(step: Step, outcome: Outcome): Move {
    if (outcome.next.to === 'interruption') {
      return this.hearing.interrupt(outcome.next.from) ?? this.apply(step, outcome.next.otherwise);
    }
    const effects = outcome.effects ?? [];
    this.memory.write(effects.filter(isWrite));
    const { flow } = this.standing.top();
    for (const effect of effects) carryOut(effect, { step, flow }, this);
    this.note(step, outcome.did);
    return this.follow(step, outcome.next);
  }

  private follow(step: Step, next: Next): Move {
    const { standing } = this;
    const frame = standing.top();
    switch (next.to) {
      case 'next':
        return { do: 'pass', step };
      case 'block':
        keep(frame, step, next.memo);
        if (next.round) this.budget.round();
        return enter(next.block, step);
      case 'target':
        if (next.input !== undefined) this.hearing.hearInstead(next.input, 'goTo', []);
        if (next.wait) return this.waitAt(next.target, frame.flow);
        return this.goTo(next.target, frame.flow);
      case 'flow':
        return { do: 'run', step: standing.execute(next.flow, next.context) };
      case 'think':
        return this.hearing.think(next);
      case 'interruption':
        return this.apply(step, next.otherwise);
      case 'welcome':
        return this.hearing.welcomed(next.how);
      case 'wait':
        return this.wait(frame, step, next);
      case 'handover':
        this.effects.push({ effect: 'handover', flow: frame.flow, step: step.ref });
        this.wait(frame, step, { to: 'wait' });
        return { do: 'end', how: 'handover' };
      case 'call':
        keep(frame, step, next.memo);
        this.call = { ordinal: this.turn.calls, kind: next.kind, request: next.request };
        return { do: 'end', how: 'call' };
      case 'top':
        standing.frames = [];
        return WAIT;
      case 'end':
        return { do: 'end', how: 'ended' };
    }
  }

  private wait(frame: Frame, step: Step, { memo, timer, arrival }: Extract<Next, { to: 'wait' }>): Move {
    keep(frame, step, memo);
    frame.arrival = arrival ?? null;
    for (const other of this.standing.frames) {
      // What a waiting handler interrupted is asked again later, with its whole time.
      if (other !== frame) other.timer = null;
      if (other.below === 'open') other.below = 'again';
    }
    if (timer !== undefined) {
      frame.timer = `${this.request.seed}:t${this.turn.timers}`;
      this.turn.timers += 1;
      this.timers.set(frame.timer, timer);
    }
    return WAIT;
  }

  private goTo(target: Target, from: string): Move {
    this.standing.place(target, from);
    return { do: 'run', step: this.standing.current() };
  }

  private waitAt(target: Target, from: string): Move {
    this.standing.place(target, from);
    this.standing.top().begins = true;
    return WAIT;
  }

  private note(step: Step, outcome: string): void {
    this.trace.push({ flow: this.standing.top().flow, step: step.ref, kind: step.kind, outcome, ...this.marks() });
  }

  /** On all that is not to be kept. */
  private marks(): { blind?: true } {
    return this.state.blind ? { blind: true } : {};
  }
}

function isWrite(effect: StepEffect): effect is Write {
  return effect.effect === 'assign' || effect.effect === 'append' || effect.effect === 'forget';
}

function keep(frame: Frame, step: Step, memo: Json | undefined): void {
  if (memo === undefined) delete frame.memos[step.ref];
  else frame.memos[step.ref] = memo;
}

function enter(block: Block, step: Step): Move {
  const [first] = block.steps;
  return first === undefined ? { do: 'pass', step } : { do: 'run', step: first };
}
