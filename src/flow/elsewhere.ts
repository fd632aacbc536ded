import type { JsonObject } from '../shared/json.js';
import type { Delivery, MessageContent } from '../shared/message.js';

/** `to` undefined: this conversation. */
export type Elsewhere = { to: Recipient | undefined } & (
  | ({ do: 'inject'; text: string; data: JsonObject } & Schedule)
  | ({ do: 'notify'; messages: { message: MessageContent; delivery?: Delivery }[] } & Schedule)
  /** takes back what was scheduled under this name for the same conversation and has not happened yet */
  | { do: 'cancel'; name: string }
);

/** A contact by our id, by phone number (digits), or by business-scoped user id; the last two may be new to us. */
export type Recipient = { contactId: string } | { waId: string } | { bsuid: string };

/** `atMs` undefined: now. What is scheduled under a name takes the place of what was scheduled under it before. */
export interface Schedule {
  atMs: number | undefined;
  name: string | undefined;
}

/** What a session that waits wants to be done with the next message, where the host has a say in that. */
export type Arrival =
  /** until its timer goes off */
  | { asleep: true }
  /** messages that follow each other this closely, ms, are one input */
  | { collectMs: number };
