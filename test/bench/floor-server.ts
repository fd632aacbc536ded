import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import express from 'express';
import { Redis } from 'ioredis';
import getRawBody from 'raw-body';
import { loadConfig } from '../../src/config/load.js';
import { createLogger } from '../../src/observability/logger.js';
import { connectFailFast } from '../../src/redis/connections.js';
import { openAcceptor } from '../../src/roles/acceptor.js';
import { openPlatform } from '../../src/roles/platform.js';
import { observeWebhook } from '../../src/webhook/observe.js';
import { createPostHandler } from '../../src/webhook/post-handler.js';
import { createReceiver } from '../../src/webhook/receive.js';

/**
 * What the product's webhook is compared with, each in a process of its own: `floor`, the least a webhook can do (body,
 * signature, one RPUSH); `express-floor`, the same in Express; `express-web`, our own handler in Express.
 *
 * arguments: which, port, project folder; the environment as for the product
 */
async function main([which, port, dir = '']: readonly string[]): Promise<void> {
  const secret = process.env.WHATSAPP_APP_SECRET ?? '';
  const redisUrl = process.env.REDIS_URL ?? '';
  if (which === 'express-web') return listen(await expressWeb(dir), port);
  const redis = new Redis(redisUrl);
  const handle = (req: IncomingMessage, res: ServerResponse) => {
    void atLeast(req, res, redis, secret);
  };
  if (which === 'floor') return listen(handle, port);
  const app = express();
  app.disable('x-powered-by');
  app.post('/webhook/:urlToken', handle);
  return listen(app, port);
}

async function atLeast(req: IncomingMessage, res: ServerResponse, redis: Redis, secret: string): Promise<void> {
  const body = await getRawBody(req, { limit: 4_194_304, length: req.headers['content-length'] ?? null });
  const given = Buffer.from(String(req.headers['x-hub-signature-256']).slice(7), 'hex');
  const expected = createHmac('sha256', secret).update(body).digest();
  const isSigned = given.length === expected.length && timingSafeEqual(given, expected);
  if (isSigned) await redis.rpush('floor', body);
  res.writeHead(isSigned ? 200 : 401, { 'content-type': 'text/plain', 'content-length': 2 }).end('OK');
}

async function expressWeb(dir: string): Promise<express.Express> {
  const config = loadConfig({ dir, env: process.env });
  const log = createLogger(config.log.level);
  const platform = await openPlatform(config, { url: config.redis.url ?? '' }, log);
  const handlePost = createPostHandler({
    receive: createReceiver({
      accept: openAcceptor(platform, connectFailFast(platform.target, config.webhook.acceptTimeoutMs)),
      canStore: () => true,
      log,
    }),
    appOf: platform.endpoints.routeFor,
    maxBodyBytes: config.webhook.maxBodyBytes,
    observe: (observed) => observeWebhook(observed, platform.metrics, log),
    log,
  });
  const app = express();
  app.disable('x-powered-by');
  app.post('/webhook/:urlToken', (req, res) => void handlePost(req, res));
  return app;
}

function listen(handle: (req: IncomingMessage, res: ServerResponse) => void, port: string | undefined): void {
  createServer((req, res) => {
    if (req.url === '/health/live') res.end('live');
    else handle(req, res);
  }).listen(Number(port), '127.0.0.1');
}

await main(process.argv.slice(2));
