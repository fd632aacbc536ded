import type { Bus } from './bus.js';
import { createBus } from './bus.js';
import type { ChatBook, ChatMessage, MessageStatus } from './chats.js';
import { chatKey, createChatBook, isProgress } from './chats.js';
import { SimulatorError } from './errors.js';
import type { FaultBoard, RefusalPoint } from './faults.js';
import { createFaultBoard } from './faults.js';
import { reaches, spellNumber } from './identity.js';
import type { MediaStore } from './media.js';
import { createMediaStore } from './media.js';
import type { NumberState } from './number-state.js';
import { freshNumberState } from './number-state.js';
import type { SimulatedContact, SimulatedNumber, SimulatorLog, SimulatorOptions, SimulatorTiming } from './options.js';
import { DEFAULT_CONTACTS, DEFAULT_TIMING, silentLog } from './options.js';
import type { Random } from './random.js';
import { createRandom } from './random.js';
import type { RateLimiter } from './rate.js';
import { createRateLimiter } from './rate.js';
import type { Reach } from './reach.js';
import { createReach } from './reach.js';
import type { CallOutcome, RuleBook, RuleTarget, StatusOutcome } from './rules.js';
import { createRuleBook } from './rules.js';
import type { StatusMode } from './statuses.js';
import type { Subscriptions } from './subscriptions.js';
import { createSubscriptions } from './subscriptions.js';
import type { Template, TemplateStore } from './templates.js';
import { createTemplateStore } from './templates.js';
import type { Timers } from './timers.js';
import { createTimers } from './timers.js';
import { digitsOf } from './webhook-body.js';
import type { ServiceWindow } from './window.js';
import { createServiceWindow } from './window.js';
import type { WireLog } from './wire-log.js';
import { createWireLog } from './wire-log.js';

/** Bounds of what the double remembers. */
const MESSAGES_PER_CHAT = 2_000;
const WIRE_ENTRIES = 1_000;
/** Messages without a bubble that can be marked as read; Meta takes 30 days, a double need not remember as long. */
const KEEP_NOTES = 1_000;

/** Settings that can change while it runs. */
interface Settings {
  statusMode: StatusMode;
  /** whether Meta's own budgets (`rate.ts`) are enforced */
  rateModel: boolean;
  webhookUrl: string | (() => string | undefined) | undefined;
  /** of the webhook subscription */
  webhookVersion: string;
  /** whether the 24-hour window is enforced */
  serviceWindow: boolean;
  /** whether templates nobody has created are refused */
  templates: 'known' | 'any';
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
  readonly rules: RuleBook;
  readonly subscriptions: Subscriptions;
  readonly templates: TemplateStore;
  readonly window: ServiceWindow;
  readonly reach: Reach;
  readonly limiter: RateLimiter;
  readonly media: MediaStore;
  readonly wire: WireLog;
  readonly bus: Bus;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: SimulatorLog;
  nowMs(): number;
  /** Lets time pass at once: windows close, media URLs end, pauses are over. What waits for a real moment still waits. */
  advanceClock(byMs: number): void;
  /** What can change about a number. */
  state(phoneNumberId: string): NumberState;
  /** What strikes now at this point of a call: a rule, or a switch of the number. Asking counts. */
  strike(via: 'call' | 'send', target: RuleTarget): CallOutcome | undefined;
  strikeStatus(target: RuleTarget): StatusOutcome | undefined;
  /** `to` wins over `recipient`, as with Meta. A number may have a plus or not, and the old form or the new. */
  findRecipient(to: { to?: string | undefined; recipient?: string | undefined }): SimulatedContact | undefined;
  /** Somebody by a phone number or a BSUID. */
  findContact(user: string): SimulatedContact | undefined;
  /** The template is looked at, and approved after a while. */
  review(template: Template): void;
  /** The app's own webhook URL. */
  appUrl(): string | undefined;
  setAppUrl(url: string): void;
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
  /** Remembers a message that is no bubble, so that it can be marked as read like any other. */
  addNote(wamid: string, phoneNumberId: string): void;
  /** Whether a number was sent such a message. */
  hasNote(wamid: string, phoneNumberId: string): boolean;
  /** The contact looks at this chat until the returned function is called. */
  open(chat: { contactId: string; phoneNumberId: string }): () => void;
}

