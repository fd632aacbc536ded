import type { Server } from 'node:http';
import type { RequestHandler } from 'express';
import { createAccountNewsHandler } from '../api/account-news.js';
import { createEndHandoverHandler } from '../api/end-handover.js';
import { createEventsHandler } from '../api/events.js';
import { createFlowVersionsRouter } from '../api/flow-versions.js';
import { createHandlesHandler } from '../api/handles.js';
import type { HealthCheck } from '../api/health.js';
import { createHistoryRouter } from '../api/history.js';
import { createMediaHandler } from '../api/media.js';
import { readOperatorKey, requireOperator } from '../api/operator-key.js';
import { createOwnFileHandler } from '../api/own-files.js';
import { createQueueBoard } from '../api/queue-board.js';
import { createReloadHandler } from '../api/reload.js';
import { createTemplatesHandler } from '../api/templates.js';
import { createTranscriptsRouter } from '../api/transcripts.js';
import type { Endpoint } from '../endpoint/endpoint.js';
import type { Fleet } from '../fleet/fleet.js';
import { createHttpServer } from '../http.js';
import type { MediaStore } from '../media/store.js';
import { createTemplateBook } from '../outbound/template-book.js';
import { callOptions } from '../outbound/to-meta.js';
import { connectFailFast, whenReady } from '../redis/connections.js';
import { watchMemory } from '../redis/memory-guard.js';
import { closeServer, listen } from '../shared/listen.js';
import { answerHandshake } from '../webhook/handshake.js';
import { observeWebhook } from '../webhook/observe.js';
import { createPostHandler } from '../webhook/post-handler.js';
import { createReceiver } from '../webhook/receive.js';
import { openAcceptor } from './acceptor.js';
import { createClients } from './clients.js';
import type { Flows } from './flows.js';
import { arrivingDir, openMediaLinks } from './media.js';
import { createMonitoring } from './monitoring.js';
import type { Platform } from './platform.js';

export interface RunningWeb {
  server: Server;
  port: number;
  /** shown to the operator once, when this start made it */
  freshOperatorKey: string | undefined;
  stop(): Promise<void>;
}

