import type { JsonObject } from '../../shared/json.js';
import type { Step } from '../behaviour.js';
import type { Flow, HandlerName } from '../definition.js';
import { FlowError } from '../flow-error.js';
import type { Target } from '../reading/fields.js';
import { handlerIn, scopeOf } from './scope.js';
import { type Frame, newFrame, newInterlude } from './state.js';
import { lastCircle } from './step-budget.js';
import type { TurnRequest } from './turn.js';

/** Where a turn stands: in which flows and handlers, one inside the other, at which of their steps. */
export class Standing {
  constructor(
    private readonly request: TurnRequest,
    /** outermost first; none: at the top */
    public frames: Frame[],
  ) {}

  /** @throws FlowError when the version has none of this name */
  flow(name: string): Flow {
    const flow = this.request.version.byName.get(name);
    if (flow === undefined) throw new FlowError(`there is no flow \`${name}\``);
    return flow;
  }

  /** @throws FlowError at the top */
  top(): Frame {
    const top = this.frames.at(-1);
    if (top === undefined) throw new FlowError('there is no step to run');
    return top;
  }

  /** The step the top frame is at. @throws FlowError when there is none */
  current(): Step {
    const { flow, at } = this.top();
    const step = this.flow(flow).steps.get(at);
    if (step === undefined) throw new FlowError(`there is no step \`${at}\` in flow ${flow}`);
    return step;
  }

  /** Where handlers and intents are looked for, the nearest first. */
  scope(): string[] {
    return scopeOf(this.frames, this.request);
  }

  /** Leaves everything for a step, or for a flow's beginning. @param from the flow that says so */
  place({ flow: named, step }: Target, from: string): void {
    const flow = this.flow(named ?? from);
    const found = step === undefined ? flow.start.steps[0] : flow.steps.get(step);
    if (found === undefined) throw new FlowError(`there is no step \`${step}\` in flow ${flow.name}`);
    this.frames = [newFrame(flow.name, found.ref)];
  }

  /**
   * Enters a flow that comes back.
   *
   * @param context over the flow's own; undefined: it has the one that counts here
   * @returns its first step
   */
  execute(name: string, context: JsonObject | undefined): Step {
    const flow = this.flow(name);
    const first = flow.start.steps[0];
    const callers = this.frames.filter(({ handler }) => handler === null).map((frame) => frame.flow);
    if (callers.length >= this.request.limits.flowDepth) {
      throw new FlowError(`flows execute each other ${callers.length} deep: ${lastCircle([...callers, name])}`);
    }
    if (first === undefined) throw new FlowError(`the flow \`${name}\` has no steps`);
    const own = context === undefined ? null : { ...flow.context, ...context };
    this.frames.push({ ...newFrame(flow.name, first.ref), context: own });
    return first;
  }

  /**
   * Puts a flow's handler on top.
   *
   * @param below what becomes of what is below when it ends
   * @returns false when nobody has one
   */
  push(name: HandlerName, below: Frame['below'] = 'open'): boolean {
    const found = handlerIn(this.scope(), name, this.request.version);
    if (found !== undefined) this.interlude(newInterlude(found.flow, found.at, name, below));
    return found !== undefined;
  }

  interlude(frame: Frame): void {
    // The same interlude once more takes the place of the first, or they would pile up.
    const open = this.frames.findIndex(({ handler }) => handler === frame.handler);
    if (open !== -1) this.frames = this.frames.slice(0, open);
    this.frames.push(frame);
  }
}
