import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SendOutcome } from '../../../src/cloud-api/outcome.js';
import type { Commit } from '../../../src/conversation/store.js';
import type { OutboxItem } from '../../../src/shared/outbox-item.js';
import { type Core, LANE, ownerOf, replyWith, startCore } from '../../support/core.js';
import { person, statusOf, textFrom } from '../../support/events.js';
import { GRACE_MS, type OutboxRig, outboxRig, SENT } from '../../support/outbox-rig.js';

let core: Core;
let rig: OutboxRig;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
beforeEach(() => {
  rig = outboxRig(core.client, core.clock);
});
afterEach(() => core.client.flushall());

const P = LANE.prefix;
const HOUR_MS = 3_600_000;
const says = (text: string, parts: Partial<OutboxItem> = {}): Partial<OutboxItem> => ({
  content: { type: 'text', text },
  ...parts,
});
const texts = () => rig.calls.map(({ text }) => text);
const status = (conversationId: string, oid: number, word: string) =>
  core.accept([statusOf(conversationId.split('.')[1] ?? '', oid, word)], 'any');
const events = async () =>
  (await core.client.xrange(`${P}ev`, '-', '+')).map(([, [, json = '']]) => JSON.parse(json).k as string);
const parked = (conv: string) => core.client.llen(`${P}pk:${conv}`);

/** A contact's message, handled by a turn with these replies. @returns the conversation */
async function turn(replies: Partial<OutboxItem>[], other: Partial<Commit> = {}): Promise<string> {
  await core.accept([textFrom(person(1), 'hello')], 'any');
  const [conv = ''] = await core.client.zrange(`${P}pend`, 0, '-1');
  const owner = await ownerOf(core.client, conv);
  const loaded = await core.store.load(owner, 1, {});
  await core.store.commit(
    owner,
    {
      seq: loaded?.items[0]?.seq ?? '',
      mode: 'done',
      items: 1,
      checkpoints: 0,
      contactAppend: [],
      session: 'unchanged',
      sessionGcSec: 0,
      wroteMs: core.clock.nowMs(),
      contactSet: [],
      contactUnset: [],
      timers: [],
      cancelTimers: [],
      replies: replies.map((reply) => replyWith(reply)),
      effects: [],
      events: [],
      hadFailed: false,
      next: 0,
      ...other,
    },
    core.clock.nowMs(),
  );
  return conv;
}

describe('`delay`', () => {
  it('stands in place of the message delay, before this message only', async () => {
    const conv = await rig.queueUp('rita', 'a', says('b', { delayMs: 3_000 }), 'c', says('d', { delayMs: 0 }));
    const pauses: (number | undefined)[] = [];
    for (let sent = 0; sent < 4; sent++) {
      await rig.run(conv);
      pauses.push(await rig.delayOf(conv));
    }
    expect(texts()).toEqual(['a', 'b', 'c', 'd']);
    expect(pauses).toEqual([3_000, 500, 0, undefined]);
  });

  it('holds back the first reply of a turn, too', async () => {
    const conv = await turn([says('a', { delayMs: 2_500 })]);
    expect(await rig.delayOf(conv)).toBe(2_500);
  });

  it('of nothing sends at once, although another message has just left', async () => {
    const conv = await turn([says('a')]);
    await rig.run(conv);
    await turn([says('b', { delayMs: 0 })]);
    expect(await rig.delayOf(conv)).toBe(0);
  });

  it('is told to whoever shows "typing…"', async () => {
    const conv = await rig.queueUp('rita', says('a', { typingNext: true }), says('b', { delayMs: 3_000 }), 'c');
    await rig.run(conv);
    await rig.run(conv);
    await rig.run(conv);
    expect(rig.asides).toEqual(['typing 3000', 'pause 500']);
  });
});

it('`markRead` asks for the receipt when the message leaves', async () => {
  const conv = await rig.queueUp('rita', says('a', { delivery: { markRead: true } }), 'b');
  await rig.run(conv);
  expect(rig.asides).toEqual(['read', 'pause 500']);
});

