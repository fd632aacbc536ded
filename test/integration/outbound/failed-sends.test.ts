import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SendOutcome } from '../../../src/cloud-api/outcome.js';
import { createTurn } from '../../../src/conversation/turn.js';
import { advance } from '../../../src/flow/turn/advance.js';
import { decodeItem, splitStored } from '../../../src/inbound/item.js';
import { script } from '../../../src/redis/script.js';
import { decodeOutboxItem, type OutboxItem } from '../../../src/shared/outbox-item.js';
import { readItem } from '../../../src/webhook/read-item.js';
import { type Core, LANE, ownerOf, startCore, wakeAll, wakeRig } from '../../support/core.js';
import { statusOf } from '../../support/events.js';
import { GRACE_MS, type OutboxRig, outboxRig } from '../../support/outbox-rig.js';
import { flowFiles, versionOf } from '../../unit/flow/talk.js';

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
const WATCHED = { watched: true, flow: 'welcome', step: 'cases["Ä"][0]' } as const;
const rejected: SendOutcome = { outcome: 'rejected', reason: 'undeliverable', code: 131_026, mayHaveBeenSent: false };
const unknown: SendOutcome = { outcome: 'unknown', reason: 'timeout', mayHaveBeenSent: true };

const told = (conv: string, oid: number, word: string, errorCodes: number[] = []) =>
  core.accept([statusOf(conv.split('.')[1] ?? '', oid, word, { errorCodes })], 'any');

async function inbox(conv: string): Promise<unknown[]> {
  const items = await core.client.lrange(`${P}i:${conv}`, 0, -1);
  return items.map((item) => decodeItem(splitStored(item).payload));
}

const failed = (reason: string, codes: number[], oid = '1') => ({
  kind: 'failedSend',
  acceptedMs: core.clock.nowMs(),
  oid,
  flow: 'welcome',
  step: 'cases["Ä"][0]',
  codes,
  reason,
});

describe('a message whose flow wants to hear of failures', () => {
  it('tells of one that comes late, once, however often Meta repeats it', async () => {
    const conv = await rig.queueUp('rita', WATCHED);
    await rig.run(conv);
    await told(conv, 1, 'sent');
    expect(await inbox(conv)).toEqual([]);
    await told(conv, 1, 'failed', [131_047, 131_026]);
    await told(conv, 1, 'failed', [131_047]);
    await told(conv, 1, 'sent');
    expect(await inbox(conv)).toEqual([failed('undelivered', [131_047, 131_026])]);
    expect(await ownerOf(core.client, conv)).toMatchObject({ conversationId: conv });
  });

  it('tells of one that comes before the answer of its own send call', async () => {
    const conv = await rig.queueUp('rita', WATCHED);
    rig.answers.push(async () => {
      await told(conv, 1, 'failed', [131_026]);
      await told(conv, 1, 'failed', [131_026]);
      expect(await inbox(conv)).toEqual([]);
      return { outcome: 'sent', wamid: 'wamid.1' };
    });
    await rig.run(conv);
    await told(conv, 1, 'failed', [131_026]);
    expect(await inbox(conv)).toEqual([failed('undelivered', [131_026])]);
  });

  it('tells of one that settles a send whose worker was killed', async () => {
    const conv = await rig.queueUp('rita', WATCHED);
    // The worker began and was never heard of again; its job comes back after the stall.
    await rig.outbox.begin(
      await rig.owner(conv),
      { throughputPerSec: 80, pairIntervalMs: 0, pairBurst: 1 },
      core.clock.nowMs(),
    );
    await told(conv, 1, 'failed', [131_026]);
    await rig.run(conv);
    expect([rig.calls, await inbox(conv)]).toEqual([[], [failed('undelivered', [131_026])]]);
    await told(conv, 1, 'failed', [131_026]);
    expect(await inbox(conv)).toHaveLength(1);
  });

  it('tells of one that was given up, with the code of the refusal, and not again by its status', async () => {
    const conv = await rig.queueUp('rita', WATCHED);
    rig.answers.push(rejected);
    await rig.run(conv);
    await told(conv, 1, 'failed', [131_026]);
    expect(await inbox(conv)).toEqual([failed('undeliverable', [131_026])]);
  });

  it('tells once of one that was given up after its status had come', async () => {
    const conv = await rig.queueUp('rita', WATCHED);
    rig.answers.push(async () => {
      await told(conv, 1, 'failed', [131_026]);
      return rejected;
    });
    await rig.run(conv);
    expect(await inbox(conv)).toEqual([failed('undeliverable', [131_026])]);
  });

  it('tells of one that was tried too often', async () => {
    const conv = await rig.queueUp('rita', WATCHED);
    rig.answers.push(unknown, unknown, unknown);
    for (let tries = 0; tries < 4; tries++) {
      await rig.run(conv);
      core.clock.advance(GRACE_MS);
    }
    expect(await inbox(conv)).toMatchObject([{ reason: 'attempts_exhausted', codes: [] }]);
  });

  it('tells of each of several, in the order they failed', async () => {
    const conv = await rig.queueUp('rita', WATCHED, WATCHED, WATCHED);
    for (let sent = 0; sent < 3; sent++) await rig.run(conv);
    await told(conv, 3, 'failed');
    await told(conv, 1, 'failed');
    expect(await inbox(conv)).toEqual([failed('undelivered', [], '3'), failed('undelivered', [], '1')]);
  });

  it('that was delivered, or left out on purpose, has not failed', async () => {
    const conv = await rig.queueUp('rita', WATCHED, { ...WATCHED, delivery: { outsideWindow: { do: 'skip' } } });
    await rig.run(conv);
    await told(conv, 1, 'delivered');
    await told(conv, 1, 'failed', [131_000]);
    await rig.run(conv);
    expect([rig.observed.at(-1)?.outcome, await inbox(conv)]).toEqual(['skipped', []]);
  });

  it('costs the others nothing: no item, nothing kept but the status', async () => {
    const conv = await rig.queueUp('rita', 'a', 'b');
    rig.answers.push(rejected);
    await rig.run(conv);
    await rig.run(conv);
    await told(conv, 2, 'failed', [131_026]);
    expect(await inbox(conv)).toEqual([]);
    expect(await core.client.exists(`${P}i:${conv}`, `${P}pend`)).toBe(0);
  });
});

