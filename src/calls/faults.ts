import { BotError } from '../shared/errors.js';
import type { Fault } from './exchange.js';

/** The process stops: the turn is run again elsewhere, and the call repeated with the same key. */
export class StoppingError extends BotError {
  override readonly name = 'StoppingError';
  readonly code = 'calls_stopping';
}

/** What each fault is, for the timeline; no values. */
export const SENTENCES: { readonly [fault in Fault]: string } = {
  badUrl: 'the url is not one that can be called: http or https, and no user or password in it',
  badHeader: 'a header has a character that headers cannot have',
  privateAddress:
    'the host has no public address; to allow it, name it in PARLANCE_CALLS_ALLOWED_PRIVATE_HOSTS (`calls.allowedPrivateHosts`)',
  hostNotFound: 'the host was not found',
  refused: 'the server took no connection',
  tls: 'no secure connection to the server was possible',
  timeout: 'the server did not answer in time',
  network: 'the connection broke',
  tooLarge: 'the answer is larger than `calls.maxResponseBytes`',
  badAnswer: 'the answer is not HTTP, or its headers or its packing are not right',
  stopping: 'this process is stopping',
};
