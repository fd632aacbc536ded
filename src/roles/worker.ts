import type { Worker } from 'bullmq';
import type { CallHandler } from '../calls/perform-call.js';
import { createAdopter } from '../conversation/adopt-contact.js';
import { isJoined } from '../conversation/burst.js';
import { parseConversationId } from '../conversation/conversation.js';
import { createDeadLetterOffice, createDeadLetterReplay, isDeadLetter } from '../conversation/dead-letters.js';
import { createMover } from '../conversation/effects.js';
import { createLaneKeeper, type LaneKeeper } from '../conversation/keeper.js';
import type { TurnVersions } from '../conversation/session-version.js';
import { createRedisConversationStore } from '../conversation/store.js';
import { createTranscripts, type TranscriptEntry } from '../conversation/transcript.js';
import { createTurn } from '../conversation/turn.js';
import { createWakeHandler } from '../conversation/wake.js';
import type { Endpoint } from '../endpoint/endpoint.js';
import { advance } from '../flow/turn/advance.js';
import { createIds } from '../inbound/ids.js';
import { asQuarantined, createQuarantineReplay } from '../inbound/quarantine.js';
import type { Sweep } from '../media/keep-swept.js';
import type { MediaStore } from '../media/store.js';
import { createUploads } from '../media/uploads.js';
import { createRedisOutbox } from '../outbound/outbox.js';
import { createReceipts } from '../outbound/receipts.js';
import { createSender } from '../outbound/send.js';
import { createTemplateBook } from '../outbound/template-book.js';
import { createTemplateKeeper } from '../outbound/template-keeper.js';
import { callOptions, createMetaSend } from '../outbound/to-meta.js';
import type { Lane } from '../redis/lane.js';
import { createParkedWorker } from '../redis/parked-queue.js';
import { createWakeWorker } from '../redis/wake-worker.js';
import { readEvents } from '../webhook/read-events.js';
import { readItem } from '../webhook/read-item.js';
import { startsTurn } from '../webhook/starts-turn.js';
import { openAcceptor } from './acceptor.js';
import { openCalls } from './calls.js';
import { createClients } from './clients.js';
import { openContactFiles } from './media.js';
import type { Platform } from './platform.js';

const DAY_SEC = 86_400;
/** Who does not write within a month has forgotten what it was about. */
const PARKED_SEC = 30 * DAY_SEC;
/** A wake-up that took this long lets other conversations go first. */
const WAKE_BUDGET_MS = 50;
const NO_ENDPOINT_RETRY_MS = 60_000;
const SWEEP_EVERY_MS = 30_000;
const TEMPLATE_NEWS_EVERY_MS = 2_000;
const TEMPLATES_EVERY_MS = 3_600_000;
/** A typing indicator shorter than this is a flicker. */
const SHORTEST_TYPING_MS = 300;

/** Well before the process ends itself. */
const CALLS_END_WITHIN_MS = 4_000;

export interface RunningWorker {
  stop(): Promise<void>;
}

