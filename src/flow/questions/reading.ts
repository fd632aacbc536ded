import type { Json } from '../../shared/json.js';

/** What an answer was taken for. */
export interface Reading {
  /** becomes `input.result` */
  value: Json;
  /** it could have meant something else: the question asks whether it was understood */
  unsure?: boolean;
}
