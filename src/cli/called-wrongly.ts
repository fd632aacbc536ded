import { BotError } from '../shared/errors.js';

/** A command that cannot begin: what was asked for is not there. Exit code 2. */
export class CalledWrongly extends BotError {
  override readonly name = 'CalledWrongly';
  readonly code = 'called_wrongly';
}
