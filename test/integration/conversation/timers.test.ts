import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLaneKeeper, type LaneKeeper } from '../../../src/conversation/keeper.js';
import { EXPIRY_TOKEN } from '../../../src/conversation/session-life.js';
import { createTurn } from '../../../src/conversation/turn.js';
import type { HandleWake } from '../../../src/conversation/wake.js';
import type { FlowSession, TurnInput, TurnRequest } from '../../../src/flow/turn/turn.js';
import { asList, script } from '../../../src/redis/script.js';
import { systemClock } from '../../../src/shared/clock.js';
import {
  acceptorOn,
  type Core,
  ENDPOINT,
  LANE,
  silent,
  startCore,
  waitingTexts,
  wakeAll,
  wakeRig,
} from '../../support/core.js';
import { PHONE, person, textFrom } from '../../support/events.js';

let core: Core;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
afterEach(() => core.client.flushall());

const P = LANE.prefix;
const MINUTE_MS = 60_000;
const VERSION: TurnRequest['version'] = {
  hash: 'v1',
  flows: [],
  byName: new Map(),
  remembers: false,
  handles: new Set(),
};

/** What the engine was asked, e.g. `message` or `timer t1`. */
let asked: string[];
/** what the next turns' sessions hold open */
let open: Pick<FlowSession, 'timers' | 'handover'>;
let handleWake: HandleWake;
let minutes: number;
beforeEach(() => {
  asked = [];
  open = { timers: [], handover: false };
  minutes = ENDPOINT.sessionExpirationMinutes;
  const word = (input: TurnInput) => (input.kind === 'timer' ? `timer ${input.token}` : input.kind);
  const takeTurn = createTurn({
    advance({ input, session, nowMs }) {
      asked.push(word(input));
      if (input.kind === 'expired') return { session: undefined, effects: [], outcome: 'ended', trace: [] };
      const next = { id: 's', startedMs: 0, context: {}, state: {}, ...open };
      const fresh = open.timers.filter((token) => !session?.timers.includes(token));
      const effects = fresh.map((token) => ({ effect: 'timer' as const, token, dueMs: nowMs + 5 * MINUTE_MS }));
      return { session: next, effects, outcome: 'waiting', trace: [] };
    },
    readMessage: ({ message, messageId }) => ({
      startsTurn: message.type === 'text',
      message: { messageId, type: 'text', text: '', data: {}, attachments: [], supported: true, whatsapp: message },
    }),
    versions: { current: () => ({ hash: 'v1', version: VERSION }), get: async () => VERSION, fate: () => 'keep' },
    performCall: () => Promise.reject(new Error('no calls here')),
    limits: { stepsPerTurn: 100, flowDepth: 20, maxMemoryBytes: 10_000 },
  });
  handleWake = wakeRig(core.store, core.clock, takeTurn, {
    endpointOf: (number) => (number === PHONE ? { ...ENDPOINT, sessionExpirationMinutes: minutes } : undefined),
  }).handleWake;
});

async function say(text: string): Promise<string> {
  const { messages } = await core.accept([textFrom(person(1), text)], 'any');
  const conversationId = messages[0]?.conversationId ?? '';
  await wakeAll(core.client, handleWake, conversationId);
  return conversationId;
}

/** Moves due timers, as a lane's keeper does. @returns how many moved, ms until the next or -1 */
async function look(): Promise<{ moved: number; nextInMs: number }> {
  const reply = asList(await script('due').run(core.client, P, [core.clock.nowMs(), 200])).map(Number);
  const [moved = 0, next = -1] = reply;
  return { moved, nextInMs: next < 0 ? -1 : next - core.clock.nowMs() };
}

async function dueTurns(conversationId: string): Promise<string[]> {
  asked = [];
  await look();
  await wakeAll(core.client, handleWake, conversationId);
  return asked;
}

const timersSet = async () => (await core.client.zrange(`${P}tm`, 0, '-1')).map((member) => member.split('|')[1]);
const sessionExists = async (id: string) => (await core.client.exists(`${P}s:${id}`)) === 1;

