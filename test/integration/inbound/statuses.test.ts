import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Core, LANE, startCore } from '../../support/core.js';
import { PHONE, statusOf } from '../../support/events.js';

let core: Core;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
afterEach(() => core.client.flushall());

const CONTACT = 'AbCdEfGhIjKlMnOp';
const stored = async (oid: number) =>
  (await core.client.hget(`${LANE.prefix}sm:${Math.floor(oid / 100)}`, String(oid % 100)))?.split('|')[0];

const RANK = ['sent', 'delivered', 'read', 'played', 'failed'];

it('end at the furthest one, in whatever order and however often they come', async () => {
  let oid = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...RANK), { minLength: 1, maxLength: 8 }), async (statuses) => {
      oid += 1;
      await core.accept(
        statuses.map((status) => statusOf(CONTACT, oid, status)),
        'any',
      );
      const furthest = RANK[Math.max(...statuses.map((status) => RANK.indexOf(status)))];
      expect(await stored(oid)).toBe(furthest);
    }),
    { numRuns: 200 },
  );
});

it('end at the furthest one in each of the 24 orders, one webhook each', async () => {
  const four = ['sent', 'delivered', 'read', 'failed'];
  let oid = 1_000;
  for (const order of permutations(four)) {
    oid += 1;
    for (const status of order) await core.accept([statusOf(CONTACT, oid, status)], 'any');
    expect(await stored(oid)).toBe('failed');
  }
});

it('are counted as applied or behind', async () => {
  const { statuses } = await core.accept(
    ['delivered', 'sent', 'delivered', 'read'].map((status) => statusOf(CONTACT, 5, status)),
    'any',
  );
  expect(statuses).toEqual({ applied: 2, behind: 2, foreign: 0 });
});

it('of a kind we never heard of are kept and give way to those we know', async () => {
  await core.accept([statusOf(CONTACT, 7, 'teleported')], 'any');
  expect(await stored(7)).toBe('teleported');
  await core.accept([statusOf(CONTACT, 7, 'sent'), statusOf(CONTACT, 7, 'teleported')], 'any');
  expect(await stored(7)).toBe('sent');
  await core.accept([statusOf(CONTACT, 8, 'DROP|TABLE'.repeat(9))], 'any');
  expect(await stored(8)).toBe('unknown');
});

it.each([
  ['no callback data', undefined],
  ["another system's", 'order-4711'],
  ['those of older data', `p1.other1.${CONTACT}.5`],
  ['an id that is no number', `p1.test01.${CONTACT}.5x`],
  ['something that looks like a key', `p1.test01.${CONTACT}.5:{x}`],
])('with %s are not ours and leave nothing behind', async (_what, callbackData) => {
  const { callbackData: _ours, ...bare } = statusOf(CONTACT, 5, 'sent');
  const event = callbackData === undefined ? bare : { ...bare, callbackData };
  const { statuses } = await core.accept([event], 'any');
  expect(statuses).toEqual({ applied: 0, behind: 0, foreign: 1 });
  expect(await core.client.keys('*')).toEqual([]);
});

it('of a failed message leave an event with the codes and nothing private', async () => {
  await core.accept([statusOf(CONTACT, 5, 'failed', { errorCodes: [131026] }), statusOf(CONTACT, 6, 'sent')], 'any');
  const events = await core.client.xrange(`${LANE.prefix}ev`, '-', '+');
  expect(events.map(([, [, json = '']]) => JSON.parse(json))).toEqual([
    {
      at: core.clock.nowMs(),
      k: 'status',
      c: `${PHONE}.${CONTACT}`,
      oid: '5',
      status: 'failed',
      codes: [131026],
    },
  ]);
});

it('a thousand in one webhook are all applied', async () => {
  const { statuses } = await core.accept(
    Array.from({ length: 1000 }, (_, i) => statusOf(CONTACT, i + 1, 'delivered')),
    'any',
  );
  expect(statuses.applied).toBe(1000);
  expect(await stored(1)).toBe('delivered');
  expect(await stored(1000)).toBe('delivered');
  const ttl = await core.client.ttl(`${LANE.prefix}sm:3`);
  expect(ttl).toBeGreaterThan(29 * 86_400);
});

function* permutations<T>(items: readonly T[]): Generator<T[]> {
  if (items.length <= 1) yield [...items];
  for (const [i, item] of items.entries()) {
    for (const rest of permutations(items.toSpliced(i, 1))) yield [item, ...rest];
  }
}

it('a thousand statuses of one message are one message, and the last of it is that it was played', async () => {
  const words = ['sent', 'delivered', 'read', 'played'];
  const many = Array.from({ length: 1_000 }, (_, i) => statusOf(CONTACT, 11, words[(i * 7) % 4] ?? 'sent'));
  const { statuses } = await core.accept(many, 'any');
  expect(statuses.applied + statuses.behind).toBe(1_000);
  expect(statuses.applied).toBeLessThanOrEqual(4);
  expect(await stored(11)).toBe('played');
});

it('a status from years ago is taken, and goes again by itself', async () => {
  const { statuses } = await core.accept(
    [statusOf(CONTACT, 3, 'delivered', { timestampMs: Date.UTC(2019, 0, 1) })],
    'any',
  );
  expect(statuses.applied).toBe(1);
  expect(await core.client.ttl(`${LANE.prefix}sm:0`)).toBeGreaterThan(0);
});

it('a price is counted once for each message, whichever status tells it first', async () => {
  const service = { category: 'service', type: 'regular', billable: true };
  const told = await core.accept(
    [
      statusOf(CONTACT, 21, 'delivered', { pricing: service }),
      statusOf(CONTACT, 21, 'sent', { pricing: service }),
      statusOf(CONTACT, 22, 'sent', { pricing: { ...service, category: 'marketing' } }),
      statusOf(CONTACT, 23, 'sent'),
    ],
    'any',
  );
  expect(told.priced.map(({ category }) => category)).toEqual(['service', 'marketing']);
  expect((await core.accept([statusOf(CONTACT, 22, 'read', { pricing: service })], 'any')).priced).toEqual([]);
  const events = await core.client.xrange(`${LANE.prefix}ev`, '-', '+');
  const priced = events.map(([, [, json = '']]) => JSON.parse(json)).filter(({ k }) => k === 'priced');
  expect(priced).toEqual([
    { at: expect.any(Number), c: `${PHONE}.${CONTACT}`, oid: '21', k: 'priced', ...service },
    { at: expect.any(Number), c: `${PHONE}.${CONTACT}`, oid: '22', k: 'priced', ...service, category: 'marketing' },
  ]);
});
