import type { Json, JsonObject } from '../../shared/json.js';
import type { Memory } from '../expressions/evaluate.js';
import type { Value } from '../expressions/value.js';
import { FlowError } from '../flow-error.js';
import { FALLBACK_LANGUAGE, formattingLocale, languagesOf } from '../languages.js';
import { createRandom } from '../random.js';
import { inputMemory, zoneOf } from './input-memory.js';
import { checkSize, type MemoryPath, readPath } from './memory.js';
import { contextFrame, type Frame, type OpenTurn } from './state.js';
import type { TurnRequest } from './turn.js';
import { assigned, withInput } from './view.js';

export interface MemoryStart {
  request: TurnRequest;
  /** the session's */
  context: JsonObject;
  /** what came from outside, and what earlier parts of the turn left */
  turn: OpenTurn;
  /** messages of the session so far */
  inputs: number;
  /** where the turn begins */
  flow: string;
}

/**
 * One write of a step: `append` puts an item behind a list, `assign` without a value takes the key away, `forget` leaves
 * of the profile what WhatsApp says.
 */
export type Write =
  | { effect: 'assign'; path: MemoryPath; value: Value }
  | { effect: 'append'; path: MemoryPath; value: Json }
  | { effect: 'forget' };

/** Profile fields of the engine's own: no path of a flow begins with a dot, and expressions do not see them. */
const RESERVED = '.';

/** What WhatsApp says itself, and says again with the next message. */
const FROM_WHATSAPP = ['waId', 'bsuid', 'username'];

/** How many steps a contact is remembered by; the oldest are forgotten. */
const MAX_CONTACT_NOTES = 100;

/** What expressions see in one turn, as its steps change it. */
export class TurnMemory {
  /** profile fields that were written, in order; undefined for those taken away */
  readonly written = new Map<string, Json | undefined>();
  /** what was put behind lists of the profile that were not written otherwise */
  readonly appended = new Map<string, Json[]>();
  /** the session's own context; the one that counts here may be a flow's */
  session: JsonObject;
  languages: readonly string[];
  private profile: JsonObject;
  /** epoch ms by reserved field */
  private readonly contactNotes: Map<string, number>;
  private input: JsonObject;
  private around: Memory['around'];
  private readonly request: TurnRequest;
  readonly random;
  /** what the turn itself has added to `input`, by key: it stays behind a call, too */
  added: JsonObject = {};

  constructor(
    private readonly start: MemoryStart,
    private readonly frames: () => readonly Frame[],
  ) {
    const { request, turn } = start;
    this.request = request;
    this.session = start.context;
    const fields = Object.entries(request.profile);
    const reserved = fields.filter(([field]) => field.startsWith(RESERVED));
    this.contactNotes = new Map(reserved.map(([field, atMs]) => [field, typeof atMs === 'number' ? atMs : 0]));
    this.profile =
      reserved.length === 0
        ? request.profile
        : Object.fromEntries(fields.filter(([field]) => !field.startsWith(RESERVED)));
    this.languages = languagesOf(this.profile, request.locale);
    this.random = createRandom(request.seed, turn.drawn);
    this.around = {
      nowMs: request.nowMs,
      locale: formattingLocale(this.languages),
      timeZone: zoneOf(request.timeZone ?? 'UTC'),
      random: () => this.random.next(),
    };
    this.input = this.inputOf(turn.input, start.flow);
    for (const [key, value] of Object.entries(turn.added)) this.setInput(key, value);
  }

  /** Numbers drawn so far, for a turn that goes on later. */
  get drawn(): number {
    return this.random.drawn();
  }

  get context(): JsonObject {
    return contextFrame(this.frames())?.context ?? this.session;
  }

  private set context(changed: JsonObject) {
    const frame = contextFrame(this.frames());
    if (frame === undefined) this.session = changed;
    else frame.context = changed;
  }

