import type { Flow } from '../definition.js';
import { FlowName, Target } from '../reading/fields.js';
import type { Check, Survey } from './survey.js';

/** Where the conversations of an endpoint begin, and whose handlers count there. */
export interface Start {
  flow: string;
  handlers?: string | undefined;
}

/** The other flows each flow runs or jumps to. */
export function flowsNamed({ flows, parts }: Survey): ReadonlyMap<string, ReadonlySet<string>> {
  const named = new Map([...flows.keys()].map((name) => [name, new Set<string>()]));
  for (const { flow, found } of parts) {
    for (const { thing } of found) {
      const name = thing instanceof FlowName ? thing.name : thing instanceof Target ? thing.flow : undefined;
      if (name !== undefined && name !== flow.name) named.get(flow.name)?.add(name);
    }
  }
  return named;
}

/** The flows that conversations which begin here can come to. */
export function flowsFrom(starts: readonly Start[], named: ReturnType<typeof flowsNamed>): Set<string> {
  const reached = new Set<string>();
  const open = starts.flatMap(({ flow, handlers = [] }) => [flow, handlers].flat());
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (reached.has(name) || !named.has(name)) continue;
    reached.add(name);
    open.push(...(named.get(name) ?? []));
  }
  return reached;
}

/** @param starts of all endpoints of the bot */
export function neverUsed(starts: readonly Start[]): Check {
  return (survey, report) => {
    for (const flow of unusedFlows(starts, survey)) {
      const message = `no endpoint begins with \`${flow.name}\`, and no flow runs it`;
      const hint = 'name it as the `flow` of an endpoint, run it with `executeFlow`, or delete the file';
      report(flow, { code: 'unused-flow', path: ['flow'], message, hint, severity: 'warning' });
    }
  };
}

/** Flows that no conversation comes to, but for those which one of them alone leads to: a flow, and not its tail. */
export function unusedFlows(starts: readonly Start[], survey: Survey): Flow[] {
  const named = flowsNamed(survey);
  const left = new Map(survey.flows);
  const drop = (names: Iterable<string>) => {
    for (const name of names) left.delete(name);
  };
  drop(flowsFrom(starts, named));
  const unused: Flow[] = [];
  for (let flow = topOf(left, named); flow !== undefined; flow = topOf(left, named)) {
    unused.push(flow);
    drop(flowsFrom([{ flow: flow.name }], named));
  }
  return unused;
}

/** One that no other of them leads to; where they only lead to each other, the first. */
function topOf(flows: ReadonlyMap<string, Flow>, named: ReturnType<typeof flowsNamed>): Flow | undefined {
  const led = new Set([...flows.keys()].flatMap((name) => [...(named.get(name) ?? [])]));
  const all = [...flows.values()];
  return all.find(({ name }) => !led.has(name)) ?? all[0];
}
