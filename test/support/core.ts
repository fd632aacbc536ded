import { Redis } from 'ioredis';
import { type Logger, pino } from 'pino';
import type { Contact } from '../../src/conversation/conversation.js';
import type { ObservedTurn } from '../../src/conversation/observed-turn.js';
import { type ConversationStore, createRedisConversationStore, type Ownership } from '../../src/conversation/store.js';
import type { TakeTurn, TurnDraft, TurnEndpoint } from '../../src/conversation/turn-task.js';
import { createWakeHandler, type HandleWake, type WakeDeps } from '../../src/conversation/wake.js';
import { type Accept, type AcceptorDeps, createAcceptor } from '../../src/inbound/accept.js';
import { createIds, type Ids } from '../../src/inbound/ids.js';
import type { RedisClient } from '../../src/redis/connections.js';
import { type Lane, laneNamed } from '../../src/redis/lane.js';
import type { Clock } from '../../src/shared/clock.js';
import { encodeOutboxItem, type OutboxItem } from '../../src/shared/outbox-item.js';
import { INSTALL_ID, PHONE } from './events.js';
import { FakeClock } from './fake-clock.js';
import { startTestRedis, type TestRedis, type TestRedisOptions } from './redis.js';

export const silent: Logger = pino({ level: 'silent' });
export const EVENTS_KEPT = 1_000;
export const LANE = laneNamed('0');
export const ENDPOINT: TurnEndpoint = {
  id: 'welcome',
  flow: 'welcome',
  locale: 'en',
  timeZone: 'UTC',
  messageDelayMs: 0,
  sessionExpirationMinutes: 30,
  fallback: 'Something went wrong.',
  env: {},
  secrets: {},
  llm: {},
};

/** The parts of the inbox and of conversations, on one real Redis and a clock that stands still. */
export interface Core {
  redis: TestRedis;
  client: Redis;
  clock: FakeClock;
  ids: Ids;
  accept: Accept;
  store: ConversationStore;
  stop(): Promise<void>;
}

export async function startCore(options: TestRedisOptions = {}): Promise<Core> {
  const redis = await startTestRedis(options);
  const client = new Redis(redis.url, { maxRetriesPerRequest: null });
  // A test that ends its Redis means to.
  client.on('error', () => undefined);
  const clock = new FakeClock();
  return {
    redis,
    client,
    clock,
    ids: createIds('salt'),
    accept: acceptorOn(client, { clock }),
    store: createRedisConversationStore(client, EVENTS_KEPT),
    async stop() {
      client.disconnect();
      await redis.stop();
    },
  };
}

/** Accepts for one number on one lane, unless told otherwise. */
export function acceptorOn(redis: RedisClient, other: Partial<AcceptorDeps> = {}): Accept {
  return createAcceptor({
    redis,
    ids: createIds('salt'),
    installId: INSTALL_ID,
    clock: new FakeClock(),
    laneOf: (phoneNumberId) => (phoneNumberId === PHONE ? LANE : undefined),
    numbersOf: () => [PHONE],
    retention: { dedupeSec: 9 * 86_400, statusSec: 30 * 86_400, eventsPerLane: EVENTS_KEPT },
    ...other,
  });
}

/** The job that owns a conversation's inbox (or outbox) now, as its worker would name it. */
export async function ownerOf(
  client: RedisClient,
  conversationId: string,
  side: 'pend' | 'opend' = 'pend',
  lane: Lane = LANE,
): Promise<Ownership> {
  const epoch = await client.zscore(`${lane.prefix}${side}`, conversationId);
  if (epoch === null) throw new Error('nobody owns this conversation');
  return { lane, conversationId, epoch: Number(epoch) };
}

/** Runs the wakes of an inbox as a worker would, one after the other, until it is empty or `times` are done. */
export async function wakeAll(
  client: RedisClient,
  handleWake: HandleWake,
  conversationId: string,
  { times = 100, crashedBefore = false } = {},
): Promise<number> {
  for (let done = 0; done < times; done++) {
    if ((await client.zscore(`${LANE.prefix}pend`, conversationId)) === null) return done;
    await handleWake(await ownerOf(client, conversationId), crashedBefore);
  }
  return times;
}

export interface WakeRig {
  handleWake: HandleWake;
  turns: ObservedTurn[];
  /** `owner` told of: timers set, effects left */
  timers: number[];
}

/** A wake handler around `takeTurn` with everything else as in production, but small limits. */
export function wakeRig(
  store: ConversationStore,
  clock: Clock,
  takeTurn: TakeTurn,
  other: Partial<WakeDeps> = {},
): WakeRig {
  const turns: ObservedTurn[] = [];
  const timers: number[] = [];
  const handleWake = createWakeHandler({
    store,
    takeTurn,
    endpointOf: (phoneNumberId) => (phoneNumberId === PHONE ? ENDPOINT : undefined),
    hasOtherLanes: () => false,
    adoptContact: () => Promise.reject(new Error('there are no other lanes')),
    joins: ({ message }) => message.type === 'text',
    files: { look: async () => ({ attachments: new Map() }) },
    onTaken: () => undefined,
    onPause: () => undefined,
    onTimer: (_owner, dueMs) => void timers.push(dueMs),
    onEffects: () => undefined,
    keep: () => undefined,
    observe: (turn) => void turns.push(turn),
    clock,
    log: silent,
    limits: {
      messagesPerWake: 10,
      wakeBudgetMs: 60_000,
      maxFailures: 3,
      noEndpointRetryMs: 1_000,
      maxCrashes: 5,
      sessionGcSec: 3_600,
    },
    ...other,
  });
  return { handleWake, turns, timers };
}

/** What a turn that changes nothing leaves behind. */
export function quietDraft(contact: Contact, other: Partial<TurnDraft> = {}): TurnDraft {
  return {
    outcome: 'waiting',
    session: undefined,
    contact,
    contactSet: [],
    contactUnset: [],
    contactAppend: [],
    timers: [],
    cancelTimers: [],
    replies: [],
    elsewhere: [],
    logs: [],
    tracks: [],
    blind: false,
    trace: [],
    ...other,
  };
}

/** An outbox item that says `text`. */
export function replyOf(text: string, committedMs = 0): string {
  return encodeOutboxItem({
    content: { type: 'text', text },
    waId: '351910000001',
    committedMs,
    flow: 'welcome',
    step: 'steps[0]',
  });
}

/** An outbox item that says `text` and leaves as `parts` say. */
export function replyWith(parts: Partial<OutboxItem>, text = 'text'): string {
  return encodeOutboxItem({
    content: { type: 'text', text },
    waId: '351910000001',
    committedMs: 0,
    flow: 'welcome',
    step: 'steps[0]',
    ...parts,
  });
}

/** The text bodies of an inbox, from its head. */
export async function waitingTexts(client: RedisClient, conversationId: string, lane: Lane = LANE): Promise<string[]> {
  const items = await client.lrange(`${lane.prefix}i:${conversationId}`, 0, -1);
  return items.map((item) => JSON.parse(item.slice(item.indexOf('|') + 1)).m?.text?.body ?? 'timer');
}

/** Every key of a Redis with its value, to compare two moments: nothing changed, or what exactly did. */
export async function snapshot(client: Redis, pattern = '*'): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const key of (await client.keys(pattern)).sort()) all[key] = (await client.dumpBuffer(key)).toString('hex');
  return all;
}
