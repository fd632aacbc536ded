import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTurn } from '../../../src/conversation/turn.js';
import type { HandleWake } from '../../../src/conversation/wake.js';
import type { FlowEffect, FlowSession, TurnInput, TurnRequest, TurnResult } from '../../../src/flow/turn/turn.js';
import type { Json } from '../../../src/shared/json.js';
import { type Core, LANE, ownerOf, startCore, wakeRig } from '../../support/core.js';
import { person, textFrom } from '../../support/events.js';
import { createSignal } from '../../support/signal.js';

/**
 * Turns that call out between two replies, killed in the middle of the call: the replies before it leave at once, and the
 * run that follows goes on behind them.
 */
let core: Core;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
afterEach(() => core.client.flushall());

const P = LANE.prefix;
const LIMITS = { stepsPerTurn: 100, flowDepth: 20, maxMemoryBytes: 10_000 };
const VERSION: TurnRequest['version'] = {
  hash: 'v1',
  flows: [],
  byName: new Map(),
  remembers: false,
  handles: new Set(),
};

/** What the engine was asked, in order. */
let asked: TurnInput['kind'][];
let keys: string[];
/** what a call does: its answer, or the end of the process */
let answerCall: (key: string) => Promise<Json>;
beforeEach(() => {
  asked = [];
  keys = [];
  answerCall = async (key) => `answer to ${key.split(':')[2]}`;
});

const send = (text: string): FlowEffect => ({
  effect: 'send',
  message: { type: 'text', text },
  flow: 'welcome',
  step: 's',
});

const sessionAt = (at: string): FlowSession => ({
  id: 's',
  startedMs: 0,
  context: {},
  state: { at },
  timers: [],
  handover: false,
});

/** "Looking…" (call 0) "found … looking on…" (call 1) "done". An expired session says farewell with a call, too. */
function advance({ input, session, profile }: TurnRequest): TurnResult {
  asked.push(input.kind);
  const trace = [{ flow: 'welcome', step: input.kind, kind: 'stub', outcome: 'done' }];
  const at = session?.state.at;
  if (input.kind === 'expired') {
    const call = { ordinal: 0, kind: 'http', request: {} };
    return { session: sessionAt('farewell'), effects: [send('time is up')], outcome: 'call', call, trace };
  }
  if (input.kind === 'callResult' && at === 'farewell') {
    return { session: undefined, effects: [send('bye')], outcome: 'ended', trace };
  }
  if (input.kind === 'message') {
    const effects: FlowEffect[] = [
      { effect: 'profile', set: { city: 'Porto' }, unset: [] },
      { effect: 'timer', token: 'reminder', dueMs: 99 },
      { effect: 'log', level: 'info', message: 'began', flow: 'welcome', step: 's' },
      send('looking'),
    ];
    return {
      session: sessionAt('first'),
      effects,
      outcome: 'call',
      call: { ordinal: 0, kind: 'http', request: {} },
      trace,
    };
  }
  if (at === 'first' && input.kind === 'callResult') {
    const said = `${input.result} for ${profile.city}`;
    const call = { ordinal: 1, kind: 'http', request: {} };
    return { session: sessionAt('second'), effects: [send(said)], outcome: 'call', call, trace };
  }
  return { session: sessionAt('end'), effects: [send('done')], outcome: 'waiting', trace };
}

function handler(): HandleWake {
  const takeTurn = createTurn({
    advance,
    readMessage: (item) => ({
      startsTurn: true,
      message: {
        messageId: item.messageId,
        type: 'text',
        text: '',
        data: {},
        attachments: [],
        supported: true,
        whatsapp: item.message,
      },
    }),
    versions: { current: () => ({ hash: 'v1', version: VERSION }), get: async () => VERSION, fate: () => 'keep' },
    performCall(_call, { key }) {
      keys.push(key);
      return answerCall(key);
    },
    limits: LIMITS,
  });
  return wakeRig(core.store, core.clock, takeTurn).handleWake;
}

/** A run whose process is killed inside the n-th call. */
async function runKilledInCall(n: number, conversationId: string): Promise<void> {
  let calls = 0;
  const killed = createSignal();
  const answer = answerCall;
  answerCall = (key) => {
    calls += 1;
    if (calls < n) return answer(key);
    killed.reach();
    return new Promise(() => undefined);
  };
  void handler()(await ownerOf(core.client, conversationId), false);
  await killed.reached;
  answerCall = answer;
}

async function begin(): Promise<string> {
  const { messages } = await core.accept([textFrom(person(1), 'hi')], 'any');
  return messages[0]?.conversationId ?? '';
}

async function repliesIn(conversationId: string): Promise<string[]> {
  const items = await core.client.lrange(`${P}o:${conversationId}`, 0, -1);
  return items.map((item) => JSON.parse(item.slice(item.indexOf('|') + 1)).content.text);
}

