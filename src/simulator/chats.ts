import type { JsonObject } from './json.js';

/** How far a message has come. A contact's message is `delivered` when the bot's webhook answered 200. */
export type MessageStatus = 'pending' | 'sent' | 'delivered' | 'read' | 'played' | 'failed';

/** One bubble of a chat. */
export interface ChatMessage {
  /** counts up over all chats */
  seq: number;
  wamid: string;
  contactId: string;
  phoneNumberId: string;
  /** `staff`: somebody at the business's phone app */
  by: 'contact' | 'bot' | 'staff';
  /** Meta's type */
  type: string;
  /** what the bot sent to Graph, or what the webhook carries of a contact's message */
  message: JsonObject;
  /** when the double took it, epoch ms */
  atMs: number;
  status: MessageStatus;
  /** why it failed, or what the webhook's last attempt met */
  error?: { code: number; title: string };
  /** what the contact sees of a template: header, body, footer and buttons, filled in */
  template?: JsonObject;
  /** of that template, which is also its price */
  category?: 'MARKETING' | 'UTILITY' | 'AUTHENTICATION';
  /** wamid of the message this one answers */
  repliedTo?: string;
}

/** A chat is one contact with one business number. */
export function chatKey(chat: { contactId: string; phoneNumberId: string }): string {
  return `${chat.phoneNumberId}:${chat.contactId}`;
}

const RANK: { [status in MessageStatus]: number } = {
  pending: 0,
  sent: 1,
  delivered: 2,
  read: 3,
  played: 4,
  failed: 5,
};

/** Statuses only move forward, and `failed` is final. */
export function isProgress(from: MessageStatus, to: MessageStatus): boolean {
  return from !== 'failed' && RANK[to] > RANK[from];
}

export interface ChatBook {
  add(message: Omit<ChatMessage, 'seq'>): ChatMessage;
  find(wamid: string): ChatMessage | undefined;
  /** oldest first */
  chat(chat: { contactId: string; phoneNumberId: string }): readonly ChatMessage[];
  /** over all numbers, oldest first */
  ofContact(contactId: string): readonly ChatMessage[];
  clear(): void;
}

/** @param maxPerChat older messages of a chat are forgotten */
export function createChatBook(maxPerChat: number): ChatBook {
  const chats = new Map<string, ChatMessage[]>();
  const byWamid = new Map<string, ChatMessage>();
  let seq = 0;
  return {
    add(fields) {
      const message = { ...fields, seq: ++seq };
      const key = chatKey(message);
      const chat = chats.get(key) ?? [];
      chats.set(key, chat);
      chat.push(message);
      byWamid.set(message.wamid, message);
      const forgotten = chat.length > maxPerChat ? chat.shift() : undefined;
      if (forgotten !== undefined) byWamid.delete(forgotten.wamid);
      return message;
    },
    find: (wamid) => byWamid.get(wamid),
    chat: (chat) => chats.get(chatKey(chat)) ?? [],
    ofContact: (contactId) =>
      [...chats.values()]
        .filter((chat) => chat[0]?.contactId === contactId)
        .flat()
        .sort((a, b) => a.seq - b.seq),
    clear() {
      chats.clear();
      byWamid.clear();
    },
  };
}
