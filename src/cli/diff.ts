import { basename } from 'node:path';
import type { Command } from 'commander';
import { type ComparedVersion, compareVersions } from '../flow/compare.js';
import { type FlowFile, loadFlows } from '../flow/load.js';
import { ListAnswer, SourcesAnswer } from '../flow-versions/wire.js';
import { CalledWrongly } from './called-wrongly.js';
import { DEFAULT_FLOWS, readFlowFiles } from './flow-files.js';
import { addServerOptions, versionNumber } from './options.js';
import { connect, type Server, type ServerOptions } from './server.js';
import { processTerminal, type Terminal } from './terminal.js';
import { differenceWords } from './version-words.js';

interface DiffOptions extends ServerOptions {
  folder: string;
  endpoint?: string;
  json?: boolean;
}

/** `parlance diff [before] [after]` */
export function addDiff(program: Command, _projectDir: string): void {
  const command = program
    .command('diff')
    .description('what changed between two versions, or between a version and the flows here')
    .argument('[before]', 'number of a version (default: the one in use)', versionNumber)
    .argument('[after]', 'number of a version (default: the flows here)', versionNumber)
    .option('--folder <folder>', 'where the flows here are', DEFAULT_FLOWS)
    .option('--endpoint <id>', 'the one in use at this endpoint')
    .option('--json', 'for programs');
  addServerOptions(command).action(
    async (before: number | undefined, after: number | undefined, options: DiffOptions) => {
      await diff(before, after, options, processTerminal());
    },
  );
}

/** @throws what `Server` throws; CalledWrongly when one of the two cannot be read */
export async function diff(
  before: number | undefined,
  after: number | undefined,
  options: DiffOptions,
  terminal: Terminal,
): Promise<void> {
  const server = connect(options, terminal.cwd, terminal.env);
  const old = before ?? (await inUse(server, options.endpoint));
  const from = await versionOn(server, old);
  const to = after === undefined ? flowsHere(options.folder, terminal.cwd) : await versionOn(server, after);
  const difference = compareVersions(from, to);
  if (options.json) terminal.write(`${JSON.stringify(difference, undefined, 2)}\n`);
  else
    terminal.write(
      `Version ${old} → ${after === undefined ? options.folder : `version ${after}`}\n${differenceWords(difference)}`,
    );
}

async function inUse(server: Server, wanted: string | undefined): Promise<number> {
  const { endpoints } = await server.get('/flows/versions', ListAnswer);
  const uses = endpoints.filter(({ endpoint }) => wanted === undefined || endpoint === wanted);
  const numbers = new Set(uses.flatMap(({ version }) => version ?? []));
  const [number] = numbers;
  if (number === undefined) throw new CalledWrongly('Nothing is in use there yet: there is nothing to compare with.');
  if (numbers.size === 1) return number;
  const words = uses.map(({ endpoint, version }) => `${endpoint} (${version ?? 'none'})`).join(', ');
  throw new CalledWrongly(`Several versions are in use: ${words}. Name one, or an --endpoint.`);
}

async function versionOn(server: Server, number: number): Promise<ComparedVersion> {
  const { files } = await server.get(`/flows/versions/${number}`, SourcesAnswer);
  return compiled(files, `This program cannot read version ${number} any more`);
}

function flowsHere(folder: string, cwd: string): ComparedVersion {
  const { files } = readFlowFiles([folder], cwd);
  const named = files.map(({ path, text }) => ({ path: basename(path), text }));
  return compiled(named, `The flows in ${folder} have errors: see parlance check`);
}

function compiled(files: readonly FlowFile[], otherwise: string): ComparedVersion {
  const { version } = loadFlows(files);
  if (version === undefined) throw new CalledWrongly(`${otherwise}.`);
  return { version, files };
}