describe('`then`', () => {
  const picture = (word: 'sent' | 'delivered') => says('picture', { delivery: { nextWaitsFor: word } });

  it('holds the next message until the status comes', async () => {
    const conv = await rig.queueUp('rita', picture('delivered'), 'caption');
    await rig.run(conv);
    expect(await rig.delayOf(conv)).toBe(5_000);
    await status(conv, 1, 'sent');
    expect(await rig.delayOf(conv)).toBe(5_000);
    core.clock.advance(600);
    await status(conv, 1, 'delivered');
    expect(await rig.delayOf(conv)).toBe(0);
    await rig.run(conv);
    expect(texts()).toEqual(['picture', 'caption']);
    expect(await core.client.exists(`${P}f:${conv}`, `${P}oatt`, `${P}opend`)).toBe(0);
  });

  it('leaves what is left of the message delay', async () => {
    const conv = await rig.queueUp('rita', picture('sent'), 'caption');
    await rig.run(conv);
    core.clock.advance(100);
    await status(conv, 1, 'read');
    expect(await rig.delayOf(conv)).toBe(400);
  });

  it.each(['failed', 'read'])('is over with %s', async (word) => {
    rig.endpoint.messageDelayMs = 0;
    const conv = await rig.queueUp('rita', picture('delivered'), 'caption');
    await rig.run(conv);
    await status(conv, 1, word);
    expect(await rig.delayOf(conv)).toBe(0);
  });

  it('waits for nothing when the status came before the answer', async () => {
    const conv = await rig.queueUp('rita', picture('sent'), 'caption');
    rig.answers.push(async () => {
      await status(conv, 1, 'delivered');
      return SENT;
    });
    await rig.run(conv);
    expect(await rig.delayOf(conv)).toBe(500);
  });

  it('waits for nothing when Meta refused the message', async () => {
    rig.answers.push({ outcome: 'rejected', reason: 'no', mayHaveBeenSent: false });
    const conv = await rig.queueUp('rita', picture('delivered'), 'caption');
    await rig.run(conv);
    expect(await rig.delayOf(conv)).toBe(0);
  });

  it('gives up after five seconds: the next message leaves when its job comes', async () => {
    const conv = await rig.queueUp('rita', picture('delivered'), 'caption', 'more');
    await rig.run(conv);
    core.clock.advance(5_000);
    await rig.run(conv);
    expect(texts()).toEqual(['picture', 'caption']);
    // The status comes after all: nothing waits for it any more, and nothing is sent twice.
    await status(conv, 1, 'delivered');
    await rig.run(conv);
    expect(texts()).toEqual(['picture', 'caption', 'more']);
  });

  it('also holds a reply that is committed meanwhile', async () => {
    const conv = await turn([picture('delivered')]);
    await rig.run(conv);
    expect(await rig.delayOf(conv)).toBeUndefined();
    await turn([says('caption')]);
    expect(await rig.delayOf(conv)).toBeGreaterThan(4_000);
    await status(conv, 1, 'delivered');
    expect(await rig.delayOf(conv)).toBeLessThanOrEqual(500);
  });
});

