import { expect, it } from 'vitest';
import { decodeOutboxItem, encodeOutboxItem, type OutboxItem } from '../../../src/shared/outbox-item.js';

it('comes back as it was stored', () => {
  const item: OutboxItem = {
    content: { type: 'text', text: 'Olá | "Rita"\n' },
    bsuid: 'PT.1',
    committedMs: 5,
    flow: 'welcome',
    step: 'steps[0]',
    answers: 'id',
  };
  expect(decodeOutboxItem(encodeOutboxItem(item))).toEqual(item);
});

it.each([
  '',
  '{',
  'null',
  '[]',
  '{"content":{}}',
  '{"content":"x","committedMs":1}',
  '{"content":{},"committedMs":"1"}',
])('what no version of ours wrote (%s) is undefined', (payload) => {
  expect(decodeOutboxItem(payload)).toBeUndefined();
});
