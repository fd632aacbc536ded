import { Block, type Step } from './behaviour.js';
import { type Flow, HANDLERS } from './definition.js';
import { FlowName, Target, Text } from './fields.js';
import { didYouMean, type Finding, type Problem } from './finding.js';
import { Message } from './message.js';
import { messageProblems } from './message-check.js';
import { Choices } from './questions/answer-fields.js';
import { choiceProblems } from './questions/choice-check.js';
import { walkFields } from './walk-fields.js';

/** A flow with the way to place what is wrong with it. */
export interface LoadedFlow {
  flow: Flow;
  place(problem: Problem): Finding;
}

/**
 * What can only be seen with all flows in hand: where jumps lead, what is never reached, what Meta would refuse.
 */
export function checkFlows(loaded: readonly LoadedFlow[]): Finding[] {
  const flows = new Map(loaded.map(({ flow }) => [flow.name, flow]));
  const targets = targetsOf(loaded);
  return loaded.flatMap(({ flow, place }) => {
    const twin = flows.get(flow.name);
    const problems: Problem[] = [...new Set(flow.steps.values())].flatMap((step) => [
      ...stepProblems(step, flow, flows),
      ...(step.id === undefined ? withoutId(step) : []),
    ]);
    const texts = [...flow.texts.values()].flatMap((text) => referenceProblems(text, flow, []));
    const name: Problem[] =
      twin === flow
        ? []
        : [
            {
              code: 'duplicate-flow',
              path: ['flow'],
              message: `there is a second flow \`${flow.name}\`, in ${twin?.file}`,
            },
          ];
    const roots = [flow.start, ...HANDLERS.flatMap((handler) => flow.handlers[handler] ?? [])];
    return [...name, ...texts, ...problems, ...roots.flatMap((block) => unreachable(block, targets))].map(place);
  });
}

function withoutId({ keys, kind, traits }: Step): Problem[] {
  if (traits.waits) {
    const hint = 'give it an `id`: without one, who waits here is lost when steps are added before it';
    const message = `a ${kind} step waits, but has no id`;
    return [{ code: 'waits-without-id', path: keys, message, hint, severity: 'warning' }];
  }
  if (!traits.remembered) return [];
  const hint = 'give it an `id`: without one, all contacts meet it again when steps are added before it';
  const message = `${kind} is remembered by its id, but has none`;
  return [{ code: 'remembered-without-id', path: keys, message, hint, severity: 'warning' }];
}

function stepProblems(step: Step, flow: Flow, flows: ReadonlyMap<string, Flow>): Problem[] {
  const problems: Problem[] = [];
  walkFields(step.fields, (found, path) => {
    const at = [...step.keys, ...path];
    if (found instanceof Target) problems.push(...targetProblems(found, at, flow, flows));
    else if (found instanceof FlowName) problems.push(...flowProblems(found.name, at, flows));
    else if (found instanceof Text) problems.push(...referenceProblems(found, flow, at));
    else if (found instanceof Message) problems.push(...messageProblems(found, flow, at));
    else if (found instanceof Choices) problems.push(...choiceProblems(found, at));
  });
  return problems;
}

function flowProblems(name: string, path: readonly PropertyKey[], flows: ReadonlyMap<string, Flow>): Problem[] {
  if (flows.has(name)) return [];
  return [{ code: 'unknown-flow', path, message: `there is no flow \`${name}\``, ...hinted(name, flows.keys()) }];
}

function targetProblems(
  target: Target,
  path: readonly PropertyKey[],
  flow: Flow,
  flows: ReadonlyMap<string, Flow>,
): Problem[] {
  const inFlow = target.flow === undefined ? flow : flows.get(target.flow);
  if (inFlow === undefined) return flowProblems(target.flow ?? '', [...path, 'flow'], flows);
  const { step } = target;
  const found = step === undefined ? undefined : inFlow.steps.get(step);
  const loop = found && closedAround(found);
  if (loop !== undefined) {
    const message = `\`${step}\` is inside a ${loop.kind}: nobody can jump into it`;
    const hint = `jump to the ${loop.kind} itself${loop.id === undefined ? ', with an `id`' : `: \`${loop.id}\``}`;
    return [{ code: 'jump-into-repeat', path: target.flow === undefined ? path : [...path, 'step'], message, hint }];
  }
  if (step === undefined || found !== undefined) return [];
  const ids = [...inFlow.steps.values()].flatMap(({ id }) => id ?? []);
  const at = target.flow === undefined ? path : [...path, 'step'];
  const message = `there is no step \`${step}\` in flow ${inFlow.name}`;
  return [{ code: 'unknown-target', path: at, message, ...hinted(step, ids) }];
}

/** The innermost step around this one whose steps are entered through it alone. */
function closedAround({ block }: Step): Step | undefined {
  const owner = block?.owner;
  return owner === undefined || owner.traits.closed ? owner : closedAround(owner);
}

function referenceProblems({ reference }: Text, flow: Flow, path: readonly PropertyKey[]): Problem[] {
  if (reference === undefined || (flow.texts.get(reference)?.reference === undefined && flow.texts.has(reference)))
    return [];
  const message = flow.texts.has(reference)
    ? `\`texts.${reference}\` is itself only a reference`
    : `there is no text \`texts.${reference}\``;
  return [{ code: 'unknown-text', path, message, ...hinted(reference, flow.texts.keys()) }];
}

function hinted(word: string, known: Iterable<string>): { hint?: string } {
  const hint = didYouMean(word, known);
  return hint === undefined ? {} : { hint };
}

/** Steps some jump leads to. */
function targetsOf(loaded: readonly LoadedFlow[]): Set<Step> {
  const flows = new Map(loaded.map(({ flow }) => [flow.name, flow]));
  const targets = new Set<Step>();
  for (const { flow } of loaded) {
    for (const step of flow.steps.values()) {
      walkFields(step.fields, (found) => {
        const inFlow = found instanceof Target ? flows.get(found.flow ?? flow.name) : undefined;
        const leadsTo = found instanceof Target && found.step !== undefined ? inFlow?.steps.get(found.step) : undefined;
        if (leadsTo !== undefined) targets.add(leadsTo);
      });
    }
  }
  return targets;
}

/** The first step behind each one that never goes on to the next, unless a jump leads there or further in. */
function unreachable(block: Block, targets: ReadonlySet<Step>): Problem[] {
  const problems: Problem[] = [];
  let left: Step | undefined;
  for (const step of block.steps) {
    const inner = branchesOf(step);
    if (left !== undefined && isEntered(step, targets)) left = undefined;
    if (left !== undefined) {
      const message = `this is never reached: \`${left.kind}\` before it does not come back`;
      problems.push({ code: 'unreachable-step', path: step.keys, message, severity: 'warning' });
      break;
    }
    problems.push(...inner.flatMap((branch) => unreachable(branch, targets)));
    if (step.traits.leaves && step.when === undefined && !step.disabled) left = step;
  }
  return problems;
}

function branchesOf(step: Step): Block[] {
  const branches: Block[] = [];
  walkFields(step.fields, (found) => {
    if (found instanceof Block) branches.push(found);
  });
  return branches;
}

function isEntered(step: Step, targets: ReadonlySet<Step>): boolean {
  return (
    targets.has(step) || branchesOf(step).some((branch) => branch.steps.some((inner) => isEntered(inner, targets)))
  );
}
