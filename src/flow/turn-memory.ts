import type { Json, JsonObject } from '../shared/json.js';
import type { Memory } from './evaluate.js';
import { inputMemory, zoneOf } from './input-memory.js';
import { FALLBACK_LANGUAGE, formattingLocale, languagesOf } from './languages.js';
import { checkSize, type MemoryPath } from './memory.js';
import { createRandom } from './random.js';
import type { OpenTurn } from './state.js';
import type { TurnRequest } from './turn.js';
import type { Value } from './value.js';
import { assigned, withInput } from './view.js';

/** What expressions see in one turn, as its steps change it. */
export class TurnMemory {
  /** profile fields that were written, in order; undefined for those taken away */
  readonly written = new Map<string, Json | undefined>();
  private profile: JsonObject;
  private input: JsonObject;
  private around: Memory['around'];
  readonly random;
  /** what the turn itself has added to `input`, by key: it stays behind a call, too */
  added: JsonObject;
  languages: readonly string[];

  /**
   * @param turn what came from outside, and what earlier parts of the turn left
   * @param inputs messages of the session so far
   * @param flow where the turn begins
   */
  constructor(
    private readonly request: TurnRequest,
    public context: JsonObject,
    turn: OpenTurn,
    inputs: number,
    flow: string,
  ) {
    this.profile = request.profile;
    this.languages = languagesOf(request.profile, request.locale);
    this.input = inputMemory(turn.input, request, this.languages[0] ?? FALLBACK_LANGUAGE, inputs, flow);
    this.added = {};
    for (const [key, value] of Object.entries(turn.added)) this.setInput(key, value);
    this.random = createRandom(request.seed, turn.drawn);
    this.around = {
      nowMs: request.nowMs,
      locale: formattingLocale(this.languages),
      timeZone: zoneOf(request.timeZone ?? 'UTC'),
      random: () => this.random.next(),
    };
  }

  /** Numbers drawn so far, for a turn that goes on later. */
  get drawn(): number {
    return this.random.drawn();
  }

  get memory(): Omit<Memory, 'sandbox'> {
    const { input, context, profile, around } = this;
    return { input, context, profile, env: this.request.env, around };
  }

  setInput(key: string, value: Value): void {
    if (value === undefined) return;
    this.added = { ...this.added, [key]: value };
    this.input = withInput(this.input, key, value);
  }

  /** Makes all writes of a step, or none. @throws FlowError when one cannot be made or overflows the memory */
  assign(writes: readonly { path: MemoryPath; value: Value }[]): void {
    const { context, profile } = this;
    try {
      for (const { path, value } of writes) this.write(path, value);
    } catch (error) {
      this.context = context;
      this.profile = profile;
      throw error;
    }
    for (const { path } of writes) if (path.memory === 'profile') this.note(path.keys[0]);
  }

  private write({ memory, keys }: MemoryPath, value: Value): void {
    const changed = assigned(this[memory], keys, value);
    checkSize(memory, changed, this.request.limits.maxMemoryBytes);
    this[memory] = changed;
  }

  private note(field: string): void {
    this.written.set(field, Object.hasOwn(this.profile, field) ? this.profile[field] : undefined);
    if (field !== 'language') return;
    // The contact has just chosen another language: the next sentence is in it.
    this.languages = languagesOf(this.profile, this.request.locale);
    this.around = { ...this.around, locale: formattingLocale(this.languages) };
    this.setInput('language', this.languages[0] ?? FALLBACK_LANGUAGE);
  }
}
