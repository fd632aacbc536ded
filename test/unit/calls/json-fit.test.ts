import { expect, it } from 'vitest';
import { misfit } from '../../../src/calls/json-fit.js';
import type { Json } from '../../../src/shared/json.js';

const ORDER: Json = {
  type: 'object',
  properties: {
    guests: { type: 'integer', minimum: 1, maximum: 8 },
    name: { type: ['string', 'null'], minLength: 1 },
    size: { enum: ['small', 'large'] },
    items: { type: 'array', maxItems: 2, items: { type: 'object', required: ['id'] } },
    when: { anyOf: [{ type: 'string' }, { type: 'number' }] },
  },
  required: ['guests'],
  additionalProperties: false,
};

it.each<[Json, string | undefined]>([
  [{ guests: 2 }, undefined],
  [{ guests: 2, name: null, size: 'large', items: [{ id: 1 }], when: 3 }, undefined],
  [{}, 'guests'],
  [[], ''],
  [null, ''],
  ['two', ''],
  [{ guests: '2' }, 'guests'],
  [{ guests: 2.5 }, 'guests'],
  [{ guests: 0 }, 'guests'],
  [{ guests: 9 }, 'guests'],
  [{ guests: 2, name: '' }, 'name'],
  [{ guests: 2, name: 7 }, 'name'],
  [{ guests: 2, size: 'huge' }, 'size'],
  [{ guests: 2, items: {} }, 'items'],
  [{ guests: 2, items: [{ id: 1 }, {}] }, 'items[1].id'],
  [{ guests: 2, items: [{ id: 1 }, { id: 2 }, { id: 3 }] }, 'items'],
  [{ guests: 2, when: true }, 'when'],
  [{ guests: 2, extra: 1 }, 'extra'],
  [JSON.parse('{"guests": 2, "__proto__": 1}'), '__proto__'],
])('%j fits an order, or not at %s', (value, where) => expect(misfit(value, ORDER)).toBe(where));

it('asks for nothing it does not know', () => {
  expect(misfit('x', { pattern: '^y$', format: 'date', $ref: '#/nowhere' })).toBeUndefined();
  expect(misfit('x', true)).toBeUndefined();
  expect(misfit({ a: 1 }, { properties: { a: false } })).toBe('a');
});
