import { isJsonObject, type JsonObject } from '../shared/json.js';
import type { Delivery, MessageContent } from '../shared/message.js';
import type { ContactIdentity, MessageEvent } from './event.js';

/**
 * What waits in a conversation's inbox, one turn each.
 * `message`: a contact wrote. `timer`: a sleep, a question's timeout or the session's end came due. `handoverEnded`: the
 * person who had the conversation gives it back. `inject`: a flow starts a turn here as if the contact had written.
 * `notify`: a flow sends a message here and starts no turn. `failedSend`: a message of ours did not reach the contact, and
 * its flow may have something to say about that. `optedOut`: Meta refused a message, as the contact wants no marketing.
 */
export type InboxItem =
  | MessageItem
  | TimerItem
  | HandoverEndedItem
  | InjectItem
  | NotifyItem
  | FailedSendItem
  | OptedOutItem;

export interface MessageItem {
  kind: 'message';
  messageId: string;
  /** when we accepted it, epoch ms */
  acceptedMs: number;
  /** Meta's time, epoch ms */
  timestampMs: number | undefined;
  contact: ContactIdentity;
  /** as Meta sent it */
  message: JsonObject;
}

export interface TimerItem {
  kind: 'timer';
  token: string;
  /** when it came due, epoch ms */
  acceptedMs: number;
}

export interface HandoverEndedItem {
  kind: 'handoverEnded';
  acceptedMs: number;
}

/** Written by the scripts that learn of it, `ack` and `status`: once for a message, whoever tells it first. */
export interface FailedSendItem {
  kind: 'failedSend';
  acceptedMs: number;
  /** the message's outbox id, decimal */
  oid: string;
  /** the step that said it */
  flow: string;
  step: string;
  /** Meta's; none when Meta never had the message */
  codes: number[];
  /** `undelivered`: Meta took it and could not deliver it; else why it was given up, e.g. `attempts_exhausted` */
  reason: string;
}

/** Written by the same scripts when Meta's code says so (131050). */
export interface OptedOutItem {
  kind: 'optedOut';
  acceptedMs: number;
  /** when the message that Meta refused had left, as near as we know, epoch ms */
  sentMs: number;
}

/** From a flow of this or another conversation. */
interface FromFlow {
  /** when it was to happen, epoch ms */
  acceptedMs: number;
  /** `<conversation>:<seq>:<n>` of the turn that made it */
  origin: string;
  /** how the flow named the contact: the only thing known of one who never wrote */
  contact: ContactIdentity;
}

export interface InjectItem extends FromFlow {
  kind: 'inject';
  text: string;
  data: JsonObject;
  /** how many turns in a row were started by the one before, at once */
  hops: number;
}

export interface NotifyItem extends FromFlow {
  kind: 'notify';
  messages: { message: MessageContent; delivery?: Delivery }[];
  /** the step that said it */
  flow: string;
  step: string;
  /** neither the text nor that it was sent is to be kept */
  blind: boolean;
}

/** An item's place in its conversation and its text as stored. */
export interface StoredItem {
  /** the lane's sequence number, decimal */
  seq: string;
  payload: string;
}

/**
 * What the message itself says in the same words (its time, the ids of its sender) is not written a second time, and an item without
 * a kind is a message: with a short text it stays below the next size that Redis' allocator gives.
 */
export function encodeMessage(event: MessageEvent, messageId: string, nowMs: number): string {
  const { contact, message, timestampMs } = event;
  const c: { [key in keyof ContactIdentity]: string | typeof SAME } = { ...contact };
  for (const [key, said] of SAID) if (contact[key] !== undefined && contact[key] === message[said]) c[key] = SAME;
  const ts = timestampMs === saidAtMs(message) ? undefined : (timestampMs ?? null);
  return JSON.stringify({ id: messageId, at: nowMs, ts, c, m: message });
}

/** Stands for an id that the message says itself. */
const SAME = 1;
const SAID = [
  ['waId', 'from'],
  ['bsuid', 'from_user_id'],
] as const;

function saidAtMs({ timestamp }: JsonObject): number | undefined {
  return typeof timestamp === 'string' && /^\d{1,13}$/.test(timestamp) ? Number(timestamp) * 1000 : undefined;
}