export function createWorld(options: SimulatorOptions): World {
  const clock = options.clock ?? { nowMs: () => Date.now() };
  /** how far the clock was put forward */
  let aheadMs = 0;
  const nowMs = (): number => clock.nowMs() + aheadMs;
  const random = createRandom(options.seed);
  const bus = createBus();
  const numbers = new Map(options.numbers.map((number) => [number.phoneNumberId, number]));
  const contacts = new Map((options.contacts ?? DEFAULT_CONTACTS).map((contact) => [contact.contactId, contact]));
  const openChats = new Map<string, number>();
  /** chats whose contact wants no offers */
  const noOffers = new Set<string>();
  /** business numbers by the wamid of what they were told without a bubble */
  const notes = new Map<string, string>();
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
    serviceWindow: options.serviceWindow ?? true,
    templates: options.templates ?? 'known',
  };

  const appUrl = (): string | undefined =>
    typeof settings.webhookUrl === 'function' ? settings.webhookUrl() : settings.webhookUrl;
  const rules = createRuleBook();
  const window = createServiceWindow(nowMs);
  const reach = createReach(nowMs);
  const timers = createTimers();
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  const templates = createTemplateStore({
    random,
    nowMs,
    changed: (change) => bus.publish({ event: 'template', change }),
  });
  const states = new Map<string, NumberState>();
  const codeAt = (phoneNumberId: string | undefined, point: RefusalPoint): { code: number } | undefined => {
    const code = phoneNumberId === undefined ? undefined : faults.strikesWith(phoneNumberId, point);
    return code === undefined ? undefined : { code };
  };
  const answerAt = (phoneNumberId: string | undefined, via: 'call' | 'send'): CallOutcome | undefined => {
    if (phoneNumberId === undefined || via === 'call') return undefined;
    if (faults.strikes(phoneNumberId, 'html-answer')) return { answer: 'html' };
    return faults.strikes(phoneNumberId, 'cut-answer') ? { answer: 'cut' } : undefined;
  };

  return {
    options,
    timing,
    settings,
    numbers,
    contacts,
    chats,
    faults,
    rules,
    subscriptions,
    templates,
    window,
    reach,
    limiter,
    media,
    wire,
    bus,
    timers,
    random,
    log: options.log ?? silentLog,
    nowMs,
    advanceClock(byMs) {
      aheadMs += byMs;
      templates.refresh();
      bus.publish({ event: 'settings' });
    },
    state(phoneNumberId) {
      const known = states.get(phoneNumberId);
      if (known !== undefined) return known;
      const number = numbers.get(phoneNumberId);
      if (number === undefined) throw new SimulatorError('unknown_number', 'no such business number');
      const fresh = freshNumberState(number);
      states.set(phoneNumberId, fresh);
      return fresh;
    },
    strike: (via, target) =>
      rules.strike(via, target) ?? codeAt(target.phoneNumberId, via) ?? answerAt(target.phoneNumberId, via),
    strikeStatus: (target) => rules.strikeStatus(target) ?? codeAt(target.phoneNumberId, 'status'),
    findRecipient({ to, recipient }) {
      const digits = to === undefined ? undefined : digitsOf(to);
      for (const contact of contacts.values()) {
        if (digits === undefined) {
          if (recipient !== undefined && [contact.bsuid, contact.parentBsuid].includes(recipient)) return contact;
        } else if (contact.waId !== undefined && reaches(digits, contact.waId)) return contact;
      }
      return undefined;
    },
    findContact: (user) =>
      [...contacts.values()].find(
        ({ waId, bsuid }) => bsuid === user || (waId !== undefined && reaches(digitsOf(user), waId)),
      ),
    review(template) {
      template.status = 'PENDING';
      timers.after(timing.templateReviewMs, () => {
        if (templates.byId(template.id)?.status === 'PENDING') templates.setStatus(template, 'APPROVED');
      });
    },
    appUrl,
    setAppUrl(url) {
      settings.webhookUrl = url;
      bus.publish({ event: 'settings' });
    },
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
      return subscriptions.override(number, scope)?.url ?? appUrl();
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
      rules.clear();
      subscriptions.reset();
      templates.reset();
      window.clear();
      reach.clear();
      states.clear();
      limiter.forget();
      media.clear();
      wire.clear();
      writtenTo.clear();
      noOffers.clear();
      notes.clear();
      bus.publish({ event: 'reset' });
    },
    addNote(wamid, phoneNumberId) {
      notes.set(wamid, phoneNumberId);
      const [oldest] = notes.keys();
      if (notes.size > KEEP_NOTES && oldest !== undefined) notes.delete(oldest);
    },
    hasNote: (wamid, phoneNumberId) => notes.get(wamid) === phoneNumberId,
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
