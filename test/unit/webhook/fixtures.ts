import { readdirSync, readFileSync } from 'node:fs';
import type { InboundEvent, MessageEvent } from '../../../src/inbound/event.js';
import type { JsonObject } from '../../../src/shared/json.js';
import { readEvents } from '../../../src/webhook/read-events.js';

const folder = new URL('../../fixtures/webhook/', import.meta.url);

export const fixtureNames: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length))
  .sort();

export function readFixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
}

export function messagesOf(events: readonly InboundEvent[]): MessageEvent[] {
  return events.filter((event) => event.kind === 'message');
}

/** The one message of a fixture. */
export function messageOf(name: string): MessageEvent {
  const [message, ...others] = messagesOf(readEvents(readFixture(name)));
  if (message === undefined || others.length > 0) throw new Error(`${name} does not hold exactly one message`);
  return message;
}

export const PHONE_NUMBER_ID = '700000000000001';

/** A text as Meta sends it. */
export function textMessage(id: string, overrides: JsonObject = {}): JsonObject {
  return {
    from: '351910000002',
    from_user_id: 'PT.90000000000000000001',
    id,
    timestamp: '1763700000',
    type: 'text',
    text: { body: 'hi' },
    ...overrides,
  };
}

/** A body with one change of the field `messages`. */
export function bodyOf(value: { [key: string]: unknown }): unknown {
  const metadata = { display_phone_number: '351210000001', phone_number_id: PHONE_NUMBER_ID };
  const change = { field: 'messages', value: { messaging_product: 'whatsapp', metadata, ...value } };
  return { object: 'whatsapp_business_account', entry: [{ id: '100000000000001', changes: [change] }] };
}
