import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isJoined } from '../../../src/conversation/burst.js';
import { createMover, hubKey, type MoverDeps } from '../../../src/conversation/effects.js';
import { createTurn } from '../../../src/conversation/turn.js';
import type { TurnEndpoint } from '../../../src/conversation/turn-task.js';
import type { HandleWake } from '../../../src/conversation/wake.js';
import { advance } from '../../../src/flow/turn/advance.js';
import { laneNamed } from '../../../src/redis/lane.js';
import { asList, script } from '../../../src/redis/script.js';
import { readMessage } from '../../../src/webhook/read-message.js';
import { startsTurn } from '../../../src/webhook/starts-turn.js';
import { type Core, ENDPOINT, LANE, ownerOf, silent, startCore, wakeAll, wakeRig } from '../../support/core.js';
import { PHONE, person, textFrom } from '../../support/events.js';
import { type OutboxRig, outboxRig } from '../../support/outbox-rig.js';
import { flowFiles, versionOf } from '../../unit/flow/talk.js';

/** The engine, the wake handler, the outbox and the mover on a real Redis; time is told. */
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

function bot(steps: string, settings: Partial<TurnEndpoint> = {}): HandleWake {
  const version = versionOf(flowFiles({ welcome: `steps:\n${steps}` }));
  const takeTurn = createTurn({
    advance,
    readMessage({ message, messageId }) {
      const event = { type: String(message.type), message, messageId };
      return { message: readMessage(event), startsTurn: startsTurn(event) };
    },
    versions: { current: () => ({ hash: 'v1', version }), get: async () => version, fate: () => 'keep' },
    performCall: () => Promise.reject(new Error('no calls here')),
    limits: { stepsPerTurn: 100, flowDepth: 20, maxMemoryBytes: 100_000 },
  });
  return wakeRig(core.store, core.clock, takeTurn, {
    endpointOf: (number) => (number === PHONE ? { ...ENDPOINT, ...settings } : undefined),
    joins: isJoined,
  }).handleWake;
}

async function receive(text: string, n = 1, other: object = {}): Promise<string> {
  const event = textFrom(person(n), text);
  const { messages } = await core.accept([{ ...event, message: { ...event.message, ...other } }], 'any');
  return messages[0]?.conversationId ?? '';
}

async function say(handleWake: HandleWake, text: string, n = 1): Promise<string> {
  const id = await receive(text, n);
  await wakeAll(core.client, handleWake, id);
  return id;
}

/** Runs the job that owns the inbox now, once. */
const wakeOnce = async (handleWake: HandleWake, id: string) => handleWake(await ownerOf(core.client, id), false);

async function look(): Promise<number[]> {
  return asList(await script('due').run(core.client, P, [core.clock.nowMs(), 200])).map(Number);
}

function moverOf(other: Partial<MoverDeps> = {}): ReturnType<typeof createMover> {
  return createMover({
    redis: core.client,
    lanes: () => [LANE],
    addDeadLetter: async () => undefined,
    ids: core.ids,
    clock: core.clock,
    log: silent,
    ...other,
  });
}

/** What waits in an outbox, without being sent. */
async function replies(id: string): Promise<string[]> {
  const items = await core.client.lrange(`${P}o:${id}`, 0, -1);
  return items.map((item) => JSON.parse(item.slice(item.indexOf('|') + 1)).content.text);
}

const conversationOf = async (n: number) => {
  const id = await receive('', n);
  await core.client.del(`${P}i:${id}`, `${P}pend`);
  return id;
};

