import type { Command } from 'commander';
import { ReloadAnswer } from '../fleet/wire.js';
import { addServerOptions } from './options.js';
import { connect, type ServerOptions } from './server.js';
import { processTerminal, type Terminal } from './terminal.js';

interface ReloadOptions extends ServerOptions {
  dryRun?: boolean;
  json?: boolean;
}

/** `parlance reload` */
export function addReload(program: Command, _projectDir: string): void {
  const command = program
    .command('reload')
    .description('let every process of a server take on its config/endpoints as it is on disk now')
    .option('--dry-run', 'only tell what would happen')
    .option('--json', 'for programs');
  addServerOptions(command).action(async (options: ReloadOptions) => {
    process.exitCode = await reload(options, processTerminal());
  });
}

/**
 * First every process looks, and only when none finds anything wrong they take it on.
 *
 * @returns the exit code
 * @throws what `Server` throws
 */
export async function reload(options: ReloadOptions, terminal: Terminal): Promise<number> {
  const server = connect(options, terminal.cwd, terminal.env);
  const ask = (dryRun: boolean) => server.post('/reload', { dryRun }, ReloadAnswer);
  const looked = await ask(true);
  const isDone = options.dryRun || !isFine(looked) || !hasChanges(looked);
  const answer = isDone ? looked : await ask(false);
  if (options.json) terminal.write(`${JSON.stringify(answer, undefined, 2)}\n`);
  else {
    terminal.write(reloadWords(answer));
    if (!isFine(looked)) terminal.note('Nothing was taken on, anywhere.\n');
    else if (options.dryRun && hasChanges(looked)) terminal.note('Nothing was taken on (--dry-run).\n');
  }
  return isFine(answer) ? 0 : 1;
}

function isFine({ processes }: ReloadAnswer): boolean {
  return processes.every(({ reloading }) => reloading !== undefined && reloading.outcome !== 'refused');
}

function hasChanges({ processes }: ReloadAnswer): boolean {
  return processes.some(({ reloading }) => reloading?.outcome === 'possible');
}

/** A line or some for each process. */
export function reloadWords({ processes }: ReloadAnswer): string {
  return processes
    .map(({ role, host, pid, reloading }) => `${role} on ${host} (${pid}): ${outcomeWords(reloading)}\n`)
    .sort()
    .join('');
}

function outcomeWords(reloading: ReloadAnswer['processes'][number]['reloading']): string {
  if (reloading === undefined) return 'did not answer; its log may say why, and SIGHUP asks it again';
  if (reloading.outcome === 'refused') return `refused. ${reloading.message}`;
  const { outcome, added, changed, removed, later } = reloading;
  const lists = Object.entries({ added, changed, removed }).filter(([, ids]) => ids.length > 0);
  const what = lists.map(([how, ids]) => `${ids.join(', ')} ${outcome === 'possible' ? `would be ${how}` : how}`);
  const restart = later.length === 0 ? '' : `; for the next restart: ${later.join(', ')}`;
  return `${outcome === 'unchanged' ? 'its endpoints are as they were' : what.join('; ')}${restart}`;
}
