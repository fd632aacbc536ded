import { fileURLToPath } from 'node:url';
import type { Express, NextFunction, Request, Response, Router } from 'express';
import express from 'express';
import { SimulatorError } from './errors.js';
import type { SimulatorLog } from './options.js';

const PUBLIC_DIR = fileURLToPath(new URL('./public/', import.meta.url));

/**
 * The page shows pictures from wherever the bot links to them. Nothing else comes from anywhere but here, and no script or
 * style stands in the page itself, so a text that were ever taken for HTML could do nothing.
 */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' http: https: data:; media-src 'self' http: https:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The simulator's Express app: page, its own API, and for all other paths the Graph double. */
export function createHttpApp(parts: { graphApi: Router; simApi: Router; log: SimulatorLog }): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.get('/', (_req, res) => res.redirect('/phone'));
  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });
  app.use('/phone', (_req, res, next) => {
    res.set({
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    });
    next();
  });
  app.get('/phone', (_req, res) => res.sendFile('phone.html', { root: PUBLIC_DIR, cacheControl: false }));
  app.use('/phone/assets', express.static(PUBLIC_DIR, { index: false, redirect: false, cacheControl: false }));
  app.use('/sim', parts.simApi);
  app.use(parts.graphApi);
  app.use((err: unknown, _req: Request, res: Response, next: NextFunction) => {
    if (res.headersSent) return next(err);
    const { status, code, message } = describe(err);
    if (status >= 500) parts.log.error({ err }, 'simulator request failed');
    res.status(status).json({ error: { code, message } });
  });
  return app;
}

/** @returns for our own errors and for bodies that cannot be read what to tell, for all others nothing */
function describe(err: unknown): { status: number; code: string; message: string } {
  if (err instanceof SimulatorError) {
    return { status: err.code.startsWith('unknown_') ? 404 : 400, code: err.code, message: err.message };
  }
  const status = err instanceof Error && 'status' in err && typeof err.status === 'number' ? err.status : 500;
  if (status === 413) return { status, code: 'too_large', message: 'the request is larger than 24 MB' };
  if (status >= 400 && status < 500) return { status, code: 'bad_request', message: 'the request could not be read' };
  return { status: 500, code: 'internal', message: 'the simulator failed' };
}
