import express, { type ErrorRequestHandler, type RequestHandler, type Response, Router } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import { type FlowService, isRefused, type Refused } from '../flow-versions/service.js';
import { DeployRequest, MOST_UPLOAD_BYTES, RollbackRequest, WithdrawRequest } from '../flow-versions/wire.js';

const STATUS: { readonly [error in Refused['error']]: number } = {
  flows_unfit: 422,
  unknown_endpoint: 422,
  no_endpoint: 422,
  nothing_to_share: 409,
  no_such_version: 404,
  no_version_before: 409,
  withdrawn: 409,
  missing_files: 409,
  changed: 409,
  too_heavy: 422,
  busy: 503,
};

/**
 * `/ops/flows`: what `parlance deploy|versions|diff|rollback|withdraw` talk to. Requests and answers are in
 * `flow-versions/wire.ts`. A body is read whole before anything is decided, so an upload that is cut off changes nothing.
 */
export function createFlowVersionsRouter(service: FlowService, putFile: RequestHandler, log: Logger): Router {
  const router = Router();
  router.put('/files/:sha256', putFile);
  router.use(express.json({ limit: MOST_UPLOAD_BYTES }));

  router.get('/versions', async (req, res) => {
    answer(res, await service.list(req.query.sessions === '1'));
  });
  router.get('/versions/:number', async (req, res) => {
    answer(res, await service.sources(numberOf(req.params.number)));
  });
  router.post('/versions', async (req, res) => {
    const request = DeployRequest.parse(req.body);
    const answered = await service.deploy(request);
    if (!isRefused(answered) && !request.dryRun) {
      const { version, switched } = answered;
      const endpoints = switched.map(({ endpoint }) => endpoint);
      log.info({ version: version.number, isNew: version.isNew, endpoints }, 'flows deployed');
    }
    answer(res, answered);
  });
  router.post('/rollback', async (req, res) => {
    const answered = await service.rollback(RollbackRequest.parse(req.body));
    if (!isRefused(answered)) log.info({ switched: answered.switched }, 'flows rolled back');
    answer(res, answered);
  });
  router.post('/versions/:number/withdraw', async (req, res) => {
    const request = WithdrawRequest.parse(req.body);
    const number = numberOf(req.params.number);
    const answered = await service.withdraw(number, request);
    if (!isRefused(answered) && !request.dryRun) {
      log.info({ version: number, sessions: request.sessions, switched: answered.switched }, 'flow version withdrawn');
    }
    answer(res, answered);
  });
  router.use((_req, res) => {
    res.status(404).json({ error: 'not_found', message: 'There is nothing here.' });
  });
  router.use(onError(log));
  return router;
}

function answer(res: Response, answered: object): void {
  res.status(isRefused(answered) ? STATUS[answered.error] : 200).json(answered);
}

/** 0 for what is no number: no version has it */
function numberOf(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

/** What is wrong with a request, by the path in it; never what it holds. */
function onError(log: Logger): ErrorRequestHandler {
  return (err, _req, res, next) => {
    if (res.headersSent) return next(err);
    if (err instanceof z.ZodError) {
      const wrong = err.issues.slice(0, 5).map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`);
      return void res
        .status(400)
        .json({ error: 'bad_request', message: `The request is not one of ours. ${wrong.join('; ')}` });
    }
    const status: unknown = err instanceof Error && 'status' in err ? err.status : undefined;
    if (status === 413) {
      const message = `The flows are larger than ${MOST_UPLOAD_BYTES / 1_048_576} MiB together.`;
      return void res.status(413).json({ error: 'too_large', message });
    }
    if (typeof status === 'number' && status >= 400 && status < 500) {
      return void res.status(status).json({ error: 'bad_request', message: 'The request could not be read as JSON.' });
    }
    log.error({ err }, 'request failed');
    res.status(500).json({ error: 'failed', message: 'Something failed on the server; its log says what.' });
  };
}
