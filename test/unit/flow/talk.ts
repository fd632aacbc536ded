import type { FlowVersion } from '../../../src/flow/definition.js';
import { type FlowFile, loadFlows } from '../../../src/flow/load.js';
import { advance } from '../../../src/flow/turn/advance.js';
import type { FlowEffect, FlowSession, TurnInput, TurnRequest, TurnResult } from '../../../src/flow/turn/turn.js';
import type { Json, JsonObject } from '../../../src/shared/json.js';
import type { MessageContent } from '../../../src/shared/message.js';

/** Tuesday, 6 January 2026, 09:00 UTC */
export const NOW_MS = Date.UTC(2026, 0, 6, 9);

export const FALLBACK: MessageContent = { type: 'text', text: 'fallback' };

/** Flow files by name; `spec`, `flow` and the file's name are added. */
export function flowFiles(flows: { [name: string]: string }): FlowFile[] {
  return Object.entries(flows).map(([name, text]) => ({
    path: `${name}.yaml`,
    text: `spec: 1\nflow: ${name}\n${text}`,
  }));
}

export function versionOf(files: readonly FlowFile[], load: typeof loadFlows = loadFlows): FlowVersion {
  const { version, findings } = load(files);
  if (version === undefined) throw new Error(JSON.stringify(findings, undefined, 2));
  return version;
}

/** A conversation with a bot. Between turns the session goes through JSON, as it does in Redis, and requests are frozen. */
export class Talk {
  session: FlowSession | undefined;
  profile: JsonObject = {};
  nowMs = NOW_MS;
  turns = 0;
  last: TurnResult | undefined;

  constructor(
    readonly version: FlowVersion,
    private readonly overrides: Partial<TurnRequest> = {},
  ) {}

  /** What the bot says to a text. */
  say(text: string): unknown[] {
    return this.turn({ kind: 'message', message: message({ text }) });
  }

  /** @param menu what the tap tells of its menu: see `menuNow` */
  tap(id: string, menu?: string): unknown[] {
    const data = { reply: { kind: 'button', id, title: id } };
    const named = menu === undefined ? {} : { menu };
    return this.turn({ kind: 'message', message: message({ type: 'interactive', text: id, data, ...named }) });
  }

  /** What the buttons of the last message of this turn name as their menu. */
  get menuNow(): string | undefined {
    return this.effects('send').at(-1)?.menu;
  }

  /** Something the endpoint cannot read. */
  sendSticker(): unknown[] {
    return this.turn({ kind: 'message', message: message({ type: 'sticker', supported: false }) });
  }

  /** The open timer goes off. */
  ring(): unknown[] {
    const token = this.session?.timers[0];
    if (token === undefined) throw new Error('no timer is open');
    return this.turn({ kind: 'timer', token });
  }

  turn(input: TurnInput): unknown[] {
    this.turns += 1;
    return this.part(input);
  }

  /** Goes on in the same turn with the result of a call. */
  answerCall(ordinal: number, result: Json): unknown[] {
    return this.part({ kind: 'callResult', ordinal, result });
  }

  request(input: TurnInput): TurnRequest {
    return {
      version: this.version,
      flow: this.version.flows[0] ?? '',
      session: this.session,
      profile: this.profile,
      input,
      nowMs: this.nowMs,
      seed: `conversation:${this.turns}`,
      sessionId: `session-${this.turns}`,
      locale: 'en-GB',
      env: {},
      fallback: FALLBACK,
      limits: { stepsPerTurn: 100, flowDepth: 20, maxMemoryBytes: 262_144 },
      ...this.overrides,
    };
  }

  private part(input: TurnInput): unknown[] {
    const request = this.request(input);
    freeze(request.session);
    freeze(request.profile);
    freeze(request.input);
    const result = advance(request);
    this.last = result;
    this.session = result.session === undefined ? undefined : JSON.parse(JSON.stringify(result.session));
    for (const effect of result.effects) if (effect.effect === 'profile') this.patch(effect);
    return result.effects.flatMap((effect) => (effect.effect === 'send' ? [shortly(effect.message)] : []));
  }

  private patch({ set, unset }: Extract<FlowEffect, { effect: 'profile' }>): void {
    const kept = Object.entries({ ...this.profile, ...set }).filter(([key]) => !unset.includes(key));
    this.profile = Object.fromEntries(kept);
  }

  /** The step where the conversation waits, `top`, or `ended`. */
  get at(): unknown {
    if (this.session === undefined) return 'ended';
    const { frames } = this.session.state;
    const top: unknown = Array.isArray(frames) ? frames.at(-1) : undefined;
    return typeof top === 'object' && top !== null && 'at' in top ? top.at : 'top';
  }

  get failures(): (string | undefined)[] {
    return this.last?.trace.filter(({ outcome }) => outcome === 'failed').map(({ detail }) => detail) ?? [];
  }

  get warnings(): (string | undefined)[] {
    return this.last?.trace.filter(({ outcome }) => outcome === 'warning').map(({ detail }) => detail) ?? [];
  }

  effects<K extends FlowEffect['effect']>(kind: K): Extract<FlowEffect, { effect: K }>[] {
    const isKind = (effect: FlowEffect): effect is Extract<FlowEffect, { effect: K }> => effect.effect === kind;
    return this.last?.effects.filter(isKind) ?? [];
  }
}

/** A conversation with flows written in a test. */
export function talkTo(flows: { [name: string]: string } | string, overrides: Partial<TurnRequest> = {}): Talk {
  return new Talk(versionOf(flowFiles(typeof flows === 'string' ? { bot: flows } : flows)), overrides);
}

export function message(
  parts: Partial<Extract<TurnInput, { kind: 'message' }>['message']>,
): Extract<TurnInput, { kind: 'message' }>['message'] {
  return {
    messageId: 'message-1',
    type: 'text',
    text: '',
    data: {},
    attachments: [],
    supported: true,
    whatsapp: {},
    ...parts,
  };
}

/** A text alone as itself, a menu as its text and ids. */
function shortly(content: MessageContent): unknown {
  switch (content.type) {
    case 'text':
      return content.text;
    case 'buttons':
      return { text: content.text, buttons: content.buttons.map(({ id }) => id) };
    case 'list':
      return { text: content.text, rows: content.sections.flatMap(({ rows }) => rows.map(({ id }) => id)) };
    case 'image':
      return { image: content.link };
    default:
      return content;
  }
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  Object.values(value).forEach(freeze);
}
