import { isJsonObject, type Json } from '../../shared/json.js';
import { Block } from '../behaviour.js';
import { INPUT_KEYS, PROFILE_KEYS } from '../expressions/memory-keys.js';
import { didYouMean } from '../reading/finding.js';
import { isMemoryPath } from '../reading/walk-fields.js';
import { memoryReads } from './memory-reads.js';
import { type Check, expressionsOf, type Survey } from './survey.js';

/**
 * Paths of context and profile that are read, though nothing in the bot sets them, and keys `input` never has: a typing
 * mistake nearly always. What code may set counts as set, and so does everything below a value nobody knows.
 */
export const unsetPaths: Check = (survey, report) => {
  const set = new SetPaths(survey);
  for (const part of survey.parts) {
    const said = new Set<string>();
    for (const { expression, path } of expressionsOf(part)) {
      for (const { memory, keys, offset, guarded } of memoryReads(expression)) {
        const written = [memory, ...keys].join('.');
        const at = { path, offset, severity: 'warning' } as const;
        if (said.has(written)) continue;
        if (memory === 'input') {
          const [key = ''] = keys;
          if (INPUT_KEYS.includes(key)) continue;
          const hint = didYouMean(key, INPUT_KEYS) ?? `it has ${INPUT_KEYS.join(', ')}`;
          report(part.flow, { ...at, code: 'unknown-input', message: `there is no \`${key}\` in input`, hint });
        } else {
          // Profiles outlive bots and are filled from elsewhere, too: who asks whether a field is there knows that.
          if (set.has(memory, keys) || (memory === 'profile' && guarded)) continue;
          const hint =
            set.answerMeant(written, keys) ??
            didYouMean(written, set.names) ??
            'set it with `set` or `into`, or give it a default in `context:`';
          report(part.flow, {
            ...at,
            code: 'unset-path',
            message: `nothing sets \`${written}\``,
            hint:
              memory === 'profile'
                ? (didYouMean(written, set.names) ??
                  'if it comes from elsewhere, say what happens without it: `??` or has()')
                : hint,
          });
        }
        said.add(written);
      }
    }
  }
};

/** What the bot can set, as a tree: below a leaf anything may be. */
class SetPaths {
  readonly names: string[] = [];
  /** where `http` steps put their answers */
  private readonly answers: string[] = [];
  /** words in code that may name what it sets; undefined when it may set anything */
  private codeWords: Set<string> | undefined = new Set();

  constructor({ flows, parts }: Survey) {
    for (const key of PROFILE_KEYS) this.names.push(`profile.${key}`);
    for (const { context } of flows.values()) this.addDefaults('context', context);
    for (const { step, found } of parts) {
      if (step?.kind === 'code') this.addCode(textsIn(step.fields).join('\n'));
      if (step?.kind === 'unset') continue;
      if (step?.kind === 'executeFlow') this.addGiven(step.fields);
      for (const { thing, path } of found) {
        if (!isMemoryPath(thing)) continue;
        const name = [thing.memory, ...thing.keys].join('.');
        this.names.push(name);
        if (step?.kind === 'http' && path.at(-1) === 'into') this.answers.push(name);
      }
    }
  }

  has(memory: string, keys: readonly string[]): boolean {
    if (this.codeWords === undefined || this.codeWords.has(keys[0] ?? '')) return true;
    const path = [memory, ...keys].join('.');
    return this.names.some((name) => name === path || path.startsWith(`${name}.`) || name.startsWith(`${path}.`));
  }

  /** `context.result.body.x` where the answer of an `http` step has another name. */
  answerMeant(written: string, keys: readonly string[]): string | undefined {
    const part = keys.findIndex((key) => key === 'body' || key === 'status' || key === 'headers');
    const [answer] = this.answers;
    if (part < 1 || answer === undefined) return undefined;
    const near = this.answers.length === 1 ? answer : undefined;
    const meant =
      near ??
      this.answers.find((one) =>
        didYouMean(
          written
            .split('.')
            .slice(0, part + 1)
            .join('.'),
          [one],
        ),
      );
    const places = this.answers.map((one) => `\`${one}\``).join(' and ');
    return meant === undefined
      ? `\`http\` steps put their answers into ${places}`
      : `did you mean \`${[meant, ...keys.slice(part)].join('.')}\`? That is where the \`http\` step puts its answer`;
  }

  private addDefaults(name: string, value: Json): void {
    if (!isJsonObject(value) || Object.keys(value).length === 0) {
      if (name !== 'context') this.names.push(name);
      return;
    }
    for (const [key, item] of Object.entries(value)) this.addDefaults(`${name}.${key}`, item);
  }

  /** `input` of an `executeFlow` with a context of its own. */
  private addGiven(fields: object): void {
    for (const call of Object.values(fields)) {
      const given: unknown = typeof call === 'object' && call !== null && 'input' in call ? call.input : undefined;
      if (given instanceof Map) for (const key of given.keys()) this.names.push(`context.${String(key)}`);
    }
  }

  private addCode(code: string): void {
    const bare = /\b(context|cc|profile|cp)\b(?!\s*\??\.\s*[\p{L}_$])/u.test(code);
    if (bare) this.codeWords = undefined;
    for (const word of code.match(/[\p{L}_$][\p{L}\p{N}_$]*/gu) ?? []) this.codeWords?.add(word);
  }
}

/** Every text in the fields of a step, but for those of steps inside it. */
export function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  // The steps of a branch speak for themselves.
  if (value instanceof Block) return [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
