import type { Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MessageEvent } from '../../../src/inbound/event.js';
import { decodeItem } from '../../../src/inbound/item.js';
import { asQuarantined, createQuarantineReplay } from '../../../src/inbound/quarantine.js';
import type { Lane } from '../../../src/redis/lane.js';
import { createParkedQueue, createParkedWorker } from '../../../src/redis/parked-queue.js';
import { readEvents } from '../../../src/webhook/read-events.js';
import { acceptorOn, type Core, LANE, silent, startCore, waitingTexts } from '../../support/core.js';
import { person, statusOf, textFrom } from '../../support/events.js';

let core: Core;
let queue: Queue;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
beforeEach(() => {
  queue = createParkedQueue(core.client, 'quarantine');
});
afterEach(async () => {
  await queue.close();
  await core.client.flushall();
});

/** Nested so deep that JSON can be read but not written again. */
const tooDeep = (): MessageEvent => {
  const message = JSON.parse(`{"id":"wamid.deep","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
  return { ...textFrom(person(1), 'deep'), message };
};

describe('an update that has no place', () => {
  it('of a number nobody configured is kept once, however often Meta sends it', async () => {
    const event = textFrom(person(1), 'hello?', { phoneNumberId: '999' });
    for (let i = 0; i < 3; i++) {
      expect((await core.accept([event], 'any')).quarantined).toEqual({ unknown_number: 1 });
      core.clock.advance(60_000);
    }
    expect(await queue.getJobCountByTypes('wait')).toBe(1);
    const [job] = await queue.getWaiting();
    expect(asQuarantined(job?.data)?.event.reason).toBe('unknown_number');
  });

  it('does not keep its neighbours from being stored', async () => {
    const report = await core.accept(
      [
        textFrom(person(1), 'one'),
        { kind: 'malformed', reason: 'no_id', phoneNumberId: '999', raw: { text: 'lost' } },
        tooDeep(),
        textFrom(person(1), 'two'),
      ],
      'any',
    );
    expect(report.quarantined).toEqual({ no_id: 1, too_deep: 1 });
    expect(await waitingTexts(core.client, report.messages[0]?.conversationId ?? '')).toEqual(['one', 'two']);
    expect(await queue.getJobCountByTypes('wait')).toBe(2);
  });

  it('by the hundreds, all are kept', async () => {
    const events = Array.from({ length: 250 }, (_, i) => textFrom(person(i), 'x', { phoneNumberId: '999' }));
    expect((await core.accept(events, 'any')).quarantined).toEqual({ unknown_number: 250 });
    expect(await queue.getJobCountByTypes('wait')).toBe(250);
  });
});

describe('a replay', () => {
  let lane: Lane | 'disabled' | undefined;
  const replay = createQuarantineReplay({
    accept: (events, scope) => acceptorOn(core.client, { clock: core.clock, laneOf: () => lane })(events, scope),
    readEvents,
  });

  async function quarantined(event: Parameters<Core['accept']>[0][number]): Promise<unknown> {
    lane = undefined;
    await acceptorOn(core.client, { clock: core.clock, laneOf: () => lane })([event], 'any');
    const [job] = await queue.getWaiting();
    return job?.data;
  }

  it('brings a message in when its number is configured by now, once', async () => {
    const event = textFrom({ ...person(1), name: 'Rita' }, 'hello?', {
      phoneNumberId: '999',
      timestampMs: core.clock.nowMs(),
    });
    event.message = { ...event.message, from: person(1).waId, timestamp: String(core.clock.nowMs() / 1000) };
    const data = await quarantined(event);
    lane = LANE;
    await replay(data);
    await replay(data);
    const [inbox = ''] = await core.client.keys(`${LANE.prefix}i:999.*`);
    const items = await core.client.lrange(inbox, 0, -1);
    expect(items).toHaveLength(1);
    expect(decodeItem(items[0]?.slice(2) ?? '')).toMatchObject({
      contact: { ...person(1), name: 'Rita' },
      message: event.message,
    });
  });

  it('brings a status in', async () => {
    const event = statusOf('AbCdEfGhIjKlMnOp', 5, 'read', { phoneNumberId: '999' });
    event.raw = { id: 'wamid.x', status: 'read', biz_opaque_callback_data: event.callbackData ?? '' };
    const data = await quarantined(event);
    lane = LANE;
    await replay(data);
    expect(await core.client.hget(`${LANE.prefix}sm:0`, '5')).toMatch(/^read\|/);
  });

  it.each([
    ['is still unknown', undefined, 'unknown_number'],
    ['is switched off', 'disabled' as const, 'endpoint_disabled'],
  ])('fails with the reason while the number %s, and the item stays, once', async (_what, laneThen, reason) => {
    const data = await quarantined(textFrom(person(1), 'x', { phoneNumberId: '999' }));
    lane = laneThen;
    await expect(replay(data)).rejects.toThrow(reason);
    expect(await queue.getJobCountByTypes('wait')).toBe(1);
  });

  it('of something that tells nothing new fails, and the item stays', async () => {
    lane = LANE;
    await expect(
      replay({ at: 1, event: { kind: 'malformed', reason: 'no_id', phoneNumberId: '999', raw: { a: 1 } } }),
    ).rejects.toThrow('no_id');
    await expect(replay({ at: 1, event: { kind: 'malformed', reason: 'too_deep', raw: null } })).rejects.toThrow();
    await expect(replay('nonsense')).rejects.toThrow('not a quarantined item');
  });

  it('is what "Retry" of a queue board does: the first run shows the reason, the next one brings the item in', async () => {
    const event = textFrom(person(1), 'again', { phoneNumberId: '999' });
    event.message = { ...event.message, from: person(1).waId };
    await quarantined(event);
    lane = LANE;
    const worker = createParkedWorker({
      connection: core.client,
      name: 'quarantine',
      keepDays: 14,
      log: silent,
      reasonOf: (data) => asQuarantined(data)?.event.reason ?? 'unreadable',
      replay,
    });
    await new Promise<void>((resolve) => worker.once('failed', () => resolve()));
    const [failed] = await queue.getFailed();
    expect(failed?.failedReason).toBe('unknown_number');
    const completed = new Promise<void>((resolve) => worker.once('completed', () => resolve()));
    await failed?.retry();
    await completed;
    expect(await core.client.keys(`${LANE.prefix}i:999.*`)).toHaveLength(1);
    expect(await queue.getJobCountByTypes('failed', 'wait', 'active')).toBe(0);
    await worker.close();
  });
});
