import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isJoined } from '../../../src/conversation/burst.js';
import { createMover } from '../../../src/conversation/effects.js';
import { createTurn } from '../../../src/conversation/turn.js';
import type { TurnEndpoint } from '../../../src/conversation/turn-task.js';
import type { HandleWake } from '../../../src/conversation/wake.js';
import type { FlowVersion } from '../../../src/flow/definition.js';
import { advance } from '../../../src/flow/turn/advance.js';
import { script } from '../../../src/redis/script.js';
import { Conversation, StandingClock } from '../../../src/rehearsal/conversation.js';
import type { JsonObject } from '../../../src/shared/json.js';
import { readItem } from '../../../src/webhook/read-item.js';
import { type Core, ENDPOINT, LANE, ownerOf, silent, startCore, wakeRig } from '../../support/core.js';
import { PHONE, person, textFrom } from '../../support/events.js';
import { type OutboxRig, outboxRig } from '../../support/outbox-rig.js';
import { flowFiles, versionOf } from '../../unit/flow/talk.js';

/** What a contact does, or that time passes: ms. */
type Act = JsonObject | number;
/** What the bot says and when, ms from the beginning. */
type Heard = [atMs: number, text: string][];
type Settings = Pick<TurnEndpoint, 'duringSleep' | 'collectMs'>;

const LIMITS = { stepsPerTurn: 100, flowDepth: 20, maxMemoryBytes: 100_000, messagesPerWake: 10 };

const BOT = versionOf(
  flowFiles({
    welcome: `
handlers:
  reaction: [{ say: "thanks for {{ input.data.emoji }}" }]
  sessionExpired: [{ say: goodbye }]
context: { rounds: 0 }
steps:
  - if: input.type == 'inject'
    then: [{ say: "reminder {{ input.text }} at {{ context.rounds }}" }, { stop: true }]
  - set: { context.rounds: "{{ context.rounds + 1 }}" }
  - say: "[{{ input.type }} {{ input.text }}] {{ context.rounds }}"
  - { inject: { text: tea, in: 4s, name: tea } }
  - { id: nap, sleep: 2s }
  - say: "awake by {{ input.type }} {{ input.text }}"
  - id: ask
    question:
      type: text
      text: Tell me
      collect: 700ms
      timeout: 3s
      onTimeout: [{ say: too late }, { stop: true }]
  - say: "told {{ input.text }}"
  - { id: rest, wait: true }
  - say: "rested by {{ input.type }} {{ input.text }}"
  - { id: nap2, sleep: 1s }
  - say: up again
`,
  }),
);

let core: Core;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());

/** The conversation on Redis: inbox, commit, held heads, timers, mover and outbox as in production; time is told. */
async function onServer(version: FlowVersion, settings: Settings, acts: readonly Act[]): Promise<Heard> {
  await core.client.flushall();
  const rig = outboxRig(core.client, core.clock);
  // Sends take no time here, as in a rehearsal.
  Object.assign(rig.endpoint, { messageDelayMs: 0, throughputPerSec: Number.POSITIVE_INFINITY });
  const beganMs = core.clock.nowMs();
  const { handleWake } = wakeRig(
    core.store,
    core.clock,
    createTurn({
      advance,
      readMessage: readItem,
      versions: { current: () => ({ hash: version.hash, version }), get: async () => version, fate: () => 'keep' },
      performCall: () => Promise.reject(new Error('no calls here')),
      limits: LIMITS,
    }),
    { endpointOf: (number) => (number === PHONE ? { ...ENDPOINT, ...settings } : undefined), joins: isJoined },
  );
  const move = createMover({
    redis: core.client,
    lanes: () => [LANE],
    addDeadLetter: async () => undefined,
    ids: core.ids,
    clock: core.clock,
    log: silent,
  });
  let id: string | undefined;
  for (const act of acts) {
    if (typeof act !== 'number') {
      const event = textFrom(person(1), '');
      const message = { ...event.message, ...act };
      const { messages } = await core.accept([{ ...event, message, type: String(act.type) }], 'any');
      id = messages[0]?.conversationId ?? '';
    }
    const untilMs = core.clock.nowMs() + (typeof act === 'number' ? act : 0);
    for (;;) {
      if (id !== undefined) await workNow(id, handleWake, move, rig);
      const nextMs = Math.min(await nextTimerMs(), id === undefined ? Number.POSITIVE_INFINITY : await wakeMs(id));
      if (nextMs > untilMs) break;
      core.clock.advance(Math.max(0, nextMs - core.clock.nowMs()));
      await script('due').run(core.client, LANE.prefix, [core.clock.nowMs(), 200]);
    }
    core.clock.advance(untilMs - core.clock.nowMs());
  }
  return rig.calls.map(({ text, atMs }) => [atMs - beganMs, text]);
}