describe('a session', () => {
  it('ends when its time is over, by a timer, once', async () => {
    const id = await say('hi');
    expect(await look()).toEqual({ moved: 0, nextInMs: 30 * MINUTE_MS });
    core.clock.advance(30 * MINUTE_MS);
    expect(await dueTurns(id)).toEqual(['expired']);
    expect(await sessionExists(id)).toBe(false);
    expect(await timersSet()).toEqual([]);
    expect(await dueTurns(id)).toEqual([]);
  });

  it('lives on with every message', async () => {
    const id = await say('hi');
    core.clock.advance(20 * MINUTE_MS);
    await say('still here');
    core.clock.advance(20 * MINUTE_MS);
    expect(await dueTurns(id)).toEqual([]);
    expect(await sessionExists(id)).toBe(true);
  });

  it('that ended while the workers were away is ended before the message that came after, and not again', async () => {
    const id = await say('hi');
    core.clock.advance(40 * MINUTE_MS);
    asked = [];
    await say('back again');
    expect(asked).toEqual(['expired', 'message']);
    expect(await dueTurns(id)).toEqual([]);
  });

  it('does not end under a message that came in time, however late it is handled', async () => {
    const id = await say('hi');
    core.clock.advance(29 * MINUTE_MS);
    await core.accept([textFrom(person(1), 'in time')], 'any');
    core.clock.advance(60 * MINUTE_MS);
    expect(await dueTurns(id)).toEqual(['message']);
    expect(await sessionExists(id)).toBe(true);
  });

  it.each([
    ['an open question or a sleep', { timers: ['q1'], handover: false }],
    ['a person who has taken over', { timers: [], handover: true }],
  ])('does not end behind %s, and gets its whole time afterwards', async (_what, state) => {
    open = state;
    const id = await say('hi');
    expect(await timersSet()).not.toContain(EXPIRY_TOKEN);
    core.clock.advance(4 * MINUTE_MS);
    await core.client.zremrangebyscore(`${P}tm`, '-inf', '+inf');
    core.clock.advance(300 * MINUTE_MS);
    asked = [];
    open = { timers: [], handover: false };
    await say('finally');
    expect(asked).toEqual(['message']);
    expect(await look()).toEqual({ moved: 0, nextInMs: 30 * MINUTE_MS });
    expect(await sessionExists(id)).toBe(true);
  });

  it('of an endpoint whose sessions never end has no timer', async () => {
    minutes = 0;
    const id = await say('hi');
    expect(await timersSet()).toEqual([]);
    expect(await core.client.ttl(`${P}s:${id}`)).toBe(-1);
  });

  it('is collected by Redis when nobody ever comes back for it', async () => {
    const ttl = await core.client.ttl(`${P}s:${await say('hi')}`);
    expect(ttl).toBeGreaterThan(3_590);
    expect(ttl).toBeLessThanOrEqual(3_600);
  });

  it('is not touched by what starts no turn', async () => {
    const id = await say('hi');
    core.clock.advance(20 * MINUTE_MS);
    asked = [];
    const reaction = textFrom(person(1), '');
    reaction.message = { ...reaction.message, type: 'reaction' };
    await core.accept([reaction], 'any');
    await wakeAll(core.client, handleWake, id);
    expect(asked).toEqual([]);
    core.clock.advance(10 * MINUTE_MS);
    expect(await dueTurns(id)).toEqual(['expired']);
  });
});

