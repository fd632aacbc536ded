import { Block, type Step } from './behaviour.js';
import { type Flow, type FlowVersion, HANDLERS } from './definition.js';
import type { FlowFile } from './load.js';
import { readSource } from './reading/read-source.js';
import { isRawMap, Plain, type Raw } from './reading/source.js';
import { walkFields } from './reading/walk-fields.js';

/** Flows with the files they were made from. */
export interface ComparedVersion {
  version: FlowVersion;
  files: readonly FlowFile[];
}

/** What differs between two versions, flow by flow, in the order of their names. */
export interface FlowsDifference {
  added: { flow: string; steps: number }[];
  removed: { flow: string; steps: number }[];
  changed: { flow: string; changes: Change[] }[];
}

export type Change =
  /** of the flow itself: title, context, texts, intents */
  | { what: 'flow'; fields: FieldChange[] }
  | { what: 'added' | 'removed'; step: string; kind: string; says: string | undefined }
  | { what: 'moved'; step: string; kind: string; from: string; to: string }
  | { what: 'changed'; step: string; kind: string; was: string | undefined; fields: FieldChange[] };

/** A value as it is written; undefined where there is none. */
export interface FieldChange {
  field: string;
  before: string | undefined;
  after: string | undefined;
}

/**
 * What a designer changed: steps are known again by their id, others by their place among what stayed the same. How a
 * file is laid out, quoted or commented makes no difference.
 */
export function compareVersions(before: ComparedVersion, after: ComparedVersion): FlowsDifference {
  const names = [...new Set([...before.version.flows, ...after.version.flows])].sort();
  const difference: FlowsDifference = { added: [], removed: [], changed: [] };
  for (const flow of names) {
    const [old, now] = [before.version.byName.get(flow), after.version.byName.get(flow)];
    if (old === undefined && now !== undefined) difference.added.push({ flow, steps: stepsIn(now) });
    if (now === undefined && old !== undefined) difference.removed.push({ flow, steps: stepsIn(old) });
    if (old === undefined || now === undefined || old.digest === now.digest) continue;
    const changes = compareFlows(outlineOf(old, before.files), outlineOf(now, after.files));
    if (changes.length > 0) difference.changed.push({ flow, changes });
  }
  return difference;
}

const stepsIn = (flow: Flow): number => new Set(flow.steps.values()).size;

/** A step with what stands in the file for it. */
interface Node {
  step: Step;
  /** where its block is: `steps`, `ask: question.onTimeout`, … */
  place: string;
  /** what is written, without its branches */
  own: ReadonlyMap<string, string>;
  branches: ReadonlyMap<string, Node[]>;
  /** the same text for the same step with the same branches */
  print: string;
}

interface Outline {
  own: ReadonlyMap<string, string>;
  blocks: ReadonlyMap<string, Node[]>;
  byId: ReadonlyMap<string, Node>;
}

/** Keys of a flow file that hold steps or say what the file is. */
const NOT_OWN = ['steps', 'handlers', 'on', 'flow', 'spec'];

function outlineOf(flow: Flow, files: readonly FlowFile[]): Outline {
  const file = files.find(({ path }) => path === flow.file);
  const raw = file === undefined ? undefined : readSource(file.path, file.text).raw;
  const byId = new Map<string, Node>();

  function nodesOf({ steps }: Block, place: string): Node[] {
    return steps.map((step) => {
      const inner: { path: readonly PropertyKey[]; block: Block }[] = [];
      walkFields(step.fields, (found, path) => {
        if (found instanceof Block) inner.push({ path: [...path], block: found });
      });
      const branches = new Map(
        inner.map(({ path, block }) => [path.map(String).join('.'), nodesOf(block, `${step.ref}: ${path.join('.')}`)]),
      );
      const own = leavesOf(valueAt(raw, step.keys), new Set(branches.keys()));
      const print = JSON.stringify([
        [...own],
        [...branches].map(([name, nodes]) => [name, nodes.map((node) => node.print)]),
      ]);
      const node: Node = { step, place, own, branches, print };
      if (step.id !== undefined) byId.set(step.id, node);
      return node;
    });
  }

  const blocks = new Map([['steps', nodesOf(flow.start, 'steps')]]);
  for (const name of HANDLERS) {
    const block = flow.handlers[name];
    if (block !== undefined) blocks.set(`handlers.${name}`, nodesOf(block, `handlers.${name}`));
  }
  return { own: leavesOf(raw, new Set(NOT_OWN)), blocks, byId };
}

