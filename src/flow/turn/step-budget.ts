import type { Step } from '../behaviour.js';
import { FlowError } from '../flow-error.js';

/** A turn's steps with all rounds of its lists, as a multiple of the limit: lists inside lists must end soon, too. */
const ROUNDS = 100;

/** Counts the steps of a turn, so that a circle of them ends, and says which way it went. */
export class StepBudget {
  private visited: string[] = [];

  /**
   * @param spent steps of earlier parts of the turn, in this round of a list
   * @param all the same, of all rounds
   */
  constructor(
    private readonly limit: number,
    private spent: number,
    private all: number,
  ) {}

  /** Spent so far, for a turn that goes on later. */
  get soFar(): { steps: number; allSteps: number } {
    return { steps: this.spent, allSteps: this.all };
  }

  /** @throws FlowError when it is one step too many, naming the circle */
  spend({ place }: Step): void {
    this.visited.push(place);
    this.spent += 1;
    this.all += 1;
    if (this.all > this.limit * ROUNDS) throw new FlowError(`more than ${this.limit * ROUNDS} steps in one turn`);
    if (this.spent <= this.limit) return;
    throw new FlowError(`more than ${this.limit} steps in one turn: ${lastCircle(this.visited)}`);
  }

  /** Takes back what was spent since `steps` was this. */
  rewind({ steps, allSteps }: StepBudget['soFar']): void {
    this.visited.length -= this.spent - steps;
    this.spent = steps;
    this.all = allSteps;
  }

  /** One more round of a list: lists are finite, so each round has a turn's worth of steps. */
  round(): void {
    this.spent = 0;
    this.visited = [];
  }

  /** A turn's worth of steps once more. */
  renew(): void {
    this.round();
    this.all = 0;
  }
}

/** The way from the last visit of a place to the next, e.g. `a → b → a`; shortened in the middle when it is long. */
export function lastCircle(visited: readonly string[]): string {
  const last = visited.length - 1;
  const before = visited.lastIndexOf(visited[last] ?? '', last - 1);
  const circle = visited.slice(before === -1 ? Math.max(0, last - 3) : before);
  const shown = circle.length > 8 ? [...circle.slice(0, 4), '…', ...circle.slice(-3)] : circle;
  return before === -1 ? `the last were ${shown.join(' → ')}` : `it goes in a circle, ${shown.join(' → ')}`;
}