describe('what a flow starts elsewhere', () => {
  const INJECTS = `
- if: input.type == 'inject'
  then: [{ say: "heard {{ input.text }} {{ input.data.n }}" }, { stop: true }]
- inject: { text: "from {{ input.text }}", data: { n: 1 }, to: { waId: "351910000002" } }
- notify: { say: hello there, to: { waId: "351910000002" } }`;

  it('comes to a contact by number, in order, also to one who never wrote', async () => {
    const handleWake = bot(INJECTS);
    await say(handleWake, 'Ana');
    expect(await moverOf()(LANE)).toBe(2);
    const [, other = ''] = (await core.client.keys(`${P}i:*`))[0]?.split('i:') ?? [];
    await wakeAll(core.client, handleWake, other);
    expect(await replies(other)).toEqual(['heard from Ana 1', 'hello there']);
    const [item = ''] = await core.client.lrange(`${P}o:${other}`, 0, 0);
    expect(JSON.parse(item.slice(item.indexOf('|') + 1))).toMatchObject({ waId: '351910000002' });
    // When the contact writes at last, it is the same conversation.
    expect((await core.accept([textFrom(person(2), 'hi')], 'any')).messages[0]?.conversationId).toBe(other);
  });

  it('comes once when the mover is killed between the inbox and its list, and when several movers run', async () => {
    const handleWake = bot(INJECTS);
    await say(handleWake, 'Ana');
    const dying = Object.create(core.client, {
      lrem: { value: () => Promise.reject(new Error('killed')) },
    });
    await expect(moverOf({ redis: dying })(LANE)).rejects.toThrow('killed');
    await Promise.all([moverOf()(LANE), moverOf()(LANE), moverOf()(LANE)]);
    const [, other = ''] = (await core.client.keys(`${P}i:*`))[0]?.split('i:') ?? [];
    await wakeAll(core.client, handleWake, other);
    expect(await replies(other)).toEqual(['heard from Ana 1', 'hello there']);
    expect(await core.client.llen(`${P}fx`)).toBe(0);
  });

  it("is put into nobody else's conversation when the contact is unknown", async () => {
    await say(bot('- notify: { say: x, to: { contactId: AbCdEfGhIjKlMnOp } }'), 'Ana');
    expect(await moverOf()(LANE)).toBe(1);
    expect(await core.client.keys(`${P}i:*`)).toEqual([]);
  });

  it('waits for its time, survives a restart, and leaves nothing behind', async () => {
    const handleWake = bot(`
- if: input.type == 'inject'
  then: [{ say: "time for {{ input.text }}" }, { stop: true }]
- inject: { text: tea, in: 5m }`);
    const id = await say(handleWake, 'Hi');
    await moverOf()(LANE);
    expect(await look()).toEqual([0, expect.any(Number), 0]);
    core.clock.advance(5 * 60_000);
    expect((await look())[0]).toBe(1);
    await wakeAll(core.client, handleWake, id);
    expect(await replies(id)).toEqual(['time for tea']);
    expect(await core.client.exists(`${P}sch`)).toBe(0);
  });

  it('is replaced and taken back by its name', async () => {
    const handleWake = bot(`
- lookup: "{{ input.text }}"
  cases:
    stop: [{ notify: { cancel: reminder } }]
  otherwise: [{ notify: { say: "{{ input.text }}", in: 1h, name: reminder } }]`);
    const id = await say(handleWake, 'first');
    await say(handleWake, 'second');
    await moverOf()(LANE);
    core.clock.advance(3_600_000);
    await look();
    await wakeAll(core.client, handleWake, id);
    expect(await replies(id)).toEqual(['second']);
    await say(handleWake, 'third');
    await say(handleWake, 'stop');
    await moverOf()(LANE);
    expect(await core.client.exists(`${P}sch`)).toBe(0);
    core.clock.advance(3_600_000);
    await look();
    await wakeAll(core.client, handleWake, id);
    expect(await replies(id)).toEqual(['second']);
  });

  it('ends when turns start each other without a pause', async () => {
    const handleWake = bot('- inject: { text: again }\n- say: round');
    const id = await say(handleWake, 'Hi');
    for (let moved = 1; moved > 0; ) {
      moved = await moverOf()(LANE);
      await wakeAll(core.client, handleWake, id);
    }
    expect(await replies(id)).toHaveLength(21);
  });
});

