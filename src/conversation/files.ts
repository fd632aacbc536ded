import type { MessageItem } from '../inbound/item.js';
import type { FlowMessage } from '../shared/contact-message.js';
import type { JsonObject } from '../shared/json.js';
import type { Ownership } from './store.js';

/** What flows see as `input.attachments`, by our id of the message. */
export type Attachments = ReadonlyMap<string, JsonObject[]>;

/** The files contacts send, which have to be fetched before a turn can begin. */
export interface ContactFiles {
  /**
   * @returns what became of the files, the same in every process and at every look; or, while they are not there, how
   *   long the conversation may have to wait
   */
  look(owner: Ownership, phoneNumberId: string, items: readonly MessageItem[]): Promise<FilesLook>;
}

export type FilesLook =
  | { attachments: Attachments }
  /** `begin`: to be called when the conversation is held, which is woken as soon as the files are there */
  | { waitMs: number; begin(): void };

const NAMES_A_FILE = /"type":"(?:image|video|audio|document|sticker)"/;

/** Whether it is worth reading an item for its files; most have none. */
export function mayHaveFiles(payload: string): boolean {
  return NAMES_A_FILE.test(payload);
}

/** A message with its files as they came to us, in place of what Meta says of them. */
export function withFiles<T extends { message: FlowMessage }>(read: T, files: Attachments | undefined): T {
  const attachments = files?.get(read.message.messageId);
  return attachments === undefined ? read : { ...read, message: { ...read.message, attachments } };
}
