import type { Step } from '../behaviour.js';
import type { Flow } from '../definition.js';
import { intentProblems } from '../intents/intent-check.js';
import { Message } from '../messages/message.js';
import { Choices } from '../questions/answer-fields.js';
import { choiceProblems } from '../questions/choice-check.js';
import { FlowName, Target, Text } from '../reading/fields.js';
import { didYouMean, type Finding, type Problem } from '../reading/finding.js';
import { OwnFileName, ownFileProblems } from '../reading/own-files.js';
import { graphOf } from './graph.js';
import { impossibleValues } from './impossible-values.js';
import { endlessLoops } from './loops.js';
import { messageProblems } from './message-check.js';
import { singleBraces } from './single-braces.js';
import { type Check, type Survey, type Surveyed, surveyOf } from './survey.js';
import { missingTranslations } from './translations.js';
import { unreachable } from './unreachable.js';
import { unsetPaths } from './unset-paths.js';
import { unusedTexts } from './unused-texts.js';
import { type WorstCaseOf, worstCases } from './value-lengths.js';

/** A flow with the way to place what is wrong with it. */
export interface LoadedFlow {
  flow: Flow;
  place(problem: Problem): Finding;
}

/**
 * What can only be seen with all flows in hand: where jumps lead, what is never reached, what nothing sets, what Meta would
 * refuse.
 *
 * @param ownFiles paths of the bot's own files
 */
export function checkFlows(loaded: readonly LoadedFlow[], ownFiles: readonly string[]): Finding[] {
  return checkWith(loaded, (survey) => {
    const graph = graphOf(survey);
    return [
      ...[twins, references, withoutId, unreachable(graph), endlessLoops(graph)],
      ...[unsetPaths, impossibleValues, singleBraces, missingTranslations, unusedTexts, intents, knownFiles(ownFiles)],
    ];
  });
}

/** What some checks find in flows: also those that need to know more than the flows themselves. */
export function checkWith(loaded: readonly LoadedFlow[], checksOf: (survey: Survey) => readonly Check[]): Finding[] {
  const findings: Finding[] = [];
  const byFlow = new Map(loaded.map(({ flow, place }) => [flow, place]));
  const report = (flow: Flow, problem: Problem): void => {
    const place = byFlow.get(flow);
    if (place !== undefined) findings.push(place(problem));
  };
  const survey = surveyOf([...byFlow.keys()]);
  for (const check of checksOf(survey)) check(survey, report);
  return findings;
}

const twins: Check = ({ flows, parts }, report) => {
  for (const flow of new Set(parts.map((part) => part.flow))) {
    const twin = flows.get(flow.name);
    if (twin === flow) continue;
    const message = `there is a second flow \`${flow.name}\`, in ${twin?.file}`;
    report(flow, { code: 'duplicate-flow', path: ['flow'], message });
  }
};

/** @param known paths of the bot's own files */
function knownFiles(known: readonly string[]): Check {
  return ({ parts }, report) => {
    for (const { flow, found } of parts) {
      for (const { thing, path } of found) {
        if (!(thing instanceof OwnFileName)) continue;
        for (const problem of ownFileProblems(thing, path, known)) report(flow, problem);
      }
    }
  };
}

const intents: Check = ({ flows }, report) => {
  for (const flow of flows.values()) for (const problem of intentProblems(flow)) report(flow, problem);
};

/** Steps that are remembered beyond this version, and so need a name of their own. */
const withoutId: Check = ({ parts }, report) => {
  for (const { flow, step } of parts) {
    if (step === undefined || step.id !== undefined) continue;
    const { kind, keys, traits } = step;
    const at = { path: keys, severity: 'warning' } as const;
    if (traits.waits) {
      const hint = 'give it an `id`: without one, who waits here is lost when steps are added before it';
      report(flow, { ...at, code: 'waits-without-id', message: `a ${kind} step waits, but has no id`, hint });
    } else if (traits.remembered) {
      const hint = 'give it an `id`: without one, all contacts meet it again when steps are added before it';
      const message = `${kind} is remembered by its id, but has none`;
      report(flow, { ...at, code: 'remembered-without-id', message, hint });
    }
  }
};

/** Where steps and texts lead: to steps, flows and texts that are there. */
const references: Check = (survey, report) => {
  const worstCase = worstCases(survey);
  for (const part of survey.parts)
    for (const problem of referencesOf(part, survey.flows, worstCase)) report(part.flow, problem);
};

function referencesOf({ flow, found }: Surveyed, flows: ReadonlyMap<string, Flow>, worstCase: WorstCaseOf): Problem[] {
  return found.flatMap(({ thing, path }) => {
    if (thing instanceof Target) return targetProblems(thing, path, flow, flows);
    if (thing instanceof FlowName) return flowProblems(thing.name, path, flows);
    if (thing instanceof Text) return referenceProblems(thing, flow, path);
    if (thing instanceof Choices) return choiceProblems(thing, path);
    return thing instanceof Message ? messageProblems(thing, flow, path, worstCase) : [];
  });
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