/** Does all that jobs which are due would do. */
async function workNow(
  id: string,
  handleWake: HandleWake,
  move: ReturnType<typeof createMover>,
  rig: OutboxRig,
): Promise<void> {
  while ((await wakeMs(id)) <= core.clock.nowMs()) {
    await handleWake(await ownerOf(core.client, id), false);
    await move(LANE);
    while ((await rig.delayOf(id)) !== undefined) await rig.run(id);
  }
}

/** When the job comes that owns the inbox. */
async function wakeMs(id: string): Promise<number> {
  const epoch = await core.client.zscore(`${LANE.prefix}pend`, id);
  if (epoch === null) return Number.POSITIVE_INFINITY;
  const [at, delay] = await core.client.hmget(`${LANE.prefix}in:${id}-${epoch}`, 'timestamp', 'delay');
  return Number(at) + Number(delay);
}

async function nextTimerMs(): Promise<number> {
  const [, dueMs] = await core.client.zrange(`${LANE.prefix}tm`, 0, '0', 'WITHSCORES');
  return dueMs === undefined ? Number.POSITIVE_INFINITY : Number(dueMs);
}

async function inRehearsal(version: FlowVersion, settings: Settings, acts: readonly Act[]): Promise<Heard> {
  const clock = new StandingClock(core.clock.nowMs());
  const beganMs = clock.nowMs();
  const conversation = new Conversation({
    version,
    endpoint: { ...ENDPOINT, ...settings },
    contact: { ...person(1), custom: {} },
    clock,
    limits: LIMITS,
    performCall: () => Promise.reject(new Error('no calls here')),
  });
  for (const act of acts) {
    if (typeof act === 'number') await conversation.pass(act);
    else await conversation.receive(act);
  }
  return conversation.said.map(({ content, atMs }) => [
    atMs - beganMs,
    'text' in content ? String(content.text) : content.type,
  ]);
}

const text = (body: string): JsonObject => ({ type: 'text', text: { body } });
const TAP = { type: 'interactive', interactive: { type: 'button_reply', button_reply: { id: 'x', title: 'tapped' } } };
const PLACE = { type: 'location', location: { latitude: 38.7, longitude: -9.1 } };
const REACTION = { type: 'reaction', reaction: { message_id: 'wamid.any', emoji: '👍' } };

const act = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c').map(text) },
  { weight: 2, arbitrary: fc.constantFrom(TAP, PLACE, REACTION) },
  { weight: 5, arbitrary: fc.constantFrom(1, 200, 500, 699, 700, 1_000, 1_300, 2_000, 3_000, 4_000) },
  { weight: 1, arbitrary: fc.constantFrom(7_000, 31 * 60_000) },
);
const settings: fc.Arbitrary<Settings> = fc.record({
  duringSleep: fc.constantFrom('interrupt', 'queue', 'drop'),
  collectMs: fc.constantFrom(0, 1_000),
});

it('says at every moment what the bot says on a server: sleeps, bursts, timeouts and what comes meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(settings, fc.array(act, { minLength: 2, maxLength: 16 }), async (chosen, acts) => {
      const rehearsed = await inRehearsal(BOT, chosen, acts);
      expect(rehearsed).toEqual(await onServer(BOT, chosen, acts));
    }),
    { numRuns: 100 },
  );
}, 60_000);

it('ends a burst of more than a server takes at once where a server does', async () => {
  const acts: Act[] = [...Array.from({ length: 13 }, (_, n) => text(String(n))), 20_000];
  const chosen: Settings = { collectMs: 1_000, duringSleep: 'queue' };
  const heard = await onServer(BOT, chosen, acts);
  expect(heard[0]).toEqual([1_000, '[text 0\n1\n2\n3\n4\n5\n6\n7\n8\n9] 1']);
  expect(await inRehearsal(BOT, chosen, acts)).toEqual(heard);
});
