import type { Step } from '../behaviour.js';
import { FlowName, Target } from '../reading/fields.js';
import type { Graph } from './graph.js';
import { type Check, expressionsOf, type Surveyed } from './survey.js';

/** Kinds that leave memory as it is: going round over these alone, the next round is like the last. */
const CHANGES_NOTHING = new Set(['say', 'if', 'lookup', 'goTo', 'executeFlow', 'log', 'track', 'blind']);

/**
 * Ways that come back to where they were in one turn: those nothing leads out of, and those that change nothing on the way,
 * so that who goes round once goes round for ever. Counting loops are neither.
 */
export function endlessLoops(graph: Graph): Check {
  return ({ parts }, report) => {
    const partOf = new Map(parts.map((part) => [part.step, part]));
    for (const circle of circles([...graph.reached].filter(graph.leadsAway), graph.goesOnTo)) {
      const members = new Set(circle);
      const leadsOut = circle.some((step) => {
        const next = graph.goesOnTo(step);
        return graph.endsFlow(step) || next.length === 0 || next.some((one) => !members.has(one));
      });
      const inOrder = parts.filter(({ step }) => step !== undefined && members.has(step));
      if (leadsOut && inOrder.some(changesSomething)) continue;
      const jump = inOrder.find(isJump) ?? inOrder[0];
      if (jump?.step === undefined) continue;
      const way = nameOf(wayRound(jump.step, members, graph.goesOnTo), partOf);
      const target = jump.found.find(({ thing }) => thing instanceof Target || thing instanceof FlowName);
      report(jump.flow, {
        code: 'endless-loop',
        path: target?.path ?? jump.step.keys,
        message: leadsOut
          ? `who comes here goes round for ever, since nothing changes on the way: ${way}`
          : `this goes round for ever and never waits: ${way}`,
        hint: 'let it wait for an answer on the way, or end',
        ...(leadsOut ? { severity: 'warning' as const } : {}),
      });
    }
  };
}

function isJump({ step }: Surveyed): boolean {
  return step !== undefined && ['goTo', 'executeFlow', 'think'].includes(step.kind);
}

function changesSomething(part: Surveyed): boolean {
  if (part.step === undefined || !CHANGES_NOTHING.has(part.step.kind)) return true;
  // What a flow of its own context is given differs from round to round.
  if (part.step.kind === 'executeFlow' && [...expressionsOf(part)].length > 0) return true;
  for (const { expression } of expressionsOf(part)) if (/\brandom\s*\./.test(expression.source)) return true;
  return false;
}

/** A shortest way from a step back to it. */
function wayRound(from: Step, members: ReadonlySet<Step>, next: (step: Step) => readonly Step[]): Step[] {
  const cameFrom = new Map<Step, Step>();
  const open: Step[] = [from];
  for (const step of open) {
    for (const one of next(step)) {
      if (one === from) {
        const way = [step];
        for (let back = cameFrom.get(step); back !== undefined; back = cameFrom.get(back)) way.unshift(back);
        return way;
      }
      if (!members.has(one) || cameFrom.has(one)) continue;
      cameFrom.set(one, step);
      open.push(one);
    }
  }
  return [from];
}

const MOST_NAMED = 6;

/** `a → order/b → a`: what has a name on the way; the flows, or else the place in the file, where nothing has. */
function nameOf(way: readonly Step[], partOf: ReadonlyMap<Step | undefined, Surveyed>): string {
  const flows = way.map((step) => partOf.get(step)?.flow.name ?? '');
  const isOne = new Set(flows).size === 1;
  const ids = way.flatMap(({ id }, index) => (id === undefined ? [] : [isOne ? id : `${flows[index]}/${id}`]));
  const visited = flows.filter((flow, index) => flow !== flows.at(index - 1));
  const calls = way.some(({ kind }) => kind === 'executeFlow');
  const names =
    ids.length > 0 ? ids : !isOne ? visited : calls ? flows.slice(0, 1) : way.slice(0, 1).map(({ path }) => path);
  const shown = names.length > MOST_NAMED ? [...names.slice(0, MOST_NAMED - 1), '…'] : names;
  return [...shown, names[0]].join(' → ');
}

/**
 * Sets of steps that all lead to each other, more than one or leading to itself.
 *
 * @param from every circle has one of these
 *
 * Tarjan's algorithm with a stack of its own: a flow may have thousands of steps in a row.
 */
function circles(from: readonly Step[], next: (step: Step) => readonly Step[]): Step[][] {
  const index = new Map<Step, number>();
  const low = new Map<Step, number>();
  const onStack = new Set<Step>();
  const stack: Step[] = [];
  const found: Step[][] = [];
  for (const root of from) {
    if (index.has(root)) continue;
    const work: { step: Step; left: Step[] }[] = [];
    const enter = (step: Step): void => {
      index.set(step, index.size);
      low.set(step, index.size - 1);
      stack.push(step);
      onStack.add(step);
      work.push({ step, left: [...next(step)] });
    };
    enter(root);
    for (let top = work.at(-1); top !== undefined; top = work.at(-1)) {
      const { step, left } = top;
      const one = left.pop();
      if (one !== undefined) {
        if (!index.has(one)) enter(one);
        else if (onStack.has(one)) low.set(step, Math.min(low.get(step) ?? 0, index.get(one) ?? 0));
        continue;
      }
      work.pop();
      const parent = work.at(-1)?.step;
      if (parent !== undefined) low.set(parent, Math.min(low.get(parent) ?? 0, low.get(step) ?? 0));
      if (low.get(step) !== index.get(step)) continue;
      const members = stack.splice(stack.lastIndexOf(step));
      for (const member of members) onStack.delete(member);
      if (members.length > 1 || next(step).includes(step)) found.push(members);
    }
  }
  return found;
}