describe('a list of a profile', () => {
  it('keeps what several conversations put behind it at once, here and in other lanes', async () => {
    const there = laneNamed('1');
    const handleWake = bot('- append: { profile.seen: "{{ input.text }}" }');
    const id = await conversationOf(1);
    const contact = id.split('.')[1] ?? '';
    await core.client.hset(`${P}c:${contact}`, '@waId', '351910000001', 'seen', '[]');
    await core.client.hset(`${there.prefix}c:${contact}`, '@waId', '351910000001', 'seen', '["there"]');
    const version = await core.client.hget(`${P}c:${contact}`, 'seen');
    expect(version).toBe('[]');
    await say(handleWake, 'a');
    // Another conversation of the contact has put something there meanwhile.
    await core.client.hset(`${P}c:${contact}`, 'seen', '["a","other"]');
    await say(handleWake, 'b');
    expect(await core.client.hget(`${P}c:${contact}`, 'seen')).toBe('["a","other","b"]');
    const effect = { effect: 'profile', contactId: contact, set: [], unset: [], append: [['seen', '"b","c"']] };
    await core.client.rpush(`${P}fx`, `7|${JSON.stringify(effect)}`);
    await moverOf({ lanes: () => [LANE, there] })(LANE);
    expect(await core.client.hget(`${there.prefix}c:${contact}`, 'seen')).toBe('["there","b","c"]');
    expect(await core.client.hget(hubKey(contact), 'seen')).toBe('["b","c"]');
  });
});

describe('a message during a sleep', () => {
  const SLEEPS = `
- say: "good night {{ input.text }}"
- { id: nap, sleep: 10s }
- say: "awake {{ input.type }}"
- { id: w, wait: true }
- say: "heard {{ input.text }}"`;

  it('ends it, unless the endpoint says otherwise', async () => {
    const handleWake = bot(SLEEPS);
    const id = await say(handleWake, 'a');
    await say(handleWake, 'b');
    expect(await replies(id)).toEqual(['good night a', 'awake text']);
  });

  it('is dropped where it is to be, and told', async () => {
    const handleWake = bot(SLEEPS, { duringSleep: 'drop' });
    const id = await say(handleWake, 'a');
    await say(handleWake, 'b');
    core.clock.advance(10_000);
    await look();
    await wakeAll(core.client, handleWake, id);
    expect(await replies(id)).toEqual(['good night a', 'awake timer']);
    const events = (await core.client.xrange(`${P}ev`, '-', '+')).map(([, [, json = '']]) => JSON.parse(json));
    expect(events.map(({ outcome }) => outcome)).toEqual(['answered', 'dropped', 'answered']);
  });

  it('waits for its end where it is to wait, and all keep their order', async () => {
    const handleWake = bot(SLEEPS, { duringSleep: 'queue' });
    const id = await say(handleWake, 'a');
    await receive('b');
    await wakeOnce(handleWake, id);
    await receive('c');
    expect(await replies(id)).toEqual(['good night a']);
    core.clock.advance(10_000);
    expect((await look())[0]).toBe(1);
    await wakeOnce(handleWake, id);
    expect(await replies(id)).toEqual(['good night a', 'awake timer', 'heard b', 'good night c']);
    expect(await core.client.exists(`${P}held`)).toBe(0);
  });

  it('waits also when the sleep ends while it is put aside', async () => {
    const handleWake = bot(SLEEPS, { duringSleep: 'queue' });
    const id = await say(handleWake, 'a');
    await receive('b');
    core.clock.advance(10_000);
    // The timer is behind the message in the inbox.
    await look();
    await wakeAll(core.client, handleWake, id);
    expect(await replies(id)).toEqual(['good night a', 'awake timer', 'heard b']);
  });
});

