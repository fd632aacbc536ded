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

export function encodeMessage(event: MessageEvent, messageId: string, nowMs: number): string {
  return JSON.stringify({
    k: 'message',
    id: messageId,
    at: nowMs,
    ...(event.timestampMs === undefined ? {} : { ts: event.timestampMs }),
    c: event.contact,
    m: event.message,
  });
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
      timestampMs: typeof value.ts === 'number' ? value.ts : undefined,
      contact: readIdentity(value.c),
      message: value.m,
    };
  }
  return undefined;
}

function readIdentity(value: JsonObject): ContactIdentity {
  const identity: ContactIdentity = {};
  for (const key of ['waId', 'bsuid', 'username', 'name'] as const) {
    const text = value[key];
    if (typeof text === 'string') identity[key] = text;
  }
  return identity;
}
