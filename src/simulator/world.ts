import type { Bus } from './bus.js';
import { createBus } from './bus.js';
import type { ChatBook, ChatMessage, MessageStatus } from './chats.js';
import { chatKey, createChatBook, isProgress } from './chats.js';
import { SimulatorError } from './errors.js';
import type { FaultBoard } from './faults.js';
import { createFaultBoard } from './faults.js';
import { spellNumber } from './identity.js';
import type { MediaStore } from './media.js';
import { createMediaStore } from './media.js';
import type { SimulatedContact, SimulatedNumber, SimulatorLog, SimulatorOptions, SimulatorTiming } from './options.js';
import { DEFAULT_CONTACTS, DEFAULT_TIMING, silentLog } from './options.js';
import type { Random } from './random.js';
import { createRandom } from './random.js';
import type { RateLimiter } from './rate.js';
import { createRateLimiter } from './rate.js';
import type { StatusMode } from './statuses.js';
import type { Subscriptions } from './subscriptions.js';
import { createSubscriptions } from './subscriptions.js';
import type { Timers } from './timers.js';
import { createTimers } from './timers.js';
import type { WireLog } from './wire-log.js';
import { createWireLog } from './wire-log.js';

/** Bounds of what the double remembers. */
const MESSAGES_PER_CHAT = 2_000;
const WIRE_ENTRIES = 1_000;

/** Settings that can change while it runs. */
interface Settings {
  statusMode: StatusMode;
  /** whether Meta's own budgets (`rate.ts`) are enforced */
  rateModel: boolean;
  webhookUrl: string | (() => string | undefined) | undefined;
  /** of the webhook subscription */
  webhookVersion: string;
}

/** All state of the double, and the few ways to change it that others have to hear of. */
export interface World {
  readonly options: SimulatorOptions;
  readonly timing: SimulatorTiming;
  readonly settings: Settings;
  readonly numbers: Map<string, SimulatedNumber>;
  readonly contacts: ReadonlyMap<string, SimulatedContact>;
  readonly chats: ChatBook;
  readonly faults: FaultBoard;
  readonly subscriptions: Subscriptions;
  readonly limiter: RateLimiter;
  readonly media: MediaStore;
  readonly wire: WireLog;
  readonly bus: Bus;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: SimulatorLog;
  nowMs(): number;
  /** @throws SimulatorError when there is no such number; without an id it is the first */
  number(phoneNumberId: string | undefined): SimulatedNumber;
  /** @throws SimulatorError when there is no such contact */
  contact(contactId: string): SimulatedContact;
  addContact(contact: SimulatedContact): void;
  addMessage(message: Omit<ChatMessage, 'seq'>): ChatMessage;
  /** Moves a status forward; what would move it back changes nothing. */
  advance(message: ChatMessage, status: MessageStatus, error?: { code: number; title: string }): void;
  /** Notes why a message has not come further yet. */
  trouble(message: ChatMessage, error: { code: number; title: string }): void;
  /** Where webhooks of this number go; undefined while nobody has said. */
  webhookUrl(number: SimulatedNumber, scope?: 'number' | 'account'): string | undefined;
  /** The contact's phone number as this business number is told it; undefined when it is left out. */
  toldNumber(contact: SimulatedContact, phoneNumberId: string): string | undefined;
  /** Whether the contact takes offers from this number; yes until told otherwise. */
  takesOffers(chat: { contactId: string; phoneNumberId: string }): boolean;
  setOffers(chat: { contactId: string; phoneNumberId: string }, wanted: boolean): void;
  /** The business wrote to the contact's phone number, which makes it known for a while. */
  wroteToNumber(chat: { contactId: string; phoneNumberId: string }): void;
  isOpen(chat: { contactId: string; phoneNumberId: string }): boolean;
  /** Forgets chats, faults, budgets, media, overrides and the wire log; settings, contacts and ids stay. */
  reset(): void;
  /** The contact looks at this chat until the returned function is called. */
  open(chat: { contactId: string; phoneNumberId: string }): () => void;
}

