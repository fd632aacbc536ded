import { Block, type Step } from '../behaviour.js';
import type { Graph } from './graph.js';
import type { Check } from './survey.js';

/** The first of each row of steps that no turn comes to. */
export function unreachable(graph: Graph): Check {
  return ({ flows, parts }, report) => {
    const branches = new Map(
      parts.map(({ step, found }) => [step, found.flatMap(({ thing }) => (thing instanceof Block ? thing : []))]),
    );
    for (const flow of flows.values()) {
      const own = flow.intents.map(({ action }) =>
        action !== undefined && 'steps' in action ? action.steps : undefined,
      );
      const roots = [flow.start, ...Object.values(flow.handlers), ...own];
      for (const root of roots) if (root !== undefined) inBlock(root);

      function inBlock(block: Block): void {
        let before: Step | undefined;
        for (const step of block.steps) {
          if (comesTo(step)) for (const branch of branches.get(step) ?? []) inBlock(branch);
          else if (before !== undefined && comesTo(before)) {
            const message = `this is never reached: ${whyNot(before)}`;
            report(flow, { code: 'unreachable-step', path: step.keys, message, severity: 'warning' });
          }
          before = step;
        }
      }

      /** Also when only a jump into one of its branches does. */
      function comesTo(step: Step): boolean {
        return graph.reached.has(step) || (branches.get(step) ?? []).some(({ steps }) => steps.some(comesTo));
      }
    }
  };
}

function whyNot({ kind, traits }: Step): string {
  if (kind === 'executeFlow') return 'the flow executed before it never comes back';
  return traits.leaves
    ? `\`${kind}\` before it does not come back`
    : `every branch of the \`${kind}\` before it leads away`;
}
