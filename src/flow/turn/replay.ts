import { isJsonObject, type Json, type JsonObject } from '../../shared/json.js';
import { AwaitsAnswer, type Memory } from '../expressions/evaluate.js';
import type { MemoryName, Script } from '../expressions/expression.js';
import type { Value } from '../expressions/value.js';
import { FlowError } from '../flow-error.js';

/**
 * What the host is asked to run: a script over the parts of the memory it names, and names that steps around it gave.
 * `seed` and `drawn` let it draw the random numbers that are next in this turn.
 */
export type ScriptRequest = {
  code: string;
  memory: JsonObject;
  nowMs: number;
  locale: string;
  timeZone: string;
  seed: string;
  drawn: number;
};

/** The random numbers of a turn, as far as they were drawn. */
export interface Draws {
  seed: string;
  drawn(): number;
}

/**
 * The scripts of one run of a step, in the order the step comes to them. A step is pure, so that it is run again with
 * each answer until it has them all: the same step asks for the same scripts in the same order.
 */
export class Replay {
  private taken = 0;
  private missing: ScriptRequest | undefined;

  constructor(
    private readonly answers: readonly Json[],
    private readonly random: Draws & { skip(draws: number): void },
  ) {}

  /** The request of the first script without an answer. A step that goes on without its answer does not count. */
  get pending(): ScriptRequest | undefined {
    return this.missing;
  }

  /**
   * @throws AwaitsAnswer when there is no answer yet
   * @throws FlowError when the script failed
   */
  take(script: Script, memory: Memory): Value {
    if (this.missing !== undefined) throw new AwaitsAnswer();
    const answer = this.answers[this.taken];
    if (answer === undefined) {
      this.missing = requestOf(script, memory, this.random);
      throw new AwaitsAnswer();
    }
    this.taken += 1;
    return this.read(answer);
  }

  private read(answer: Json): Value {
    if (!isJsonObject(answer)) throw new FlowError('the sandbox gave no answer');
    if (typeof answer.drawn === 'number') this.random.skip(answer.drawn);
    if (answer.ok === true) return Object.hasOwn(answer, 'value') ? answer.value : undefined;
    throw new FlowError(typeof answer.detail === 'string' ? answer.detail : 'the sandbox failed');
  }
}

export function requestOf({ code, reads, locals }: Script, memory: Memory, draws: Draws): ScriptRequest {
  const { nowMs, locale, timeZone } = memory.around;
  const named: JsonObject = {};
  for (const name of MEMORIES) {
    const keys = reads[name];
    if (keys !== undefined) named[name] = keys === 'all' ? memory[name] : picked(memory[name], keys);
  }
  for (const name of locals) named[name] = memory.locals[name] ?? null;
  return { code, memory: named, nowMs, locale, timeZone, seed: draws.seed, drawn: draws.drawn() };
}

const MEMORIES: readonly MemoryName[] = ['input', 'context', 'profile', 'env'];

function picked(memory: JsonObject, keys: readonly string[]): JsonObject {
  const some: JsonObject = {};
  for (const key of keys) {
    const value = Object.hasOwn(memory, key) ? memory[key] : undefined;
    if (value !== undefined) some[key] = value;
  }
  return some;
}
