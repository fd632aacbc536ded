import type { Json } from '../../shared/json.js';
import { FlowError } from '../flow-error.js';
import { bounded, boundedItems, joinItems, MAX_TEXT, toNumber, toText, type Value } from './value.js';

type Method<Self> = (self: Self, args: readonly Value[]) => Value;

/** The methods an expression may call: they end soon, make nothing big, and know nothing but their arguments. */
const TEXT: { readonly [name: string]: Method<string> } = {
  at: (self, [index]) => self.at(whole(index)),
  charAt: (self, [index]) => self.charAt(whole(index)),
  concat: (self, args) => bounded(self + joinItems(args.map(toText), '')),
  endsWith: (self, [part, to]) => self.endsWith(toText(part), end(to)),
  includes: (self, [part, from]) => self.includes(toText(part), whole(from)),
  indexOf: (self, [part, from]) => self.indexOf(toText(part), whole(from)),
  lastIndexOf: (self, [part, from]) => self.lastIndexOf(toText(part), toNumber(from)),
  padEnd: (self, [length, fill]) => self.padEnd(padding(length), fill === undefined ? ' ' : toText(fill)),
  padStart: (self, [length, fill]) => self.padStart(padding(length), fill === undefined ? ' ' : toText(fill)),
  repeat: (self, [times]) => repeat(self, whole(times)),
  replace: (self, [part, by]) => bounded(self.replace(toText(part), () => toText(by))),
  replaceAll: (self, [part, by]) => replaceAll(self, toText(part), toText(by)),
  slice: (self, [from, to]) => self.slice(whole(from), end(to)),
  split: (self, [by, most]) => split(self, by, most),
  startsWith: (self, [part, from]) => self.startsWith(toText(part), whole(from)),
  substring: (self, [from, to]) => self.substring(whole(from), end(to)),
  toLowerCase: (self) => self.toLowerCase(),
  toString: (self: string) => self,
  toUpperCase: (self) => bounded(self.toUpperCase()),
  trim: (self) => self.trim(),
  trimEnd: (self) => self.trimEnd(),
  trimStart: (self) => self.trimStart(),
};

const LIST: { readonly [name: string]: Method<Json[]> } = {
  at: (self, [index]) => self.at(whole(index)),
  concat: (self, args) => boundedItems(self.concat(args.flat().map((item) => item ?? null))),
  includes: (self, [item, from]) => item !== undefined && self.includes(item, whole(from)),
  indexOf: (self, [item, from]) => (item === undefined ? -1 : self.indexOf(item, whole(from))),
  join: (self, [separator]) => joinItems(self, separator === undefined ? ',' : toText(separator)),
  lastIndexOf: (self, [item, ...from]) =>
    item === undefined ? -1 : self.lastIndexOf(item, from.length === 0 ? self.length : whole(from[0])),
  slice: (self, [from, to]) => self.slice(whole(from), end(to)),
  toReversed: (self) => self.toReversed(),
  toString: (self: Json[]) => joinItems(self, ','),
};

const NUMBER: { readonly [name: string]: Method<number> } = {
  toFixed: (self, [digits]) => self.toFixed(between(digits, 0, 100)),
  toPrecision: (self, [digits]) => (digits === undefined ? String(self) : self.toPrecision(between(digits, 1, 100))),
  toString: (self: number, [radix]: readonly Value[]) =>
    radix === undefined ? String(self) : self.toString(between(radix, 2, 36)),
};

export const METHOD_NAMES: ReadonlySet<string> = new Set([TEXT, LIST, NUMBER].flatMap((table) => Object.keys(table)));

/**
 * `self.name(...args)`; nothing from nothing.
 *
 * @throws FlowError when this kind of value has no such method, or the result would be too big
 */
export function callMethod(self: Value, name: string, args: readonly Value[]): Value {
  if (self === undefined || self === null) return undefined;
  if (typeof self === 'string') return find(TEXT, name, 'a text')(self, args);
  if (typeof self === 'number') return find(NUMBER, name, 'a number')(self, args);
  if (Array.isArray(self)) return find(LIST, name, 'a list')(self, args);
  if (name === 'toString') return toText(self);
  throw new FlowError(`${typeof self === 'boolean' ? 'true and false have' : 'a map has'} no method \`${name}\``);
}

function find<M>(table: { readonly [name: string]: M }, name: string, what: string): M {
  const method = Object.hasOwn(table, name) ? table[name] : undefined;
  if (method === undefined) throw new FlowError(`${what} has no method \`${name}\``);
  return method;
}

function whole(value: Value): number {
  const number = Math.trunc(toNumber(value));
  return Number.isNaN(number) ? 0 : number;
}

function end(value: Value): number | undefined {
  return value === undefined ? undefined : whole(value);
}

function between(value: Value, least: number, most: number): number {
  const number = whole(value);
  if (number < least || number > most) throw new FlowError(`a number of digits is between ${least} and ${most}`);
  return number;
}

function padding(length: Value): number {
  const size = whole(length);
  if (size > MAX_TEXT) throw new FlowError(`a text of more than ${MAX_TEXT} characters`);
  return size;
}

function repeat(self: string, times: number): string {
  if (times < 0 || times * self.length > MAX_TEXT) throw new FlowError(`a text of more than ${MAX_TEXT} characters`);
  return self.length === 0 ? '' : self.repeat(times);
}

function replaceAll(self: string, part: string, by: string): string {
  // Nothing is found before every character, and behind the last.
  return joinItems(part === '' ? ['', ...self.split(''), ''] : self.split(part), by);
}

function split(self: string, by: Value, most: Value): string[] {
  const limit = most === undefined ? undefined : toNumber(most) >>> 0;
  if (by === undefined) return limit === 0 ? [] : [self];
  return boundedItems(self.split(toText(by), limit));
}
