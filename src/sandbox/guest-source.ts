/**
 * The first script of every guest, written in its JavaScript. It sees `$$host(name, json)` and takes it away from what
 * comes after; it leaves the functions that expressions are written with (`$$m`, `$$s`, `$$in`), the helpers, a `Date`
 * that stands still in UTC, and returns what the host calls: `begin`, `expression`, `code`, `outcome`.
 *
 * Whatever is used later is kept here first, as a script may change any built-in object of its guest.
 */
export const GUEST_SOURCE = String.raw`(function () {
'use strict';
const g = globalThis;
const host = g.$$host;
delete g.$$host;
const { parse, stringify } = JSON;
const { hasOwn, keys, values, entries, fromEntries, defineProperty, is } = Object;
const { apply } = Reflect;
const { isArray, from } = Array;
const [SetOf, MapOf, PromiseOf, PatternOf, DateOf, ErrorOf, TypeErrorOf, text] = [Set, Map, Promise, RegExp, Date, Error, TypeError, String];
const { isFinite: isFiniteNumber } = Number;
const failures = new WeakSet();
const isFailure = failures.has.bind(failures);
const markFailure = failures.add.bind(failures);
let nowMs = 0;

const isHidden = (key) => key === '__proto__' || key === 'constructor' || key === 'prototype';
const define = (name, value) => defineProperty(g, name, { value, writable: false, enumerable: false, configurable: false });
const fail = (sentence) => { const failure = new ErrorOf(sentence); markFailure(failure); return failure; };

define('$$m', (object, key) => {
  const name = text(key);
  if (isHidden(name)) throw fail('\x60' + name + '\x60 cannot be read');
  if (object === undefined || object === null) return undefined;
  if (hasOwn(object, name)) return object[name];
  if (!(object instanceof MapOf || object instanceof SetOf || object instanceof PatternOf)) return undefined;
  const value = object[name];
  return typeof value === 'function' ? undefined : value;
});
define('$$s', (items) => (items === undefined || items === null ? [] : items));
define('$$in', (key, object) => {
  if (typeof object !== 'object' || object === null) throw fail('\x60in\x60 looks into a map or a list');
  const name = text(key);
  return !isHidden(name) && hasOwn(object, name);
});

const ask = (path, args) => {
  const given = [];
  for (let i = 0; i < args.length; i++) {
    const one = args[i];
    // JSON has neither nothing, nor NaN, Infinity and -0.
    const isOdd = typeof one === 'number' && (!isFiniteNumber(one) || is(one, -0));
    given[i] = one === undefined ? [] : isOdd ? [is(one, -0) ? '-0' : text(one), 'number'] : [one];
  }
  const answer = host(path, stringify(given));
  if (answer === '') return undefined;
  if (answer[0] === '!') throw fail(answer.slice(1));
  return parse(answer);
};
const helper = (path) => (...args) => ask(path, args);
for (const path of parse(host('$paths', ''))) {
  const [space, name] = path.split('.');
  if (name === undefined) continue;
  if (!hasOwn(g, space)) define(space, {});
  g[space][name] = helper(path);
}
define('has', (value) => value !== undefined && value !== null && value !== '');
define('raw', (value) => value);

Math.random = () => parse(host('$random', ''));
const nothing = (read) => (object) => (object === undefined || object === null ? [] : read(object));
Object.keys = nothing(keys);
Object.values = nothing(values);
Object.entries = nothing(entries);
// What stands in for a text is put there as it is, as in the plain subset: values may hold $ signs.
for (const name of ['replace', 'replaceAll']) {
  const original = String.prototype[name];
  String.prototype[name] = function (part, by) {
    const literal = typeof by === 'function' || part instanceof PatternOf ? by : () => text(by);
    return apply(original, this, [part, literal]);
  };
}
String.prototype.localeCompare = function (other) { return ask('$compare', [text(this), text(other)]); };

const { UTC, parse: parseDate } = DateOf;
const zoned = /(Z|GMT|UTC|[+-]\d\d:?\d\d)\s*(\([^)]*\))?$/i;
const dayOnly = /^\d{4}(-\d\d(-\d\d)?)?$/;
const isoTime = /^\d{4}-\d\d-\d\dT[\d:.]+$/;
const utc = (written) => parseDate(isoTime.test(written) ? written + 'Z' : zoned.test(written) || dayOnly.test(written) ? written : written + ' UTC');
const dates = DateOf.prototype;
for (const part of ['FullYear', 'Month', 'Date', 'Hours', 'Minutes', 'Seconds', 'Milliseconds']) {
  dates['get' + part] = dates['getUTC' + part];
  dates['set' + part] = dates['setUTC' + part];
}
dates.getDay = dates.getUTCDay;
dates.getTimezoneOffset = () => 0;
for (const name of ['toString', 'toDateString', 'toTimeString', 'toLocaleString', 'toLocaleDateString', 'toLocaleTimeString']) dates[name] = dates.toUTCString;
const StillDate = function Date(...given) {
  if (new.target === undefined) return new DateOf(nowMs).toUTCString();
  if (given.length === 0) return new DateOf(nowMs);
  if (given.length > 1) return new DateOf(UTC(...given));
  const [value] = given;
  return new DateOf(typeof value === 'string' ? utc(value) : value instanceof DateOf ? value.getTime() : value);
};
StillDate.prototype = dates;
dates.constructor = StillDate;
StillDate.UTC = UTC;
StillDate.now = () => nowMs;
StillDate.parse = (written) => utc(text(written));
g.Date = StillDate;

// No JSON: said with a name, or the value would be somewhat less than what the script gave.
const NO_JSON = { function: 'a function', symbol: 'a symbol', bigint: 'a number with n' };
let refused;
const plain = (key, value) => {
  const odd = NO_JSON[typeof value];
  if (odd !== undefined) refused = odd;
  else if (value instanceof PromiseOf) refused = 'a promise';
  else if (value instanceof PatternOf) refused = 'a pattern';
  if (refused !== undefined) throw refused;
  if (isHidden(key)) return undefined;
  if (value instanceof SetOf) return from(value);
  if (value instanceof MapOf) return fromEntries(value);
  return value;
};
/** 'v' and JSON, 'u' for nothing, 'r' and what it was that is no JSON, or as report. */
const give = (value, most) => {
  refused = undefined;
  try {
    const json = stringify(value, plain);
    if (json === undefined) return 'u';
    return json.length > most ? 'rmore than ' + most + ' characters as JSON' : 'v' + json;
  } catch (error) {
    if (refused !== undefined) return 'r' + refused;
    if (error instanceof TypeErrorOf && error.message === 'circular reference') return 'ra value that holds itself';
    return report(error);
  }
};
/** 'h' and a helper's own sentence, or 'e' and the name, message and stack of what was thrown. */
const report = (error) => {
  if (isFailure(error)) return 'h' + error.message;
  try {
    if (!(error instanceof ErrorOf)) return 'e{}';
    const { name, message, stack } = error;
    return 'e' + stringify({ name: text(name), message: text(message), stack: text(stack).slice(0, 2000) });
  } catch {
    return 'e{}';
  }
};

let most = 0;
let state = '';
let said = [];
let logged = [];
let answers = [];
let requests = [];
let calls = 0;
const only = (list, count, what) => { if (list.length >= count) throw fail('more than ' + count + ' ' + what); };

return {
  begin(json) {
    const job = parse(json);
    nowMs = job.nowMs;
    most = job.maxResultLength;
    answers = job.answers;
    const memory = parse(job.memory);
    for (const name of keys(memory)) g[name] = memory[name];
    g.ci = memory.input;
    g.cc = memory.context;
    g.cp = memory.profile;
    if (job.kind !== 'code') return;
    define('say', (...given) => { only(said, 20, 'messages'); for (const one of given) said[said.length] = one; });
    define('log', (...given) => {
      only(logged, 50, 'log lines');
      const words = [];
      for (const one of given) words[words.length] = typeof one === 'string' ? one : stringify(one) ?? 'undefined';
      logged[logged.length] = words.join(' ').slice(0, 2000);
    });
    define('http', async (request) => {
      const number = calls++;
      if (number >= job.maxCalls) throw fail('more than ' + job.maxCalls + ' http calls');
      if (number < answers.length) return parse(answers[number]);
      const json = give(typeof request === 'string' ? { url: request } : request, most);
      if (json[0] !== 'v') throw fail('\x60http()\x60 takes a URL or a map with a url');
      requests[requests.length] = json.slice(1);
      return new PromiseOf(() => {});
    });
  },
  expression(run) {
    try { state = give(run(), most); } catch (error) { state = report(error); }
  },
  code(run) {
    const done = () => { state = give({ say: said, log: logged, context: g.context, profile: g.profile }, most); };
    run().then(done, (error) => { state = report(error); });
  },
  /** 'a' and a list of requests while it waits for answers, 'p' while it waits for something else. */
  outcome: () => (state !== '' ? state : requests.length > 0 ? 'a' + stringify(requests) : 'p'),
};
})()`;
