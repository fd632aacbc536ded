import { Block, type Step } from '../flow/behaviour.js';
import type { Flow, FlowVersion } from '../flow/definition.js';
import { walkFields } from '../flow/reading/walk-fields.js';
import type { TraceEntry } from '../flow/turn/turn.js';

/** How often something was done by the tests. */
export interface StepCoverage {
  step: Step;
  hits: number;
}

/** A way on from a step: one of its branches, or past all of them. */
export interface BranchCoverage {
  step: Step;
  /** `then`, `cases.shipped`, `onTimeout`, `when` and `when not` */
  branch: string;
  hits: number;
}

export interface FlowCoverage {
  flow: Flow;
  /** in the order of the file */
  steps: StepCoverage[];
  branches: BranchCoverage[];
}

/** Ways past a step that no block stands for, by the word its trace uses. */
const WAYS_PAST: { readonly [kind: string]: string } = { if: 'else', lookup: 'otherwise' };

/** Counts which steps and branches of a version turns went through. What is disabled does not count. */
export class Coverage {
  private readonly steps = new Map<Step, number>();
  private readonly branches = new Map<Step, Map<string, number>>();
  private readonly branchOf = new Map<Block, string>();

  constructor(readonly version: FlowVersion) {
    for (const flow of version.byName.values()) {
      const live = new Set(flow.steps.values());
      for (const step of live) if (isLive(step)) this.addStep(step);
    }
  }

  private addStep(step: Step): void {
    this.steps.set(step, 0);
    const branches = new Map<string, number>();
    walkFields(step.fields, (found, path) => {
      if (!(found instanceof Block)) return;
      const branch = (path[0] === step.kind ? path.slice(1) : path).join('.');
      this.branchOf.set(found, branch);
      branches.set(branch, 0);
    });
    const past = WAYS_PAST[step.kind];
    if (past !== undefined) branches.set(past, 0);
    if (step.when !== undefined) branches.set('when', 0).set('when not', 0);
    this.branches.set(step, branches);
  }

  /** @param trace of one turn */
  add(trace: readonly TraceEntry[]): void {
    let before: Step | undefined;
    for (const { flow, step: ref, outcome } of trace) {
      const step = this.version.byName.get(flow)?.steps.get(ref);
      if (step === undefined || outcome === 'warning') continue;
      if (outcome !== 'skipped') this.steps.set(step, (this.steps.get(step) ?? 0) + 1);
      if (step.when !== undefined) this.count(step, outcome === 'skipped' ? 'when not' : 'when');
      if (outcome === WAYS_PAST[step.kind]) this.count(step, outcome);
      // A branch was taken when its owner decided and a step of it came next; a jump into it has another step before.
      const branch =
        step.block === undefined || step.block.owner !== before ? undefined : this.branchOf.get(step.block);
      if (before !== undefined && branch !== undefined && branch !== WAYS_PAST[before.kind]) this.count(before, branch);
      before = step;
    }
  }

  private count(step: Step, branch: string): void {
    const branches = this.branches.get(step);
    const hits = branches?.get(branch);
    if (hits !== undefined) branches?.set(branch, hits + 1);
  }

  /** @returns by flow, sorted by name */
  report(): FlowCoverage[] {
    return this.version.flows.flatMap((name) => {
      const flow = this.version.byName.get(name);
      if (flow === undefined) return [];
      const steps = [...new Set(flow.steps.values())].flatMap((step) => {
        const hits = this.steps.get(step);
        return hits === undefined ? [] : [{ step, hits }];
      });
      const branches = steps.flatMap(({ step }) =>
        [...(this.branches.get(step) ?? [])].map(([branch, hits]) => ({ step, branch, hits })),
      );
      return [{ flow, steps, branches }];
    });
  }
}

/** Neither it nor anything it is inside of is switched off. */
function isLive(step: Step): boolean {
  for (let one: Step | undefined = step; one !== undefined; one = one.block?.owner) if (one.disabled) return false;
  return true;
}

/** The share of what was done at least once, in whole percent; never 100 when something is missing. */
export function percent(counted: readonly { hits: number }[]): number {
  if (counted.length === 0) return 100;
  return Math.floor((counted.filter(({ hits }) => hits > 0).length / counted.length) * 100);
}
