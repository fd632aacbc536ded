import { expect, it } from 'vitest';
import { readPricing } from '../../../src/webhook/pricing.js';

it.each<[string, unknown, object | undefined]>([
  [
    'a price as Meta tells it today',
    { billable: true, pricing_model: 'PMP', type: 'regular', category: 'service' },
    { category: 'service', type: 'regular', billable: true },
  ],
  [
    'one without `billable`',
    { type: 'free_entry_point', category: 'authentication-international' },
    { category: 'authentication_international', type: 'free_entry_point' },
  ],
  ['words in capitals', { type: 'REGULAR', category: 'MARKETING' }, { category: 'marketing', type: 'regular' }],
  [
    'words of next year',
    { type: 'x'.repeat(9_000), category: 7, billable: 'yes' },
    { category: 'other', type: 'other' },
  ],
  ['none', undefined, undefined],
  ['a list', [1], undefined],
])('reads %s', (_what, value, expected) => expect(readPricing(value)).toEqual(expected));
