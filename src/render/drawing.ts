import { Block, type Step } from '../flow/behaviour.js';
import { graphOf, stepOf } from '../flow/checks/graph.js';
import { type Surveyed, surveyOf } from '../flow/checks/survey.js';
import type { Flow } from '../flow/definition.js';
import { FlowName, Target, Text } from '../flow/reading/fields.js';
import { isExpression, isMemoryPath, isTemplate } from '../flow/reading/walk-fields.js';

/** What a step is to the eye. */
export type Look = 'start' | 'says' | 'asks' | 'decides' | 'jumps' | 'calls' | 'changes' | 'ends' | 'elsewhere';

export interface Box {
  id: string;
  look: Look;
  /** the kind of step and its id */
  title: string;
  /** what it says or does, shortened; may be empty */
  detail: string;
  /** the flow waits here for the contact or the clock */
  waits: boolean;
}

export interface Arrow {
  from: string;
  to: string;
  /** the branch it stands for; may be empty */
  label: string;
  /** `tap`: only when the contact taps or an intent is found; `visit`: and back */
  kind: 'next' | 'jump' | 'tap' | 'visit';
}

/** Flows as boxes and arrows, in the order of the file; how they are laid out is somebody else's business. */
export interface Drawing {
  groups: readonly { name: string; title: string; boxes: readonly Box[] }[];
  arrows: readonly Arrow[];
}

/**
 * @param all every flow of the bot
 * @param drawn names of those to draw; others are one box where an arrow leads there
 */
export function drawFlows(all: readonly Flow[], drawn: ReadonlySet<string>): Drawing {
  const survey = surveyOf(all);
  const { ways } = graphOf(survey);
  const elsewhere = new Map<string, Box>();
  const arrows: Arrow[] = [];
  const groups = all
    .filter(({ name }) => drawn.has(name))
    .map((flow) => {
      const parts = survey.parts.filter((part) => part.flow === flow);
      const boxes = [...entriesOf(flow, add), ...parts.flatMap((part) => boxOf(part))];
      for (const part of parts) arrowsOf(part);
      return { name: flow.name, title: flow.title ?? flow.name, boxes };
    });
  const others = [...elsewhere.values()];
  return { groups: others.length === 0 ? groups : [...groups, { name: '', title: '', boxes: others }], arrows };

  function add(from: string, to: Step | undefined, label: string, kind: Arrow['kind']): void {
    if (to !== undefined) arrows.push({ from, to: place(to), label, kind });
  }

  /** The box of a step, or of its flow when that is not drawn. */
  function place(step: Step): string {
    const flow = ways.get(step)?.flow.name ?? '';
    if (drawn.has(flow)) return step.place;
    const id = `${flow}/`;
    elsewhere.set(id, { id, look: 'elsewhere', title: `flow ${flow}`, detail: '', waits: false });
    return id;
  }

  function arrowsOf({ step, flow, found }: Surveyed): void {
    if (step === undefined) return;
    const way = ways.get(step);
    const branches = new Set<Step>();
    for (const { thing, path } of found) {
      if (thing instanceof Block) {
        const first = thing.steps[0];
        if (first !== undefined) branches.add(first);
        add(step.place, first, branchName(path.slice(step.keys.length)), 'next');
      }
      if (thing instanceof Target) {
        const kind = step.kind === 'goTo' ? 'jump' : 'tap';
        add(step.place, stepOf(thing, flow, survey.flows), kind === 'tap' ? tapName(path, found) : '', kind);
      }
      if (thing instanceof FlowName) add(step.place, survey.flows.get(thing.name)?.start.steps[0], '', 'visit');
    }
    for (const next of way?.next ?? []) if (!branches.has(next)) add(step.place, next, '', 'next');
  }
}

/** Where turns begin: the flow itself, its handlers, its intents. */
function entriesOf(
  flow: Flow,
  add: (from: string, to: Step | undefined, label: string, kind: Arrow['kind']) => void,
): Box[] {
  const boxes: Box[] = [];
  const entry = (name: string, to: Step | undefined, kind: Arrow['kind']): void => {
    const id = `${flow.name}//${name}`;
    boxes.push({ id, look: 'start', title: name, detail: '', waits: false });
    add(id, to, '', kind);
  };
  entry('start', flow.start.steps[0], 'next');
  for (const [name, block] of Object.entries(flow.handlers)) {
    if (block !== undefined) entry(`on ${name}`, block.steps[0], 'next');
  }
  for (const { name, action } of flow.intents) {
    if (action !== undefined && 'steps' in action) entry(`intent ${name}`, action.steps.steps[0], 'tap');
  }
  return boxes;
}

const LOOKS: { readonly [kind: string]: Look } = {
  ...{ say: 'says', notify: 'says', question: 'asks', optionalQuestion: 'asks', wait: 'asks', handover: 'asks' },
  ...{ if: 'decides', lookup: 'decides', once: 'decides', every: 'decides', repeat: 'decides' },
  ...{ goTo: 'jumps', executeFlow: 'jumps', think: 'jumps', inject: 'jumps' },
  ...{ http: 'calls', llm: 'calls', code: 'calls', stop: 'ends', endSession: 'ends', raise: 'ends' },
};

function boxOf(part: Surveyed): Box[] {
  const { step } = part;
  if (step === undefined) return [];
  const { kind, id, place, disabled, traits } = step;
  const title = `${kind}${id === undefined ? '' : ` · ${id}`}${disabled ? ' (disabled)' : ''}`;
  return [{ id: place, look: LOOKS[kind] ?? 'changes', title, detail: detailOf(part), waits: traits.waits }];
}

/** The first thing a step says, reads, writes or leads to. */
function detailOf({ found }: Surveyed): string {
  const text = found.find(({ thing }) => thing instanceof Text)?.thing;
  if (text instanceof Text) return shortened([...text.variants.values()][0]?.source ?? `texts.${text.reference}`);
  for (const { thing } of found) {
    if (thing instanceof Target) return `→ ${[thing.flow, thing.step].filter((one) => one !== undefined).join('/')}`;
    if (thing instanceof FlowName) return `⇄ ${thing.name}`;
    if (isTemplate(thing) || isExpression(thing)) return shortened(thing.source);
    if (isMemoryPath(thing)) return [thing.memory, ...thing.keys].join('.');
  }
  return '';
}

const DETAIL_MAX = 44;

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const signs = [...line];
  return signs.length <= DETAIL_MAX ? line : `${signs.slice(0, DETAIL_MAX - 1).join('')}…`;
}

/** `cases.shipped` is shown as `shipped`; a block that is the step itself has no name. */
function branchName(path: readonly PropertyKey[]): string {
  const words = path.filter((key) => typeof key === 'string');
  return shortened(words.at(-1) ?? '');
}

/** What a tap is called: the id of the button beside the target. */
function tapName(path: readonly PropertyKey[], found: Surveyed['found']): string {
  const button = JSON.stringify(path.slice(0, -1));
  const id = found.find(({ thing, path: at }) => {
    return isTemplate(thing) && at.at(-1) === 'id' && JSON.stringify(at.slice(0, -1)) === button;
  })?.thing;
  return id !== undefined && isTemplate(id) ? shortened(id.source) : '';
}