describe('messages that follow each other closely', () => {
  const ECHO = '- say: "[{{ input.text }}]"';

  it('are one input when nothing came for a while; the answer is to the last', async () => {
    const handleWake = bot(ECHO, { collectMs: 1_500 });
    const id = await receive('one');
    await wakeOnce(handleWake, id);
    core.clock.advance(1_000);
    await receive('two');
    await wakeOnce(handleWake, id);
    core.clock.advance(1_499);
    await wakeOnce(handleWake, id);
    expect(await replies(id)).toEqual([]);
    core.clock.advance(1);
    await wakeOnce(handleWake, id);
    expect(await replies(id)).toEqual(['[one\ntwo]']);
    expect(await core.client.exists(`${P}i:${id}`, `${P}pend`)).toBe(0);
    const [item = ''] = await core.client.lrange(`${P}o:${id}`, 0, 0);
    const events = await core.client.xrange(`${P}ev`, '-', '+');
    expect(events).toHaveLength(1);
    expect(JSON.parse(item.slice(item.indexOf('|') + 1)).answersWamid).toMatch(/^wamid\./);
  });

  it('are not lost when the worker dies with them in its hands', async () => {
    const id = await receive('one');
    await receive('two');
    core.clock.advance(5_000);
    const dying = wakeRig(core.store, core.clock, () => new Promise(() => undefined), {
      endpointOf: () => ({ ...ENDPOINT, collectMs: 1_000 }),
    });
    void dying.handleWake(await ownerOf(core.client, id), false);
    await wakeAll(core.client, bot(ECHO, { collectMs: 1_000 }), id);
    expect(await replies(id)).toEqual(['[one\ntwo]']);
  });

  it('are collected for one question only, and a tap is not', async () => {
    const handleWake = bot(`
- { id: q, question: { type: text, text: Tell me, collect: 2s } }
- say: "[{{ input.text }}]"
- { id: w, wait: true }
- say: "({{ input.text }})"`);
    const id = await say(handleWake, 'Hi');
    await receive('a');
    await wakeOnce(handleWake, id);
    expect(await replies(id)).toEqual(['Tell me']);
    await receive('b');
    core.clock.advance(2_000);
    await wakeOnce(handleWake, id);
    await say(handleWake, 'c');
    expect(await replies(id)).toEqual(['Tell me', '[a\nb]', '(c)']);
  });
});

describe('the time to answer a question', () => {
  const ASKS = `
- say: one
- { id: q, question: { type: text, text: two, timeout: 10s, onTimeout: [{ say: too late }] } }`;
  const dueInMs = async () =>
    Number((await core.client.zrange(`${P}tm`, 0, '0', 'WITHSCORES'))[1]) - core.clock.nowMs();

  it('begins when its message was sent, however long that took', async () => {
    const handleWake = bot(ASKS);
    const id = await say(handleWake, 'Hi');
    expect(await dueInMs()).toBeGreaterThan(86_400_000);
    core.clock.advance(60_000);
    expect(await look()).toEqual([0, expect.any(Number), 0]);
    await rig.run(id);
    expect(await dueInMs()).toBeGreaterThan(80_000_000);
    rig.answers.push(async () => {
      core.clock.advance(30_000);
      return { outcome: 'sent', wamid: 'wamid.x' };
    });
    await rig.run(id);
    expect([await dueInMs(), rig.timers]).toEqual([10_000, [core.clock.nowMs() + 10_000]]);
    core.clock.advance(10_000);
    expect((await look())[0]).toBe(1);
    await wakeAll(core.client, handleWake, id);
    expect(await replies(id)).toEqual(['too late']);
  });

  it('begins when its message was given up, too', async () => {
    const id = await say(bot(ASKS), 'Hi');
    await rig.run(id);
    rig.answers.push({ outcome: 'rejected', reason: 'not_allowed', code: 131_051, mayHaveBeenSent: false });
    await rig.run(id);
    expect(await dueInMs()).toBe(10_000);
  });

  it('does not begin for a question that was answered before its message went out', async () => {
    const handleWake = bot(ASKS);
    const id = await say(handleWake, 'Hi');
    await say(handleWake, 'quick');
    const before = await core.client.zrange(`${P}tm`, 0, '-1');
    await rig.run(id);
    await rig.run(id);
    expect(await core.client.zrange(`${P}tm`, 0, '-1')).toEqual(before);
  });

  it('ends at last when the message never leaves', async () => {
    const handleWake = bot(ASKS);
    const id = await say(handleWake, 'Hi');
    core.clock.advance(86_400_000 + 11_000);
    expect((await look())[0]).toBe(1);
    await wakeAll(core.client, handleWake, id);
    expect(await replies(id)).toEqual(['one', 'two', 'too late']);
  });
});
