import type { Logger } from 'pino';
import type { Accept, Accepted } from '../inbound/accept.js';
import { readEvents } from './read-events.js';
import { isSignedByMeta } from './signature.js';

/**
 * How a webhook call ended. Meta repeats everything that is not answered with 200, for up to seven days: so 200 means
 * stored, and what must not be repeated is 200 as well, also when nothing came of it.
 */
export type Receipt =
  | { outcome: 'stored'; accepted: Accepted }
  | { outcome: 'disabled' }
  | { outcome: 'unsigned' }
  | { outcome: 'unreadable' }
  | { outcome: 'unavailable' };

/** The app behind a webhook URL. */
export interface WebhookApp {
  readonly appId: string;
  readonly appSecrets: readonly string[];
  readonly enabled: boolean;
}

export interface ReceiverDeps {
  accept: Accept;
  /** false when Redis is over its memory: better no than half */
  canStore(): boolean;
  log: Logger;
}

/** Signature over the bytes, then parse, then store: nothing else happens before Meta has its answer. */
export type Receive = (app: WebhookApp, rawBody: Buffer, signature: string | undefined) => Promise<Receipt>;

export function createReceiver({ accept, canStore, log }: ReceiverDeps): Receive {
  return async function receive(app, rawBody, signature) {
    if (!isSignedByMeta(rawBody, signature, app.appSecrets)) return { outcome: 'unsigned' };
    let body: unknown;
    try {
      body = JSON.parse(rawBody.toString('utf8'));
    } catch {
      return { outcome: 'unreadable' };
    }
    if (!app.enabled) return { outcome: 'disabled' };
    if (!canStore()) return { outcome: 'unavailable' };
    try {
      return { outcome: 'stored', accepted: await accept(readEvents(body), app) };
    } catch (err) {
      log.error({ err, bytes: rawBody.length }, 'webhook could not be stored');
      return { outcome: 'unavailable' };
    }
  };
}
