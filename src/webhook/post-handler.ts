import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import getRawBody from 'raw-body';
import type { Receipt, Receive, WebhookApp } from './receive.js';

export interface PostHandlerDeps {
  receive: Receive;
  /** undefined for a URL nobody was given */
  appOf(urlToken: string): WebhookApp | undefined;
  maxBodyBytes: number;
  observe(observed: ObservedWebhook): void;
  log: Logger;
}

export interface ObservedWebhook {
  outcome: WebhookOutcome;
  seconds: number;
  receipt: Receipt | undefined;
}

export type WebhookOutcome = Receipt['outcome'] | 'too_large' | 'unknown_url' | 'aborted';

/** Constant bodies: an answer tells nobody what was expected. */
const ANSWERS: Record<WebhookOutcome, { status: number; body: string }> = {
  stored: { status: 200, body: 'OK' },
  disabled: { status: 200, body: 'OK' },
  unsigned: { status: 401, body: 'Unauthorized' },
  unreadable: { status: 400, body: 'Bad Request' },
  too_large: { status: 413, body: 'Payload Too Large' },
  unknown_url: { status: 404, body: 'Not Found' },
  unavailable: { status: 503, body: 'Service Unavailable' },
  aborted: { status: 400, body: 'Bad Request' },
};

const PATH = /^\/webhook\/([\w-]{1,128})\/?(?:\?.*)?$/;

/**
 * Answers `POST /webhook/:urlToken` on the bare server, in front of Express, which alone would cost more than the rest.
 *
 * @returns whether the request was one for it
 */
export type HandlePost = (req: IncomingMessage, res: ServerResponse) => boolean;

export function createPostHandler({ receive, appOf, maxBodyBytes, observe, log }: PostHandlerDeps): HandlePost {
  return function handlePost(req, res) {
    if (req.method !== 'POST') return false;
    const urlToken = PATH.exec(req.url ?? '')?.[1];
    if (urlToken === undefined) return false;
    const startedAt = performance.now();
    const app = appOf(urlToken);
    const work: Promise<WebhookOutcome | Receipt> = app === undefined ? Promise.resolve('unknown_url') : take(req, app);
    work
      .catch((err: unknown) => {
        log.error({ err }, 'webhook handler failed');
        return 'unavailable' as const;
      })
      .then((ended) => {
        const outcome = typeof ended === 'string' ? ended : ended.outcome;
        answer(req, res, outcome);
        const receipt = typeof ended === 'string' ? undefined : ended;
        observe({ outcome, seconds: (performance.now() - startedAt) / 1000, receipt });
      })
      .catch((err: unknown) => log.error({ err }, 'webhook could not be answered'));
    return true;
  };

  async function take(req: IncomingMessage, app: WebhookApp): Promise<WebhookOutcome | Receipt> {
    const length = req.headers['content-length'];
    let rawBody: Buffer;
    try {
      rawBody = await getRawBody(req, { limit: maxBodyBytes, ...(length === undefined ? {} : { length }) });
    } catch (err) {
      return isTooLarge(err) ? 'too_large' : 'aborted';
    }
    const signature = req.headers['x-hub-signature-256'];
    return receive(app, rawBody, typeof signature === 'string' ? signature : undefined);
  }
}

function answer(req: IncomingMessage, res: ServerResponse, outcome: WebhookOutcome): void {
  if (res.destroyed) return;
  const { status, body } = ANSWERS[outcome];
  const headers: Record<string, string | number> = { 'content-type': 'text/plain', 'content-length': body.length };
  // What was not read of a body would be taken for the next request.
  if (!req.complete) headers.connection = 'close';
  res.writeHead(status, headers).end(body);
}

function isTooLarge(err: unknown): boolean {
  return err instanceof Error && 'type' in err && err.type === 'entity.too.large';
}
