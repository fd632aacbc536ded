import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SendOutcome } from '../../../src/cloud-api/outcome.js';
import { type Core, LANE, startCore } from '../../support/core.js';
import { PHONE } from '../../support/events.js';
import { type OutboxRig, outboxRig, PROBE_MS, SENT } from '../../support/outbox-rig.js';

let core: Core;
let rig: OutboxRig;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
beforeEach(() => {
  rig = outboxRig(core.client, core.clock);
  rig.endpoint.throughputPerSec = 1_000;
});
afterEach(() => core.client.flushall());

const REFUSED: SendOutcome = {
  outcome: 'retry',
  reason: 'connection_refused',
  scope: 'number',
  afterMs: 1_000,
  mayHaveBeenSent: false,
};
const LOST: SendOutcome = { outcome: 'unknown', reason: 'http_502_without_error', mayHaveBeenSent: true };
const OVERLOADED: SendOutcome = {
  outcome: 'retry',
  reason: 'service_down',
  code: 2,
  scope: 'number',
  afterMs: 1_000,
  mayHaveBeenSent: true,
};
const THROTTLED: SendOutcome = {
  outcome: 'retry',
  reason: 'throughput',
  code: 130_429,
  scope: 'number',
  afterMs: 1,
  mayHaveBeenSent: false,
};

async function conversations(count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => rig.queueUp(`c${i}`, 'hello')));
}
const hold = () => core.client.get(`${LANE.prefix}hold:${PHONE}`);
const failWith = (outcome: SendOutcome, times: number) => rig.answers.push(...Array<SendOutcome>(times).fill(outcome));

/** Everybody's job comes whenever it is due, for a time. */
async function pass(convs: readonly string[], ms: number, stepMs: number): Promise<void> {
  const due = new Map(convs.map((conv) => [conv, core.clock.nowMs()]));
  const endMs = core.clock.nowMs() + ms;
  for (; core.clock.nowMs() < endMs; core.clock.advance(stepMs)) {
    for (const [conv, atMs] of due) {
      if (atMs > core.clock.nowMs()) continue;
      await rig.run(conv);
      const delayMs = await rig.delayOf(conv);
      if (delayMs === undefined) due.delete(conv);
      else due.set(conv, core.clock.nowMs() + delayMs);
    }
  }
}

describe('a Graph that fails', () => {
  it.each([
    ['cannot be reached', REFUSED],
    ['answers with what it did not write', LOST],
    ['says that it is down', OVERLOADED],
  ])('and %s is left alone after five failures in a row', async (_what, outcome) => {
    failWith(outcome, 100);
    for (const conv of await conversations(20)) await rig.run(conv);
    expect(rig.calls).toHaveLength(5);
    expect(await hold()).toBe(`${core.clock.nowMs() + 1_000}|graph_failing`);
  });

  it('is tried by one message at a time, ever more rarely, and everything goes out once it works', async () => {
    const convs = await conversations(200);
    failWith(REFUSED, 10_000);
    await pass(convs, 120_000, 250);
    // 5 that opened the breaker, then probes after 1, 2, 4, 8 and every 15 s: not 200 conversations again and again.
    const during = rig.calls.length;
    expect(during).toBeGreaterThanOrEqual(12);
    expect(during).toBeLessThanOrEqual(18);
    rig.answers.length = 0;
    await pass(convs, 80_000, 250);
    expect(rig.calls.length - during).toBe(200);
    for (const conv of convs) expect(await rig.waiting(conv)).toEqual([]);
    expect(await hold()).toBeNull();
  });

  it('is forgiven by one message that gets through', async () => {
    const convs = await conversations(12);
    for (let round = 0; round < 2; round++) {
      failWith(REFUSED, 4);
      rig.answers.push(SENT);
      for (const conv of convs.splice(0, 5)) {
        core.clock.advance(10);
        await rig.run(conv);
      }
    }
    expect(rig.calls).toHaveLength(10);
    expect(await hold()).toBeNull();
  });

  it('is something else than a limit, which is Graph at work', async () => {
    failWith(THROTTLED, 20);
    for (const conv of await conversations(20)) {
      core.clock.advance(10);
      await rig.run(conv);
    }
    expect(await hold()).toBeNull();
  });

  it('does not hold another number up', async () => {
    failWith(REFUSED, 5);
    for (const conv of await conversations(5)) await rig.run(conv);
    expect(await core.client.keys(`${LANE.prefix}hold:*`)).toEqual([`${LANE.prefix}hold:${PHONE}`]);
  });

  it('a process that dies with the message that tries leaves the next try to another', async () => {
    const convs = await conversations(8);
    failWith(REFUSED, 5);
    for (const conv of convs.slice(0, 5)) await rig.run(conv);
    core.clock.advance(1_000);
    const [, , , , , sixth = '', seventh = ''] = convs;
    await rig.outbox.begin(
      await rig.owner(sixth),
      { throughputPerSec: 1_000, pairIntervalMs: 0, pairBurst: 1 },
      core.clock.nowMs(),
    );
    await rig.run(seventh);
    expect(rig.calls).toHaveLength(5);
    core.clock.advance(PROBE_MS);
    await rig.run(seventh);
    expect(rig.calls).toHaveLength(6);
    expect(await hold()).toBeNull();
  });
});

describe('a paused number', () => {
  it('is told of once, however often it is tried, and once more when it works again', async () => {
    const [conv = ''] = await conversations(1);
    const owner = () => rig.owner(conv);
    const budget = { throughputPerSec: 1_000, pairIntervalMs: 0, pairBurst: 1 };
    const told: string[] = [];
    for (let i = 0; i < 3; i++) {
      const begun = await rig.outbox.begin(await owner(), budget, core.clock.nowMs());
      if (begun.outcome !== 'send') throw new Error(begun.outcome);
      told.push(
        await rig.outbox.holdBack(await owner(), {
          oid: begun.oid,
          nowMs: core.clock.nowMs(),
          delayMs: PROBE_MS,
          mayHaveBeenSent: false,
          attempts: 0,
          faults: 0,
          slowNumberMs: 0,
          graphFailed: false,
          pause: { ms: PROBE_MS, reason: 'token_invalid' },
        }),
      );
      core.clock.advance(PROBE_MS);
    }
    expect(told).toEqual(['paused', 'held', 'held']);
    const begun = await rig.outbox.begin(await owner(), budget, core.clock.nowMs());
    if (begun.outcome !== 'send') throw new Error(begun.outcome);
    const acked = await rig.outbox.ack(await owner(), {
      oid: begun.oid,
      nowMs: core.clock.nowMs(),
      delayMs: 0,
      became: 'accepted',
      numberWorks: true,
      event: '{}',
    });
    expect(acked).toMatchObject({ resumed: true });
    expect(await hold()).toBeNull();
  });
});
