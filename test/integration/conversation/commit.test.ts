import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StoredSession } from '../../../src/conversation/conversation.js';
import type { Commit, Ownership } from '../../../src/conversation/store.js';
import { splitStored } from '../../../src/inbound/item.js';
import { createRedisOutbox } from '../../../src/outbound/outbox.js';
import { type Core, LANE, ownerOf, replyOf, snapshot, startCore, waitingTexts } from '../../support/core.js';
import { person, textFrom } from '../../support/events.js';

let core: Core;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
afterEach(() => core.client.flushall());

const P = LANE.prefix;
const session = (n: number): StoredSession => ({
  version: 'v1',
  touchedMs: core.clock.nowMs(),
  flow: { id: 's', startedMs: 0, context: { n }, state: {}, timers: [], handover: false },
});

/** Accepts texts of one contact. @returns its conversation and the job that owns it */
async function begin(...texts: string[]): Promise<Ownership> {
  const { messages } = await core.accept(
    texts.map((text) => textFrom(person(1), text)),
    'any',
  );
  return ownerOf(core.client, messages[0]?.conversationId ?? '');
}

function commitOf(seq: string, other: Partial<Commit> = {}): Commit {
  return {
    seq,
    mode: 'done',
    items: 1,
    checkpoints: 0,
    session: 'unchanged',
    sessionGcSec: 3_600,
    contactSet: [],
    contactUnset: [],
    contactAppend: [],
    timers: [],
    cancelTimers: [],
    replies: [],
    effects: [],
    events: [],
    hadFailed: false,
    next: 0,
    ...other,
  };
}

const everything = (seq: string): Commit =>
  commitOf(seq, {
    session: session(1),
    contactSet: [
      ['@waId', '351910000001'],
      ['city', '"Porto"'],
    ],
    contactUnset: ['street'],
    timers: [{ token: 't1', dueMs: core.clock.nowMs() + 5_000 }],
    cancelTimers: ['t0'],
    replies: [replyOf('a'), replyOf('b')],
    effects: ['{"effect":"profile"}'],
    events: ['{"k":"turn"}'],
  });

