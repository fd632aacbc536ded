import type { Json, JsonObject } from '../../shared/json.js';
import type { Step, View } from '../behaviour.js';
import type { Flow } from '../definition.js';
import { evaluate, type Memory, renderText, renderValue } from '../expressions/evaluate.js';
import type { Expression, Reads } from '../expressions/expression.js';
import type { Template } from '../expressions/template.js';
import { renderUrl } from '../expressions/url-template.js';
import { isHidden, toJson, toText, type Value } from '../expressions/value.js';
import { FlowError } from '../flow-error.js';
import type { Said } from '../history.js';
import type { Text, ValueTemplate } from '../reading/fields.js';
import { baseLanguage } from '../words.js';
import { type MemoryPath, withoutValue, withValue } from './memory.js';
import { type Draws, requestOf } from './replay.js';
import type { TraceEntry } from './turn.js';

export interface ViewSource {
  memory: Memory;
  flow: Flow;
  /** BCP 47, the most wanted first */
  languages: readonly string[];
  step: Step;
  memo: Json | undefined;
  note: Json | undefined;
  contactNote: number | undefined;
  handoverOpen: boolean;
  maxMemoryBytes: number;
  oldTap: boolean;
  history: readonly Said[];
  trace: TraceEntry[];
  random: Draws;
}

/** What a step sees: the memory of the turn through the languages of the contact. */
export class StepView implements View {
  constructor(private readonly from: ViewSource) {}

  get input(): JsonObject {
    return this.from.memory.input;
  }

  get oldTap(): boolean {
    return this.from.oldTap;
  }

  get memo(): Json | undefined {
    return this.from.memo;
  }

  get note(): Json | undefined {
    return this.from.note;
  }

  get contactNote(): number | undefined {
    return this.from.contactNote;
  }

  get profile(): JsonObject {
    return this.from.memory.profile;
  }

  get handoverOpen(): boolean {
    return this.from.handoverOpen;
  }

  get maxMemoryBytes(): number {
    return this.from.maxMemoryBytes;
  }

  get history(): readonly Said[] {
    return this.from.history;
  }

  get language(): string {
    return this.from.languages[0] ?? 'en';
  }

  get locale(): string {
    return this.from.memory.around.locale;
  }

  get nowMs(): number {
    return this.from.memory.around.nowMs;
  }

  get timeZone(): string {
    return this.from.memory.around.timeZone;
  }

  random(): number {
    return this.from.memory.around.random();
  }

  text(text: Text): string {
    const variants = text.reference === undefined ? text.variants : this.from.flow.texts.get(text.reference)?.variants;
    const template = variants && chooseLanguage(variants, this.from.languages);
    if (template === undefined) return '';
    return renderText(template, this.from.memory, (error, { source }) => {
      this.warn(`{{ ${source} }} gave nothing: ${sentenceOf(error)}`);
    });
  }

  render(template: Template): string {
    const value = renderValue(template, this.from.memory);
    return value === undefined || value === null ? '' : toText(value);
  }

  url(template: Template): string {
    return renderUrl(
      template,
      (expression) => evaluate(expression, this.from.memory),
      (detail) => this.warn(detail),
    );
  }

  test(expression: Expression): boolean {
    return Boolean(evaluate(expression, this.from.memory));
  }

  evaluate(expression: Expression): Json | undefined {
    return toJson(evaluate(expression, this.from.memory));
  }

  value(written: ValueTemplate): Value {
    switch (written.kind) {
      case 'constant':
        return written.value;
      case 'template':
        return toJson(renderValue(written.template, this.from.memory));
      case 'list':
        return written.items.map((item) => this.value(item) ?? null);
      case 'map': {
        const map: JsonObject = {};
        for (const [key, item] of written.entries) {
          const value = this.value(item);
          if (value !== undefined && !isHidden(key)) map[key] = value;
        }
        return map;
      }
    }
  }

  withResult(result: Value): View {
    const { memory } = this.from;
    return new StepView({ ...this.from, memory: { ...memory, input: withInput(memory.input, 'result', result) } });
  }

  withAssigned({ memory: name, keys }: MemoryPath, value: Value): View {
    const { memory } = this.from;
    const changed = assigned(memory[name], keys, value);
    return new StepView({ ...this.from, memory: { ...memory, [name]: changed } });
  }

  scriptRequest(code: string): JsonObject {
    const { memory, random } = this.from;
    return requestOf({ code, reads: EVERYTHING, locals: Object.keys(memory.locals) }, memory, random);
  }

  warn(detail: string): void {
    const { flow, step, trace } = this.from;
    trace.push({ flow: flow.name, step: step.ref, kind: step.kind, outcome: 'warning', detail });
  }
}

const EVERYTHING: Reads = { input: 'all', context: 'all', profile: 'all', env: 'all' };

/** A write, or the removal of a key when there is no value. @throws FlowError */
export function assigned(memory: JsonObject, keys: MemoryPath['keys'], value: Value): JsonObject {
  return value === undefined ? withoutValue(memory, keys) : withValue(memory, keys, value);
}

/** A copy that keeps what is only worked out on demand. */
export function withInput(input: JsonObject, key: string, value: Value): JsonObject {
  const copy: JsonObject = Object.create(Object.prototype, Object.getOwnPropertyDescriptors(input));
  if (value !== undefined) copy[key] = value;
  return copy;
}

/** The exact language, then the same one of another country, for each wanted language in turn; else the first there is. */
function chooseLanguage(variants: ReadonlyMap<string, Template>, wanted: readonly string[]): Template | undefined {
  if (variants.size > 1) {
    for (const language of wanted) {
      const exact = variants.get(language);
      if (exact !== undefined) return exact;
      for (const [key, template] of variants) if (baseLanguage(key) === baseLanguage(language)) return template;
    }
  }
  const [first] = variants.values();
  return first;
}

/** Why something failed, for the timeline. The messages of the engine hold no values; those of others might. */
export function sentenceOf(error: unknown): string {
  if (error instanceof FlowError) return error.message;
  return error instanceof Error ? `unexpected ${error.name}` : 'unexpected failure';
}