export function encodeFromFlow(item: InjectItem | NotifyItem): string {
  const { kind, acceptedMs, origin, contact } = item;
  const own =
    item.kind === 'inject'
      ? { text: item.text, data: item.data, hops: item.hops }
      : { messages: item.messages, flow: item.flow, step: item.step, ...(item.blind ? { blind: true } : {}) };
  return JSON.stringify({ k: kind, at: acceptedMs, from: origin, c: contact, ...own });
}

/** @param stored `<seq>|<payload>` as a list element */
export function splitStored(stored: string): StoredItem {
  const bar = stored.indexOf('|');
  return { seq: stored.slice(0, bar), payload: stored.slice(bar + 1) };
}

/** @returns undefined for what no version of ours wrote: such an item is dead-lettered, never dropped */
export function decodeItem(payload: string): InboxItem | undefined {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value) || typeof value.at !== 'number') return undefined;
  if (value.k === 'timer' && typeof value.token === 'string') {
    return { kind: 'timer', token: value.token, acceptedMs: value.at };
  }
  if (typeof value.from === 'string' && isJsonObject(value.c)) {
    return readFromFlow(value, { acceptedMs: value.at, origin: value.from, contact: readIdentity(value.c, {}) });
  }
  if (value.k === 'failedSend') return readFailedSend(value, value.at);
  if (value.k === 'optedOut')
    return { kind: 'optedOut', acceptedMs: value.at, sentMs: typeof value.sent === 'number' ? value.sent : value.at };
  if (value.k === 'handoverEnded') return { kind: 'handoverEnded', acceptedMs: value.at };
  if (value.k === undefined && typeof value.id === 'string' && isJsonObject(value.c) && isJsonObject(value.m)) {
    return {
      kind: 'message',
      messageId: value.id,
      acceptedMs: value.at,
      timestampMs: value.ts === undefined ? saidAtMs(value.m) : typeof value.ts === 'number' ? value.ts : undefined,
      contact: readIdentity(value.c, value.m),
      message: value.m,
    };
  }
  return undefined;
}

/** The step is written as `<flow>/<step>`: flows have no slash in their names. */
function readFailedSend({ oid, step, codes, reason }: JsonObject, acceptedMs: number): FailedSendItem | undefined {
  if (typeof oid !== 'string' || typeof step !== 'string' || typeof reason !== 'string') return undefined;
  const slash = step.indexOf('/');
  return {
    kind: 'failedSend',
    acceptedMs,
    oid,
    flow: step.slice(0, slash),
    step: step.slice(slash + 1),
    codes: Array.isArray(codes) ? codes.filter((code) => typeof code === 'number') : [],
    reason,
  };
}

function readFromFlow(value: JsonObject, common: FromFlow): InjectItem | NotifyItem | undefined {
  const { text, data, messages, flow, step } = value;
  if (value.k === 'inject' && typeof text === 'string' && isJsonObject(data))
    return { kind: 'inject', ...common, text, data, hops: typeof value.hops === 'number' ? value.hops : 0 };
  if (value.k !== 'notify' || typeof flow !== 'string' || typeof step !== 'string') return undefined;
  const blind = value.blind === true;
  return isTold(messages) ? { kind: 'notify', ...common, messages, flow, step, blind } : undefined;
}

/** Ours, written by `encodeFromFlow`: the shape was checked there. */
function isTold(value: unknown): value is NotifyItem['messages'] {
  return Array.isArray(value) && value.every((one) => isJsonObject(one) && isJsonObject(one.message));
}

function readIdentity(value: JsonObject, message: JsonObject): ContactIdentity {
  const identity: ContactIdentity = {};
  for (const key of ['waId', 'bsuid', 'username', 'name'] as const) {
    const text = value[key];
    if (typeof text === 'string') identity[key] = text;
  }
  for (const [key, said] of SAID) {
    const text = message[said];
    if (value[key] === SAME && typeof text === 'string') identity[key] = text;
  }
  return identity;
}

/** @returns undefined for what is no message, or none this version can read */
export function decodeMessage(payload: string): MessageItem | undefined {
  const item = decodeItem(payload);
  return item?.kind === 'message' ? item : undefined;
}
