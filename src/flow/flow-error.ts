import { BotError } from '../shared/errors.js';

/**
 * A flow did what it must not: an expression failed, a memory overflowed, steps go in a circle. It never leaves
 * `advance`: `handlers.error` answers it, or the fallback. The message names steps, keys and sizes, never values.
 */
export class FlowError extends BotError {
  override readonly name = 'FlowError';
  readonly code = 'flow_error';
}
