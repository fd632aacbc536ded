import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { laneNamed } from '../../../src/redis/lane.js';
import type { JsonObject } from '../../../src/shared/json.js';
import { acceptorOn, type Core, LANE, startCore, waitingTexts } from '../../support/core.js';
import { PHONE, person, textFrom as text } from '../../support/events.js';

const DAY_MS = 86_400_000;
let core: Core;

beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
afterEach(() => core.client.flushall());

const accept: Core['accept'] = (events, scope) => core.accept(events, scope);
const jobsWaiting = (lane = LANE) => core.client.llen(`${lane.prefix}in:wait`);

describe('a message', () => {
  it('is stored whole, with one wake-up for its conversation', async () => {
    const event = text(person(1), 'hello', { timestampMs: core.clock.nowMs() - 2_000 });
    const { messages } = await accept([event], 'any');
    const [stored] = messages;
    expect(stored).toMatchObject({ type: 'text' });
    expect(stored?.conversationId).toMatch(new RegExp(`^${PHONE}\\.[\\w-]{16}$`));
    const [item = ''] = await core.client.lrange(`${LANE.prefix}i:${stored?.conversationId}`, 0, -1);
    expect(item.slice(0, 2)).toBe('1|');
    expect(JSON.parse(item.slice(2))).toEqual({
      id: stored?.messageId,
      at: core.clock.nowMs(),
      ts: event.timestampMs,
      c: person(1),
      m: event.message,
    });
    expect(await core.client.zrange(`${LANE.prefix}pend`, 0, '-1', 'WITHSCORES')).toEqual([
      stored?.conversationId,
      '1',
    ]);
    expect(await core.client.lrange(`${LANE.prefix}in:wait`, 0, -1)).toEqual([`${stored?.conversationId}-1`]);
  });

  it.each([
    ['in the same webhook', 0],
    ['a moment later', 1],
    ['the next day', DAY_MS],
    ['almost 8 days later', 8 * DAY_MS - 1],
  ])('that comes again %s changes nothing', async (_when, laterMs) => {
    const event = text(person(2), 'once', { timestampMs: core.clock.nowMs() });
    const first = await accept(laterMs === 0 ? [event, event] : [event], 'any');
    core.clock.advance(laterMs);
    const second = laterMs === 0 ? first : await accept([event], 'any');
    expect(second.duplicates).toBe(1);
    expect(await waitingTexts(core.client, first.messages[0]?.conversationId ?? '')).toEqual(['once']);
    expect(await jobsWaiting()).toBe(1);
  });

  it('is remembered by the day it was written, for longer than Meta repeats it', async () => {
    // Written 6 days ago, accepted now, repeated tomorrow: its time decides, and that is the same in every repetition.
    const event = text(person(3), 'late', { timestampMs: core.clock.nowMs() - 6 * DAY_MS });
    await accept([event], 'any');
    core.clock.advance(DAY_MS);
    expect((await accept([event], 'any')).duplicates).toBe(1);
    const shards = await core.client.keys(`${LANE.prefix}d:*`);
    const day = Math.floor((event.timestampMs ?? 0) / DAY_MS);
    expect(shards).toEqual([expect.stringContaining(`d:${day}:`)]);
    const ttl = await core.client.ttl(shards[0] ?? '');
    expect(ttl).toBeGreaterThan(8 * 86_400);
    expect(ttl).toBeLessThanOrEqual(9 * 86_400);
  });

  it('never overtakes an earlier one of the same webhook that Redis refused', async () => {
    // Its messages, between those of a hundred others.
    const texts = Array.from({ length: 250 }, (_, i) => String(i));
    const events = texts.flatMap((body, i) => [text(person(9), body), text(person(100 + (i % 100)), body)]);
    let calls = 0;
    const refusesTheFirst = new Proxy(core.client, {
      get(client, name) {
        if (name === 'evalsha' && calls++ === 0) return () => Promise.reject(new Error('OOM command not allowed'));
        const value: unknown = Reflect.get(client, name);
        return typeof value === 'function' ? value.bind(client) : value;
      },
    });
    await expect(acceptorOn(refusesTheFirst)(events, 'any')).rejects.toThrow('OOM');
    const { messages } = await accept(events, 'any');
    expect(calls).toBeGreaterThan(1);
    const own = messages[0]?.conversationId ?? '';
    expect(await waitingTexts(core.client, own)).toEqual(texts);
  });

  it.each([
    ['in the past', -3_650 * DAY_MS],
    ['in the future', 36_500 * DAY_MS],
    ['that is missing', undefined],
  ])('with a time %s is taken and deduplicated by today', async (_what, offsetMs) => {
    const event = text(person(4), 'odd', {
      timestampMs: offsetMs === undefined ? undefined : core.clock.nowMs() + offsetMs,
    });
    expect((await accept([event], 'any')).messages).toHaveLength(1);
    expect((await accept([event], 'any')).duplicates).toBe(1);
  });

  it('that meets damaged data is refused, not the one beside it, and is stored when the damage is mended', async () => {
    const { messages } = await accept([text(person(1), 'first')], 'any');
    const inbox = `${LANE.prefix}i:${messages[0]?.conversationId}`;
    await core.client.del(inbox);
    await core.client.set(inbox, 'no list');
    const [bad, good] = [text(person(1), 'second'), text(person(2), 'beside it')];
    const ended = await Promise.allSettled([accept([bad], 'any'), accept([good], 'any')]);
    expect(ended.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    await core.client.del(inbox);
    expect((await accept([bad], 'any')).messages).toHaveLength(1);
    expect(await waitingTexts(core.client, messages[0]?.conversationId ?? '')).toEqual(['second']);
  });

  it.each([
    ['list of wake-ups', 'in:wait'],
    ['marker of wake-ups', 'in:marker'],
    ['table of owners', 'pend'],
  ])('whose wake-up meets a damaged %s is not stored by halves: tried again, it is there once', async (_what, key) => {
    await core.client.set(`${LANE.prefix}${key}`, 'damaged');
    const event = text(person(1), 'hello');
    for (let tries = 0; tries < 3; tries++) await expect(accept([event], 'any')).rejects.toThrow('WRONGTYPE');
    await core.client.del(`${LANE.prefix}${key}`);
    const { messages, duplicates } = await accept([event], 'any');
    expect([messages.length, duplicates]).toEqual([1, 0]);
    expect(await waitingTexts(core.client, messages[0]?.conversationId ?? '')).toEqual(['hello']);
    expect(await jobsWaiting()).toBe(1);
  });

  it('behind others of its conversation needs no wake-up, and is stored whatever became of those', async () => {
    const { messages } = await accept([text(person(1), 'first')], 'any');
    await core.client.set(`${LANE.prefix}in:wait`, 'damaged');
    await accept([text(person(1), 'second')], 'any');
    expect(await waitingTexts(core.client, messages[0]?.conversationId ?? '')).toEqual(['first', 'second']);
  });

  it('of a type with odd characters is logged as "other" and stored as it came', async () => {
    const event = text(person(5), 'x', { type: 'te xt\n{}' });
    expect((await accept([event], 'any')).messages[0]?.type).toBe('other');
  });
});

describe('many messages', () => {
  it('keep their order inside each conversation, and wake each conversation once', async () => {
    const events = Array.from({ length: 30 }, (_, i) => text(person(i % 3), `m${i}`));
    const { messages } = await accept(events, 'any');
    expect(new Set(messages.map((m) => m.conversationId)).size).toBe(3);
    for (let n = 0; n < 3; n++) {
      const expected = Array.from({ length: 10 }, (_, i) => `m${3 * i + n}`);
      expect(await waitingTexts(core.client, messages[n]?.conversationId ?? '')).toEqual(expected);
    }
    expect(await jobsWaiting()).toBe(3);
  });

  it.each([1, 99, 100, 101, 1000])('(%i of them) are all stored, at most 100 in a script call', async (count) => {
    const calls = vi.spyOn(core.client, 'evalsha');
    const events = Array.from({ length: count }, (_, i) => text(person(i), `m${i}`));
    const { messages, duplicates } = await accept(events, 'any');
    expect([messages.length, duplicates]).toEqual([count, 0]);
    expect(calls).toHaveBeenCalledTimes(Math.ceil(count / 100));
    calls.mockRestore();
    const stored = await Promise.all(messages.map((m) => waitingTexts(core.client, m.conversationId)));
    expect(stored.flat().sort()).toEqual(events.map((_, i) => `m${i}`).sort());
    expect((await accept(events, 'any')).duplicates).toBe(count);
  });

  it('of one contact are all stored in one call, in order', async () => {
    const events = Array.from({ length: 300 }, (_, i) => text(person(i % 3), `m${i}`));
    const { messages } = await accept(events, 'any');
    for (let n = 0; n < 3; n++) {
      const expected = Array.from({ length: 100 }, (_, i) => `m${3 * i + n}`);
      expect(await waitingTexts(core.client, messages[n]?.conversationId ?? '')).toEqual(expected);
    }
  });

  it('of one webhook take one round trip, also for a thousand: all calls are written before the first answer', async () => {
    await accept([text(person(1), 'the script is known')], 'any');
    const written: string[] = [];
    let answered = 0;
    const original = core.client.sendCommand.bind(core.client);
    const spy = vi.spyOn(core.client, 'sendCommand').mockImplementation((command, ...rest) => {
      written.push(`${command.name} after ${answered} answers`);
      const reply = original(command, ...rest);
      void Promise.resolve(reply).finally(() => {
        answered += 1;
      });
      return reply;
    });
    await accept(
      Array.from({ length: 100 }, (_, i) => text(person(i), 'm')),
      'any',
    );
    expect(written).toEqual(['evalsha after 0 answers']);
    written.length = answered = 0;
    await accept(
      Array.from({ length: 1000 }, (_, i) => text(person(i), 'n')),
      'any',
    );
    expect(written).toEqual(Array(10).fill('evalsha after 0 answers'));
    spy.mockRestore();
  });

  it('of several numbers go to the lane of each', async () => {
    const lanes = new Map([
      ['111', laneNamed('1')],
      ['222', laneNamed('2')],
    ]);
    const toLanes = acceptorOn(core.client, { clock: core.clock, laneOf: (number) => lanes.get(number) });
    const events = Array.from({ length: 6 }, (_, i) =>
      text(person(1), `m${i}`, { phoneNumberId: i % 2 === 0 ? '111' : '222' }),
    );
    const { messages } = await toLanes(events, 'any');
    // The same person in two lanes has the same contact id, without one asking the other.
    const contacts = messages.map((m) => m.conversationId.split('.')[1]);
    expect(new Set(contacts).size).toBe(1);
    expect(await waitingTexts(core.client, `111.${contacts[0]}`, laneNamed('1'))).toEqual(['m0', 'm2', 'm4']);
    expect(await waitingTexts(core.client, `222.${contacts[0]}`, laneNamed('2'))).toEqual(['m1', 'm3', 'm5']);
    expect([await jobsWaiting(laneNamed('1')), await jobsWaiting(laneNamed('2'))]).toEqual([1, 1]);
  });
});

describe('what is not for a turn', () => {
  it('of an endpoint that is switched off is counted and dropped', async () => {
    const off = acceptorOn(core.client, { laneOf: () => 'disabled' });
    expect(await off([text(person(1), 'anybody?')], 'any')).toMatchObject({ disabled: 1, messages: [] });
    expect(await core.client.keys('*')).toEqual([]);
  });

  it('account news is kept once, and cut when it is huge', async () => {
    const news = (raw: { [key: string]: string }) => ({
      kind: 'account' as const,
      field: 'message_template_status_update',
      wabaId: 'waba',
      phoneNumberId: undefined,
      raw,
    });
    const events = [news({ event: 'APPROVED' }), news({ event: 'APPROVED' }), news({ big: 'x'.repeat(70_000) })];
    expect((await accept(events, 'any')).account).toBe(3);
    await accept(events, 'any');
    const kept = await core.client.xrange('{p:ops}:account', '-', '+');
    const stored = kept.map(([, [, json = '']]) => JSON.parse(json));
    expect(stored).toHaveLength(2);
    expect(stored[0]).toMatchObject({ field: 'message_template_status_update', raw: { event: 'APPROVED' } });
    expect(stored[1]).toMatchObject({ cut: 70_010 });
    expect(stored[1].raw).toBeUndefined();
  });

  it('tells of news about no contact what it comes to, once', async () => {
    const news = (field: string, raw: JsonObject) =>
      ({ kind: 'account', field, wabaId: 'waba', phoneNumberId: undefined, raw }) as const;
    const events = [
      news('account_update', { event: 'ACCOUNT_RESTRICTION' }),
      news('smb_message_echoes', { event: 'ACCOUNT_RESTRICTION' }),
      news('account_alerts', { alert_info: { alert_severity: 'WARNING', alert_type: 'OBA_REJECTED' } }),
    ];
    expect((await accept(events, 'any')).news).toEqual([
      { field: 'account_update', wabaId: 'waba', about: 'account', level: 'error', event: 'ACCOUNT_RESTRICTION' },
      { field: 'account_alerts', wabaId: 'waba', about: 'account', level: 'warn', event: 'OBA_REJECTED' },
    ]);
    expect(await accept(events, 'any')).toMatchObject({ account: 3, news: [] });
  });

  it('nothing of the past is cut: its messages are kept whole, once, apart from news of the account', async () => {
    const messages = Array.from({ length: 500 }, (_, i) => ({ id: `wamid.${i}`, text: { body: `${i} `.repeat(200) } }));
    const raw = { history: [{ metadata: { progress: 55 }, threads: [{ id: '351910000001', messages }] }] };
    const event = { kind: 'account', field: 'history', wabaId: 'waba', phoneNumberId: 'pn', raw } as const;
    for (let time = 0; time < 2; time++) expect(await accept([event], 'any')).toMatchObject({ account: 1, news: [] });
    const stored = async (key: string) =>
      (await core.client.xrange(key, '-', '+')).map(([, [, json = '']]) => ({ json, entry: JSON.parse(json) }));
    const pieces = await stored('{p:ops}:history');
    expect(pieces.length).toBeGreaterThan(4);
    expect(Math.max(...pieces.map(({ json }) => json.length))).toBeLessThan(66_000);
    expect(pieces.flatMap(({ entry }) => entry.threads[0].messages)).toEqual(messages);
    expect(pieces[0]?.entry).toMatchObject({ wabaId: 'waba', phoneNumberId: 'pn', threads: [{ id: '351910000001' }] });
    expect(await core.client.ttl('{p:ops}:history')).toBeGreaterThan(29 * 86_400);
    expect((await stored('{p:ops}:account')).map(({ entry }) => entry.raw)).toEqual([
      { history: [{ metadata: { progress: 55 }, messages: 500 }] },
    ]);
  });

  it('nothing at all asks nothing of Redis', async () => {
    const calls = vi.spyOn(core.client, 'sendCommand');
    expect((await accept([], 'any')).messages).toEqual([]);
    expect(calls).not.toHaveBeenCalled();
    calls.mockRestore();
  });
});