describe('a commit', () => {
  it('writes all that a turn did, in one step, and the conversation rests', async () => {
    const owner = await begin('hi');
    const { conversationId } = owner;
    const contactId = conversationId.split('.')[1];
    await core.client.hset(`${P}c:${contactId}`, 'street', '"Rua"');
    await core.client.zadd(`${P}tm`, 1, `${conversationId}|t0`);

    expect(await core.store.commit(owner, everything('1'), core.clock.nowMs())).toEqual({ outcome: 'idle' });

    expect(JSON.parse((await core.client.get(`${P}s:${conversationId}`)) ?? '')).toEqual(session(1));
    expect(await core.client.ttl(`${P}s:${conversationId}`)).toBeGreaterThan(3_590);
    expect(await core.client.hgetall(`${P}c:${contactId}`)).toEqual({ '@waId': '351910000001', city: '"Porto"' });
    expect(await core.client.zrange(`${P}tm`, 0, '-1', 'WITHSCORES')).toEqual([
      `${conversationId}|t1`,
      String(core.clock.nowMs() + 5_000),
    ]);
    const outbox = (await core.client.lrange(`${P}o:${conversationId}`, 0, -1)).map(splitStored);
    expect(outbox).toEqual([
      { seq: '1', payload: replyOf('a') },
      { seq: '2', payload: replyOf('b') },
    ]);
    expect(await core.client.lrange(`${P}out:wait`, 0, -1)).toEqual([`${conversationId}-1`]);
    expect(await core.client.lrange(`${P}fx`, 0, -1)).toEqual(['1|{"effect":"profile"}']);
    expect((await core.client.xrange(`${P}ev`, '-', '+')).map(([, fields]) => fields)).toEqual([['e', '{"k":"turn"}']]);
    expect(await core.client.exists(`${P}i:${conversationId}`, `${P}pend`)).toBe(0);
  });

  it.each<[string, (owner: Ownership) => [Ownership, Commit] | Promise<[Ownership, Commit]>]>([
    ['of a job that lost the conversation', (owner) => [{ ...owner, epoch: owner.epoch + 1 }, everything('1')]],
    ['of a conversation nobody owns', (owner) => [{ ...owner, conversationId: '1.nobody' }, everything('1')]],
    ['of an item that is not the head', (owner) => [owner, everything('2')]],
    ['of an item whose number begins like the head', (owner) => [owner, everything('11')]],
    [
      'of a run behind the last checkpoint',
      async (owner) => {
        const call = { ordinal: 0, kind: 'http', request: {} };
        const mode = { checkpoint: { nowMs: 1, session: session(0), call } };
        const kept = await core.store.commit(owner, commitOf('1', { mode }), core.clock.nowMs());
        expect(kept).toEqual({ outcome: 'kept' });
        return [owner, everything('1')];
      },
    ],
    ['of a run before its own checkpoint', (owner) => [owner, { ...everything('1'), checkpoints: 1 }]],
  ])('%s is refused and changes nothing', async (_what, prepare) => {
    const [owner, commit] = await prepare(await begin('one', 'two'));
    const before = await snapshot(core.client);
    expect(await core.store.commit(owner, commit, core.clock.nowMs())).toEqual({ outcome: 'lost' });
    expect(await snapshot(core.client)).toEqual(before);
  });

  it('sent twice (its answer was lost) counts once', async () => {
    const owner = await begin('one', 'two');
    await core.store.commit(owner, everything('1'), core.clock.nowMs());
    const before = await snapshot(core.client);
    expect(await core.store.commit(owner, everything('1'), core.clock.nowMs())).toEqual({ outcome: 'lost' });
    expect(await snapshot(core.client)).toEqual(before);
  });

  it.each([
    ['none', 0, []],
    ['one', 1, ['2']],
    ['more than there are', 10, ['2', '3']],
  ])('gives back as many of the next items as were asked for: %s', async (_what, next, seqs) => {
    const owner = await begin('one', 'two', 'three');
    const committed = await core.store.commit(owner, commitOf('1', { next }), core.clock.nowMs());
    expect(committed.outcome === 'more' && committed.items.map(({ seq }) => seq)).toEqual(seqs);
  });

  it('that yields hands the rest to a new job at the tail, and does nothing itself any more', async () => {
    const owner = await begin('one', 'two');
    const { messages } = await core.accept([textFrom(person(2), 'somebody else')], 'any');
    expect(await core.store.commit(owner, commitOf('1', { mode: 'yield' }), core.clock.nowMs())).toEqual({
      outcome: 'yielded',
    });
    const jobs = await core.client.lrange(`${P}in:wait`, 0, -1);
    const next = await ownerOf(core.client, owner.conversationId);
    expect(next.epoch).toBeGreaterThan(owner.epoch);
    // BullMQ takes from the right: the newcomer sits leftmost.
    expect(jobs).toEqual([
      `${owner.conversationId}-${next.epoch}`,
      `${messages[0]?.conversationId}-${messages.length + 2}`,
      `${owner.conversationId}-${owner.epoch}`,
    ]);
    expect(await core.store.load(owner, 10, {})).toBeUndefined();
    expect((await core.store.load(next, 10, {}))?.items.map(({ seq }) => seq)).toEqual(['2']);
  });

  it.each([
    ['unchanged', 'unchanged' as const, true],
    ['deleted', 'delete' as const, false],
  ])('leaves the session %s', async (_what, change, exists) => {
    const owner = await begin('one', 'two');
    await core.store.commit(owner, commitOf('1', { session: session(1) }), core.clock.nowMs());
    await core.store.commit(owner, commitOf('2', { session: change }), core.clock.nowMs());
    expect(await core.client.exists(`${P}s:${owner.conversationId}`)).toBe(exists ? 1 : 0);
  });

  it('of an endpoint whose sessions never end keeps the session for ever', async () => {
    const owner = await begin('one');
    await core.store.commit(owner, commitOf('1', { session: session(1), sessionGcSec: 0 }), core.clock.nowMs());
    expect(await core.client.ttl(`${P}s:${owner.conversationId}`)).toBe(-1);
  });

  it('wakes the outbox once, and not before the message delay of the last send is over', async () => {
    const outbox = createRedisOutbox(core.client, {
      uncertainGraceMs: 15_000,
      pauseProbeMs: 30_000,
      statusSec: 60,
      parkedSec: 60,
      eventsPerLane: 0,
    });
    const owner = await begin('one', 'two');
    await core.store.commit(owner, commitOf('1', { replies: [replyOf('a')] }), core.clock.nowMs());
    const sender = await ownerOf(core.client, owner.conversationId, 'opend');
    await outbox.begin(sender, { throughputPerSec: 80, pairIntervalMs: 0, pairBurst: 1 }, core.clock.nowMs());
    await outbox.ack(sender, {
      oid: '1',
      nowMs: core.clock.nowMs(),
      delayMs: 2_000,
      became: 'accepted',
      event: '{}',
      numberWorks: true,
    });
    expect(await core.client.zscore(`${P}opend`, owner.conversationId)).toBeNull();

    await core.store.commit(owner, commitOf('2', { replies: [replyOf('b'), replyOf('c')] }), core.clock.nowMs());
    const next = await ownerOf(core.client, owner.conversationId, 'opend');
    const job = await core.client.hgetall(`${P}out:${owner.conversationId}-${next.epoch}`);
    expect(Number(job.delay)).toBeGreaterThan(1_800);
    expect(Number(job.delay)).toBeLessThanOrEqual(2_000);
    expect(await core.client.zcard(`${P}out:delayed`)).toBe(1);
  });
});

