/**
 * The simulator was asked for something that does not exist or makes no sense. `code` is a fixed word; `message` is for a
 * person and never holds a number or a text.
 */
export class SimulatorError extends Error {
  override readonly name = 'SimulatorError';

  constructor(
    readonly code:
      | 'unknown_contact'
      | 'unknown_number'
      | 'unknown_message'
      | 'unknown_choice'
      | 'unknown_media'
      | 'unknown_sample'
      | 'unknown_rule'
      | 'unknown_template'
      | 'bad_request'
      | 'timeout'
      | 'stopped',
    message: string,
  ) {
    super(message);
  }
}