/** The web role: webhooks in, health, metrics and the operators' pages. Holds nothing that a restart would lose. */
export async function startWeb(
  platform: Platform,
  mediaStore: MediaStore,
  { service, ownFiles }: Pick<Flows, 'service' | 'ownFiles'>,
  fleet: Fleet,
): Promise<RunningWeb> {
  const { config, endpoints, metrics, redis } = platform;
  const log = platform.log.child({ component: 'webhook' });
  const failFast = connectFailFast(platform.target, config.webhook.acceptTimeoutMs);
  failFast.on('error', (err: Error) => log.debug({ err }, 'redis connection failed'));
  const memory = watchMemory(failFast, config.redis.maxMemoryPercent, log);
  // Made only once the server listens: a key of a start that failed would be stored and never shown.
  let listening: () => void = () => undefined;
  const operatorKey = new Promise<void>((resolve) => {
    listening = resolve;
  }).then(() => readOperatorKey(redis, config.ops.operatorKey));
  let stopping = false;

  const handlePost = createPostHandler({
    receive: createReceiver({ accept: openAcceptor(platform, failFast), canStore: memory.hasRoom, log }),
    appOf: endpoints.routeFor,
    maxBodyBytes: config.webhook.maxBodyBytes,
    observe: (observed) => observeWebhook(observed, metrics, log),
    log,
  });
  const handshake: RequestHandler = (req, res) => {
    const route = endpoints.routeFor(String(req.params.urlToken));
    if (route === undefined) return void res.status(404).type('text/plain').send('Not Found');
    const answer = answerHandshake(req.query, route.verifyTokens);
    log.info({ outcome: answer.outcome }, 'handshake answered');
    if (answer.outcome === 'verified') res.status(200).type('text/plain').send(answer.challenge);
    else res.status(403).type('text/plain').send('Forbidden');
  };
  const checks: HealthCheck[] = [
    {
      name: 'memory',
      blocks: true,
      check: async () => ({ ok: memory.hasRoom(), detail: memory.hasRoom() ? 'has room' : 'redis is short of memory' }),
    },
  ];

  const clients = createClients(config.cloudApi);
  const templates = createTemplateBook<Endpoint>({ redis, clientFor: clients.of, callOptions, clock: platform.clock });

  let board = createQueueBoard(boardQueues(platform), '/ops/queues');
  platform.onTakenOn(() => {
    board = createQueueBoard(boardQueues(platform), '/ops/queues');
  });

  const server = createHttpServer({
    handlePost,
    handshake,
    monitoring: createMonitoring(platform, failFast, checks, () => stopping),
    media: createMediaHandler({
      store: mediaStore,
      links: openMediaLinks(platform),
      clock: platform.clock,
      log: platform.log.child({ component: 'media' }),
    }),
    operators: {
      guard: requireOperator(operatorKey),
      board: (req, res, next) => board(req, res, next),
      endHandover: createEndHandoverHandler(redis, platform.laneOf, platform.clock),
      account: createAccountNewsHandler(redis),
      history: createHistoryRouter(redis),
      events: createEventsHandler(redis, () => platform.lanes),
      transcripts: createTranscriptsRouter({ redis, endpoints, laneOf: platform.laneOf, lanes: () => platform.lanes }),
      templates: createTemplatesHandler<Endpoint>({
        book: templates,
        endpoints: () => endpoints.all.filter(({ enabled }) => enabled),
        clock: platform.clock,
      }),
      handles: createHandlesHandler<Endpoint>({
        endpoints: () => endpoints.all.filter(({ enabled }) => enabled),
        clientFor: clients.of,
        callOptions,
        arrivingDir: arrivingDir(config),
        timeoutMs: config.media.uploadTimeoutMs,
        log: platform.log.child({ component: 'media' }),
      }),
      reload: createReloadHandler(fleet, platform.log.child({ component: 'config' })),
      flows: createFlowVersionsRouter(
        service,
        createOwnFileHandler(ownFiles, platform.log.child({ component: 'media' })),
        platform.log.child({ component: 'flow' }),
      ),
    },
    log,
  });
  // It has no queue for what comes too early: the first webhooks would be refused.
  await whenReady(failFast);
  const port = await listen(server, config.http.port, config.http.host);
  listening();
  const { fresh } = await operatorKey;
  log.info({ port }, 'web started');
  return {
    server,
    port,
    freshOperatorKey: fresh,
    async stop() {
      stopping = true;
      await closeServer(server);
      memory.stop();
      await clients.close();
      failFast.disconnect();
    },
  };
}

function boardQueues({ queues, parked, endpoints, laneOf }: Platform) {
  return [
    {
      queue: parked.dead,
      prefix: '',
      title: 'Dead letters',
      description: 'Given up. Retry puts a message back at the end of its conversation.',
      canRetry: true,
    },
    {
      queue: parked.quarantine,
      prefix: '',
      title: 'Quarantine',
      description: 'Could not be read, or for a number nobody configured. Retry reads it again.',
      canRetry: true,
    },
    ...queues.flatMap(({ lane, in: inbound, out }) => {
      const names = endpoints.all.filter((it) => laneOf.get(it.phoneNumberId)?.name === lane.name).map((it) => it.name);
      const title = names.length > 0 ? names.join(', ') : `lane ${lane.name}`;
      return [
        {
          queue: inbound,
          prefix: `lane-${lane.name}-`,
          title: `${title}: to answer`,
          description: 'Conversations with messages to answer, one job each.',
          canRetry: false,
        },
        {
          queue: out,
          prefix: `lane-${lane.name}-`,
          title: `${title}: to send`,
          description:
            'Conversations with replies to send, one job each; delayed ones wait for the message delay or a limit.',
          canRetry: false,
        },
      ];
    }),
  ];
}
