import type { JsonObject } from '../../shared/json.js';
import type { Next } from '../behaviour.js';
import { withIntent } from '../intents/intent-of-input.js';
import { AGAIN, MESSAGE, type Move, WAIT } from './move.js';
import type { Standing } from './standing.js';
import { type EngineState, type Frame, newInterlude, type OpenTurn } from './state.js';
import type { TraceEntry, TurnRequest } from './turn.js';
import type { TurnMemory } from './turn-memory.js';

/** The turn that hears something. */
interface UnderWay {
  readonly request: TurnRequest;
  readonly state: EngineState;
  readonly turn: OpenTurn;
  readonly memory: TurnMemory;
  readonly standing: Standing;
  readonly trace: TraceEntry[];
}

/** The handler's name of a frame in which an optional question looks at a message. */
const WELCOME = 'welcome';

/** Who has a message before what is open, or in its place: an intent, an optional question; or what a flow says itself. */
export class Hearing {
  constructor(private readonly walk: UnderWay) {}

  /**
   * Goes where the intent of the message leads, without running anything yet. The steps and the flow of an intent come
   * back: what is open is then asked again.
   *
   * @returns false when the message has no intent, or one that does nothing by itself
   */
  followIntent(isOpen: boolean): boolean {
    const { turn, standing, trace } = this.walk;
    const { intent: recognised } = turn;
    if (recognised === null || (isOpen && !recognised.exact)) return false;
    const flow = standing.flow(recognised.flow);
    const action = flow.intents.find(({ name }) => name === recognised.name)?.action;
    if (action === undefined) return false;
    if ('goTo' in action) standing.place(action.goTo, flow.name);
    else {
      const block = 'steps' in action ? action.steps : standing.flow(action.executeFlow.name).start;
      const [first] = block.steps;
      if (first === undefined) return false;
      const at = 'steps' in action ? flow.name : action.executeFlow.name;
      standing.interlude(newInterlude(at, first.ref, 'intent', 'again'));
    }
    trace.push({ flow: flow.name, step: '', kind: 'intent', outcome: recognised.name });
    return true;
  }

  /** A message that means nothing to a flow with intents. @returns false when the flow has none, or no handler for that */
  pushIntentNone(): boolean {
    const { turn, standing, request } = this.walk;
    const hasIntents = standing.scope().some((flow) => (request.version.byName.get(flow)?.intents.length ?? 0) > 0);
    return hasIntents && turn.intent === null && standing.push('intentNone');
  }

  /**
   * Lets the optional questions that are still remembered look at the message, the newest first.
   *
   * @param top the beginning, when nothing is open: it follows if none of them wants the message
   * @returns false when there are none, or they have looked already
   */
  pushWelcome(top?: Frame): boolean {
    const { state, turn, standing, request } = this.walk;
    const there = state.welcome.filter(({ flow, step }) => request.version.byName.get(flow)?.steps.has(step));
    if (turn.welcomed || there.length === 0) return false;
    turn.welcomed = true;
    if (top !== undefined) standing.frames.push(top);
    standing.frames.push(
      ...there.map(({ flow, step }, index) =>
        newInterlude(flow, step, WELCOME, top !== undefined && index === 0 ? 'begin' : 'message'),
      ),
    );
    return true;
  }

  /** Behind an optional question's look at the message. */
  welcomed(how: Extract<Next, { to: 'welcome' }>['how']): Move {
    const { standing } = this.walk;
    let last = standing.frames.pop();
    while (how !== 'declined' && standing.frames.at(-1)?.handler === WELCOME) last = standing.frames.pop();
    if (last?.below === 'begin') {
      // Nothing was open, and the first step has not run.
      const top = standing.frames.pop();
      if (how === 'consumed' || top === undefined) return WAIT;
      if (!this.followIntent(false) && !this.pushIntentNone()) standing.frames.push(top);
      return { do: 'run', step: standing.current() };
    }
    // A question that was not answered loses no attempt by an answer to another one.
    const isAsked = how !== 'declined' && standing.current().kind === 'question';
    if (isAsked) return AGAIN;
    return how === 'consumed' ? WAIT : MESSAGE;
  }

  /** What may have a message before the step it came to. @returns undefined when nothing wants it */
  interrupt(from: 'open' | 'strict' | 'wait'): Move | undefined {
    if (from !== 'open' && this.pushWelcome()) return MESSAGE;
    if (this.followIntent(from !== 'strict')) return { do: 'run', step: this.walk.standing.current() };
    return undefined;
  }

  /** From the top of the endpoint's flow, as if the contact had sent this. */
  think({ text, data }: Extract<Next, { to: 'think' }>): Move {
    const { standing, request } = this.walk;
    standing.frames = [];
    this.hearInstead({ text, data }, 'think', standing.scope());
    if (!this.followIntent(false)) standing.place({ flow: request.flow, step: undefined }, request.flow);
    return { do: 'run', step: standing.current() };
  }

  /** Puts what the flow says itself in the place of what came in. @param scope where its intent is looked for */
  hearInstead({ text, data }: { text: string; data: JsonObject }, type: string, scope: readonly string[]): void {
    const { turn, memory, standing, request } = this.walk;
    const received = { text, data, attachments: [], type };
    const { input, intent } = withIntent(received, scope, request.version, false);
    turn.input = input;
    turn.intent = intent;
    memory.receive(input, standing.frames.at(-1)?.flow ?? request.flow);
  }
}
