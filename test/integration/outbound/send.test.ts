import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SendOutcome } from '../../../src/cloud-api/outcome.js';
import { type Core, LANE, startCore } from '../../support/core.js';
import { PHONE, statusOf } from '../../support/events.js';
import { GRACE_MS, type OutboxRig, outboxRig, PROBE_MS, SENT } from '../../support/outbox-rig.js';

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
const texts = () => rig.calls.map(({ text }) => text);
const statusIn = async (oid: number) =>
  (await core.client.hget(`${P}sm:${Math.floor(oid / 100)}`, String(oid % 100)))?.split('|')[0];
const status = (conversationId: string, oid: number, word: string) =>
  core.accept([statusOf(conversationId.split('.')[1] ?? '', oid, word)], 'any');

async function deadLetters(): Promise<{ reason: string; place: string; payload: string }[]> {
  const effects = await core.client.lrange(`${P}fx`, 0, -1);
  return effects.map((effect) => JSON.parse(effect.slice(effect.indexOf('|') + 1)));
}

const unknown: SendOutcome = { outcome: 'unknown', reason: 'timeout', mayHaveBeenSent: true };
const retry = (scope: 'message' | 'number' | 'pair', afterMs: number, mayHaveBeenSent = false): SendOutcome => ({
  outcome: 'retry',
  reason: 'later',
  code: 1,
  scope,
  afterMs,
  mayHaveBeenSent,
});

describe('an outbox', () => {
  it('leaves in order, one message at a time, with the message delay between them', async () => {
    const conv = await rig.queueUp('rita', 'a', 'b', 'c');
    await rig.run(conv);
    expect(await rig.delayOf(conv)).toBe(500);
    await rig.run(conv);
    await rig.run(conv);
    expect(texts()).toEqual(['a', 'b', 'c']);
    expect(await rig.delayOf(conv)).toBeUndefined();
    expect(await core.client.exists(`${P}o:${conv}`, `${P}f:${conv}`, `${P}oatt`, `${P}opend`)).toBe(0);
    expect(await core.client.pttl(`${P}ls:${conv}`)).toBeGreaterThan(0);
    const events = (await core.client.xrange(`${P}ev`, '-', '+')).map(([, [, json = '']]) => JSON.parse(json));
    expect(events.map(({ k, oid, c }) => [k, oid, c])).toEqual([
      ['sent', '1', conv],
      ['sent', '2', conv],
      ['sent', '3', conv],
    ]);
  });

  it('goes to the number the contact has by now, and never to one it gave up', async () => {
    const conv = await rig.queueUp('rita', 'before', 'after', 'later');
    await rig.run(conv);
    const contact = `${P}c:${conv.split('.')[1]}`;
    await core.client.hset(contact, '@waId', '351910000999', '@bsuid', 'PT.7');
    await rig.run(conv);
    await core.client.hdel(contact, '@waId');
    await rig.run(conv);
    expect(rig.calls.map(({ waId, bsuid }) => [waId, bsuid])).toEqual([
      ['351910000001', undefined],
      ['351910000999', 'PT.7'],
      [undefined, 'PT.7'],
    ]);
  });

  it('without a message delay goes on at once', async () => {
    rig.endpoint.messageDelayMs = 0;
    const conv = await rig.queueUp('rita', 'a', 'b');
    await rig.run(conv);
    expect(await rig.delayOf(conv)).toBe(0);
    expect(await core.client.exists(`${P}ls:${conv}`)).toBe(0);
  });

  it('is sent by its owner only, also when a job comes back after its work', async () => {
    const conv = await rig.queueUp('rita', 'a', 'b');
    const owner = await rig.owner(conv);
    await rig.handleSend(owner);
    await rig.handleSend(owner);
    await rig.handleSend({ ...owner, epoch: 99 });
    expect(texts()).toEqual(['a']);
    expect(await rig.waiting(conv)).toEqual(['b']);
  });

  it('of a number no enabled endpoint has waits', async () => {
    const conv = (await rig.queueUp('rita', 'a')).replace(PHONE, '999');
    await core.client.rename(`${P}o:${conv.replace('999', PHONE)}`, `${P}o:${conv}`);
    await core.client.zadd(`${P}opend`, 50, conv);
    await rig.run(conv);
    expect(await deadLetters()).toEqual([]);
    expect(await core.client.llen(`${P}o:${conv}`)).toBe(1);
    expect(texts()).toEqual([]);
  });

  it('with an item no version can read gives it up and goes on', async () => {
    const conv = await rig.queueUp('rita', 'a', 'b');
    await core.client.lset(`${P}o:${conv}`, 0, '1|{"v":9}');
    await rig.run(conv);
    await rig.run(conv);
    expect(texts()).toEqual(['b']);
    expect((await deadLetters()).map(({ reason, place }) => [reason, place])).toEqual([['unreadable_item', '1']]);
  });
});

