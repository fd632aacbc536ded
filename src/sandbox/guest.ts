import type { QuickJSContext, QuickJSHandle, QuickJSRuntime } from 'quickjs-emscripten-core';
import { callHelper, HELPER_PATHS } from '../flow/expressions/helpers.js';
import { MAX_TEXT, toText, type Value } from '../flow/expressions/value.js';
import { FlowError } from '../flow/flow-error.js';
import { createRandom, type Random } from '../flow/random.js';
import { type Engine, openEngine } from './engine.js';
import { failureOf, type GuestError } from './failure.js';
import { GUEST_SOURCE } from './guest-source.js';
import type { SandboxJob, SandboxOutcome } from './job.js';
import { Stopwatch } from './stopwatch.js';

/** What the engine takes of a thread's 4 MiB stack; more, and it overflows the host's before its own. */
const STACK_BYTES = 128 * 1024;
/** A guest that has made its thread's memory grow this much is not followed by many others in it. */
const WORN_SHARE = 0.5;
const WORN_JOBS = 5000;
/** Pending reactions of promises between two looks at the clock; each look also happens inside of them. */
const JOBS_AT_ONCE = 100;
const MAX_HTTP_CALLS = 10;
const WARM_UP_ROUNDS = 10;
const WARM_UP: SandboxJob = {
  kind: 'expression',
  code: `[context.list.map(({ a }) => a * 2).sort((a, b) => a - b), /a+/.exec(context.text), new Date(0).getFullYear(),
    format.number(1.5), \`\${$$m(context, 'text').toUpperCase().replace('A', 'B').split('')}\`, new Set([1])]`,
  memory: JSON.stringify({ context: { list: [{ a: 2 }, { a: 1 }], text: 'aab' } }),
  ...{ nowMs: 0, locale: 'en', timeZone: 'UTC', seed: '', drawn: 0, answers: [] },
  limits: { timeMs: 5000, maxResultLength: 10_000 },
};

/** The helpers of the language; those of JavaScript the guest has itself. */
const PATHS = JSON.stringify(HELPER_PATHS.filter((path) => /^[a-z]+\./.test(path)));

/** The JavaScript engine of a thread, with a guest ready for the next job. */
export class GuestHouse {
  private served = 0;
  private next: Guest;

  private constructor(private readonly engine: Engine) {
    this.next = new Guest(engine);
  }

  static async open(memoryMb: number): Promise<GuestHouse> {
    const house = new GuestHouse(await openEngine(memoryMb));
    // WebAssembly is compiled when it is first used, which takes longer than many a script: nobody shall wait for that.
    for (let round = 0; round < WARM_UP_ROUNDS; round++) {
      house.run(WARM_UP);
      house.renew();
    }
    return house;
  }

  /** Each job has a guest of its own, which nobody has used before. */
  run(job: SandboxJob): SandboxOutcome {
    this.served += 1;
    return this.next.run(job);
  }

  /**
   * Sends the guest away and makes room for the next, while nobody waits.
   *
   * @returns whether the thread had better be replaced
   * @throws when the engine is broken
   */
  renew(): boolean {
    this.next.dispose();
    if (this.served >= WORN_JOBS || this.engine.usedBytes() > this.engine.maxBytes * WORN_SHARE) return true;
    this.next = new Guest(this.engine);
    return false;
  }
}

class Guest {
  private readonly runtime: QuickJSRuntime;
  private readonly context: QuickJSContext;
  private readonly script: QuickJSHandle;
  private readonly watch = new Stopwatch();
  private job: SandboxJob | undefined;
  private random: Random = createRandom('', 0);

  constructor({ module, maxBytes }: Engine) {
    this.runtime = module.newRuntime();
    // What one request alone may not exceed is refused at once, with a better name than a memory that cannot grow.
    this.runtime.setMemoryLimit(maxBytes / 2);
    this.runtime.setMaxStackSize(STACK_BYTES);
    this.runtime.setInterruptHandler(() => this.watch.isOver());
    this.context = this.runtime.newContext();
    const { context } = this;
    context
      .newFunction('$$host', (name, json) =>
        context.newString(this.answer(context.getString(name), context.getString(json))),
      )
      .consume((host) => context.setProp(context.global, '$$host', host));
    this.script = context.unwrapResult(context.evalCode(GUEST_SOURCE, 'guest', { strict: true }));
  }

  run(job: SandboxJob): SandboxOutcome {
    this.job = job;
    this.random = createRandom(job.seed, job.drawn);
    this.watch.start(job.limits.timeMs);
    const error = this.begin(job) ?? this.evaluate(job) ?? this.settle();
    const drawn = this.random.drawn() - job.drawn;
    if (error !== undefined) return { ...failureOf(error, job), drawn };
    const said = this.outcome();
    if (typeof said !== 'string') return { ...failureOf(said, job), drawn };
    return this.read(said, job, drawn);
  }

  dispose(): void {
    this.script.dispose();
    this.context.dispose();
    this.runtime.dispose();
  }

  private begin({ kind, memory, nowMs, answers, limits }: SandboxJob): GuestError | undefined {
    const { maxResultLength } = limits;
    const given = JSON.stringify({ kind, memory, nowMs, answers, maxResultLength, maxCalls: MAX_HTTP_CALLS });
    return this.context.newString(given).consume((json) => this.call('begin', json));
  }