/** The worker role: turns, sends, timers, what operators replay, and what is swept. Any number of them may run. */
export function startWorker(
  platform: Platform,
  mediaStore: MediaStore,
  versions: TurnVersions,
  sweeps: readonly Sweep[],
): RunningWorker {
  const { config, clock, redis, metrics } = platform;
  const { conversation, outbound, retention } = config;
  const clients = createClients(config.cloudApi);
  const transcripts = createTranscripts(redis);
  const transcribe = (lane: Lane, conversationId: string, minutes: number, entry: TranscriptEntry): void => {
    transcripts.add(lane, conversationId, minutes, entry).catch((err: unknown) => {
      platform.log.warn({ err, conversationId }, 'transcript misses a turn');
    });
  };
  const calls = openCalls(platform, keepCalls(platform, transcribe));
  const receipts = createReceipts(clients.of);
  const keepers = new Map<string, LaneKeeper>();
  const endpointOf = (phoneNumberId: string): Endpoint | undefined => {
    const endpoint = platform.endpoints.byPhoneNumberId(phoneNumberId);
    return endpoint?.enabled ? endpoint : undefined;
  };
  const files = openContactFiles(platform, mediaStore, clients.of, endpointOf, sweeps);

  const handleWake = createWakeHandler({
    store: createRedisConversationStore(redis, retention.eventsPerLane),
    takeTurn: createTurn({
      advance,
      readMessage: readItem,
      versions,
      performCall: calls.performCall,
      limits: conversation,
    }),
    endpointOf,
    files,
    joins: isJoined,
    hasOtherLanes: () => platform.lanes.length > 1,
    adoptContact: createAdopter(redis),
    onTaken(_endpoint, phoneNumberId, wamid, message) {
      const endpoint = endpointOf(phoneNumberId);
      if (endpoint === undefined) return;
      const type = typeof message.type === 'string' ? message.type : '';
      receipts.taken(endpoint, wamid, startsTurn({ type, message }, endpoint.startsTurn));
    },
    onPause(_endpoint, phoneNumberId, wamid) {
      const endpoint = endpointOf(phoneNumberId);
      if (endpoint !== undefined) receipts.typing(endpoint, wamid, true);
    },
    keep: ({ lane, conversationId }, minutes, turn) => transcribe(lane, conversationId, minutes, turn),
    onTimer: ({ lane }, dueMs) => keepers.get(lane.name)?.lookBy(dueMs),
    onEffects: ({ lane }) => keepers.get(lane.name)?.lookBy(clock.nowMs()),
    observe({ endpoint, kind, outcome, waitedMs, tookMs, flowFailed }) {
      metrics.turns.inc({ endpoint, kind, outcome });
      metrics.turnSeconds.observe({ endpoint }, tookMs / 1000);
      metrics.waitSeconds.observe({ endpoint }, waitedMs / 1000);
      if (flowFailed) metrics.flowFailures.inc({ endpoint });
    },
    clock,
    log: platform.log.child({ component: 'conversation' }),
    limits: {
      messagesPerWake: conversation.messagesPerWake,
      wakeBudgetMs: WAKE_BUDGET_MS,
      maxFailures: conversation.maxInfrastructureFailures,
      noEndpointRetryMs: NO_ENDPOINT_RETRY_MS,
      maxCrashes: conversation.poisonAfterCrashes,
      sessionGcSec: retention.sessionGcDays * DAY_SEC,
    },
  });

  const uploads = createUploads<Endpoint>({
    store: mediaStore,
    redis,
    clientFor: clients.of,
    timeoutMs: config.media.uploadTimeoutMs,
  });
  const templates = createTemplateBook<Endpoint>({ redis, clientFor: clients.of, callOptions, clock });
  const templateKeeper = createTemplateKeeper({
    redis,
    book: templates,
    accounts: () => platform.endpoints.all.filter(({ enabled }) => enabled),
    log: platform.log.child({ component: 'outbound' }),
    lookEveryMs: TEMPLATE_NEWS_EVERY_MS,
    syncEveryMs: TEMPLATES_EVERY_MS,
  });
  templateKeeper.start();
  const sendToMeta = createMetaSend<Endpoint>({
    clientFor: clients.of,
    uploads,
    templates,
    installId: platform.install.id,
  });
  const handleSend = createSender<Endpoint>({
    outbox: createRedisOutbox(redis, {
      uncertainGraceMs: outbound.uncertainGraceMs,
      pauseProbeMs: outbound.pausedRetryMs,
      statusSec: retention.statusDays * DAY_SEC,
      parkedSec: PARKED_SEC,
      eventsPerLane: retention.eventsPerLane,
    }),
    endpointOf,
    send: (endpoint, item, oid, contactId, attempt) => sendToMeta(endpoint, { item, oid, contactId, attempt }),
    isMarketing: async (endpoint, template) => (await templates.categoryOf(endpoint, template)) === 'MARKETING',
    onLeaving(endpoint, { answersWamid, delivery }) {
      if (answersWamid !== undefined && delivery?.markRead) receipts.read(endpoint, answersWamid);
    },
    onMoreToCome(endpoint, { answersWamid, typingNext = false }, pauseMs) {
      if (answersWamid !== undefined && pauseMs >= SHORTEST_TYPING_MS)
        receipts.typing(endpoint, answersWamid, typingNext);
    },
    onTimer: ({ lane }, dueMs) => keepers.get(lane.name)?.lookBy(dueMs),
    observe({ endpoint, outcome, reason, tookMs }) {
      metrics.sends.inc({ endpoint, outcome, reason });
      if (tookMs > 0) metrics.sendSeconds.observe({ endpoint }, tookMs / 1000);
    },
    clock,
    log: platform.log.child({ component: 'outbound' }),
    pairBudget: {
      pairIntervalMs: outbound.pairRate.enabled ? outbound.pairRate.intervalMs : 0,
      pairBurst: outbound.pairRate.burst,
    },
    limits: { ...outbound, pauseProbeMs: outbound.pausedRetryMs },
  });

  const move = createMover({
    redis,
    lanes: () => platform.lanes,
    addDeadLetter: createDeadLetterOffice(platform.parked.dead),
    ids: createIds(platform.install.salt),
    clock,
    log: platform.log.child({ component: 'conversation' }),
  });
  const common = {
    connection: redis,
    lockMs: conversation.lockMs,
    stalledCheckMs: conversation.stalledCheckMs,
    log: platform.log,
  };
  const workers: Worker[] = [];

  /** Listens to the lanes there are; one it listens to already goes on as it is. */
  function listenToLanes(): void {
    for (const lane of platform.lanes) {
      if (keepers.has(lane.name)) continue;
      const keeper = createLaneKeeper({
        redis,
        lane,
        clock,
        log: platform.log.child({ component: 'conversation' }),
        move,
        onSwept({ inbound, outbound: sends }) {
          metrics.orphansWoken.inc({ side: 'inbound' }, inbound);
          metrics.orphansWoken.inc({ side: 'outbound' }, sends);
        },
        sweepEveryMs: SWEEP_EVERY_MS,
      });
      keepers.set(lane.name, keeper);
      keeper.start();
      workers.push(
        createWakeWorker({
          ...common,
          lane,
          queue: 'in',
          concurrency: conversation.concurrency,
          handle: ({ crashedBefore, ...owner }) => handleWake(owner, crashedBefore),
        }),
        createWakeWorker({ ...common, lane, queue: 'out', concurrency: outbound.concurrency, handle: handleSend }),
      );
    }
  }

  let stopping = false;
  listenToLanes();
  platform.onTakenOn(() => {
    if (!stopping) listenToLanes();
  });
  const parkedCommon = { connection: redis, keepDays: retention.deadLetterDays, log: platform.log };
  workers.push(
    createParkedWorker({
      ...parkedCommon,
      name: 'dead',
      reasonOf: (data) => (isDeadLetter(data) ? `${data.reason}: ${data.detail}` : 'unreadable'),
      replay: createDeadLetterReplay(redis, clock),
    }),
    createParkedWorker({
      ...parkedCommon,
      name: 'quarantine',
      reasonOf: (data) => asQuarantined(data)?.event.reason ?? 'unreadable',
      replay: createQuarantineReplay({ accept: openAcceptor(platform, redis), readEvents }),
    }),
  );
  platform.log.info({ lanes: platform.lanes.length }, 'worker started');

  return {
    async stop() {
      stopping = true;
      await Promise.all([...keepers.values()].map((keeper) => keeper.stop()));
      // A flow's call may take longer than the process has left: then its turn is another worker's.
      const giveUp = setTimeout(() => void calls.close(), CALLS_END_WITHIN_MS);
      await Promise.allSettled(workers.map((worker) => worker.close()));
      clearTimeout(giveUp);
      // Behind the turns: one of them may just have begun a download.
      await files.stop();
      await templateKeeper.stop();
      await Promise.allSettled([calls.close(), clients.close()]);
    },
  };
}

/** Calls of conversations whose endpoint keeps transcripts are kept with them: to play one again takes the answers. */
function keepCalls(
  { endpoints, laneOf }: Platform,
  transcribe: (lane: Lane, conversationId: string, minutes: number, entry: TranscriptEntry) => void,
): (kind: 'http' | 'llm', handler: CallHandler) => CallHandler {
  return (kind, handler) => async (request, around) => {
    const result = await handler(request, around);
    const minutes = around.blind ? 0 : (endpoints.byId(around.endpoint.id)?.transcriptMinutes ?? 0);
    const [conversationId = '', seq = ''] = around.key.split(':');
    const lane = laneOf.get(parseConversationId(conversationId).phoneNumberId);
    if (minutes > 0 && lane !== undefined) {
      transcribe(lane, conversationId, minutes, { k: 'call', seq, kind, request, result });
    }
    return result;
  };
}
