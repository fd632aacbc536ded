import type { Act, ActResult } from './act.js';
import type { ChatMessage } from './chats.js';
import type { FaultId } from './faults.js';
import type { HandshakeOutcome } from './handshake.js';
import type { JsonObject } from './json.js';
import type { SimulatedContact, SimulatedNumber } from './options.js';
import type { PhoneAction } from './phone-actions.js';
import type { Rule } from './rules.js';
import type { StatusMode } from './statuses.js';
import type { Teller } from './tell.js';
import type { Template, TemplateStatus } from './templates.js';
import type { WaitOptions } from './wait.js';
import type { WireEntry } from './wire-log.js';

/** An error of one's own choosing. */
export interface InjectedError {
  /** Meta's error code */
  code: number;
  via: 'call' | 'send' | 'status';
  /** only this number, or any */
  phoneNumberId?: string;
  /** only sends to this contact, or any */
  contactId?: string;
  /** how often; 1 when left out */
  times?: number;
}

/**
 * Meta's double: the Graph API for the bot to call, people with phones to call the bot's webhook, and a page to hold one
 * of the phones. All state is in memory. Where a `phoneNumberId` is left out, the first number is meant.
 */
export interface Simulator {
  /** @throws when the port is taken */
  start(): Promise<{ url: string; port: number }>;
  /** Ends at once, whoever is connected. */
  stop(): Promise<void>;

  /** Webhooks that wait for a URL leave with their next attempt. */
  setWebhookUrl(url: string | (() => string | undefined)): void;
  verifyWebhook(phoneNumberId?: string): Promise<HandshakeOutcome>;
  /** Has these business numbers from now on; what was said with others is kept. */
  setNumbers(numbers: readonly SimulatedNumber[]): void;
  addContact(contact: SimulatedContact): void;

  /**
   * A contact does something: writes, taps, sends a place.
   *
   * @returns the message, as it is at that moment
   * @throws SimulatorError for an unknown contact, number, message or choice
   */
  send(contactId: string, action: PhoneAction | string, options?: { phoneNumberId?: string }): ChatMessage;
  /** Several at once, in one webhook; `delivery` tells how it ended. */
  act(acts: readonly Act[]): ActResult;
  /** Resolves when every webhook there is has been acknowledged or given up. */
  webhooksSettled(): Promise<void>;

  /** What Meta tells beside messages and statuses, and changes to who a contact is. */
  readonly tell: Teller;

  nextBotMessage(contactId: string, options?: WaitOptions): Promise<ChatMessage>;
  /** What the bot sent to a contact, oldest first, `atMs` being when the double took it. Copies, as they are now. */
  botMessages(contactId: string, options?: { phoneNumberId?: string }): ChatMessage[];
  /** Both sides of a chat, or of all chats of the contact. */
  messages(contactId: string, options?: { phoneNumberId?: string }): ChatMessage[];
  /** The contact looks at a chat, so messages there are read, until the returned function is called. */
  openChat(contactId: string, phoneNumberId?: string): () => void;

  /** Without `phoneNumberId` on all numbers. `times`: so often, then off again. */
  setFault(id: FaultId, on: boolean, options?: { phoneNumberId?: string; times?: number }): void;
  /** Any of Meta's errors, so often (1); a short way of writing a rule. */
  injectError(error: InjectedError): void;
  /** What shall go wrong, when, and how often; the id takes it away again. */
  addRule(rule: Rule): string;
  removeRule(id: string): void;
  setStatusMode(mode: StatusMode): void;
  /** Enforces Meta's pair and number rates; off at first. */
  setRateModel(on: boolean): void;
  /** Fails what is no template with 131047 when the contact has not written for 24 h; on at first. */
  setServiceWindow(on: boolean): void;
  /** Lets time pass at once for windows, media, pauses and limits; the bot's clock is its own. */
  advanceClock(byMs: number): void;
  /** The contact plays a voice message of the bot: status `played`. */
  play(contactId: string, wamid: string): void;
  /** Plants a template as if it had been approved, or was in another status. Without `phoneNumberId` in the first account. */
  addTemplate(template: JsonObject, options?: { phoneNumberId?: string; status?: TemplateStatus }): Template;
  /** As if the webhook subscription had been made with this version: `v23.0` to `v26.0`. */
  setWebhookVersion(version: string): void;
  /** Requests in both directions, oldest first. */
  wireLog(): WireEntry[];
  /** Forgets chats, faults, injected errors, budgets and the wire log; settings, contacts and ids stay. */
  reset(): void;
}