describe('outside the 24-hour window', () => {
  const template = { name: 'come_back', language: 'en' };
  const wait = { delivery: { outsideWindow: { do: 'wait' } } } as const;
  const closed: SendOutcome = {
    outcome: 'rejected',
    reason: 'window_closed',
    code: 131047,
    remedy: 'template',
    mayHaveBeenSent: false,
  };

  it('a message that says nothing about it is left to Meta', async () => {
    const conv = await turn([says('a')]);
    core.clock.advance(25 * HOUR_MS);
    await rig.run(conv);
    expect(texts()).toEqual(['a']);
  });

  it.each([
    [23, 'a'],
    [25, 'template'],
  ])('%i hours after the contact wrote, `template` sends %s', async (hours, expected) => {
    const conv = await turn([says('a', { delivery: { outsideWindow: { do: 'template', template } } })]);
    core.clock.advance(hours * HOUR_MS);
    await rig.run(conv);
    expect(texts()).toEqual([expected]);
    expect(await events()).toEqual(['sent']);
  });

  it('a window that only Meta knows to be closed swaps the message as well', async () => {
    rig.answers.push(closed);
    const conv = await turn([says('a', { delivery: { outsideWindow: { do: 'template', template } } })]);
    await rig.run(conv);
    expect(texts()).toEqual(['a', 'template']);
    expect(await events()).toEqual(['sent']);
  });

  it('`skip` drops the message with a name, and the next one leaves at once', async () => {
    const conv = await turn([says('a', { delivery: { outsideWindow: { do: 'skip' } } }), says('b')]);
    core.clock.advance(25 * HOUR_MS);
    await rig.run(conv);
    expect(await rig.delayOf(conv)).toBe(0);
    await rig.run(conv);
    expect(texts()).toEqual(['b']);
    expect(await events()).toEqual(['skipped', 'sent']);
    expect(await core.client.llen(`${P}fx`)).toBe(0);
    expect(rig.observed.map(({ outcome }) => outcome)).toEqual(['skipped', 'sent']);
  });

  it('`wait` parks the message until the contact writes, and it goes out before the answer', async () => {
    const conv = await turn([says('old one', wait), says('old two', wait), says('other')]);
    core.clock.advance(25 * HOUR_MS);
    for (let job = 0; job < 3; job++) await rig.run(conv);
    expect(texts()).toEqual(['other']);
    expect(await parked(conv)).toBe(2);
    expect(await rig.delayOf(conv)).toBeUndefined();
    core.clock.advance(1_000);
    await turn([says('answer')]);
    expect(await parked(conv)).toBe(0);
    for (let job = 0; job < 3; job++) await rig.run(conv);
    expect(texts()).toEqual(['other', 'old one', 'old two', 'answer']);
    expect(await events()).toEqual(['parked', 'parked', 'sent', 'sent', 'sent', 'sent']);
    expect(await rig.delayOf(conv)).toBeUndefined();
  });

  it('a parked question cannot time out: its time begins when it is sent', async () => {
    const asked = { delivery: { outsideWindow: { do: 'wait' } }, startsTimer: { token: 't0', ms: HOUR_MS } } as const;
    const due = async (conv: string) => Number(await core.client.zscore(`${P}tm`, `${conv}|t0`));
    const conv = await rig.queueUp('rita', says('How many?', asked));
    await core.client.zadd(`${P}tm`, core.clock.nowMs() + 24 * HOUR_MS, `${conv}|t0`);
    await rig.run(conv);
    expect([await parked(conv), await due(conv)]).toEqual([1, core.clock.nowMs() + 30 * 24 * HOUR_MS]);
    // Nobody waits for an answer any more: parking sets no timer that was taken back.
    await core.client.zrem(`${P}tm`, `${conv}|t0`);
    const other = await rig.queueUp('ana', says('How many?', asked));
    await rig.run(other);
    expect(await core.client.exists(`${P}tm`)).toBe(0);
  });

  it('comes back behind a message that is on its way to Meta right now', async () => {
    const conv = await turn([says('old', wait), says('late')]);
    core.clock.advance(25 * HOUR_MS);
    await rig.run(conv);
    rig.answers.push(async () => {
      await turn([says('answer')]);
      return SENT;
    });
    await rig.run(conv);
    await rig.run(conv);
    await rig.run(conv);
    expect(texts()).toEqual(['late', 'old', 'answer']);
    expect(await rig.waiting(conv)).toEqual([]);
  });

  it('is no longer parked when the contact wrote while the sender was looking', async () => {
    const conv = await turn([says('a', wait)]);
    core.clock.advance(25 * HOUR_MS);
    const owner = await rig.owner(conv);
    const begun = await rig.outbox.begin(
      owner,
      { throughputPerSec: 80, pairIntervalMs: 0, pairBurst: 1 },
      core.clock.nowMs(),
    );
    const wroteMs = begun.outcome === 'send' ? begun.wroteMs : undefined;
    await turn([]);
    const park = { oid: '1', nowMs: core.clock.nowMs(), wroteMs, event: '{}' };
    expect(await rig.outbox.park(owner, park)).toBe('open');
    await rig.run(conv);
    expect(texts()).toEqual(['a']);
  });

  it('parks nothing for a sender that has lost the outbox', async () => {
    const conv = await turn([says('a', wait)]);
    core.clock.advance(25 * HOUR_MS);
    const owner = { ...(await rig.owner(conv)), epoch: 99 };
    const park = { oid: '1', nowMs: core.clock.nowMs(), wroteMs: undefined, event: '{}' };
    expect(await rig.outbox.park(owner, park)).toBe('lost');
    expect(await rig.waiting(conv)).toEqual(['a']);
  });

  it('a sender that dies before it has parked loses nothing', async () => {
    const conv = await turn([says('a', wait)]);
    core.clock.advance(25 * HOUR_MS);
    const budget = { throughputPerSec: 80, pairIntervalMs: 0, pairBurst: 1 };
    await rig.outbox.begin(await rig.owner(conv), budget, core.clock.nowMs());
    // Its job comes again: nobody knows whether the first one had sent.
    await rig.run(conv);
    core.clock.advance(GRACE_MS);
    await rig.run(conv);
    expect(texts()).toEqual([]);
    expect(await parked(conv)).toBe(1);
  });

  it('a late webhook closes no window', async () => {
    await turn([]);
    const openedMs = core.clock.nowMs();
    const conv = await turn([says('a', wait)], { wroteMs: openedMs - 30 * HOUR_MS });
    await rig.run(conv);
    expect(texts()).toEqual(['a']);
  });

  it('the next turn knows when the contact wrote', async () => {
    const conv = await turn([]);
    await core.accept([textFrom(person(1), 'again')], 'any');
    const loaded = await core.store.load(await ownerOf(core.client, conv), 1, {});
    expect(loaded?.contact.wroteMs).toBe(core.clock.nowMs());
  });

  it('is open for three days for who came from an advertisement', async () => {
    const conv = await turn([], { fromAd: true });
    core.clock.advance(71 * HOUR_MS);
    const contact = conv.split('.')[1] ?? '';
    await rig.queueUp(contact, says('in time', wait));
    await rig.run(conv);
    expect(texts()).toEqual(['in time']);
    core.clock.advance(2 * HOUR_MS);
    await rig.queueUp(contact, says('too late', wait));
    await rig.run(conv);
    expect(await parked(conv)).toBe(1);
  });

  it('Meta has closed is closed, whatever we count, until the contact writes', async () => {
    const conv = await turn([says('refused', { delivery: { outsideWindow: { do: 'skip' } } }), says('b', wait)]);
    rig.answers.push({
      outcome: 'rejected',
      reason: 'window_closed',
      code: 131_047,
      remedy: 'template',
      mayHaveBeenSent: false,
    });
    await rig.run(conv);
    await rig.run(conv);
    expect(texts()).toEqual(['refused']);
    expect(await parked(conv)).toBe(1);
    core.clock.advance(1_000);
    await turn([]);
    await rig.run(conv);
    expect(texts()).toEqual(['refused', 'b']);
  });

  it('is closed by a status, too: that is how Meta tells it as a rule', async () => {
    const conv = await turn([says('a')]);
    const contact = conv.split('.')[1] ?? '';
    await rig.run(conv);
    const fail = (oid: number, code: number) =>
      core.accept([statusOf(contact, oid, 'failed', { errorCodes: [code] })], 'any');
    await fail(1, 131_026);
    await rig.queueUp(contact, says('b', wait));
    core.clock.advance(1_000);
    await rig.run(conv);
    expect(texts()).toEqual(['a', 'b']);
    await fail(2, 131_047);
    await rig.queueUp(contact, says('c', wait));
    core.clock.advance(1_000);
    await rig.run(conv);
    expect(texts()).toEqual(['a', 'b']);
    expect(await parked(conv)).toBe(1);
  });

  it('somebody who never wrote is outside', async () => {
    const conv = await rig.queueUp('rita', says('a', { delivery: { outsideWindow: { do: 'template', template } } }));
    await rig.run(conv);
    expect(texts()).toEqual(['template']);
  });
});
