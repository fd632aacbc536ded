import { chatKey } from './chats.js';

const DAY_MS = 24 * 3_600_000;
/** Who came from an ad may be answered for longer, free of charge. */
const FROM_AD_MS = 72 * 3_600_000;

interface Chat {
  contactId: string;
  phoneNumberId: string;
}

/**
 * The customer service window: 24 h after the contact's last message anything may be sent, later only templates.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages#customer-service-windows
 */
export interface ServiceWindow {
  /** The contact wrote. */
  opened(chat: Chat, fromAd: boolean): void;
  isOpen(chat: Chat): boolean;
  /** Whether the contact came from an ad within 72 h: a free entry point. */
  isFromAd(chat: Chat): boolean;
  clear(): void;
}

export function createServiceWindow(nowMs: () => number): ServiceWindow {
  const lastMs = new Map<string, number>();
  const adMs = new Map<string, number>();
  const within = (since: Map<string, number>, chat: Chat, lengthMs: number): boolean =>
    nowMs() - (since.get(chatKey(chat)) ?? Number.NEGATIVE_INFINITY) < lengthMs;
  return {
    opened(chat, fromAd) {
      lastMs.set(chatKey(chat), nowMs());
      if (fromAd) adMs.set(chatKey(chat), nowMs());
    },
    isOpen: (chat) => within(lastMs, chat, DAY_MS) || within(adMs, chat, FROM_AD_MS),
    isFromAd: (chat) => within(adMs, chat, FROM_AD_MS),
    clear() {
      lastMs.clear();
      adMs.clear();
    },
  };
}