describe('a timer of a flow', () => {
  it('comes due as an item of the inbox, behind what came before it', async () => {
    open = { timers: ['t1'], handover: false };
    const id = await say('hi');
    core.clock.advance(5 * MINUTE_MS);
    await core.accept([textFrom(person(1), 'just before')], 'any');
    expect(await look()).toEqual({ moved: 1, nextInMs: -1 });
    expect(await look()).toEqual({ moved: 0, nextInMs: -1 });
    expect(await waitingTexts(core.client, id)).toEqual(['just before', 'timer']);
    asked = [];
    await wakeAll(core.client, handleWake, id);
    expect(asked).toEqual(['message', 'timer t1']);
  });

  it('is cancelled with the session that set it', async () => {
    open = { timers: ['t1'], handover: false };
    await say('hi');
    open = { timers: [], handover: false };
    await say('answer');
    expect(await timersSet()).toEqual([EXPIRY_TOKEN]);
  });

  it('wakes an idle conversation, also two hundred and more at once', async () => {
    const members = Array.from({ length: 250 }, (_, i) => [1, `${PHONE}.${String(i).padStart(16, '0')}|t`]).flat();
    await core.client.zadd(`${P}tm`, ...members);
    expect((await look()).moved).toBe(200);
    expect((await look()).moved).toBe(50);
    expect(await core.client.zcard(`${P}pend`)).toBe(250);
    expect(await core.client.llen(`${P}in:wait`)).toBe(250);
  });
});

describe("a lane's keeper", () => {
  const keepers: LaneKeeper[] = [];
  afterEach(async () => {
    await Promise.all(keepers.splice(0).map((keeper) => keeper.stop()));
  });

  function keeper(move: () => Promise<number> = async () => 0, onSwept = () => undefined as unknown): LaneKeeper {
    const made = createLaneKeeper({
      redis: core.client,
      lane: LANE,
      clock: systemClock,
      log: silent,
      move,
      onSwept,
      sweepEveryMs: 30_000,
    });
    keepers.push(made);
    made.start();
    return made;
  }

  it('moves timers when they are due, each once, however many keepers there are', async () => {
    const dueMs = Date.now() + 300;
    await core.client.zadd(`${P}tm`, dueMs, `${PHONE}.AbCdEfGhIjKlMnOp|t1`);
    keeper();
    keeper();
    const inbox = `${P}i:${PHONE}.AbCdEfGhIjKlMnOp`;
    await expect.poll(() => core.client.llen(inbox), { interval: 5, timeout: 5_000 }).toBe(1);
    const [item = ''] = await core.client.lrange(inbox, 0, -1);
    const lateMs = JSON.parse(item.slice(item.indexOf('|') + 1)).at - dueMs;
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(300);
    expect(await core.client.exists(`${P}tm`)).toBe(0);
  });

  it('looks in time for a timer it is told of', async () => {
    const one = keeper();
    // Its first look is over; by itself it would look again in a second.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const dueMs = Date.now() + 150;
    await core.client.zadd(`${P}tm`, dueMs, `${PHONE}.AbCdEfGhIjKlMnOp|t1`);
    one.lookBy(dueMs);
    await expect.poll(() => core.client.exists(`${P}tm`), { interval: 5, timeout: 5_000 }).toBe(0);
    expect(Date.now() - dueMs).toBeLessThan(300);
  });

  it('goes on when something outside the lane fails: timers still move and orphans are still woken', async () => {
    await core.client.rpush(`${P}fx`, '1|{}');
    const accept = acceptorOn(core.client, { clock: systemClock });
    await accept([textFrom(person(1), 'orphan')], 'any');
    await core.client.del(...(await core.client.keys(`${P}in:*`)));
    let swept = 0;
    let tries = 0;
    keeper(
      async () => {
        tries += 1;
        throw new Error('another node is away');
      },
      () => {
        swept += 1;
      },
    );
    await expect.poll(() => swept, { timeout: 5_000 }).toBe(1);
    await expect.poll(() => tries, { timeout: 5_000 }).toBeGreaterThan(1);
  });

  it('carries out all that waits outside the lane without a pause', async () => {
    let left = 450;
    const startedMs = Date.now();
    await core.client.rpush(`${P}fx`, ...Array.from({ length: left }, (_, i) => `${i}|{}`));
    keeper(async () => {
      const moved = Math.min(100, left);
      left -= moved;
      await core.client.lpop(`${P}fx`, moved);
      return moved;
    });
    await expect.poll(() => left, { interval: 10, timeout: 10_000 }).toBe(0);
    expect(Date.now() - startedMs).toBeLessThan(900);
  });
});