describe('a load', () => {
  it('gives what a turn needs, to the owner only', async () => {
    const owner = await begin('one', 'two', 'three');
    await core.store.commit(owner, everything('1'), core.clock.nowMs());
    const loaded = await core.store.load(owner, 10, {});
    expect(loaded).toMatchObject({
      failures: 0,
      session: session(1),
      checkpoints: 0,
      contact: { waId: '351910000001', custom: { city: 'Porto' } },
    });
    expect(loaded?.items.map(({ seq }) => seq)).toEqual(['2', '3']);
    expect((await core.store.load(owner, 1, {}))?.items).toHaveLength(1);
    expect(await core.store.load({ ...owner, epoch: 99 }, 10, {})).toBeUndefined();
  });

  it('of a new contact finds nothing, and that is no fault', async () => {
    const loaded = await core.store.load(await begin('one'), 10, {});
    expect(loaded).toMatchObject({ session: undefined, checkpoint: undefined, contact: { custom: {} } });
    expect(loaded?.items).toHaveLength(1);
  });

  it('of a new contact opens its record when other lanes may change it, and the contact is as new as before', async () => {
    const owner = await begin('one');
    const record = `${P}c:${owner.conversationId.split('.')[1]}`;
    await core.store.load(owner, 10, {});
    expect(await core.client.exists(record)).toBe(0);
    const before = await core.store.load({ ...owner, epoch: 99 }, 10, { otherLanes: true });
    expect([before, await core.client.exists(record)]).toEqual([undefined, 0]);
    expect((await core.store.load(owner, 10, { otherLanes: true }))?.contact).toEqual({ custom: {} });
    expect(await core.client.hgetall(record)).toEqual({ '~': '1' });
  });

  it('counts the crashes of the head item, and a commit clears them', async () => {
    const owner = await begin('one', 'two');
    for (let crash = 1; crash <= 3; crash++) {
      expect((await core.store.load(owner, 10, { crashedBefore: true }))?.failures).toBe(crash);
    }
    expect((await core.store.load(owner, 10, {}))?.failures).toBe(3);
    await core.store.commit(owner, commitOf('1', { hadFailed: true }), core.clock.nowMs());
    expect((await core.store.load(owner, 10, {}))?.failures).toBe(0);
    expect(await core.client.exists(`${P}att`)).toBe(0);
  });
});

describe('a number beyond what Lua prints whole', () => {
  it('is a seq, an epoch and an oid like any other', async () => {
    // Above 1e14 Lua's own conversion writes 1e+14.
    await core.client.mset(`${P}seq`, '123456789012345', `${P}oseq`, '234567890123456');
    const owner = await begin('one', 'two');
    expect(owner.epoch).toBe(123456789012346);
    const loaded = await core.store.load(owner, 10, { crashedBefore: true });
    expect(loaded?.items.map(({ seq }) => seq)).toEqual(['123456789012346', '123456789012347']);
    await core.store.commit(
      owner,
      commitOf('123456789012346', { mode: 'yield', replies: [replyOf('a')], hadFailed: true }),
      core.clock.nowMs(),
    );
    const next = await ownerOf(core.client, owner.conversationId);
    expect((await core.store.load(next, 10, {}))?.items).toHaveLength(1);
    const sender = await ownerOf(core.client, owner.conversationId, 'opend');
    expect(sender.epoch).toBe(234567890123457);
    const outbox = createRedisOutbox(core.client, {
      uncertainGraceMs: 1,
      pauseProbeMs: 1,
      statusSec: 60,
      parkedSec: 60,
      eventsPerLane: 0,
    });
    const budget = { throughputPerSec: 80, pairIntervalMs: 6_000, pairBurst: 2 };
    expect(await outbox.begin(sender, budget, core.clock.nowMs())).toMatchObject({
      outcome: 'send',
      oid: '234567890123457',
    });
    const ack = { oid: '234567890123457', nowMs: core.clock.nowMs(), delayMs: 0, event: '{}', numberWorks: true };
    expect(await outbox.ack(sender, { ...ack, became: 'accepted' })).toEqual({ left: 0, nextMs: 0, resumed: false });
    expect(await core.client.hgetall(`${P}sm:2345678901234`)).toEqual({ 57: `accepted|${core.clock.nowMs()}` });
    expect(await waitingTexts(core.client, owner.conversationId)).toEqual(['two']);
  });
});
