import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import type { Block, Next, Outcome, ResumeEvent, Step, StepEffect } from './behaviour.js';
import { carryOut } from './carry-out.js';
import type { Flow, HandlerName } from './definition.js';
import type { Target } from './fields.js';
import { FlowError } from './flow-error.js';
import { withIntent } from './intents/intent-of-input.js';
import { checkSize } from './memory.js';
import { Replay } from './replay.js';
import { handlerIn, scopeOf } from './scope.js';
import { type EngineState, type Frame, newFrame, newInterlude, type OpenReplay, type OpenTurn } from './state.js';
import { lastCircle, StepBudget } from './step-budget.js';
import type { FlowCall, FlowEffect, TraceEntry, TurnRequest } from './turn.js';
import { TurnMemory, type Write } from './turn-memory.js';
import { StepView, sentenceOf } from './view.js';

/** How a turn, or a part of it, came to its end. */
export type Ending = 'waiting' | 'handover' | 'ended' | 'call';

/** What the walk does next. */
type Move =
  | { do: 'run'; step: Step }
  | { do: 'resume'; event: ResumeEvent }
  /** a branch of the step has come to its end */
  | { do: 'endOfBlock'; step: Step }
  /** the step is done */
  | { do: 'pass'; step: Step }
  | { do: 'end'; how: Ending };

/**
 * One turn on its way through the steps. Everything it changes is its own copy; `advance` makes the result of it.
 */
export class Walk {
  readonly effects: FlowEffect[] = [];
  readonly trace: TraceEntry[] = [];
  readonly timers = new Map<string, { ms: number; afterSend: boolean }>();
  call: FlowCall | undefined;
  frames: Frame[];
  readonly memory: TurnMemory;
  readonly budget: StepBudget;

  constructor(
    readonly request: TurnRequest,
    readonly state: EngineState,
    context: JsonObject,
    readonly turn: OpenTurn,
  ) {
    this.frames = state.frames;
    const flow = this.frames.at(-1)?.flow ?? request.flow;
    const { inputs } = state;
    this.memory = new TurnMemory({ request, context, turn, inputs, flow }, () => this.frames);
    this.budget = new StepBudget(request.limits.stepsPerTurn, turn.steps, turn.allSteps);
  }