export function createWorld(options: SimulatorOptions): World {
  const clock = options.clock ?? { nowMs: () => Date.now() };
  const nowMs = (): number => clock.nowMs();
  const random = createRandom(options.seed);
  const bus = createBus();
  const numbers = new Map(options.numbers.map((number) => [number.phoneNumberId, number]));
  const contacts = new Map((options.contacts ?? DEFAULT_CONTACTS).map((contact) => [contact.contactId, contact]));
  const openChats = new Map<string, number>();
  /** chats whose contact wants no offers */
  const noOffers = new Set<string>();
  /** when a chat's number was last written to, epoch ms */
  const writtenTo = new Map<string, number>();
  const faults = createFaultBoard((phoneNumberId) =>
    bus.publish({ event: 'faults', phoneNumberId, active: faults.active(phoneNumberId) }),
  );
  const limiter = createRateLimiter(nowMs);
  const media = createMediaStore(random, nowMs);
  const wire = createWireLog(WIRE_ENTRIES, nowMs, (entry) => bus.publish({ event: 'wire', entry }));
  const subscriptions = createSubscriptions(options.numbers, options.verifyToken);
  const chats = createChatBook(MESSAGES_PER_CHAT);
  const settings: Settings = {
    statusMode: 'phone',
    rateModel: false,
    webhookUrl: options.webhookUrl,
    webhookVersion: options.webhookVersion ?? 'v25.0',
  };

  return {
    options,
    timing: { ...DEFAULT_TIMING, ...options.timing },
    settings,
    numbers,
    contacts,
    chats,
    faults,
    subscriptions,
    limiter,
    media,
    wire,
    bus,
    timers: createTimers(),
    random,
    log: options.log ?? silentLog,
    nowMs,
    number(phoneNumberId) {
      const number = phoneNumberId === undefined ? [...numbers.values()][0] : numbers.get(phoneNumberId);
      if (number === undefined) throw new SimulatorError('unknown_number', 'no such business number');
      return number;
    },
    contact(contactId) {
      const contact = contacts.get(contactId);
      if (contact === undefined) throw new SimulatorError('unknown_contact', 'no such contact');
      return contact;
    },
    addContact(contact) {
      contacts.set(contact.contactId, contact);
      bus.publish({ event: 'contact', contact });
    },
    addMessage(fields) {
      const message = chats.add(fields);
      bus.publish({ event: 'message', message });
      return message;
    },
    advance(message, status, error) {
      if (!isProgress(message.status, status)) return;
      message.status = status;
      if (error === undefined) delete message.error;
      else message.error = error;
      bus.publish({ event: 'message', message });
    },
    trouble(message, error) {
      message.error = error;
      bus.publish({ event: 'message', message });
    },
    webhookUrl(number, scope = 'number') {
      const override = subscriptions.override(number, scope);
      if (override !== undefined) return override.url;
      return typeof settings.webhookUrl === 'function' ? settings.webhookUrl() : settings.webhookUrl;
    },
    toldNumber: (contact, phoneNumberId) =>
      spellNumber(contact, writtenTo.get(chatKey({ contactId: contact.contactId, phoneNumberId })), nowMs()),
    takesOffers: (chat) => !noOffers.has(chatKey(chat)),
    setOffers(chat, wanted) {
      if (wanted) noOffers.delete(chatKey(chat));
      else noOffers.add(chatKey(chat));
    },
    wroteToNumber: (chat) => void writtenTo.set(chatKey(chat), nowMs()),
    isOpen: (chat) => openChats.has(chatKey(chat)),
    reset() {
      chats.clear();
      faults.clear();
      subscriptions.reset();
      limiter.forget();
      media.clear();
      wire.clear();
      writtenTo.clear();
      noOffers.clear();
      bus.publish({ event: 'reset' });
    },
    open(chat) {
      const key = chatKey(chat);
      openChats.set(key, (openChats.get(key) ?? 0) + 1);
      let isClosed = false;
      return () => {
        if (isClosed) return;
        isClosed = true;
        const left = (openChats.get(key) ?? 1) - 1;
        if (left === 0) openChats.delete(key);
        else openChats.set(key, left);
      };
    },
  };
}
