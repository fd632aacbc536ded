import { expect, it } from 'vitest';
import { type CallContext, createPerformCall } from '../../../src/calls/perform-call.js';

const AROUND: CallContext = { key: 'c:1:0', endpoint: { id: 'bot', secrets: {}, llm: {} }, nowMs: 1 };

it('hands a call to the handler of its kind, with its key', async () => {
  const seen: unknown[] = [];
  const performCall = createPerformCall({
    http: async (request, around) => {
      seen.push(request, around);
      return { ok: true };
    },
    llm: () => Promise.reject(new Error('not asked')),
  });
  expect(await performCall({ ordinal: 0, kind: 'http', request: { a: 1 } }, AROUND)).toEqual({ ok: true });
  expect(seen).toEqual([{ a: 1 }, AROUND]);
});

it.each(['fax', 'constructor', '__proto__'])('throws for a kind it does not know: %s', async (kind) => {
  const performCall = createPerformCall({});
  await expect(performCall({ ordinal: 0, kind, request: {} }, AROUND)).rejects.toMatchObject({ code: 'unknown_call' });
});