  private flow(name: string): Flow {
    const flow = this.request.version.byName.get(name);
    if (flow === undefined) throw new FlowError(`there is no flow \`${name}\``);
    return flow;
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
      return how === 'run' ? { do: 'run', step: this.current() } : MESSAGE;
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
      return { do: entry === 'endOfBlock' ? entry : 'run', step: this.current() };
    });
  }

  jump(target: Target): Ending {
    return this.go(() => this.target(target, this.request.flow));
  }

  /**
   * Puts a flow's handler on top of the frames.
   *
   * @param below what becomes of what is below when it ends
   * @returns false when nobody has one
   */
  push(name: HandlerName, below: Frame['below'] = 'open'): boolean {
    const found = handlerIn(this.scope(), name, this.request.version);
    if (found !== undefined) this.interlude(newInterlude(found.flow, found.at, name, below));
    return found !== undefined;
  }

  private interlude(frame: Frame): void {
    // The same interlude once more takes the place of the first, or they would pile up.
    const open = this.frames.findIndex(({ handler }) => handler === frame.handler);
    if (open !== -1) this.frames = this.frames.slice(0, open);
    this.frames.push(frame);
  }

  private scope(): string[] {
    return scopeOf(this.frames, this.request);
  }

  /**
   * Goes where the intent of the message leads, without running anything yet. The steps and the flow of an intent come
   * back: what is open is then asked again.
   *
   * @returns false when the message has no intent, or one that does nothing by itself
   */
  followIntent(isOpen: boolean): boolean {
    const { intent: recognised } = this.turn;
    if (recognised === null || (isOpen && !recognised.exact)) return false;
    const flow = this.flow(recognised.flow);
    const action = flow.intents.find(({ name }) => name === recognised.name)?.action;
    if (action === undefined) return false;
    if ('goTo' in action) this.place(action.goTo, flow.name);
    else {
      const block = 'steps' in action ? action.steps : this.flow(action.executeFlow.name).start;
      const [first] = block.steps;
      if (first === undefined) return false;
      const at = 'steps' in action ? flow.name : action.executeFlow.name;
      this.interlude(newInterlude(at, first.ref, 'intent', 'again'));
    }
    this.trace.push({ flow: flow.name, step: '', kind: 'intent', outcome: recognised.name });
    return true;
  }

  /** A message that means nothing to a flow with intents. @returns false when the flow has none, or no handler for that */
  pushIntentNone(): boolean {
    const { version } = this.request;
    const hasIntents = this.scope().some((flow) => (version.byName.get(flow)?.intents.length ?? 0) > 0);
    return hasIntents && this.turn.intent === null && this.push('intentNone');
  }

  /**
   * Lets the optional questions that are still remembered look at the message, the newest first.
   *
   * @param top the beginning, when nothing is open: it follows if none of them wants the message
   * @returns false when there are none, or they have looked already
   */
  pushWelcome(top?: Frame): boolean {
    const { state, turn } = this;
    const there = state.welcome.filter(({ flow, step }) => this.request.version.byName.get(flow)?.steps.has(step));
    if (turn.welcomed || there.length === 0) return false;
    turn.welcomed = true;
    if (top !== undefined) this.frames.push(top);
    this.frames.push(
      ...there.map(({ flow, step }, index) =>
        newInterlude(flow, step, WELCOME, top !== undefined && index === 0 ? 'begin' : 'message'),
      ),
    );
    return true;
  }

  /** Behind an optional question's look at the message. */
  private welcome(how: Extract<Next, { to: 'welcome' }>['how']): Move {
    let last = this.frames.pop();
    while (how !== 'declined' && this.frames.at(-1)?.handler === WELCOME) last = this.frames.pop();
    if (last?.below === 'begin') {
      // Nothing was open, and the first step has not run.
      const top = this.frames.pop();
      if (how === 'consumed' || top === undefined) return { do: 'end', how: 'waiting' };
      if (!this.followIntent(false) && !this.pushIntentNone()) this.frames.push(top);
      return { do: 'run', step: this.current() };
    }
    // A question that was not answered loses no attempt by an answer to another one.
    const isAsked = how !== 'declined' && this.current().kind === 'question';
    if (isAsked) return { do: 'resume', event: { event: 'again' } };
    return how === 'consumed' ? { do: 'end', how: 'waiting' } : MESSAGE;
  }

  /** What may have a message before the step it came to. @returns undefined when nothing wants it */
  private interrupt(from: 'open' | 'strict' | 'wait'): Move | undefined {
    if (from !== 'open' && this.pushWelcome()) return MESSAGE;
    if (this.followIntent(from !== 'strict')) return { do: 'run', step: this.current() };
    return undefined;
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
        next = this.recover(error);
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
    this.top().at = step.ref;
    return this.attempt(step, 'run', null, (view) => {
      this.budget.spend(step);
      if (step.disabled) return undefined;
      if (step.when === undefined || view.test(step.when)) return step.behaviour.run(view);
      this.note(step, 'skipped');
      return undefined;
    });
  }

  private again(event: ResumeEvent): Move {
    const step = this.current();
    const frame = this.top();
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
    if (event !== 'message') return { do: 'end', how: 'waiting' };
    const other = this.interrupt('wait');
    if (other !== undefined) return other;
    frame.begins = false;
    return { do: 'run', step };
  }

  private endOfBlock(step: Step): Move {
    const { endOfBlock } = step.behaviour;
    this.top().at = step.ref;
    return this.attempt(step, 'endOfBlock', null, (view) => endOfBlock?.(view));
  }

  /**
   * What a step does, as a whole or not at all: when it meets an expression for the sandbox, all of it is undone, and the
   * same is run again with the host's answer.
   */
  private attempt(
    step: Step,
    entry: OpenReplay['entry'],
    event: ResumeEvent | null,
    act: (view: StepView) => Outcome | undefined,
  ): Move {
    const { turn, memory, trace, budget } = this;
    const [drawn, spent, traced] = [memory.drawn, budget.soFar, trace.length];
    const answers = turn.replay?.answers ?? [];
    turn.replay = null;
    const replay = new Replay(answers, memory.random);
    let outcome: Outcome | undefined;
    try {
      outcome = act(this.view(step, replay));
    } catch (error) {
      if (replay.pending === undefined) throw error;
    }
    if (replay.pending === undefined) return outcome === undefined ? { do: 'pass', step } : this.apply(step, outcome);
    memory.random.rewind(drawn);
    budget.rewind(spent);
    trace.length = traced;
    turn.replay = { entry, event, answers };
    this.call = { ordinal: turn.calls, kind: 'expression', request: replay.pending };
    return { do: 'end', how: 'call' };
  }

  /** Behind a step: the next one, else the step whose branch this was, else the end of the flow. */
  private pass(step: Step): Move {
    const frame = this.top();
    delete frame.memos[step.ref];
    if (step.next !== undefined) return { do: 'run', step: step.next };
    const owner = step.block?.owner;
    if (owner === undefined) return this.leave();
    return { do: owner.behaviour.endOfBlock === undefined ? 'pass' : 'endOfBlock', step: owner };
  }

  /** A flow or handler has come to its end. */
  private leave(): Move {
    const left = this.frames.pop();
    if (this.frames.length === 0) return { do: 'end', how: 'waiting' };
    switch (left?.below) {
      case 'next':
        return this.comeBack(this.current(), left.context?.result);
      case 'begin':
        return { do: 'run', step: this.current() };
      case 'again':
        return { do: 'resume', event: { event: 'again' } };
      case 'message':
        return MESSAGE;
      default:
        return { do: 'end', how: 'waiting' };
    }
  }

  /** Behind the step that executed a flow. */
  private comeBack(step: Step, result: Json | undefined): Move {
    const { returned } = step.behaviour;
    return returned === undefined ? { do: 'pass', step } : this.apply(step, returned(result));
  }

  private apply(step: Step, outcome: Outcome): Move {
    if (outcome.next.to === 'interruption') {
      return this.interrupt(outcome.next.from) ?? this.apply(step, outcome.next.otherwise);
    }
    const effects = outcome.effects ?? [];
    this.memory.write(effects.filter(isWrite));
    const { flow } = this.top();
    for (const effect of effects) carryOut(effect, { step, flow }, this);
    this.note(step, outcome.did);
    return this.follow(step, outcome.next);
  }

  private follow(step: Step, next: Next): Move {
    const frame = this.top();
    switch (next.to) {
      case 'next':
        return { do: 'pass', step };
      case 'block':
        keep(frame, step, next.memo);
        if (next.round) this.budget.round();
        return enter(next.block, step);
      case 'target':
        if (next.input !== undefined) this.hearInstead(next.input, 'goTo', []);
        if (next.wait) return this.waitAt(next.target, frame.flow);
        return this.target(next.target, frame.flow);
      case 'flow':
        return this.execute(next.flow, next.context);
      case 'think':
        return this.think(next);
      case 'interruption':
        return this.apply(step, next.otherwise);
      case 'welcome':
        return this.welcome(next.how);
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
        this.frames = [];
        return { do: 'end', how: 'waiting' };
      case 'end':
        return { do: 'end', how: 'ended' };
    }
  }

  private wait(frame: Frame, step: Step, { memo, timer, arrival }: Extract<Next, { to: 'wait' }>): Move {
    keep(frame, step, memo);
    frame.arrival = arrival ?? null;
    for (const other of this.frames) {
      // What a waiting handler interrupted is asked again later, with its whole time.
      if (other !== frame) other.timer = null;
      if (other.below === 'open') other.below = 'again';
    }
    if (timer !== undefined) {
      frame.timer = `${this.request.seed}:t${this.turn.timers}`;
      this.turn.timers += 1;
      this.timers.set(frame.timer, timer);
    }
    return { do: 'end', how: 'waiting' };
  }

  private target(target: Target, from: string): Move {
    this.place(target, from);
    return { do: 'run', step: this.current() };
  }

  /** Leaves everything for a step, or for a flow's beginning. */
  private place({ flow: named, step }: Target, from: string): void {
    const flow = this.flow(named ?? from);
    const found = step === undefined ? flow.start.steps[0] : flow.steps.get(step);
    if (found === undefined) throw new FlowError(`there is no step \`${step}\` in flow ${flow.name}`);
    this.frames = [newFrame(flow.name, found.ref)];
  }

  private think({ text, data }: Extract<Next, { to: 'think' }>): Move {
    this.frames = [];
    this.hearInstead({ text, data }, 'think', this.scope());
    if (this.followIntent(false)) return { do: 'run', step: this.current() };
    return this.target({ flow: this.request.flow, step: undefined }, this.request.flow);
  }

  /** Puts what the flow says itself in the place of what came in. @param scope where its intent is looked for */
  private hearInstead(
    { text, data }: { text: string; data: JsonObject },
    type: string,
    scope: readonly string[],
  ): void {
    const received = { text, data, attachments: [], type };
    const { input, intent } = withIntent(received, scope, this.request.version, false);
    this.turn.input = input;
    this.turn.intent = intent;
    this.memory.receive(input, this.frames.at(-1)?.flow ?? this.request.flow);
  }

  private waitAt(target: Target, from: string): Move {
    this.place(target, from);
    this.top().begins = true;
    return { do: 'end', how: 'waiting' };
  }

  private execute(name: string, context: JsonObject | undefined): Move {
    const flow = this.flow(name);
    const first = flow.start.steps[0];
    const callers = this.frames.filter(({ handler }) => handler === null).map((frame) => frame.flow);
    if (callers.length >= this.request.limits.flowDepth) {
      throw new FlowError(`flows execute each other ${callers.length} deep: ${lastCircle([...callers, name])}`);
    }
    if (first === undefined) throw new FlowError(`the flow \`${name}\` has no steps`);
    const own = context === undefined ? null : { ...flow.context, ...context };
    this.frames.push({ ...newFrame(flow.name, first.ref), context: own });
    return { do: 'run', step: first };
  }

  /**
   * After a failure: what was done stays, the conversation stands where the turn began, and the flow's `handlers.error`
   * speaks; without one, or when that fails too, the endpoint's fallback does.
   */
  private recover(error: unknown): () => Move {
    const frame = this.frames.at(-1);
    const step = frame === undefined ? undefined : this.request.version.byName.get(frame.flow)?.steps.get(frame.at);
    const detail = sentenceOf(error);
    this.trace.push({
      flow: frame?.flow ?? '',
      step: frame?.at ?? '',
      kind: step?.kind ?? '',
      outcome: 'failed',
      detail,
      ...this.marks(),
    });
    const handling = this.turn.failed || this.frames.some(({ handler }) => handler === 'error');
    const handler = handling ? undefined : handlerIn(this.scope(), 'error', this.request.version);
    // Nobody waits for an answer when a session expires, or after something that is no message.
    const unasked = this.turn.unasked;
    this.frames = structuredClone(this.turn.start);
    if (unasked || handler === undefined) {
      if (!unasked && this.request.fallback !== undefined) {
        this.effects.push({
          effect: 'send',
          message: this.request.fallback,
          flow: frame?.flow ?? '',
          step: frame?.at ?? '',
          ...this.marks(),
        });
      }
      return () => ({ do: 'end', how: 'waiting' });
    }
    this.turn.failed = true;
    this.frames.push(newInterlude(handler.flow, handler.at, 'error', 'open'));
    // The handler gets a turn's worth of steps of its own, or a circle could not even be apologised for.
    this.budget.renew();
    return () => ({ do: 'run', step: this.current() });
  }

  private top(): Frame {
    const top = this.frames.at(-1);
    if (top === undefined) throw new FlowError('there is no step to run');
    return top;
  }

  /** The step the top frame is at. */
  private current(): Step {
    const { flow, at } = this.top();
    const step = this.flow(flow).steps.get(at);
    if (step === undefined) throw new FlowError(`there is no step \`${at}\` in flow ${flow}`);
    return step;
  }

  private note(step: Step, outcome: string): void {
    this.trace.push({ flow: this.top().flow, step: step.ref, kind: step.kind, outcome, ...this.marks() });
  }

  /** On all that is not to be kept. */
  private marks(): { blind?: true } {
    return this.state.blind ? { blind: true } : {};
  }

  private view(step: Step, replay: Replay): StepView {
    const { memory, trace, request } = this;
    const { flow, memos } = this.top();
    return new StepView({
      memory: { ...memory.memory(localsAround(step, memos)), sandbox: (script, seen) => replay.take(script, seen) },
      random: memory.random,
      step,
      flow: this.flow(flow),
      languages: memory.languages,
      memo: memos[step.ref],
      note: this.state.notes[step.place],
      contactNote: memory.contactNote(step.place),
      handoverOpen: request.handoverOpen ?? true,
      maxMemoryBytes: request.limits.maxMemoryBytes,
      oldTap: this.turn.oldTap,
      history: this.state.history,
      trace,
    });
  }
}

/** What the steps around a step have named; the innermost counts. */
function localsAround({ block }: Step, memos: Frame['memos']): JsonObject {
  const owner = block?.owner;
  if (owner === undefined) return NO_LOCALS;
  const outer = localsAround(owner, memos);
  const own = owner.behaviour.locals?.(memos[owner.ref]);
  return own === undefined ? outer : { ...outer, ...own };
}

function isWrite(effect: StepEffect): effect is Write {
  return effect.effect === 'assign' || effect.effect === 'append' || effect.effect === 'forget';
}

/** The handler's name of a frame in which an optional question looks at a message. */
const WELCOME = 'welcome';

const MESSAGE: Move = { do: 'resume', event: { event: 'message' } };

const NO_LOCALS: JsonObject = Object.freeze({});

function keep(frame: Frame, step: Step, memo: Json | undefined): void {
  if (memo === undefined) delete frame.memos[step.ref];
  else frame.memos[step.ref] = memo;
}

function enter(block: Block, step: Step): Move {
  const [first] = block.steps;
  return first === undefined ? { do: 'pass', step } : { do: 'run', step: first };
}
