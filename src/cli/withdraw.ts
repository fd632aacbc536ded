import type { Command } from 'commander';
import { WithdrawAnswer } from '../flow-versions/wire.js';
import { CalledWrongly } from './called-wrongly.js';
import { addServerOptions, versionNumber } from './options.js';
import { connect, type ServerOptions } from './server.js';
import { processTerminal, type Terminal, whoAmI } from './terminal.js';
import { affectedWords, switchWords } from './version-words.js';

interface WithdrawOptions extends ServerOptions {
  move?: boolean;
  end?: boolean;
  keep?: boolean;
  message?: string;
  yes?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

/** `parlance withdraw <version>` */
export function addWithdraw(program: Command, _projectDir: string): void {
  const command = program
    .command('withdraw')
    .description('take a version out of use for good, with the conversations that are on it')
    .argument('<version>', 'its number', versionNumber)
    .option('--move', 'its conversations go on in the version in use, by step id')
    .option('--end', 'its conversations are over: the next message begins anew')
    .option('--keep', 'its conversations may come to their end')
    .option('-m, --message <text>', 'why, for the history')
    .option('--dry-run', 'only tell what would happen')
    .option('-y, --yes', 'ask nothing')
    .option('--json', 'for programs');
  addServerOptions(command).action(async (version: number, options: WithdrawOptions) => {
    process.exitCode = await withdraw(version, options, processTerminal());
  });
}

/** @returns the exit code. @throws what `Server` throws, CalledWrongly */
export async function withdraw(version: number, options: WithdrawOptions, terminal: Terminal): Promise<number> {
  const [sessions, ...others] = (['move', 'end', 'keep'] as const).filter((fate) => options[fate] === true);
  if (sessions === undefined || others.length > 0) {
    throw new CalledWrongly('Say what becomes of its conversations: --move, --end or --keep.');
  }
  const isSure = options.yes || options.dryRun;
  if (!isSure && (terminal.ask === undefined || options.json)) {
    throw new CalledWrongly('There is nobody to ask whether you are sure: add --yes.');
  }
  const server = connect(options, terminal.cwd, terminal.env);
  const body = { sessions, by: whoAmI(terminal.env), message: options.message ?? '' };
  const path = `/flows/versions/${version}/withdraw`;
  const before = await server.post(path, { ...body, dryRun: true }, WithdrawAnswer);
  if (!options.json) terminal.note(plannedWords(before, sessions));
  if (options.dryRun) {
    if (options.json) terminal.write(`${JSON.stringify(before, undefined, 2)}\n`);
    return 0;
  }
  if (!isSure && !/^y(es)?$/i.test((await terminal.ask?.(`Withdraw version ${version}? [y/N] `))?.trim() ?? '')) {
    terminal.note('Nothing was changed.\n');
    return 1;
  }
  const done = await server.post(path, body, WithdrawAnswer);
  terminal.write(options.json ? `${JSON.stringify(done, undefined, 2)}\n` : `Version ${version} is withdrawn.\n`);
  return 0;
}

function plannedWords({ switched, affected, version }: WithdrawAnswer, sessions: 'move' | 'end' | 'keep'): string {
  const uses = switched.map((one) => `  ${switchWords(one)}\n`).join('');
  const { open } = affected;
  const fate = {
    move: affectedWords(affected, 'on it'),
    end: `${open} of its conversations will be over; whoever is with a person is left there.\n`,
    keep: `${open} of its conversations may come to their end.\n`,
  }[sessions];
  return `${switched.length > 0 ? `New conversations begin elsewhere:\n${uses}` : ''}Version ${version}: ${fate}`;
}
