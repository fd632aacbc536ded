import { createServer, type IncomingMessage, type Server } from 'node:http';
import express, { type ErrorRequestHandler, type RequestHandler, type Router } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { MEDIA_PATH } from './media/signed-url.js';
import type { Monitoring } from './roles/monitoring.js';
import type { HandlePost } from './webhook/post-handler.js';

export interface HttpDeps {
  handlePost: HandlePost;
  /** `GET /webhook/:urlToken` */
  handshake: RequestHandler;
  monitoring: Monitoring;
  /** files by signed links */
  media: RequestHandler;
  /** behind the operator key */
  operators: {
    guard: RequestHandler;
    board: RequestHandler;
    events: RequestHandler;
    account: RequestHandler;
    history: Router;
    endHandover: RequestHandler;
    reload: RequestHandler;
    transcripts: RequestHandler;
    templates: RequestHandler;
    handles: RequestHandler;
    flows: Router;
  };
  log: Logger;
}

/** How long a body may take to come, ms. */
export interface BodyTimes {
  /** Meta's come at once; one that trickles in holds a socket, not a worker */
  usual: number;
  /** files of up to 100 MB, from an operator, over the line they have */
  file: number;
}

const BODY_TIMES: BodyTimes = { usual: 30_000, file: 300_000 };

/** The server: webhooks straight to their handler, everything else through Express. */
export function createHttpServer(deps: HttpDeps, times: BodyTimes = BODY_TIMES): Server {
  const deadlines = createBodyDeadlines(times);
  const app = createExpressApp(deps, deadlines.isFile);
  const server = createServer((req, res) => {
    deadlines.begin(req);
    if (!deps.handlePost(req, res)) app(req, res);
  });
  server.requestTimeout = times.file;
  server.headersTimeout = 10_000;
  server.keepAliveTimeout = 65_000;
  return server;
}

/** The server of a role that takes no webhooks: probes and Prometheus only. */
export function createMonitoringServer(monitoring: Monitoring, log: Logger): Server {
  return createServer(finish(withMonitoring(newApp(), monitoring), log));
}

function createExpressApp(
  { handshake, monitoring, media, operators, log }: HttpDeps,
  isFile: RequestHandler,
): express.Express {
  const app = withMonitoring(newApp(), monitoring);
  app.get('/webhook/:urlToken', handshake);
  app.use(MEDIA_PATH, media);
  app.use('/ops', sameSiteOnly);
  app.get('/ops', operators.guard, (_req, res) => res.redirect('/ops/queues'));
  app.get('/ops/events', operators.guard, operators.events);
  app.get('/ops/account', operators.guard, operators.account);
  app.use('/ops/history', operators.guard, operators.history);
  app.get('/ops/templates', operators.guard, operators.templates);
  app.post('/ops/conversations/:conversationId/end-handover', operators.guard, operators.endHandover);
  app.use('/ops/conversations', operators.guard, operators.transcripts);
  app.post('/ops/reload', operators.guard, express.json({ limit: 1_024 }), operators.reload);
  app.put('/ops/handles/:name', operators.guard, isFile, operators.handles);
  app.put('/ops/flows/files/:sha256', operators.guard, isFile);
  app.use('/ops/flows', operators.guard, operators.flows);
  app.use('/ops/queues', operators.guard, operators.board);
  return finish(app, log);
}

/** Node knows one deadline for all bodies of a server; here whoever may send a file gets another. */
function createBodyDeadlines({ usual, file }: BodyTimes): {
  begin(req: IncomingMessage): void;
  isFile: RequestHandler;
} {
  const timers = new WeakMap<IncomingMessage, NodeJS.Timeout>();
  const set = (req: IncomingMessage, ms: number): void => {
    clearTimeout(timers.get(req));
    timers.set(
      req,
      setTimeout(() => req.destroy(), ms),
    );
  };
  return {
    begin(req) {
      if (req.method === 'GET' || req.method === 'HEAD') return;
      set(req, usual);
      // Read to its end, or the line is gone.
      req.once('close', () => clearTimeout(timers.get(req)));
    },
    isFile(req, _res, next) {
      set(req, file);
      next();
    },
  };
}

/**
 * Browsers send a remembered operator key along with whatever any page asks of us; what changes something is taken from
 * our own pages only. Scripts send neither header.
 */
const sameSiteOnly: RequestHandler = (req, res, next) => {
  const site = req.headers['sec-fetch-site'];
  const { origin, host } = req.headers;
  const isOurs =
    site === undefined
      ? origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)
      : site === 'same-origin';
  if (req.method === 'GET' || req.method === 'HEAD' || isOurs) return next();
  res.status(403).type('text/plain').send('Forbidden\n');
};

function newApp(): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(helmet({ contentSecurityPolicy: false, strictTransportSecurity: false }));
  return app;
}

function withMonitoring(app: express.Express, { live, ready, metrics }: Monitoring): express.Express {
  app.get('/health/live', live);
  app.get('/health/ready', ready);
  app.get('/metrics', metrics);
  return app;
}

/** What no route took, and what went wrong in one: constant words, nothing of the request. */
function finish(app: express.Express, log: Logger): express.Express {
  app.use((_req, res) => {
    res.status(404).type('text/plain').send('Not Found\n');
  });
  const onError: ErrorRequestHandler = (err, _req, res, _next) => {
    const status: unknown = err instanceof Error && 'status' in err ? err.status : undefined;
    if (typeof status === 'number' && status >= 400 && status < 500) {
      res.status(status).type('text/plain').send('Bad Request\n');
      return;
    }
    log.error({ err }, 'request failed');
    if (!res.headersSent) res.status(500).type('text/plain').send('Internal Server Error\n');
  };
  app.use(onError);
  return app;
}
