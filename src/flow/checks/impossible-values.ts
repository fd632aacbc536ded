import type { Expression as Ast, Node } from 'acorn';
import { isJsonObject, type Json } from '../../shared/json.js';
import type { Step } from '../behaviour.js';
import { soleExpression } from '../expressions/template.js';
import { Choices } from '../questions/answer-fields.js';
import { didYouMean, type Problem } from '../reading/finding.js';
import { isMemoryPath, isTemplate } from '../reading/walk-fields.js';
import { chainOf, children, isAst } from './memory-reads.js';
import { type Check, expressionsOf, type Survey, type Surveyed } from './survey.js';
import { textsIn } from './unset-paths.js';

/** All that a place in the context can hold, and what puts it there. */
interface Possible {
  values: Set<string | number | boolean>;
  of: 'choice' | 'yesNo';
}

/**
 * Conditions and cases for values that are never there: where a place in the context is written by questions with choices,
 * or with yes and no, alone, what is no answer of theirs is a typing mistake.
 */
export const impossibleValues: Check = (survey, report) => {
  const places = possibleValues(survey);
  if (places.size === 0) return;
  for (const part of survey.parts) {
    for (const { expression, path } of expressionsOf(part)) {
      for (const { name, literal, offset } of comparisons(expression.ast)) {
        const problem = impossible(places.get(name), name, literal);
        if (problem !== undefined) report(part.flow, { ...problem, path, offset });
      }
    }
    for (const { name, key, path } of cases(part)) {
      const possible = places.get(name);
      const asTexts = possible && { ...possible, values: new Set([...possible.values].map(String)) };
      const problem = key === '' ? undefined : impossible(asTexts, name, key);
      if (problem !== undefined) report(part.flow, { ...problem, path, key: true });
    }
  }
};

function impossible(possible: Possible | undefined, name: string, value: string | number | boolean) {
  if (possible === undefined || possible.values.has(value)) return undefined;
  const known = [...possible.values].map(String);
  const there = possible.of === 'yesNo' ? 'the answer is true or false' : `there are ${known.join(', ')}`;
  const hint = (typeof value === 'string' ? didYouMean(value, known) : undefined) ?? there;
  const what = possible.of === 'yesNo' ? 'no answer of the question' : 'no choice of the question';
  const written = typeof value === 'string' ? `'${value}'` : String(value);
  const message = `\`${name}\` is never ${written}: that is ${what}`;
  return { code: 'impossible-value', message, hint, severity: 'warning' } satisfies Partial<Problem>;
}

function possibleValues({ flows, parts }: Survey): Map<string, Possible> {
  const places = new Map<string, Possible>();
  const elsewhere: string[] = [];
  const code: string[] = [];
  for (const { step, found } of parts) {
    if (step?.kind === 'code') code.push(...textsIn(step.fields));
    if (step?.kind === 'executeFlow') elsewhere.push(...givenBy(step));
    const answers = step?.kind === 'question' ? answersOf(step, found) : undefined;
    for (const { thing, path } of found) {
      if (!isMemoryPath(thing) || thing.memory !== 'context' || step?.kind === 'unset') continue;
      const name = thing.keys.join('.');
      const before = places.get(name);
      if (answers === undefined || path.at(-1) !== 'into' || (before !== undefined && before.of !== answers.of)) {
        elsewhere.push(name);
      } else places.set(name, { ...answers, values: new Set([...(before?.values ?? []), ...answers.values]) });
    }
  }
  for (const name of [...places.keys()]) {
    const [first = ''] = name.split('.');
    const overlaps = (other: string) => other === name || other.startsWith(`${name}.`) || name.startsWith(`${other}.`);
    // Code that knows the place, or the context as a whole, may write anything there.
    const inCode = code.some((text) => text.includes(first) || /\b(context|cc)\b/.test(text));
    if (elsewhere.some(overlaps) || inCode) places.delete(name);
  }
  for (const { context } of flows.values()) addDefaults(context, places);
  return new Map([...places].map(([name, possible]) => [`context.${name}`, possible]));
}

function answersOf({ fields }: Step, found: Surveyed['found']): Possible | undefined {
  const asked: unknown = 'question' in fields ? fields.question : undefined;
  if (typeof asked !== 'object' || asked === null || !('type' in asked)) return undefined;
  if (asked.type === 'yesNo') return { of: 'yesNo', values: new Set([true, false]) };
  const choices = found.map(({ thing }) => thing).find((thing) => thing instanceof Choices);
  if (asked.type !== 'choice' || choices === undefined) return undefined;
  return { of: 'choice', values: new Set(choices.items.map(({ id }) => id)) };
}

/** `input` of an `executeFlow` is in the context of the flow it runs. */
function givenBy({ fields }: Step): string[] {
  return Object.values(fields).flatMap((call: unknown) => {
    const given = typeof call === 'object' && call !== null && 'input' in call ? call.input : undefined;
    return given instanceof Map ? [...given.keys()].map(String) : [];
  });
}

/** What is there before anybody has answered; a default that is no plain value says that it is no place for answers alone. */
function addDefaults(context: Json, places: Map<string, Possible>): void {
  for (const [name, { values }] of places) {
    let value: Json | undefined = context;
    for (const key of name.split('.')) value = isJsonObject(value) ? value[key] : undefined;
    if (typeof value === 'object' && value !== null) places.delete(name);
    else if (value !== undefined && value !== null) values.add(value);
  }
}

const EQUALITY = ['==', '===', '!=', '!=='];

/** `context.color == 'red'`, either way round. */
function comparisons(root: Ast): { name: string; literal: string | number | boolean; offset: number }[] {
  const found: { name: string; literal: string | number | boolean; offset: number }[] = [];
  const open: Node[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    open.push(...children(node));
    if (!isAst(node, 'BinaryExpression') || !EQUALITY.includes(node.operator)) continue;
    for (const [side, other] of [
      [node.left, node.right],
      [node.right, node.left],
    ] as const) {
      const name = nameOf(side);
      if (name === undefined || !isAst(other, 'Literal')) continue;
      const { value, start } = other;
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        found.push({ name, literal: value, offset: start });
    }
  }
  return found;
}

/** Of a `lookup` of such a place alone. */
function cases({ step }: Surveyed): { name: string; key: string; path: PropertyKey[] }[] {
  if (step?.kind !== 'lookup') return [];
  const { lookup, cases: by, match }: { lookup?: unknown; cases?: unknown; match?: unknown } = step.fields;
  if (typeof lookup !== 'object' || lookup === null || !isTemplate(lookup) || !(by instanceof Map)) return [];
  const ast = soleExpression(lookup)?.ast;
  const name = ast === undefined ? undefined : nameOf(ast);
  if (name === undefined || (match !== undefined && match !== 'exact')) return [];
  return [...by.keys()].map(String).map((key) => ({ name, key, path: [...step.keys, 'cases', key] }));
}

function nameOf(node: Node): string | undefined {
  const chain = isAst(node, 'MemberExpression') ? chainOf(node) : undefined;
  return chain === undefined ? undefined : [chain.memory, ...chain.keys].join('.');
}