  private evaluate({ kind, code }: SandboxJob): GuestError | undefined {
    const source = kind === 'code' ? `(async () => {\n${code}\n})` : `(() => (\n${code}\n))`;
    const compiled = this.context.evalCode(source, 'script', { strict: true });
    if (compiled.error) return this.errorOf(compiled.error);
    return compiled.value.consume((run) => this.call(kind, run));
  }

  private settle(): GuestError | undefined {
    while (this.runtime.hasPendingJob()) {
      if (this.watch.isOver()) return { kind: 'interrupted' };
      const done = this.runtime.executePendingJobs(JOBS_AT_ONCE);
      if (done.error) return this.errorOf(done.error);
      done.dispose();
    }
    return undefined;
  }

  private outcome(): string | GuestError {
    const { context } = this;
    const method = context.getProp(this.script, 'outcome');
    const result = method.consume((outcome) => context.callFunction(outcome, context.undefined));
    return result.error ? this.errorOf(result.error) : result.value.consume((value) => context.getString(value));
  }

  private call(name: string, argument: QuickJSHandle): GuestError | undefined {
    const { context } = this;
    const method = context.getProp(this.script, name);
    const result = method.consume((it) => context.callFunction(it, context.undefined, argument));
    if (result.error) return this.errorOf(result.error);
    result.dispose();
    return undefined;
  }

  /** What the engine itself ended a script with; the guest's own errors come as its outcome. */
  private errorOf(handle: QuickJSHandle): GuestError {
    const { context } = this;
    const read = (name: string) =>
      context
        .getProp(handle, name)
        .consume((value) => (context.typeof(value) === 'string' ? context.getString(value) : ''));
    // A script that ran out of time may not even be asked what it threw.
    this.watch.stop();
    const error = handle.consume(() => ({ name: read('name'), message: read('message'), stack: read('stack') }));
    if (error.message === 'interrupted') return { kind: 'interrupted' };
    return { kind: error.name === 'SyntaxError' ? 'syntax' : 'thrown', ...error };
  }

  private read(said: string, job: SandboxJob, drawn: number): SandboxOutcome {
    const rest = said.slice(1);
    switch (said.charAt(0)) {
      case 'v':
        if (depthOf(rest) > MAX_DEPTH)
          return { ...failureOf({ kind: 'noJson', what: `more than ${MAX_DEPTH} levels deep` }, job), drawn };
        return { outcome: 'value', json: rest, drawn };
      case 'u':
        return { outcome: 'value', json: undefined, drawn };
      case 'a':
        return { outcome: 'awaits', requests: texts(JSON.parse(rest)) };
      case 'p':
        return { ...failureOf({ kind: 'pending' }, job), drawn };
      case 'r':
        return { ...failureOf({ kind: 'noJson', what: rest }, job), drawn };
      case 'h':
        return { ...failureOf({ kind: 'helper', sentence: rest }, job), drawn };
      default:
        return { ...failureOf({ kind: 'thrown', ...thrown(JSON.parse(rest)) }, job), drawn };
    }
  }

  /** @returns JSON, '' for nothing, or `!` and why there is none */
  private answer(name: string, json: string): string {
    if (name === '$paths') return PATHS;
    if (name === '$random') return String(this.random.next());
    if (json.length > MAX_TEXT) return `!a text of more than ${MAX_TEXT} characters`;
    const given: unknown = JSON.parse(json);
    const args = Array.isArray(given) ? given.map(argument) : [];
    const { nowMs = 0, locale = 'en', timeZone = 'UTC' } = this.job ?? {};
    try {
      if (name === '$compare') return String(collator(locale).compare(toText(args[0]), toText(args[1])));
      const value = callHelper(name, args, { nowMs, locale, timeZone, random: () => this.random.next() });
      return value === undefined ? '' : JSON.stringify(value);
    } catch (err) {
      if (err instanceof FlowError) return `!${err.message}`;
      throw err;
    }
  }
}

/** `[value]`, `[]` for nothing, `['NaN', 'number']` for a number that is none. */
function argument(given: unknown): Value {
  if (!Array.isArray(given)) return undefined;
  return given[1] === 'number' ? Number(given[0]) : given[0];
}

const collators = new Map<string, Intl.Collator>();

function collator(locale: string): Intl.Collator {
  const known = collators.get(locale);
  if (known !== undefined) return known;
  const made = new Intl.Collator(locale);
  collators.set(locale, made);
  return made;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function thrown(value: unknown): { name: string; message: string; stack: string } {
  const error: { name?: unknown; message?: unknown; stack?: unknown } =
    typeof value === 'object' && value !== null ? value : {};
  const word = (one: unknown) => (typeof one === 'string' ? one : '');
  return { name: word(error.name), message: word(error.message), stack: word(error.stack) };
}

const MAX_DEPTH = 100;

/** How deep the lists and maps of a JSON text are nested: who reads it by recursion must know before. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  for (const token of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    const [sign] = token;
    if (sign === '[' || sign === '{') deepest = Math.max(deepest, ++depth);
    else if (sign === ']' || sign === '}') depth -= 1;
  }
  return deepest;
}