describe('`handlers.status` on real inboxes', () => {
  const version = versionOf(
    flowFiles({
      welcome: `
handlers: { status: [{ say: "{{ input.data.step }} {{ input.data.codes[0] ?? input.data.reason }}" }] }
steps: [{ id: ask, question: { type: number, text: How many? } }, { say: ok }]`,
    }),
  );
  const takeTurn = createTurn({
    advance,
    readMessage: readItem,
    versions: { current: () => ({ hash: version.hash, version }), get: async () => version, fate: () => 'keep' },
    performCall: () => Promise.reject(new Error('no calls here')),
    limits: { stepsPerTurn: 100, flowDepth: 20, maxMemoryBytes: 10_000 },
  });
  const waiting = async (conv: string) =>
    (await core.client.lrange(`${P}o:${conv}`, 0, -1)).map((item) => decodeOutboxItem(splitStored(item).payload));

  async function requeue(conv: string, side: 'in' | 'out', payload: string, key: string): Promise<void> {
    await script('requeue').run(core.client, P, [side, conv, payload, core.clock.nowMs(), key]);
  }

  it('runs once, also when its worker dies before the commit, and leaves the question open', async () => {
    const conv = await rig.queueUp('rita', { ...WATCHED, step: 'ask' });
    await rig.run(conv);
    await told(conv, 1, 'failed', [131_026]);
    const dying = wakeRig(core.store, core.clock, async (task) => {
      await takeTurn(task);
      throw new Error('killed');
    });
    await dying.handleWake(await ownerOf(core.client, conv), false).catch(() => undefined);
    expect(await waiting(conv)).toEqual([]);
    const rested = wakeRig(core.store, core.clock, takeTurn);
    await wakeAll(core.client, rested.handleWake, conv, { crashedBefore: true });
    expect(await waiting(conv)).toMatchObject([{ content: { text: 'ask 131026' } }]);
    expect(rested.turns.map(({ kind, outcome }) => [kind, outcome])).toEqual([['failedSend', 'answered']]);
  });

  it('marks what its flows say, but not what they say of a failure: that would go round for ever', async () => {
    const conv = await rig.queueUp('rita');
    const live = wakeRig(core.store, core.clock, takeTurn);
    const hi = { id: 'm1', at: 1, c: { waId: '351910000001' }, m: { type: 'text', text: { body: 'Hi' } } };
    await requeue(`${conv}`, 'in', JSON.stringify(hi), 'hi');
    await wakeAll(core.client, live.handleWake, conv);
    expect(await waiting(conv)).toMatchObject([{ content: { text: 'How many?' }, watched: true }]);
    await rig.run(conv);
    await told(conv, 1, 'failed', [131_026]);
    await wakeAll(core.client, live.handleWake, conv);
    const [told2] = await waiting(conv);
    expect([told2?.content, told2?.watched]).toEqual([{ type: 'text', text: 'ask 131026' }, undefined]);
    rig.answers.push(rejected);
    await rig.run(conv);
    expect(await inbox(conv)).toEqual([]);
  });
});

