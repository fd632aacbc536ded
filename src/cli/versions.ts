import type { Command } from 'commander';
import { ListAnswer } from '../flow-versions/wire.js';
import { addServerOptions } from './options.js';
import { connect, type ServerOptions } from './server.js';
import { processTerminal, type Terminal } from './terminal.js';
import { listWords } from './version-words.js';

interface VersionsOptions extends ServerOptions {
  json?: boolean;
}

/** `parlance versions` */
export function addVersions(program: Command, _projectDir: string): void {
  const command = program
    .command('versions')
    .description('which versions a server has, which are in use, and how many conversations are on each')
    .option('--json', 'for programs');
  addServerOptions(command).action(async (options: VersionsOptions) => {
    await versions(options, processTerminal());
  });
}

/** @throws what `Server` throws */
export async function versions(options: VersionsOptions, terminal: Terminal): Promise<void> {
  const answer = await connect(options, terminal.cwd, terminal.env).get('/flows/versions?sessions=1', ListAnswer);
  terminal.write(options.json ? `${JSON.stringify(answer, undefined, 2)}\n` : listWords(answer, Date.now()));
}
