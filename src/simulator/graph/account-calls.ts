import type { ChatMessage } from '../chats.js';
import type { JsonObject } from '../json.js';
import type { SimulatedNumber } from '../options.js';
import { digitsOf } from '../webhook-body.js';
import type { World } from '../world.js';
import { chooseFields } from './fields.js';
import type { GraphAnswer, GraphCall, GraphRoute } from './route.js';
import { onAccount, page } from './route.js';

const KIND = 'WhatsAppBusinessAccount';
const USUAL_FIELDS = ['id', 'name', 'currency', 'timezone_id', 'message_template_namespace'];

/** What belongs to an account (WABA) beside its numbers and templates: here it has neither forms nor a history of changes. */
export function accountRoutes(world: World): GraphRoute[] {
  return (['flows', 'activities'] as const).map((edge) => ({
    method: 'get',
    path: `/:node/${edge}`,
    handle: onAccount(world, (_account, call) => page(call, [])),
  }));
}

/** `GET /{waba-id}?fields=…`; undefined when there is no such account */
export function readAccount(world: World, { node, query }: GraphCall): GraphAnswer | undefined {
  const numbers = [...world.numbers.values()].filter(({ wabaId }) => wabaId === node);
  const [number] = numbers;
  if (number === undefined) return undefined;
  const account = {
    id: node,
    name: number.name,
    currency: 'EUR',
    timezone_id: '1',
    message_template_namespace: 'a0000000_0000_0000_0000_000000000001',
    account_review_status: 'APPROVED',
    business_verification_status: 'verified',
    country: 'PT',
    ownership_type: 'SELF',
    status: 'ACTIVE',
    health_status: {
      can_send_message: 'AVAILABLE',
      entities: [{ entity_type: 'WABA', id: node, can_send_message: 'AVAILABLE' }],
    },
    analytics: analyticsOf(world, numbers, query.fields ?? ''),
  };
  return chooseFields(account, query.fields, KIND, USUAL_FIELDS);
}

const SLOT_SECONDS: { readonly [granularity: string]: number } = { HALF_HOUR: 1800, DAY: 86_400, MONTH: 30 * 86_400 };

/**
 * How many messages the account's numbers sent, and how many of them arrived:
 * `analytics.start(1700000000).end(1700086400).granularity(DAY)`, in Unix seconds.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/analytics
 */
function analyticsOf(world: World, numbers: readonly SimulatedNumber[], fields: string): JsonObject | null {
  const asked = (name: string): string | undefined =>
    new RegExp(`\\banalytics\\b[^,{]*\\.${name}\\(([^)]*)\\)`).exec(fields)?.[1];
  const [start, end] = [Number(asked('start')), Number(asked('end'))];
  const granularity = asked('granularity') ?? '';
  const seconds = Object.hasOwn(SLOT_SECONDS, granularity) ? SLOT_SECONDS[granularity] : undefined;
  if (seconds === undefined || !Number.isSafeInteger(start) || !Number.isSafeInteger(end)) return null;
  const slots = new Map<number, { sent: number; delivered: number }>();
  for (const message of sentBy(world, numbers)) {
    const atSeconds = Math.floor(message.atMs / 1000);
    if (atSeconds < start || atSeconds >= end) continue;
    const slot = start + Math.floor((atSeconds - start) / seconds) * seconds;
    const count = slots.get(slot) ?? { sent: 0, delivered: 0 };
    slots.set(slot, count);
    count.sent += 1;
    if (ARRIVED.has(message.status)) count.delivered += 1;
  }
  return {
    phone_numbers: numbers.map(({ displayPhoneNumber }) => digitsOf(displayPhoneNumber)),
    granularity,
    data_points: [...slots]
      .sort(([a], [b]) => a - b)
      .map(([slot, count]) => ({ start: slot, end: Math.min(slot + seconds, end), ...count })),
  };
}

const ARRIVED = new Set<ChatMessage['status']>(['delivered', 'read', 'played']);

function sentBy(world: World, numbers: readonly SimulatedNumber[]): ChatMessage[] {
  const ids = new Set(numbers.map(({ phoneNumberId }) => phoneNumberId));
  return [...world.contacts.keys()]
    .flatMap((contactId) => [...world.chats.ofContact(contactId)])
    .filter(({ by, status, phoneNumberId }) => by === 'bot' && status !== 'failed' && ids.has(phoneNumberId));
}
