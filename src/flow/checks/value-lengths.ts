import type { Expression as Ast } from 'acorn';
import { isJsonObject, type Json } from '../../shared/json.js';
import { countCharacters } from '../../shared/whatsapp-limits.js';
import { helperPath } from '../expressions/expression.js';
import type { Template } from '../expressions/template.js';
import type { ValueTemplate } from '../reading/fields.js';
import type { Survey } from './survey.js';

/** Characters a template can come to, at least: with the longest values that the flows themselves may put into it. */
export type WorstCaseOf = (template: Template) => number;

/**
 * What texts can come to with their values, as far as the flows say it: texts in the expression itself, what a choice or `??`
 * may give, what `text.truncate` leaves, and what `context:` and `set` put into the context. Anything else counts nothing, so
 * what is too long here is too long for a contact some day.
 */
export function worstCases(survey: Survey): WorstCaseOf {
  const places = writtenPlaces(survey);
  return (template) => longestText(template, places);
}

/** By path, without `context.` */
type Places = ReadonlyMap<string, number>;
const NOWHERE: Places = new Map();

function longestText({ parts }: Template, places: Places): number {
  return parts.reduce(
    (total, part) => total + (typeof part === 'string' ? countCharacters(part) : longest(part.ast, places)),
    0,
  );
}

/** @returns characters; 0 for what nobody can know */
function longest(node: Ast, places: Places): number {
  switch (node.type) {
    case 'Literal':
      return node.value === null ? 0 : countCharacters(String(node.value));
    case 'ParenthesizedExpression':
    case 'ChainExpression':
      return longest(node.expression, places);
    case 'ConditionalExpression':
      return Math.max(longest(node.consequent, places), longest(node.alternate, places));
    case 'LogicalExpression':
      // What is on the left of `&&` is shown only when it is empty or false.
      return Math.max(node.operator === '&&' ? 0 : longest(node.left, places), longest(node.right, places));
    case 'TemplateLiteral': {
      const written = node.quasis.reduce((total, { value }) => total + countCharacters(value.cooked ?? ''), 0);
      return node.expressions.reduce((total, inner) => total + longest(inner, places), written);
    }
    case 'BinaryExpression': {
      // Two numbers are added, not joined.
      const joins = node.operator === '+' && (isText(node.left) || isText(node.right));
      return joins && node.left.type !== 'PrivateIdentifier'
        ? longest(node.left, places) + longest(node.right, places)
        : 0;
    }
    case 'CallExpression': {
      const [value, most] = node.arguments;
      if (node.callee.type === 'Super' || helperPath(node.callee) !== 'text.truncate') return 0;
      if (value === undefined || value.type === 'SpreadElement' || most?.type !== 'Literal') return 0;
      return Math.min(longest(value, places), Number(most.value));
    }
    case 'MemberExpression':
      return places.get(pathOf(node)) ?? 0;
    default:
      return 0;
  }
}

function isText(node: { type: string; value?: unknown }): boolean {
  return (node.type === 'Literal' && typeof node.value === 'string') || node.type === 'TemplateLiteral';
}

/** `order.status` of `context.order.status`; empty for anything else. */
function pathOf(node: Ast): string {
  const keys: string[] = [];
  let here: Ast = node;
  while (here.type === 'MemberExpression') {
    const { object, property, computed } = here;
    if (computed || property.type !== 'Identifier' || object.type === 'Super') return '';
    keys.unshift(property.name);
    here = object;
  }
  return here.type === 'Identifier' && (here.name === 'context' || here.name === 'cc') ? keys.join('.') : '';
}

/** What the flows write to the context, with the longest text of each place; values of values are not followed. */
function writtenPlaces({ flows, parts }: Survey): Places {
  const places = new Map<string, number>();
  const write = (path: string, length: number): void => {
    places.set(path, Math.max(places.get(path) ?? 0, length));
  };
  for (const { context } of flows.values()) writeJson('', context, write);
  for (const { step } of parts) {
    for (const { path, value } of step === undefined ? [] : assignmentsOf(step.fields)) {
      if (path.memory === 'context') writeValue(path.keys.join('.'), value, write);
    }
  }
  return places;
}

interface Assignment {
  path: { memory: string; keys: readonly string[] };
  value: ValueTemplate;
}

function assignmentsOf(fields: object): readonly Assignment[] {
  return 'set' in fields && Array.isArray(fields.set) ? fields.set : [];
}

type Write = (path: string, length: number) => void;

const below = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

function writeJson(path: string, value: Json, write: Write): void {
  if (isJsonObject(value)) for (const [key, item] of Object.entries(value)) writeJson(below(path, key), item, write);
  else if (value !== null && !Array.isArray(value)) write(path, countCharacters(String(value)));
}

function writeValue(path: string, value: ValueTemplate, write: Write): void {
  if (value.kind === 'constant') writeJson(path, value.value, write);
  if (value.kind === 'template') write(path, longestText(value.template, NOWHERE));
  if (value.kind === 'map') for (const [key, item] of value.entries) writeValue(below(path, key), item, write);
}
