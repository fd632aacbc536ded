import { createServer, type Server } from 'node:http';
import express, { type ErrorRequestHandler, type RequestHandler, type Router } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { HandlePost } from './webhook/post-handler.js';

export interface HttpDeps {
  handlePost: HandlePost;
  /** `GET /webhook/:urlToken` */
  handshake: RequestHandler;
  live: RequestHandler;
  ready: RequestHandler;
  metrics: RequestHandler;
  /** behind the operator key */
  operators: { guard: RequestHandler; board: Router; events: RequestHandler };
  log: Logger;
}

/** The server: webhooks straight to their handler, everything else through Express. */
export function createHttpServer(deps: HttpDeps): Server {
  const app = createExpressApp(deps);
  const server = createServer((req, res) => {
    if (!deps.handlePost(req, res)) app(req, res);
  });
  // A body that trickles in holds a socket, not a worker; Meta's come at once.
  server.requestTimeout = 30_000;
  server.headersTimeout = 10_000;
  server.keepAliveTimeout = 65_000;
  return server;
}

function createExpressApp({ handshake, live, ready, metrics, operators, log }: HttpDeps): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(helmet({ contentSecurityPolicy: false, strictTransportSecurity: false }));
  app.get('/webhook/:urlToken', handshake);
  app.get('/health/live', live);
  app.get('/health/ready', ready);
  app.get('/metrics', metrics);
  app.get('/ops', operators.guard, (_req, res) => res.redirect('/ops/queues'));
  app.get('/ops/events', operators.guard, operators.events);
  app.use('/ops/queues', operators.guard, operators.board);
  app.use((_req, res) => {
    res.status(404).type('text/plain').send('Not Found\n');
  });
  const onError: ErrorRequestHandler = (err, _req, res, _next) => {
    log.error({ err }, 'request failed');
    if (!res.headersSent) res.status(500).type('text/plain').send('Internal Server Error\n');
  };
  app.use(onError);
  return app;
}
