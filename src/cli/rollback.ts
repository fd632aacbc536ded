import type { Command } from 'commander';
import { RollbackAnswer } from '../flow-versions/wire.js';
import { addServerOptions, collect, versionNumber } from './options.js';
import { connect, type ServerOptions } from './server.js';
import { processTerminal, type Terminal, whoAmI } from './terminal.js';
import { switchWords } from './version-words.js';

interface RollbackOptions extends ServerOptions {
  endpoint?: string[];
  message?: string;
  json?: boolean;
}

/** `parlance rollback [version]` */
export function addRollback(program: Command, _projectDir: string): void {
  const command = program
    .command('rollback')
    .description('let new conversations begin with the version before, or with any other')
    .argument('[version]', 'number of the version to go to (default: the one before)', versionNumber)
    .option('--endpoint <id>', 'only this endpoint; may be repeated', collect)
    .option('-m, --message <text>', 'why, for the history')
    .option('--json', 'for programs');
  addServerOptions(command).action(async (to: number | undefined, options: RollbackOptions) => {
    await rollback(to, options, processTerminal());
  });
}

/** @throws what `Server` throws */
export async function rollback(to: number | undefined, options: RollbackOptions, terminal: Terminal): Promise<void> {
  const body = {
    by: whoAmI(terminal.env),
    message: options.message ?? '',
    ...(to === undefined ? {} : { to }),
    ...(options.endpoint === undefined ? {} : { endpoints: options.endpoint }),
  };
  const answer = await connect(options, terminal.cwd, terminal.env).post('/flows/rollback', body, RollbackAnswer);
  if (options.json) return terminal.write(`${JSON.stringify(answer, undefined, 2)}\n`);
  const switched = answer.switched.map((one) => `  ${switchWords(one)}\n`).join('');
  const sessions = 'Conversations under way end on theirs; parlance withdraw moves or ends them.\n';
  terminal.write(`New conversations:\n${switched}${sessions}`);
}
