import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type FlowFile, loadFlows } from '../flow/load.js';
import { ownFilesOf } from '../flow/reading/own-files.js';
import { ownFilesDir } from '../flow-versions/own-files.js';
import { DeployAnswer, FileAnswer, ListAnswer } from '../flow-versions/wire.js';
import { CalledWrongly } from './called-wrongly.js';
import { strayWords, templateWarnings } from './deploy-warnings.js';
import { DEFAULT_FLOWS, readFlowFiles } from './flow-files.js';
import { addServerOptions, collect } from './options.js';
import { connect, type Server, type ServerOptions, ServerRefused } from './server.js';
import { showFindings } from './show-findings.js';
import { processTerminal, type Terminal, whoAmI } from './terminal.js';
import { affectedWords, choiceWords, leftWords, switchWords } from './version-words.js';

type Sessions = 'keep' | 'move' | 'end';

export interface DeployOptions extends ServerOptions {
  message?: string;
  endpoint?: string[];
  canary?: number;
  move?: boolean;
  end?: boolean;
  keep?: boolean;
  dryRun?: boolean;
  force?: boolean;
  yes?: boolean;
  json?: boolean;
}

/** `parlance deploy [folder]` */
export function addDeploy(program: Command, _projectDir: string): void {
  const command = program
    .command('deploy')
    .description('check flows, send them to a server as one version, and point its endpoints there')
    .argument('[folder]', 'where the flows are', DEFAULT_FLOWS)
    .option('-m, --message <text>', 'what is new, for the list of versions')
    .option(
      '--endpoint <id>',
      'only this endpoint; may be repeated (default: all that begin with one of the flows)',
      collect,
    )
    .option('--canary <share>', 'only for this share of contacts, e.g. 10%', percent)
    .option('--keep', 'running conversations end on the version they began with (default)')
    .option('--move', 'running conversations go on in the new version, by step id')
    .option('--end', 'running conversations are over: the next message begins anew')
    .option('--dry-run', 'only tell what would happen')
    .option('--force', 'switch even if somebody else has done so meanwhile')
    .option('-y, --yes', 'ask nothing')
    .option('--json', 'for programs');
  addServerOptions(command).action(async (folder: string, options: DeployOptions) => {
    process.exitCode = await deploy(folder, options, processTerminal());
  });
}

/** @returns the exit code. @throws what `Server` throws, CalledWrongly */
export async function deploy(folder: string, options: DeployOptions, terminal: Terminal): Promise<number> {
  const chosen = (['keep', 'move', 'end'] as const).filter((fate) => options[fate] === true);
  if (chosen.length > 1) throw new CalledWrongly('--keep, --move and --end exclude each other.');
  if (options.canary !== undefined && chosen.some((fate) => fate !== 'keep')) {
    throw new CalledWrongly('A canary leaves running conversations alone: leave out --move and --end.');
  }
  const read = readFlowFiles([folder], terminal.cwd);
  const loaded = loadFlows(read.files);
  const findings = [...read.findings, ...loaded.findings];
  const texts = new Map(read.files.map(({ path, text }) => [path, text]));
  const shown = { findings, files: read.files.length, textOf: (path: string) => texts.get(path) };
  if (findings.some(({ severity }) => severity === 'error')) {
    if (options.json) terminal.write(json({ error: 'flows_unfit', findings }));
    else terminal.write(`${showFindings(shown, 'text', terminal.color)}Nothing was deployed.\n`);
    return 1;
  }
  const server = connect(options, terminal.cwd, terminal.env);
  const body = {
    files: read.files.map(({ path, text }) => ({ path: basename(path), text })),
    by: whoAmI(terminal.env),
    message: options.message ?? '',
    ...(options.endpoint === undefined ? {} : { endpoints: options.endpoint }),
    ...(options.canary === undefined ? {} : { canaryPercent: options.canary }),
  };
  const sessions: Sessions = chosen[0] ?? 'keep';
  if (!options.json) {
    terminal.note(await templateWarnings(server, loaded.flows, shown, terminal.color));
  }
  const stray = options.json ? '' : strayWords(loaded.flows, await server.get('/flows/versions', ListAnswer));
  try {
    const before = await server.post('/flows/versions', { ...body, sessions, dryRun: true }, DeployAnswer);
    if (options.dryRun) {
      terminal.write(
        options.json ? json(before) : `${plannedWords(before)}${stray}\nNothing was deployed (--dry-run).\n`,
      );
      return 0;
    }
    if (!options.json && before.affected !== undefined && before.switched.length > 0) {
      terminal.note(sessionsWords(before));
    }
    const fate = chosen[0] ?? (await askFate(before, options, terminal));
    if (fate === 'cancel') {
      terminal.note('Nothing was deployed.\n');
      return 1;
    }
    await sendFiles(server, resolve(terminal.cwd, folder), read.files, before.missingFiles ?? []);
    // What was seen is what is changed, unless somebody else was faster.
    const expect = options.force ? {} : { expect: before.revisions };
    const done = await server.post('/flows/versions', { ...body, ...expect, sessions: fate }, DeployAnswer);
    terminal.write(options.json ? json(done) : `${doneWords(done, fate, server.url)}${stray}`);
    return 0;
  } catch (err) {
    if (!(err instanceof ServerRefused)) throw err;
    if (options.json) terminal.write(json({ error: err.reason, message: err.message, findings: err.findings }));
    else {
      for (const { file, line, column, severity, message, hint } of err.findings)
        terminal.write(`${file}:${line}:${column} ${severity} ${message}${hint === undefined ? '' : ` (${hint})`}\n`);
      terminal.note(`${err.message}${err.reason === 'changed' ? ' --force switches all the same.' : ''}\n`);
    }
    return 1;
  }
}