describe('a contact that wants no marketing', () => {
  const optOut: SendOutcome = {
    outcome: 'rejected',
    reason: 'marketing_opt_out',
    code: 131_050,
    mayHaveBeenSent: false,
  };
  const offer: Partial<OutboxItem> = {
    content: { type: 'template', name: 'offer_june', language: 'en' },
    ...WATCHED,
  };
  const consents = (conv: string, said: { optIns?: unknown; optOuts?: unknown }) =>
    core.client.hset(
      `${P}c:${conv.split('.')[1]}`,
      Object.fromEntries(Object.entries(said).map(([field, value]) => [field, JSON.stringify(value)])),
    );

  it('is sent no more of it: Meta is not asked, its flow hears of it, and the next message leaves', async () => {
    const conv = await rig.queueUp(
      'rita',
      offer,
      { content: { type: 'template', name: 'pickup_ready', language: 'en' } },
      'b',
    );
    await consents(conv, { optOuts: { marketing_messages: '2026-06-01T00:00:00.000Z' } });
    for (let sent = 0; sent < 3; sent++) await rig.run(conv);
    expect(rig.calls.map(({ text }) => text)).toEqual(['template', 'b']);
    expect(rig.observed[0]).toMatchObject({ outcome: 'skipped', reason: 'marketing_opt_out' });
    expect(await inbox(conv)).toEqual([failed('marketing_opt_out', [])]);
    const [[, [, event = '']] = ['', []]] = await core.client.xrange(`${P}ev`, '-', '+');
    expect(JSON.parse(event)).toMatchObject({ k: 'skipped', reason: 'marketing_opt_out', oid: '1' });
    // Nobody has to mend that.
    expect(await core.client.llen(`${P}fx`)).toBe(0);
  });

  it.each<[string, { optIns?: unknown; optOuts?: unknown }, boolean]>([
    ['everything', { optOuts: { all: '2026-06-01T00:00:00.000Z' } }, false],
    ['something else', { optOuts: { news: '2026-06-01T00:00:00.000Z' } }, true],
    ['offers, and wants them again', { optIns: { marketing_messages: '2026-06-01T00:00:00.000Z' }, optOuts: {} }, true],
    [
      'offers, and wants everything since',
      { optIns: { all: '2026-06-02T00:00:00.000Z' }, optOuts: { marketing_messages: '2026-06-01T00:00:00.000Z' } },
      true,
    ],
    [
      'everything, after it wanted offers',
      { optIns: { marketing_messages: '2026-06-01T00:00:00.000Z' }, optOuts: { all: '2026-06-02T00:00:00.000Z' } },
      false,
    ],
    ['offers, as a flow wrote in its own way', { optOuts: { marketing_messages: true } }, false],
    ['what no version of ours wrote', { optOuts: 'yes' }, true],
  ])('who refuses %s is understood', async (_what, said, goesOut) => {
    const conv = await rig.queueUp('rita', offer);
    await consents(conv, said);
    await rig.run(conv);
    expect(rig.calls).toHaveLength(goesOut ? 1 : 0);
  });

  it.each<[string, OutboxItem['content'], OutboxItem['delivery']]>([
    ['written by hand', { type: 'raw', body: { type: 'template', template: { name: 'offer_june' } } }, undefined],
    [
      'in place of a message outside the window',
      { type: 'text', text: 'a' },
      { outsideWindow: { do: 'template', template: { name: 'offer_june', language: 'en' } } },
    ],
  ])('is not sent a template %s either', async (_what, content, delivery) => {
    const conv = await rig.queueUp('rita', { content, ...(delivery && { delivery }) });
    await consents(conv, { optOuts: { marketing_messages: '2026-06-01T00:00:00.000Z' } });
    await rig.run(conv);
    expect(rig.calls).toEqual([]);
  });

  const handler =
    'handlers: { optOut: [{ say: "No more {{ input.data.preference.category }}" }] }\nsteps: [{ say: hi }]';

  function bot(yaml: string) {
    const version = versionOf(flowFiles({ welcome: yaml }));
    const takeTurn = createTurn({
      advance,
      readMessage: readItem,
      versions: { current: () => ({ hash: 'v1', version }), get: async () => version, fate: () => 'keep' },
      performCall: () => Promise.reject(new Error('no calls here')),
      limits: { stepsPerTurn: 100, flowDepth: 20, maxMemoryBytes: 100_000 },
    });
    return wakeRig(core.store, core.clock, takeTurn).handleWake;
  }

  it.each([
    ['the answer of the send call', true],
    ['a status', false],
  ])('is remembered when %s says so, and its flow hears of it once', async (_what, atOnce) => {
    const conv = await rig.queueUp('rita', 'offer 1', 'offer 2');
    for (const oid of [1, 2]) {
      if (atOnce) rig.answers.push(optOut);
      await rig.run(conv);
      if (!atOnce) await told(conv, oid, 'failed', [131_050, 131_026]);
    }
    expect(await inbox(conv)).toMatchObject([{ kind: 'optedOut' }, { kind: 'optedOut' }]);
    await wakeAll(core.client, bot(handler), conv);
    const optOuts = await core.client.hget(`${P}c:${conv.split('.')[1]}`, 'optOuts');
    expect(JSON.parse(optOuts ?? '{}')).toEqual({ marketing_messages: new Date(core.clock.nowMs()).toISOString() });
    const said = (await core.client.lrange(`${P}o:${conv}`, 0, -1)).map((item) =>
      decodeOutboxItem(splitStored(item).payload),
    );
    expect(said.map((item) => item?.content)).toEqual([{ type: 'text', text: 'No more marketing_messages' }]);
  });

  it.each([
    ['before', 1, true],
    ['after', 0, false],
  ])(
    'is not taken to have refused again by the late news of a message sent %s it asked for offers',
    async (_what, minutes, wants) => {
      const conv = await rig.queueUp('rita', 'offer');
      const contact = `${P}c:${conv.split('.')[1]}`;
      const resumedAt = (afterMs: number) => new Date(core.clock.nowMs() + afterMs).toISOString();
      await core.client.hset(
        contact,
        'optIns',
        JSON.stringify({ marketing_messages: resumedAt(minutes * 60_000 - 1_000) }),
      );
      await rig.run(conv);
      core.clock.advance(3_600_000);
      await told(conv, 1, 'failed', [131_050]);
      await wakeAll(core.client, bot(handler), conv);
      const profile = await core.client.hgetall(contact);
      expect(profile.optOuts === undefined).toBe(wants);
      expect(await core.client.llen(`${P}o:${conv}`)).toBe(wants ? 0 : 1);
    },
  );

  it('is remembered also when no flow wants to know, and no other code means it', async () => {
    const conv = await rig.queueUp('rita', 'offer 1', 'offer 2');
    rig.answers.push(optOut, rejected);
    await rig.run(conv);
    await rig.run(conv);
    expect(await inbox(conv)).toHaveLength(1);
    await wakeAll(core.client, bot('steps: [{ say: "hi" }]'), conv);
    expect(await core.client.llen(`${P}o:${conv}`)).toBe(0);
    expect(await core.client.hexists(`${P}c:${conv.split('.')[1]}`, 'optOuts')).toBe(1);
  });
});