const ALL = ['looking', 'answer to 0 for Porto', 'done'];

describe('a turn with calls', () => {
  it('sends what it said before each call, and is one turn', async () => {
    const conversationId = await begin();
    const seen: string[][] = [];
    answerCall = async () => {
      seen.push(await repliesIn(conversationId));
      return 'answer to 0';
    };
    await handler()(await ownerOf(core.client, conversationId), false);
    expect(seen).toEqual([ALL.slice(0, 1), ALL.slice(0, 2)]);
    expect(await repliesIn(conversationId)).toEqual(ALL);
    expect(keys).toEqual([`${conversationId}:1:0`, `${conversationId}:1:1`]);
    expect(await core.client.exists(`${P}ck`, `${P}pend`)).toBe(0);
    const events = (await core.client.xrange(`${P}ev`, '-', '+')).map(([, [, json = '']]) => JSON.parse(json));
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ outcome: 'answered' });
    expect(events[0].steps.map((step: { step: string }) => step.step)).toEqual(['message', 'callResult', 'callResult']);
    expect(await core.client.zscore(`${P}tm`, `${conversationId}|reminder`)).toBe('99');
  });

  it.each([
    ['first', 1, ['message', 'callResult', 'callResult']],
    ['second', 2, ['message', 'callResult', 'callResult']],
  ])(
    'killed in its %s call goes on there: nothing is said twice, the call keeps its key',
    async (_which, n, engine) => {
      const conversationId = await begin();
      await runKilledInCall(n, conversationId);
      expect(await repliesIn(conversationId)).toEqual(ALL.slice(0, n));
      // Until the turn is done, the session is the one from before it.
      expect(await core.client.exists(`${P}s:${conversationId}`)).toBe(0);
      core.clock.advance(20_000);
      await handler()(await ownerOf(core.client, conversationId), true);
      expect(await repliesIn(conversationId)).toEqual(ALL);
      expect(asked).toEqual(engine);
      expect(keys.filter((key) => key.endsWith(`:${n - 1}`))).toEqual(Array(2).fill(`${conversationId}:1:${n - 1}`));
      const session = JSON.parse((await core.client.get(`${P}s:${conversationId}`)) ?? '{}');
      expect(session.flow.state).toEqual({ at: 'end' });
      // The time of a turn is fixed when it begins.
      expect(session.touchedMs).toBe(core.clock.nowMs() - 20_000);
      expect(await core.client.exists(`${P}ck`, `${P}att`, `${P}pend`)).toBe(0);
    },
  );

  it('run by two workers at once (one was thought dead) counts once', async () => {
    const conversationId = await begin();
    const owner = await ownerOf(core.client, conversationId);
    const [frozen, thawed] = [createSignal(), createSignal()];
    let first = true;
    answerCall = async (key) => {
      if (first) {
        first = false;
        frozen.reach();
        await thawed.reached;
      }
      return `answer to ${key.split(':')[2]}`;
    };
    const zombie = handler()(owner, false);
    await frozen.reached;
    await handler()(owner, true);
    thawed.reach();
    await zombie;
    expect(await repliesIn(conversationId)).toEqual(ALL);
    expect(await core.client.exists(`${P}i:${conversationId}`, `${P}ck`)).toBe(0);
  });

  it('whose call fails waits, and the next run makes that call again', async () => {
    const conversationId = await begin();
    let faults = 1;
    answerCall = async (key) => {
      if (key.endsWith(':1') && faults-- > 0) throw new Error('away');
      return `answer to ${key.split(':')[2]}`;
    };
    await handler()(await ownerOf(core.client, conversationId), false);
    expect(await repliesIn(conversationId)).toEqual(ALL.slice(0, 2));
    await handler()(await ownerOf(core.client, conversationId), false);
    expect(await repliesIn(conversationId)).toEqual(ALL);
    expect(asked).toEqual(['message', 'callResult', 'callResult']);
  });
});

it('a message that came too late for its session is answered too when the farewell was cut off', async () => {
  const conversationId = await begin();
  await handler()(await ownerOf(core.client, conversationId), false);
  core.clock.advance(31 * 60_000);
  await core.accept([textFrom(person(1), 'back again')], 'any');
  asked.length = keys.length = 0;
  await runKilledInCall(1, conversationId);
  await handler()(await ownerOf(core.client, conversationId), true);
  expect(asked).toEqual(['expired', 'callResult', 'message', 'callResult', 'callResult']);
  expect((await repliesIn(conversationId)).slice(3)).toEqual(['time is up', 'bye', ...ALL]);
  // Of two calls that count from zero, each has a key of its own.
  expect([...new Set(keys)]).toEqual([`${conversationId}:2:x0`, `${conversationId}:2:0`, `${conversationId}:2:1`]);
});
