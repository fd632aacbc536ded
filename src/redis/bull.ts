import { createRequire } from 'node:module';
import { BotError } from '../shared/errors.js';

/** The version our wake-ups are written for. A contract test compares our jobs with BullMQ's own. */
const BULLMQ_VERSION = '6.7.0';

interface PublishedScript {
  name: string;
  content: string;
  keys: number;
}

export class BullmqMismatch extends BotError {
  override readonly name = 'BullmqMismatch';
  readonly code = 'bullmq_mismatch';
}

/**
 * BullMQ's add scripts as Lua functions, for scripts that store something and wake a worker in one step. BullMQ offers no
 * call for that (its issues 2694 and 2980 ask for one), so we take the script text its package publishes.
 *
 * @throws BullmqMismatch when the installed package is not the one these calls were checked against
 */
export function bullAddFunctions(): string {
  // The package's compiled scripts are CommonJS behind no exports map.
  const require = createRequire(import.meta.url);
  const { version }: { version: string } = require('bullmq/package.json');
  if (version !== BULLMQ_VERSION)
    throw new BullmqMismatch(`bullmq ${version} is installed, ${BULLMQ_VERSION} is needed`);
  const {
    addStandardJob,
  }: { addStandardJob: PublishedScript } = require('bullmq/dist/cjs/scripts/addStandardJob-9.js');
  const { addDelayedJob }: { addDelayedJob: PublishedScript } = require('bullmq/dist/cjs/scripts/addDelayedJob-6.js');
  return [asFunction('add_standard_job', addStandardJob, 9), asFunction('add_delayed_job', addDelayedJob, 6)].join(
    '\n',
  );
}

function asFunction(name: string, published: PublishedScript, keys: number): string {
  if (published.keys !== keys)
    throw new BullmqMismatch(`bullmq's ${published.name} takes ${published.keys} keys, not ${keys}`);
  return `local function ${name}(KEYS, ARGV)\n${published.content}\nend`;
}
