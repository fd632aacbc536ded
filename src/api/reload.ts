import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Fleet } from '../fleet/fleet.js';
import { ReloadRequest } from '../fleet/wire.js';

/**
 * `POST /ops/reload`: every process reads its own `config/endpoints` again, and takes it on or refuses it. Requests and
 * answers are in `fleet/wire.ts`; 200 with what each process says, whatever that is.
 */
export function createReloadHandler(fleet: Fleet, log: Logger): RequestHandler {
  return async (req, res) => {
    const request = ReloadRequest.safeParse(req.body ?? {});
    if (!request.success) {
      return void res.status(400).json({ error: 'bad_request', message: 'The request is not one of ours.' });
    }
    const answer = await fleet.reloadAll(!request.data.dryRun);
    const outcomes = answer.processes.map(({ reloading }) => reloading?.outcome ?? 'silent');
    log.info({ dryRun: request.data.dryRun, outcomes }, 'processes asked to reload');
    res.json(answer);
  };
}
