import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import type { MessageContent } from '../shared/message.js';
import { readMarkedId } from '../shared/tap-id.js';
import type { LoggedCall } from './call-log.js';
import type { Said } from './conversation.js';
import { choicesOf } from './describe.js';
import type { RecordedTurn, Recording } from './record.js';
import { durationText } from './words.js';

/** A turn as a server kept it, or as its timeline tells of it. */
export interface ServerTurn {
  k: 'turn';
  /** a turn that committed in parts is told in parts, all with the same one */
  seq: string;
  at: number;
  item: {
    kind: string;
    message?: JsonObject | undefined;
    burst?: JsonObject[] | undefined;
    /** so long was waited whether more would come, ms */
    collectMs?: number | undefined;
    /** a person of the business answered it */
    paused?: boolean | undefined;
    type?: string | undefined;
    token?: string | undefined;
    step?: string | undefined;
  };
  began: boolean;
  said: readonly Json[];
  unkept?: number | undefined;
  where: string;
  timers: readonly (readonly [token: string, ms: number])[];
}

export type ServerEntry = ServerTurn | ({ k: 'call' } & LoggedCall);

/** What stands for words that nobody has any more. */
export const FILL_IN = 'FILL IN';
const MEDIA = ['image', 'video', 'audio', 'document', 'sticker'];
/** What flows start in their own conversation at once follows within this. */
const AT_ONCE_MS = 2_000;

/**
 * Conversations that took place on a server, as tests: one for each session. A test's time stands still but for its
 * waits, so a timer's wait is as long as the timer was set for, whatever else came in between.
 */
export function recordingsOf(name: string, entries: readonly ServerEntry[]): Recording[] {
  const sessions: Session[] = [];
  for (const entry of entries) {
    let session = sessions.at(-1);
    if (entry.k === 'call') {
      session?.pending.push(entry);
      if (session === undefined) sessions.push(new Session(true, entry));
      continue;
    }
    // The calls of a turn are told before it.
    const begins = session === undefined || (entry.began && session.turns.length > 0 && session.lastSeq !== entry.seq);
    if (begins) {
      const calls = session?.pending.splice(0) ?? [];
      session = new Session(entry.began, ...calls);
      sessions.push(session);
    }
    session?.take(entry);
  }
  const played = sessions.filter(({ turns }) => turns.length > 0);
  return played.map(({ turns, calls, isWhole }, index) => ({
    name: `${name}${played.length > 1 ? `, ${index + 1}` : ''}${isWhole ? '' : ' (its beginning is missing)'}`,
    turns,
    calls,
  }));
}

class Session {
  readonly turns: RecordedTurn[] = [];
  readonly calls: LoggedCall[] = [];
  readonly pending: LoggedCall[];
  /** the test's time, ms from its beginning */
  private clockMs = 0;
  private readonly due = new Map<string, number>();
  private lastAt = 0;
  lastSeq = '';
  private readonly offered = new Set<string>();

  constructor(
    readonly isWhole: boolean,
    ...calls: LoggedCall[]
  ) {
    this.pending = calls;
  }

  take(turn: ServerTurn): void {
    this.calls.push(...this.pending.splice(0));
    // In a rehearsal nobody answers but the flow.
    if (turn.item.paused) return;
    const said = turn.said.flatMap((content) => saidOf(content));
    for (let n = 0; n < (turn.unkept ?? 0); n++) said.push(...saidOf({ type: 'text', text: FILL_IN }));
    const acts = turn.seq === this.lastSeq ? [] : this.actsOf(turn);
    const where = this.turns.at(-1)?.at ?? 'ended';
    for (const act of acts) this.turns.push({ act, said: [], at: where });
    const last = this.turns.pop();
    if (last !== undefined) this.turns.push({ ...last, said: [...last.said, ...said], at: turn.where });
    for (const [token, ms] of turn.timers) this.due.set(token, this.clockMs + ms);
    for (const { content } of said) for (const { id } of choicesOf(content)) this.offered.add(id);
    this.lastAt = turn.at;
    this.lastSeq = turn.seq;
  }

  /** The last of them has the answer; none for what follows by itself. */
  private actsOf({ item, at }: ServerTurn): JsonObject[] {
    switch (item.kind) {
      case 'message':
        return item.message === undefined
          ? [{ contact: `${FILL_IN}: ${item.type ?? 'text'}` }]
          : this.sent(item.message, item.burst ?? [], item.collectMs ?? 0);
      case 'handoverEnded':
        return [{ handoverEnded: true }];
      case 'failedSend':
        return [{ fails: item.step ?? FILL_IN }];
      case 'timer':
        return [this.wait(this.due.get(item.token ?? '') ?? this.clockMs + Math.max(1, at - this.lastAt))];
      default:
        return at - this.lastAt < AT_ONCE_MS ? [] : [this.wait(this.clockMs + at - this.lastAt)];
    }
  }

  private wait(untilMs: number): JsonObject {
    const ms = Math.max(1, untilMs - this.clockMs);
    this.clockMs += ms;
    return { wait: durationText(ms) };
  }

  private sent(message: JsonObject, burst: readonly JsonObject[], collectMs: number): JsonObject[] {
    const tapped = tapOf(message);
    if (tapped !== undefined && this.offered.has(tapped)) return [{ tap: tapped }];
    const all = [message, ...burst].map((one) => ({ contact: textOf(one) ?? contactWords(one) }));
    return collectMs === 0 ? all : [...all, this.wait(this.clockMs + collectMs)];
  }
}

function saidOf(content: Json): Said[] {
  return isJsonObject(content) && typeof content.type === 'string'
    ? [{ wamid: '', content: content as unknown as MessageContent, flow: '', step: '', atMs: 0 }]
    : [];
}

function textOf({ type, text }: JsonObject): string | undefined {
  return type === 'text' && isJsonObject(text) && typeof text.body === 'string' ? text.body : undefined;
}

function tapOf({ type, interactive, button }: JsonObject): string | undefined {
  if (type === 'button' && isJsonObject(button)) return idOf(button.payload);
  if (type !== 'interactive' || !isJsonObject(interactive)) return undefined;
  const reply = interactive.button_reply ?? interactive.list_reply;
  return isJsonObject(reply) ? idOf(reply.id) : undefined;
}

/** As the flow knows it: on the wire it names its menu, too. */
function idOf(marked: Json | undefined): string | undefined {
  return typeof marked === 'string' ? readMarkedId(marked).id : undefined;
}

/** Anything but a text or a tap, in the words of tests; what has none as Meta spells it. */
function contactWords(message: JsonObject): JsonObject {
  const type = String(message.type);
  const own = message[type];
  if (!isJsonObject(own)) return { raw: message };
  if (type === 'location' || type === 'order') return { [type]: own };
  if (type === 'reaction') return { reaction: own.emoji ?? '' };
  if (!MEDIA.includes(type)) return { raw: message };
  // Ids and sums of a file are Meta's, and of one day.
  const { id: _id, sha256: _sum, url: _url, voice, ...kept } = own;
  return { [type === 'audio' && voice === true ? 'voice' : type]: kept };
}
