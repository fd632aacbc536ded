import type { ChatMessage } from './chats.js';
import { toStatusError } from './graph-error.js';
import type { JsonObject } from './json.js';
import { present, stringAt } from './json.js';
import type { SimulatedContact } from './options.js';
import { toTimestamp } from './webhook-body.js';

export type ReportedStatus = 'sent' | 'delivered' | 'read' | 'played' | 'failed';

export interface StatusModeDefinition {
  label: string;
  explanation: string;
  steps: readonly Exclude<ReportedStatus, 'failed' | 'played'>[];
  /** `read` follows once the contact has the chat open */
  readWhenOpen: boolean;
}

/** Which statuses the bot hears of its messages. */
export const STATUS_MODES = {
  phone: {
    label: 'As the phone does',
    explanation: 'sent, delivered, and read while the chat is open',
    steps: ['sent', 'delivered'],
    readWhenOpen: true,
  },
  read: {
    label: 'Always read',
    explanation: 'sent, delivered, read',
    steps: ['sent', 'delivered', 'read'],
    readWhenOpen: false,
  },
  'read-only': {
    label: 'Read, never delivered',
    explanation: 'sent, read: Meta leaves delivered out for an open chat',
    steps: ['sent', 'read'],
    readWhenOpen: false,
  },
  sent: {
    label: 'Phone switched off',
    explanation: 'sent, and nothing after it',
    steps: ['sent'],
    readWhenOpen: false,
  },
  none: { label: 'No statuses', explanation: 'nothing at all', steps: [], readWhenOpen: false },
} as const satisfies { [mode: string]: StatusModeDefinition };

export type StatusMode = keyof typeof STATUS_MODES;

/** What a status is about, and how it is told. */
export interface StatusFacts {
  status: ReportedStatus;
  nowMs: number;
  /** undefined: nobody with that number is on WhatsApp */
  contact: SimulatedContact | undefined;
  /** the contact's number as the business is told it */
  waId: string | undefined;
  /** Meta's code when `failed` */
  errorCode?: number;
  /** `pricing` stands on `sent` and on one of delivered and read */
  priced: boolean;
  /** for webhook versions up to v23.0, later only within a free entry point */
  conversationId?: string;
  /** the contact came from an ad within 72 h: nothing costs anything */
  fromAd?: boolean;
  /** told while the number checks identities */
  identityKeyHash?: string | undefined;
}

/**
 * A status as it stands in `value.statuses[]`.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status
 */
export function statusItem(sent: ChatMessage, facts: StatusFacts): JsonObject {
  const { status, contact, nowMs } = facts;
  const { to, recipient } = sent.message;
  const wentToNumber = to !== undefined;
  return present({
    id: sent.wamid,
    status,
    timestamp: toTimestamp(nowMs),
    recipient_id: contact === undefined ? digitsIn(to) : facts.waId,
    // Meta withholds the id on a failure when the message was sent to a number.
    recipient_user_id: status === 'failed' && wentToNumber ? undefined : (contact?.bsuid ?? asString(recipient)),
    recipient_parent_user_id: status === 'failed' && wentToNumber ? undefined : contact?.parentBsuid,
    biz_opaque_callback_data: stringAt(sent.message, 'biz_opaque_callback_data'),
    conversation: facts.conversationId === undefined ? undefined : conversation(facts.conversationId, facts),
    recipient_identity_key_hash: facts.identityKeyHash,
    pricing: facts.priced ? pricingOf(sent, facts.fromAd === true) : undefined,
    errors: facts.errorCode === undefined ? undefined : [toStatusError(facts.errorCode)],
  });
}

function conversation(id: string, { status, nowMs, fromAd }: StatusFacts): JsonObject {
  const expires = status === 'sent' ? { expiration_timestamp: toTimestamp(nowMs + 24 * 3_600_000) } : {};
  return { id, ...expires, origin: { type: fromAd === true ? 'referral_conversion' : 'service' } };
}

function pricingOf({ type, category }: ChatMessage, fromAd: boolean): JsonObject {
  if (fromAd) {
    return { billable: false, pricing_model: 'PMP', type: 'free_entry_point', category: 'referral_conversion' };
  }
  const usual = type === 'template' ? 'utility' : 'service';
  return { billable: true, pricing_model: 'PMP', type: 'regular', category: category?.toLowerCase() ?? usual };
}

function digitsIn(to: unknown): string | undefined {
  return typeof to === 'string' || typeof to === 'number' ? String(to).replace(/\D/g, '') : undefined;
}

function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
