import { isJsonObject, type JsonObject } from '../shared/json.js';
import type { ContactIdentity, MessageEvent } from './event.js';

/**
 * What waits in a conversation's inbox, one turn each.
 * `message`: a contact wrote. `timer`: a sleep, a question's timeout or the session's end came due. `handoverEnded`: the
 * person who had the conversation gives it back.
 */
export type InboxItem = MessageItem | TimerItem | HandoverEndedItem;

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

/** An item's place in its conversation and its text as stored. */
export interface StoredItem {
  /** the lane's sequence number, decimal */
  seq: string;
  payload: string;
}

/**
 * What the message itself says in the same words (its time, the ids of its sender) is not written a second time: a fifth
 * of the memory that a short message takes while it waits.
 */
export function encodeMessage(event: MessageEvent, messageId: string, nowMs: number): string {
  const { contact, message, timestampMs } = event;
  const c: { [key in keyof ContactIdentity]: string | typeof SAME } = { ...contact };
  for (const [key, said] of SAID) if (contact[key] !== undefined && contact[key] === message[said]) c[key] = SAME;
  const ts = timestampMs === saidAtMs(message) ? undefined : (timestampMs ?? null);
  return JSON.stringify({ k: 'message', id: messageId, at: nowMs, ts, c, m: message });
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
  if (value.k === 'handoverEnded') return { kind: 'handoverEnded', acceptedMs: value.at };
  if (value.k === 'message' && typeof value.id === 'string' && isJsonObject(value.c) && isJsonObject(value.m)) {
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
