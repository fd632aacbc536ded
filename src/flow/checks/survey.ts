import type { Step } from '../behaviour.js';
import type { Flow } from '../definition.js';
import type { Expression } from '../expressions/expression.js';
import type { Problem } from '../reading/finding.js';
import { type Found, isExpression, isTemplate, walkFields } from '../reading/walk-fields.js';

type Path = readonly PropertyKey[];

/** A step, a text or an intent of a flow, with everything in it that checks look at. */
export interface Surveyed {
  flow: Flow;
  /** undefined for what stands under `texts` and `intents` */
  step: Step | undefined;
  found: readonly { thing: Found; path: Path }[];
}

/** All flows of a bot, walked through once for all checks. */
export interface Survey {
  flows: ReadonlyMap<string, Flow>;
  parts: readonly Surveyed[];
}

/** A check looks at all flows of a bot together and reports what is wrong with one of them. */
export type Check = (survey: Survey, report: (flow: Flow, problem: Problem) => void) => void;

export function surveyOf(flows: readonly Flow[]): Survey {
  return { flows: new Map(flows.map((flow) => [flow.name, flow])), parts: flows.flatMap(partsOf) };
}

function partsOf(flow: Flow): Surveyed[] {
  const parts: Surveyed[] = [...flow.texts].map(([name, text]) => ({
    flow,
    step: undefined,
    found: foundIn(text, ['texts', name]),
  }));
  for (const { action, keys } of flow.intents) {
    parts.push({ flow, step: undefined, found: foundIn(action, keys) });
  }
  for (const step of new Set(flow.steps.values())) {
    const found = foundIn(step.fields, step.keys);
    if (step.when !== undefined) found.push({ thing: step.when, path: [...step.keys, 'when'] });
    parts.push({ flow, step, found });
  }
  return parts;
}

function foundIn(fields: unknown, at: Path): { thing: Found; path: Path }[] {
  const found: { thing: Found; path: Path }[] = [];
  walkFields(fields, (thing, path) => found.push({ thing, path: [...at, ...path] }));
  return found;
}

/** The expressions of a step or text, each with the path of the text it stands in. */
export function* expressionsOf({ found }: Surveyed): Iterable<{ expression: Expression; path: Path }> {
  for (const { thing, path } of found) {
    if (isExpression(thing)) yield { expression: thing, path };
    if (!isTemplate(thing)) continue;
    for (const part of thing.parts) if (typeof part !== 'string') yield { expression: part, path };
  }
}