describe('a refusal', () => {
  it.each([
    ['sections[0].rows[12].title too_long', 'too_long'],
    ['template_missing: the account has none of this name in this language', 'template_missing'],
  ])('of %s is counted as %s: the dead letter alone says where', async (reason, counted) => {
    const conv = await rig.queueUp('rita', 'a');
    rig.answers.push({ outcome: 'rejected', reason, mayHaveBeenSent: false });
    await rig.run(conv);
    expect(rig.observed.map(({ outcome, reason: label }) => [outcome, label])).toEqual([
      ['rejected', counted],
      ['given_up', counted],
    ]);
    expect(await deadLetters()).toMatchObject([{ reason }]);
  });

  it('of the message alone makes it a dead letter, and the next one leaves', async () => {
    rig.answers.push({ outcome: 'rejected', reason: 'window_closed', code: 131047, mayHaveBeenSent: false });
    const conv = await rig.queueUp('rita', 'a', 'b');
    await rig.run(conv);
    await rig.run(conv);
    expect(texts()).toEqual(['a', 'b']);
    const [letter] = await deadLetters();
    expect(letter).toMatchObject({ reason: 'window_closed', place: '1', queue: 'out', conversationId: conv });
    expect(await statusIn(1)).toBe('failed');
    expect(await statusIn(2)).toBe('accepted');
  });

  it('for now keeps the message the head and tries again later, until it has been tried often enough', async () => {
    rig.answers.push(retry('message', 1_000), retry('message', 4_000), retry('message', 16_000));
    const conv = await rig.queueUp('rita', 'a', 'b');
    const delays: (number | undefined)[] = [];
    for (let i = 0; i < 3; i++) {
      await rig.run(conv);
      delays.push(await rig.delayOf(conv));
      core.clock.advance(20_000);
    }
    // Nothing was shown, so what follows need not wait.
    expect(delays).toEqual([1_000, 4_000, 0]);
    expect(rig.calls.map(({ text, attempt }) => [text, attempt])).toEqual([
      ['a', 1],
      ['a', 2],
      ['a', 3],
    ]);
    expect((await deadLetters()).map(({ reason }) => reason)).toEqual(['attempts_exhausted']);
    expect(await core.client.exists(`${P}oatt`)).toBe(0);
    await rig.run(conv);
    expect(texts().at(-1)).toBe('b');
  });

  it.each(['number', 'pair'] as const)('for the rate of the %s does not count against the message', async (scope) => {
    const limits = Array.from({ length: 10 }, () => retry(scope, 1_000));
    rig.answers.push(...limits, retry('message', 1_000), SENT);
    const conv = await rig.queueUp('rita', 'a');
    for (let i = 0; i < 12; i++) {
      await rig.run(conv);
      core.clock.advance(5_000);
    }
    expect(rig.calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(await deadLetters()).toEqual([]);
    expect(await rig.waiting(conv)).toEqual([]);
  });

  it('for the rate of the number slows all of its conversations; of the pair, this one only', async () => {
    const [one, two] = [await rig.queueUp('rita', 'a'), await rig.queueUp('kofi', 'b')];
    rig.answers.push(retry('pair', 7_000));
    await rig.run(one);
    expect(await rig.delayOf(one)).toBe(7_000);
    await rig.run(two);
    expect(texts()).toEqual(['a', 'b']);
    core.clock.advance(7_000);
    const three = await rig.queueUp('zoe', 'c');
    rig.answers.push(retry('number', 5_000));
    await rig.run(one);
    await rig.run(three);
    expect(texts()).toEqual(['a', 'b', 'a']);
    expect(rig.observed.at(-1)).toMatchObject({ outcome: 'waited', reason: 'throughput' });
    expect(await rig.delayOf(three)).toBeGreaterThan(4_900);
  });
});

describe('a number that Meta refuses as a whole', () => {
  const paused: SendOutcome = { outcome: 'paused', reason: 'token', code: 190, mayHaveBeenSent: false };

  it('holds all its messages; one at a time tries whether it works, and when it does all leave', async () => {
    const convs = [await rig.queueUp('a', '1'), await rig.queueUp('b', '2'), await rig.queueUp('c', '3')];
    const all = async () => {
      for (const conv of convs) if ((await rig.delayOf(conv)) !== undefined) await rig.run(conv);
    };
    rig.answers.push(paused, paused);
    await all();
    expect(texts()).toEqual(['1']);
    for (const conv of convs) expect(await rig.delayOf(conv)).toBe(PROBE_MS);
    core.clock.advance(PROBE_MS);
    await all();
    expect(texts()).toEqual(['1', '1']);
    core.clock.advance(PROBE_MS);
    await all();
    expect(texts()).toEqual(['1', '1', '1', '2', '3']);
    expect(await core.client.exists(`${P}hold:${PHONE}`)).toBe(0);
    expect(await deadLetters()).toEqual([]);
  });

  it('works again as soon as Meta judges a message, even when it judges against it', async () => {
    const convs = [await rig.queueUp('a', '1'), await rig.queueUp('b', '2')];
    rig.answers.push(paused, { outcome: 'rejected', reason: 'window_closed', code: 131047, mayHaveBeenSent: false });
    for (const conv of convs) await rig.run(conv);
    core.clock.advance(PROBE_MS);
    for (const conv of convs) await rig.run(conv);
    expect(texts()).toEqual(['1', '1', '2']);
  });

  it('stays paused when a message was not even shown to Meta', async () => {
    const convs = [await rig.queueUp('a', '1'), await rig.queueUp('b', '2')];
    rig.answers.push(paused, { outcome: 'rejected', reason: 'text too long', mayHaveBeenSent: false });
    for (const conv of convs) await rig.run(conv);
    core.clock.advance(PROBE_MS);
    for (const conv of convs) await rig.run(conv);
    expect(texts()).toEqual(['1', '1']);
  });
});

describe('a send of unknown fate', () => {
  /** A sender that was killed between Meta's hearing and our noting it. */
  async function killedSender(conv: string): Promise<void> {
    const begun = await rig.outbox.begin(
      await rig.owner(conv),
      { throughputPerSec: 80, ...rig.pairBudget },
      core.clock.nowMs(),
    );
    expect(begun.outcome).toBe('send');
  }

  it.each(['sent', 'delivered', 'read', 'failed', 'never heard of'])(
    'is settled by its status (%s) at once, and not sent again',
    async (word) => {
      const conv = await rig.queueUp('rita', 'a', 'b');
      await killedSender(conv);
      core.clock.advance(3_000);
      await rig.run(conv);
      expect(rig.observed.at(-1)).toMatchObject({ outcome: 'waited', reason: 'unsettled' });
      expect(await rig.delayOf(conv)).toBe(GRACE_MS - 3_000);
      await status(conv, 1, word);
      expect(await rig.delayOf(conv)).toBe(0);
      await rig.run(conv);
      expect(texts()).toEqual([]);
      expect(rig.observed.at(-1)).toMatchObject({ outcome: 'settled' });
      expect(await rig.delayOf(conv)).toBe(500);
      core.clock.advance(500);
      await rig.run(conv);
      expect(texts()).toEqual(['b']);
    },
  );

  it('whose status came before anybody looked is settled on the first look', async () => {
    const conv = await rig.queueUp('rita', 'a');
    await killedSender(conv);
    await status(conv, 1, 'delivered');
    await rig.run(conv);
    expect(texts()).toEqual([]);
    expect(await statusIn(1)).toBe('delivered');
    expect(await rig.waiting(conv)).toEqual([]);
  });

  it('is sent again when no status comes, and marked as possibly doubled', async () => {
    const conv = await rig.queueUp('rita', 'a');
    await killedSender(conv);
    core.clock.advance(GRACE_MS);
    await rig.run(conv);
    expect(texts()).toEqual(['a']);
    expect(rig.observed.at(-1)).toMatchObject({ outcome: 'sent', reason: 'maybe_doubled' });
    const events = (await core.client.xrange(`${P}ev`, '-', '+')).map(([, [, json = '']]) => JSON.parse(json));
    expect(events.at(-1)).toMatchObject({ k: 'sent', mayBeDoubled: true });
  });

  it('waits its grace from the moment the answer stayed away, and a status in between settles it', async () => {
    const conv = await rig.queueUp('rita', 'a');
    rig.answers.push(unknown);
    await rig.run(conv);
    expect(await rig.delayOf(conv)).toBe(GRACE_MS);
    await status(conv, 1, 'sent');
    await rig.run(conv);
    expect(texts()).toEqual(['a']);
    expect(rig.observed.at(-1)).toMatchObject({ outcome: 'settled' });
  });

  it('whose status overtook the missing answer is settled without waiting', async () => {
    const conv = await rig.queueUp('rita', 'a');
    rig.answers.push(async () => {
      await status(conv, 1, 'sent');
      return unknown;
    });
    await rig.run(conv);
    expect(await rig.delayOf(conv)).toBe(0);
    await rig.run(conv);
    expect(texts()).toEqual(['a']);
    expect(await rig.waiting(conv)).toEqual([]);
  });

  it('is given up only when its last try has had its grace, too', async () => {
    const conv = await rig.queueUp('rita', 'a', 'b');
    rig.answers.push(unknown, unknown, unknown);
    for (let i = 0; i < 3; i++) {
      await rig.run(conv);
      expect(await rig.delayOf(conv)).toBe(GRACE_MS);
      expect(await deadLetters()).toEqual([]);
      core.clock.advance(GRACE_MS);
    }
    await rig.run(conv);
    expect(texts()).toEqual(['a', 'a', 'a']);
    expect((await deadLetters()).map(({ reason }) => reason)).toEqual(['attempts_exhausted']);
    await rig.run(conv);
    expect(texts().at(-1)).toBe('b');
  });

  it.each(['delivered', 'read', 'failed'])(
    'that is given up is not called failed: a late %s is believed',
    async (word) => {
      const conv = await rig.queueUp('rita', { watched: true });
      rig.answers.push(unknown, unknown, unknown);
      for (let i = 0; i < 4; i++) {
        await rig.run(conv);
        core.clock.advance(GRACE_MS);
      }
      expect([(await deadLetters()).length, await statusIn(1)]).toEqual([1, 'doubtful']);
      const events = (await core.client.xrange(`${P}ev`, '-', '+')).map(([, [, json = '']]) => JSON.parse(json));
      expect(events.at(-1)).toMatchObject({ k: 'given_up', mayBeWithMeta: true });
      await status(conv, 1, word);
      expect(await statusIn(1)).toBe(word);
      // Its flow heard when it was given up, and only then.
      const [heard, ...more] = await core.client.lrange(`${P}i:${conv}`, 0, -1);
      expect([heard, more]).toEqual([expect.stringContaining('attempts_exhausted'), []]);
    },
  );

  it('that Meta refuses at last may have been taken by an earlier try', async () => {
    const conv = await rig.queueUp('rita', 'a');
    rig.answers.push(unknown, { outcome: 'rejected', reason: 'undeliverable', code: 131_026, mayHaveBeenSent: false });
    await rig.run(conv);
    core.clock.advance(GRACE_MS);
    await rig.run(conv);
    await status(conv, 1, 'read');
    expect(await statusIn(1)).toBe('read');
  });

  it('also when our own code broke: the conversation is not held up for ever', async () => {
    const conv = await rig.queueUp('rita', 'a', 'b');
    const breaks = () => Promise.reject(new TypeError('a message this version cannot spell'));
    rig.answers.push(breaks, breaks, breaks);
    for (let i = 0; i < 4; i++) {
      await rig.run(conv);
      core.clock.advance(GRACE_MS);
    }
    expect((await deadLetters()).map(({ reason }) => reason)).toEqual(['attempts_exhausted']);
    await rig.run(conv);
    expect(texts()).toEqual(['a', 'a', 'a', 'b']);
  });

  it('whose last try was taken by Meta is settled by the status, and no dead letter', async () => {
    const conv = await rig.queueUp('rita', 'a');
    rig.answers.push(unknown, unknown, async () => {
      await status(conv, 1, 'delivered');
      return unknown;
    });
    for (let i = 0; i < 4; i++) {
      await rig.run(conv);
      core.clock.advance(GRACE_MS);
    }
    expect(await deadLetters()).toEqual([]);
    expect(await statusIn(1)).toBe('delivered');
  });

  it('brought back by a sender that froze meanwhile is not sent a second time', async () => {
    const conv = await rig.queueUp('rita', 'a', 'b');
    rig.answers.push(async () => {
      // While this call hangs its job is thought dead, and its successor waits for a status.
      await rig.run(conv);
      return SENT;
    });
    await rig.run(conv);
    expect(await rig.waiting(conv)).toEqual(['b']);
    core.clock.advance(GRACE_MS);
    await rig.run(conv);
    expect(texts()).toEqual(['a', 'b']);
  });
});

describe('a status', () => {
  it.each(['sent', 'delivered', 'read', 'failed'])('(%s) that overtakes the answer of the call stays', async (word) => {
    const conv = await rig.queueUp('rita', 'a');
    rig.answers.push(async () => {
      await status(conv, 1, word);
      return SENT;
    });
    await rig.run(conv);
    expect(await statusIn(1)).toBe(word);
    expect(await rig.waiting(conv)).toEqual([]);
  });

  it('is kept for its time counted from the last message of its bucket', async () => {
    const conv = await rig.queueUp('rita', 'a', 'b');
    await rig.run(conv);
    await core.client.expire(`${P}sm:0`, 60);
    await rig.run(conv);
    expect(await core.client.ttl(`${P}sm:0`)).toBeGreaterThan(29 * 86_400);
  });
});
