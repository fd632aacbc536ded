import type { Pricing } from '../inbound/event.js';
import type { Unread } from '../shared/json.js';
import { objectOf } from '../shared/unread.js';
import type { WireStatus } from './wire.js';

const CATEGORIES = [
  'authentication',
  'authentication_international',
  'marketing',
  'marketing_lite',
  'referral_conversion',
  'service',
  'utility',
];
const TYPES = ['regular', 'free_customer_service', 'free_entry_point'];

/**
 * `pricing` of a status. Its words become labels of a metric, so only those we know are kept.
 *
 * @returns undefined when the status tells no price
 */
export function readPricing(value: unknown): Pricing | undefined {
  const pricing: Unread<NonNullable<WireStatus['pricing']>> | undefined = objectOf(value);
  if (pricing === undefined) return undefined;
  return {
    category: wordOf(pricing.category, CATEGORIES),
    type: wordOf(pricing.type, TYPES),
    ...(typeof pricing.billable === 'boolean' && { billable: pricing.billable }),
  };
}

function wordOf(value: unknown, known: readonly string[]): string {
  const word = typeof value === 'string' ? value.toLowerCase().replaceAll('-', '_') : '';
  return known.includes(word) ? word : 'other';
}