function compareFlows(before: Outline, after: Outline): Change[] {
  const changes: Change[] = [];
  const fields = fieldChanges(before.own, after.own);
  if (fields.length > 0) changes.push({ what: 'flow', fields });

  function blocks(old: ReadonlyMap<string, Node[]>, now: ReadonlyMap<string, Node[]>): void {
    for (const name of new Set([...old.keys(), ...now.keys()])) block(old.get(name) ?? [], now.get(name) ?? []);
  }

  function pair(old: Node, now: Node): void {
    const own = fieldChanges(old.own, now.own);
    const was = old.step.kind === now.step.kind ? undefined : old.step.kind;
    if (own.length > 0 || was !== undefined) {
      changes.push({ what: 'changed', step: now.step.ref, kind: now.step.kind, was, fields: own });
    }
    blocks(old.branches, now.branches);
  }

  function block(old: readonly Node[], now: readonly Node[]): void {
    for (const [one, other] of align(old, now)) {
      if (one !== undefined && other !== undefined) pair(one, other);
      else if (one !== undefined) gone(one);
      else if (other !== undefined) come(other);
    }
  }

  function gone(node: Node): void {
    // One that is elsewhere now is told there.
    if (node.step.id === undefined || !after.byId.has(node.step.id)) changes.push(alone('removed', node));
    for (const branch of node.branches.values()) for (const inner of branch) if (isElsewhere(inner, after)) gone(inner);
  }

  function come(node: Node): void {
    const from = node.step.id === undefined ? undefined : before.byId.get(node.step.id);
    if (from === undefined) {
      changes.push(alone('added', node));
      for (const branch of node.branches.values())
        for (const inner of branch) if (isElsewhere(inner, before)) come(inner);
      return;
    }
    const { ref: step, kind } = node.step;
    changes.push({ what: 'moved', step, kind, from: from.place, to: node.place });
    pair(from, node);
  }

  blocks(before.blocks, after.blocks);
  return changes;
}

/** Whether it, or something in it, is known on the other side. */
function isElsewhere(node: Node, other: Outline): boolean {
  if (node.step.id !== undefined && other.byId.has(node.step.id)) return true;
  return [...node.branches.values()].some((branch) => branch.some((inner) => isElsewhere(inner, other)));
}

function alone(what: 'added' | 'removed', { step, own }: Node): Change {
  // What it says is what a designer knows it by.
  const says = [...own].find(([field]) => !['id', 'note', 'when'].includes(field))?.[1];
  return { what, step: step.ref, kind: step.kind, says };
}

type Pair = readonly [Node | undefined, Node | undefined];

/** Steps side by side: those with the same id, those that are equal, and between them those of the same kind in order. */
function align(old: readonly Node[], now: readonly Node[]): Pair[] {
  const pairs: Pair[] = [];
  let [i, j] = [0, 0];
  for (const [nextOld, nextNow] of [...commonOf(old, now), [old.length, now.length] as const]) {
    pairs.push(...byKind(old.slice(i, nextOld), now.slice(j, nextNow)));
    const [one, other] = [old[nextOld], now[nextNow]];
    if (one !== undefined && other !== undefined) pairs.push([one, other]);
    i = nextOld + 1;
    j = nextNow + 1;
  }
  return pairs;
}

function byKind(old: readonly Node[], now: readonly Node[]): Pair[] {
  const pairs: Pair[] = [];
  let from = 0;
  for (const one of old) {
    const at = now.findIndex((other, index) => index >= from && mayBe(one.step, other.step));
    if (at === -1) pairs.push([one, undefined]);
    else {
      for (const other of now.slice(from, at)) pairs.push([undefined, other]);
      pairs.push([one, now[at]]);
      from = at + 1;
    }
  }
  for (const other of now.slice(from)) pairs.push([undefined, other]);
  return pairs;
}

/** Two different ids are two different steps. */
const mayBe = (one: Step, other: Step): boolean =>
  one.kind === other.kind && (one.id === undefined || other.id === undefined);

/** The longest common run of steps, as pairs of places. */
function commonOf(old: readonly Node[], now: readonly Node[]): [number, number][] {
  const same = (one: Node | undefined, other: Node | undefined) =>
    one !== undefined && other !== undefined && keyOf(one) === keyOf(other);
  // lengths[i][j]: of the longest run in what follows old[i] and now[j]
  const lengths = Array.from({ length: old.length + 1 }, () => new Uint32Array(now.length + 1));
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      const row = lengths[i];
      if (row === undefined) continue;
      row[j] = same(old[i], now[j]) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < old.length && j < now.length; ) {
    if (same(old[i], now[j])) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return pairs;
}

const keyOf = ({ step, print }: Node): string => (step.id === undefined ? `print ${print}` : `id ${step.id}`);

function fieldChanges(old: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): FieldChange[] {
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((field) => old.get(field) !== now.get(field))
    .map((field) => ({ field, before: old.get(field), after: now.get(field) }));
}

/** Every value of a part of a file by its path in there, leaving out what other paths hold. */
function leavesOf(raw: Raw | undefined, without: ReadonlySet<string>): Map<string, string> {
  const leaves = new Map<string, string>();
  const visit = (value: Raw, path: string): void => {
    if (without.has(path)) return;
    const inner = (key: string | number) => (path === '' ? String(key) : `${path}.${key}`);
    if (Array.isArray(value)) for (const [index, item] of value.entries()) visit(item, inner(index));
    else if (isRawMap(value)) for (const [key, item] of Object.entries(value)) visit(item, inner(key));
    else leaves.set(path, value instanceof Plain ? value.source : value);
  };
  if (raw !== undefined) visit(raw, '');
  return leaves;
}

function valueAt(raw: Raw | undefined, keys: readonly PropertyKey[]): Raw | undefined {
  let value = raw;
  for (const key of keys) {
    if (Array.isArray(value)) value = value[Number(key)];
    else if (isRawMap(value) && Object.hasOwn(value, key)) value = value[String(key)];
    else return undefined;
  }
  return value;
}