  /** @param locals what the steps around have named */
  memory(locals: JsonObject): Omit<Memory, 'sandbox'> {
    const { input, context, profile, around } = this;
    return { input, context, profile, env: this.request.env, locals, around };
  }

  setInput(key: string, value: Value): void {
    if (value === undefined) return;
    this.added = { ...this.added, [key]: value };
    this.input = withInput(this.input, key, value);
  }

  /** Another input takes the place of the turn's. */
  receive(received: JsonObject, flow: string): void {
    this.added = {};
    this.input = this.inputOf(received, flow);
  }

  private inputOf(received: JsonObject, flow: string): JsonObject {
    const language = this.languages[0] ?? FALLBACK_LANGUAGE;
    return inputMemory(received, this.request, language, this.start.inputs, flow);
  }

  /** Makes all writes of a step, or none. @throws FlowError when one cannot be made or overflows the memory */
  write(writes: readonly Write[]): void {
    const { context, profile } = this;
    try {
      for (const write of writes) this.change(write);
    } catch (error) {
      this.context = context;
      this.profile = profile;
      throw error;
    }
    for (const write of writes) {
      if (write.effect === 'forget') this.noteForgotten(profile);
      else if (write.path.memory === 'profile') this.noteWritten(write);
    }
  }

  private change(write: Write): void {
    if (write.effect === 'forget') {
      const kept = Object.entries(this.profile).filter(([field]) => FROM_WHATSAPP.includes(field));
      this.profile = Object.fromEntries(kept);
      return;
    }
    const { memory, keys } = write.path;
    if (memory === 'profile' && keys[0].startsWith(RESERVED)) throw new FlowError(`\`${keys[0]}\` cannot be written`);
    const value = write.effect === 'assign' ? write.value : this.longer(write);
    const changed = assigned(this[memory], keys, value);
    checkSize(memory, changed, this.request.limits.maxMemoryBytes);
    this[memory] = changed;
  }

  private longer({ path: { memory, keys }, value }: Extract<Write, { effect: 'append' }>): Json {
    const list = readPath(this[memory], keys) ?? [];
    if (!Array.isArray(list)) throw new FlowError(`\`${memory}.${keys.join('.')}\` is not a list`);
    return [...list, value];
  }

  private noteWritten({ effect, path, value }: Exclude<Write, { effect: 'forget' }>): void {
    const [field, ...deeper] = path.keys;
    const sofar = this.appended.get(field);
    if (effect === 'append' && deeper.length === 0 && (sofar !== undefined || !this.written.has(field))) {
      this.appended.set(field, [...(sofar ?? []), value]);
    } else this.appended.delete(field);
    this.written.set(field, Object.hasOwn(this.profile, field) ? this.profile[field] : undefined);
    if (field === 'language') this.speak();
  }

  /** The contact has just chosen another language: the next sentence is in it. */
  private speak(): void {
    this.languages = languagesOf(this.profile, this.request.locale);
    this.around = { ...this.around, locale: formattingLocale(this.languages) };
    this.setInput('language', this.languages[0] ?? FALLBACK_LANGUAGE);
  }

  contactNote(place: string): number | undefined {
    return this.contactNotes.get(RESERVED + place);
  }

  setContactNote(place: string, atMs: number): void {
    const field = RESERVED + place;
    this.contactNotes.set(field, atMs);
    this.written.set(field, atMs);
    if (this.contactNotes.size <= MAX_CONTACT_NOTES) return;
    const [[oldest] = [field]] = [...this.contactNotes].sort(([, a], [, b]) => a - b);
    this.contactNotes.delete(oldest);
    this.written.set(oldest, undefined);
  }

  private noteForgotten(before: JsonObject): void {
    const fields = Object.keys(before).filter((field) => !FROM_WHATSAPP.includes(field));
    for (const field of [...fields, ...this.contactNotes.keys()]) this.written.set(field, undefined);
    this.contactNotes.clear();
    this.appended.clear();
    this.speak();
  }
}
