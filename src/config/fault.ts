import { BotError } from '../shared/errors.js';

/** One thing an operator has to change. Never holds the value of a secret. */
export interface ConfigFault {
  /** `config/endpoints/welcome.yaml:7`, a folder, or the name of a variable */
  where: string;
  /** what is wrong, a sentence without its full stop */
  message: string;
  /** what would be right, or what to do; a sentence without its full stop, or a question */
  allowed: string;
}

/** Faults of one file, from top to bottom. */
export function byLine(faults: readonly ConfigFault[]): ConfigFault[] {
  const line = ({ where }: ConfigFault) => Number(where.match(/:(\d+)$/)?.[1] ?? 0);
  return faults.toSorted((a, b) => line(a) - line(b));
}

/** The settings cannot be used; holds every fault at once. */
export class ConfigError extends BotError {
  override readonly name = 'ConfigError';
  readonly code = 'config_error';
  constructor(readonly faults: readonly ConfigFault[]) {
    super(describeFaults(faults, 'before Parlance can start'));
  }
}

/** @param until what they are in the way of: `before Parlance can start` */
export function describeFaults(faults: readonly ConfigFault[], until: string): string {
  const count = faults.length === 1 ? 'one setting needs' : `${faults.length} settings need`;
  const lines = faults.map(
    ({ where, message, allowed }) => `  ${where}\n    ${message}.\n    ${allowed}${allowed.endsWith('?') ? '' : '.'}`,
  );
  return `${count} your attention ${until}:\n\n${lines.join('\n\n')}`;
}
