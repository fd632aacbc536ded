import { Block, type Step } from '../behaviour.js';
import type { Flow } from '../definition.js';
import { FlowName, Target } from '../reading/fields.js';
import type { Survey, Surveyed } from './survey.js';

/** Where a step leads within one turn, whatever the values are. */
interface Ways {
  flow: Flow;
  /** first steps of its branches, and the next step where it can go on to it */
  next: readonly Step[];
  /** where it jumps to and never comes back from */
  jumps: readonly Step[];
  calls: readonly Flow[];
  /** it has a `when`, so it may be passed over */
  optional: boolean;
  /** it can be the last step of its flow */
  ends: boolean;
  /** a turn can end here and the next begin here */
  waits: boolean;
}

/** The steps of all flows as a graph. */
export interface Graph {
  ways: ReadonlyMap<Step, Ways>;
  /** Where a step leads without waiting: into flows it executes, and behind it once they come back at once. */
  goesOnTo(step: Step): readonly Step[];
  /** it jumps or runs a flow: without such a step, all ways lead on through the file */
  leadsAway(step: Step): boolean;
  /** whether a flow can be over after this step, without a wait */
  endsFlow(step: Step): boolean;
  /** every step some turn can come to, provided every jump can happen */
  reached: ReadonlySet<Step>;
}

/** The key whose presence says that one of the branches is always taken. */
const LAST_BRANCH: { readonly [kind: string]: string } = { if: 'else', lookup: 'otherwise', once: 'afterwards' };

export function graphOf(survey: Survey): Graph {
  const ways = new Map<Step, Ways>();
  for (const part of survey.parts) if (part.step !== undefined) ways.set(part.step, waysOf(part.step, part, survey));
  const returns = comingBack(ways, true);
  const returnsAtOnce = comingBack(ways, false);

  const leading = (step: Step, back: ReadonlySet<Flow>): Step[] => {
    const way = ways.get(step);
    if (way === undefined) return [];
    const inside = way.calls.flatMap(({ start }) => start.steps[0] ?? []);
    const behind = comesBack(way, back) ? way.next : [];
    return [...behind, ...way.jumps, ...inside];
  };
  const goesOnTo = (step: Step) => (ways.get(step)?.waits === true ? [] : leading(step, returnsAtOnce));
  const endsFlow = (step: Step): boolean => {
    const way = ways.get(step);
    return way?.ends === true && comesBack(way, returnsAtOnce);
  };
  const leadsAway = (step: Step): boolean => {
    const { jumps = [], calls = [] } = ways.get(step) ?? {};
    return jumps.length + calls.length > 0;
  };
  return { ways, goesOnTo, leadsAway, endsFlow, reached: closure(entries(survey), (step) => leading(step, returns)) };
}

function waysOf(step: Step, { flow, found }: Surveyed, survey: Survey): Ways {
  const { flows } = survey;
  if (step.disabled) return { flow, ...goingOn(step), jumps: [], calls: [], optional: false, waits: false };
  const branches: Step[] = [];
  const jumps: Step[] = [];
  const calls: Flow[] = [];
  const isJump = step.kind === 'goTo' && !leadsLater(step.fields);
  for (const { thing } of found) {
    if (thing instanceof Block) branches.push(...thing.steps.slice(0, 1));
    if (thing instanceof FlowName) calls.push(...maybe(flows.get(thing.name)));
    // A target anywhere else is that of a tap or an intent: a later turn.
    if (thing instanceof Target && isJump) jumps.push(...maybe(stepOf(thing, flow, flows)));
  }
  // It leads to the endpoint's flow, which this one is not when others run it.
  if (step.kind === 'think' && !isRunByOthers(flow, survey)) jumps.push(...maybe(flow.start.steps[0]));
  const last = LAST_BRANCH[step.kind];
  const alwaysLeaves = step.traits.leaves || (last !== undefined && last in step.fields && hasValue(step.fields, last));
  const optional = step.when !== undefined;
  const behind = optional || !alwaysLeaves ? goingOn(step) : { next: [], ends: false };
  const { waits } = step.traits;
  return { flow, next: [...branches, ...behind.next], ends: behind.ends, jumps, calls, optional, waits };
}

