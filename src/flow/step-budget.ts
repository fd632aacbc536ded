import type { Step } from './behaviour.js';
import { FlowError } from './flow-error.js';

/** Counts the steps of a turn, so that a circle of them ends, and says which way it went. */
export class StepBudget {
  private visited: string[] = [];

  /** @param spent steps of earlier parts of the turn */
  constructor(
    private readonly limit: number,
    private spent: number,
  ) {}

  get steps(): number {
    return this.spent;
  }

  /** @throws FlowError when it is one step too many, naming the circle */
  spend({ place }: Step): void {
    this.visited.push(place);
    this.spent += 1;
    if (this.spent <= this.limit) return;
    throw new FlowError(`more than ${this.limit} steps in one turn: ${lastCircle(this.visited)}`);
  }

  /** Takes back what was spent since `steps` was this. */
  rewind(steps: number): void {
    this.visited.length -= this.spent - steps;
    this.spent = steps;
  }

  /** A turn's worth of steps once more. */
  renew(): void {
    this.spent = 0;
    this.visited = [];
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
