import { isJsonObject, type JsonObject } from '../shared/json.js';
import { listOf } from '../shared/unread.js';

/** A `history` webhook in portions that can be kept. */
export interface SplitHistory {
  /** all but the messages: how far Meta has got, its errors; with the number of messages where they were */
  rest: JsonObject;
  /** JSON of `[{ id, messages }, …]`: whole messages, in their order, by the thread (the contact) they belong to */
  pieces: string[];
}

/**
 * What was said before a number came to us (coexistence) arrives in up to 3 MB a webhook: split here, so that none of it is
 * cut. Files follow as messages without a thread.
 *
 * @param maxChars of one piece; a message that alone is longer has a piece to itself
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/embedded-signup/onboarding-business-app-users
 */
export function splitHistory(value: JsonObject, maxChars: number): SplitHistory {
  const pieces = new Pieces(maxChars);
  const { history, messages, ...others } = value;
  const rest: JsonObject = { ...others };
  if (messages !== undefined) rest.messages = pieces.add(undefined, messages);
  if (history !== undefined) {
    rest.history = listOf(history).map((chunk) => {
      if (!isJsonObject(chunk)) return null;
      const { threads, ...known } = chunk;
      let count = 0;
      for (const thread of listOf(threads)) if (isJsonObject(thread)) count += pieces.add(thread.id, thread.messages);
      return { ...known, messages: count };
    });
  }
  return { rest, pieces: pieces.end() };
}

class Pieces {
  private readonly full: string[] = [];
  private threads: { head: string; messages: string[] }[] = [];
  private chars = 0;

  constructor(private readonly maxChars: number) {}

  /** @returns how many messages these were */
  add(threadId: unknown, messages: unknown): number {
    const head = threadId === undefined ? '{' : `{"id":${JSON.stringify(threadId)},`;
    const list = listOf(messages);
    let thread: string[] | undefined;
    for (const message of list) {
      const text = JSON.stringify(message);
      if (this.chars > 0 && this.chars + text.length > this.maxChars) {
        this.close();
        thread = undefined;
      }
      if (thread === undefined) {
        thread = [];
        this.threads.push({ head, messages: thread });
        this.chars += head.length;
      }
      thread.push(text);
      this.chars += text.length + 1;
    }
    return list.length;
  }

  end(): string[] {
    if (this.threads.length > 0) this.close();
    return this.full;
  }

  private close(): void {
    const threads = this.threads.map(({ head, messages }) => `${head}"messages":[${messages.join()}]}`);
    this.full.push(`[${threads.join()}]`);
    this.threads = [];
    this.chars = 0;
  }
}