/** `goTo` with `wait`: only the next message goes there. */
function leadsLater(fields: object): boolean {
  return Object.values(fields).some((one) => typeof one === 'object' && one !== null && one.wait === true);
}

function isRunByOthers({ name }: Flow, { parts }: Survey): boolean {
  return parts.some((part) => part.flow.name !== name && part.found.some(({ thing }) => namesFlow(thing, name)));
}

function namesFlow(thing: unknown, name: string): boolean {
  if (thing instanceof FlowName) return thing.name === name;
  return thing instanceof Target && thing.flow === name;
}

/** Whether the flow can go on behind a step, which it does when the flows it executes come back. */
function comesBack({ calls, optional }: Ways, back: ReadonlySet<Flow>): boolean {
  return optional || calls.every((flow) => back.has(flow));
}

function hasValue(fields: object, key: string): boolean {
  return Object.entries(fields).some(([name, value]) => name === key && value !== undefined);
}

function maybe<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}

/** What comes behind a step: the next in its block, else what comes behind the step its block is a branch of. */
function goingOn(step: Step): { next: Step[]; ends: boolean } {
  let here: Step | undefined = step;
  while (here !== undefined) {
    if (here.next !== undefined) return { next: [here.next], ends: false };
    here = here.block?.owner;
  }
  return { next: [], ends: true };
}

export function stepOf(target: Target, from: Flow, flows: ReadonlyMap<string, Flow>): Step | undefined {
  const flow = target.flow === undefined ? from : flows.get(target.flow);
  return target.step === undefined ? flow?.start.steps[0] : flow?.steps.get(target.step);
}

/** Executed flows that can come to their end and so back to whoever executed them: jumps never come back. */
function comingBack(ways: ReadonlyMap<Step, Ways>, throughWaits: boolean): Set<Flow> {
  const back = new Set<Flow>();
  const inside = (step: Step): readonly Step[] => {
    const way = ways.get(step);
    if (way === undefined || (way.waits && !throughWaits)) return [];
    return comesBack(way, back) ? way.next : [];
  };
  const endsAt = (step: Step): boolean => {
    const way = ways.get(step);
    if (way === undefined || !way.ends || (way.waits && !throughWaits)) return false;
    return comesBack(way, back);
  };
  const called = new Set([...ways.values()].flatMap(({ calls }) => calls));
  // A flow comes back when the flows it executes do: again until nothing is added.
  for (let before = -1; before < back.size; ) {
    before = back.size;
    for (const flow of called) {
      if (back.has(flow)) continue;
      const steps = closure(flow.start.steps.slice(0, 1), inside);
      if ([...steps].some(endsAt)) back.add(flow);
    }
  }
  return back;
}

/** Where turns begin: flows, handlers, and wherever a jump, a tap or an intent leads. */
function entries({ flows, parts }: Survey): Step[] {
  const first = (block: Block | undefined): Step[] => maybe(block?.steps[0]);
  const starts = [...flows.values()].flatMap((flow) => [
    ...first(flow.start),
    ...Object.values(flow.handlers).flatMap(first),
    ...flow.intents.flatMap(({ action }) => (action !== undefined && 'steps' in action ? first(action.steps) : [])),
  ]);
  const targets = parts.flatMap(({ flow, found }) =>
    found.flatMap(({ thing }) => (thing instanceof Target ? maybe(stepOf(thing, flow, flows)) : [])),
  );
  return [...starts, ...targets];
}

function closure(from: readonly Step[], next: (step: Step) => readonly Step[]): Set<Step> {
  const seen = new Set<Step>(from);
  const open = [...seen];
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    for (const one of next(step)) {
      if (seen.has(one)) continue;
      seen.add(one);
      open.push(one);
    }
  }
  return seen;
}