/** Sends the files of flows that the server does not have. */
async function sendFiles(
  server: Server,
  folder: string,
  files: readonly FlowFile[],
  missing: readonly string[],
): Promise<void> {
  for (const { path, sha256 } of ownFilesOf(files)) {
    if (!missing.includes(sha256)) continue;
    const file = new Blob([readFileSync(join(ownFilesDir(folder), path))]);
    await server.put(`/flows/files/${sha256}`, file, FileAnswer);
  }
}

/** Only when somebody waits at a step that is gone is there anything to decide. */
async function askFate(
  { affected, switched }: DeployAnswer,
  { yes, json: isJson }: DeployOptions,
  { ask }: Terminal,
): Promise<Sessions | 'cancel'> {
  const isCanary = switched.some(({ canaryPercent }) => canaryPercent !== undefined);
  const isHarmless = isCanary || switched.length === 0 || (affected?.gone.length ?? 0) === 0;
  if (isHarmless || yes || isJson || ask === undefined) return 'keep';
  const answer = await ask('Keep them on their version, move them, end them, or cancel? [Keep/move/end/cancel] ');
  const word = answer.trim().toLowerCase();
  return (
    (['keep', 'move', 'end'] as const).find((fate) => word !== '' && fate.startsWith(word)) ??
    (word === '' ? 'keep' : 'cancel')
  );
}

/** Who is under way, and what may become of them: a canary leaves all where they are. */
function sessionsWords({ affected, switched }: DeployAnswer): string {
  if (affected === undefined) return '';
  const isCanary = switched.some(({ canaryPercent }) => canaryPercent !== undefined);
  if (!isCanary) return `${affectedWords(affected)}${choiceWords(affected)}`;
  const on = affected.versions.map(({ version, count }) => `${count} on version ${version}`);
  return on.length === 0 ? '' : `Conversations under way stay where they are: ${on.join(', ')}.\n`;
}

function plannedWords(answer: DeployAnswer): string {
  const { version, switched } = answer;
  const what = version.isNew ? `This would be version ${version.number}.` : `This is version ${version.number}.`;
  const where =
    switched.length === 0 ? 'Nothing would change.\n' : switched.map((one) => `  ${switchWords(one)}\n`).join('');
  return `${what}\n${where}${leftWords(answer)}${switched.length === 0 ? '' : sessionsWords(answer)}`;
}

function doneWords(answer: DeployAnswer, fate: Sessions, url: string): string {
  const { version, switched, warnings } = answer;
  if (switched.length === 0) return `Nothing to do: version ${version.number} is in use already.\n${leftWords(answer)}`;
  const what = version.isNew ? 'is deployed' : 'is in use again';
  const sessions = {
    keep: 'Conversations under way end on the version they began with.',
    move: 'Conversations under way go on in it with their next message.',
    end: 'Conversations under way are over; the next message begins anew.',
  }[fate];
  const canary = switched.some(({ canaryPercent }) => canaryPercent !== undefined);
  const noted =
    warnings.length === 0 ? '' : `${warnings.length} warning${warnings.length === 1 ? '' : 's'}: see parlance check.\n`;
  return [
    `Version ${version.number} ${what} on ${url}.\n`,
    ...switched.map((one) => `  ${switchWords(one)}\n`),
    leftWords(answer),
    canary ? 'Deploy again without --canary to give it to everybody; parlance rollback ends it.\n' : `${sessions}\n`,
    noted,
  ].join('');
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function percent(written: string): number {
  const value = Number(/^(\d{1,2}(?:\.\d{1,2})?)\s*%?$/.exec(written)?.[1]);
  if (!(value > 0 && value < 100))
    throw new InvalidArgumentError('a share between 0% and 100% is expected, such as 10%');
  return value;
}
