import { expect, it } from 'vitest';
import { formatCallbackData, parseCallbackData } from '../../../src/shared/callback-data.js';

const ours = { installId: 'ab-_12', contactId: 'AbCdEfGhIjKlMn-_', oid: '9007199254740991' };

it('comes back as it was sent, and is far below the 512 characters Meta takes', () => {
  const text = formatCallbackData(ours);
  expect(parseCallbackData(text)).toEqual(ours);
  expect(text.length).toBeLessThan(64);
});

it.each([
  undefined,
  '',
  'order-4711',
  'p1.ab-_12.AbCdEfGhIjKlMn-_.',
  'p1.ab-_12.AbCdEfGhIjKlMn-_.1x',
  'p1.ab-_12.AbCdEfGhIjKlMn-_.12345678901234567',
  'p1.ab-_12.short.1',
  'p2.ab-_12.AbCdEfGhIjKlMn-_.1',
  'p1.ab-_12.AbCdEfGhIjKlMn-_.1\n',
  'xp1.ab-_12.AbCdEfGhIjKlMn-_.1',
])('%j is not ours', (text) => {
  expect(parseCallbackData(text)).toBeUndefined();
});
