import { type Command, InvalidArgumentError, Option } from 'commander';
import { checkWith } from '../flow/checks/check.js';
import { type KnownTemplates, knownTemplates } from '../flow/checks/known-templates.js';
import { neverUsed } from '../flow/checks/starts.js';
import { byPlace, type LoadedFlows, loadFlows } from '../flow/load.js';
import type { Finding } from '../flow/reading/finding.js';
import { templatesOf } from './account-templates.js';
import { endpointsBeside } from './endpoint-files.js';
import { environment } from './environment.js';
import { DEFAULT_FLOWS, type FlowFiles, readFlowFiles } from './flow-files.js';
import { connect, type ServerOptions } from './server.js';
import { FORMATS, type Format, showFindings } from './show-findings.js';
import { processTerminal, type Terminal } from './terminal.js';

/** `parlance check [paths…]`: exit code 1 when there is an error, or more warnings than allowed. */
export function addCheck(program: Command, _projectDir: string): void {
  program
    .command('check')
    .description('find what is wrong with flows, and say what to write instead')
    .argument('[paths...]', 'folders or files; a file is checked together with its folder', [DEFAULT_FLOWS])
    .addOption(new Option('--format <format>', 'how to say it').choices(FORMATS).default('text'))
    .option('--max-warnings <n>', 'fail when there are more warnings', count)
    .option('--server <url>', 'a running server: also checks messages against the templates its accounts have')
    .option('--key <key>', 'its operator key; better in PARLANCE_OPERATOR_KEY, where no list of processes shows it')
    .action(async (paths: string[], options: CheckOptions) => {
      process.exitCode = await checkAll(paths, options, processTerminal());
    });
}

export interface CheckOptions extends ServerOptions {
  format: Format;
  maxWarnings?: number;
}

/** @returns the exit code. @throws what `Server` throws, CalledWrongly */
export async function checkAll(paths: readonly string[], options: CheckOptions, terminal: Terminal): Promise<number> {
  const { cwd, env, color } = terminal;
  const asked = options.server === undefined ? undefined : await templatesOf(connect(options, cwd, env));
  if (asked !== undefined) terminal.note(asked.gaps);
  const { format, maxWarnings } = options;
  const { output, failed } = check({ paths, cwd, env, format, color, maxWarnings, templates: asked?.known });
  terminal.write(output);
  return failed ? 1 : 0;
}

/** @throws CalledWrongly */
export function check(asked: {
  paths: readonly string[];
  cwd: string;
  env?: NodeJS.ProcessEnv;
  format: Format;
  color: boolean;
  maxWarnings?: number | undefined;
  /** of a server's accounts; undefined when no server was asked */
  templates?: readonly KnownTemplates[] | undefined;
}): { output: string; failed: boolean } {
  const { paths, cwd, format, color, maxWarnings = Number.POSITIVE_INFINITY, templates, env = {} } = asked;
  const read = readFlowFiles(paths, cwd);
  // A file that is no text was said already; there being none at all is a finding of its own.
  const loaded = read.files.length > 0 || read.findings.length === 0 ? loadFlows(read.files) : undefined;
  const around = loaded === undefined ? undefined : checkAround(loaded, read, { cwd, env, templates });
  const texts = new Map([...read.files.map(({ path, text }) => [path, text] as const), ...(around?.texts ?? [])]);
  const findings = [...read.findings, ...(loaded?.findings ?? [])]
    .filter(({ file }) => file === '' || read.wanted.has(file))
    .concat(around?.findings ?? [])
    .sort(byPlace);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const output = showFindings({ findings, files: read.wanted.size, textOf: (path) => texts.get(path) }, format, color);
  return { output, failed: errors > 0 || findings.length - errors > maxWarnings };
}

/** What the endpoints of the project and the accounts of a server say about the flows. */
function checkAround(
  { flows }: LoadedFlows,
  { folders, wanted }: FlowFiles,
  { cwd, env, templates }: { cwd: string; env: NodeJS.ProcessEnv; templates: readonly KnownTemplates[] | undefined },
): { findings: Finding[]; texts: ReadonlyMap<string, string> } {
  const paths = folders.map(({ path }) => path);
  const whole = folders.filter(({ isWhole }) => isWhole).map(({ path }) => path);
  const variables = environment(cwd, env);
  const { starts, isOpen } = endpointsBeside(paths, cwd, variables);
  const { findings, texts } = endpointsBeside(whole, cwd, variables);
  const allStarts = [...starts, ...(templates ?? []).flatMap((account) => account.starts)];
  const inFlows = checkWith(flows, () => [
    ...(isOpen || allStarts.length === 0 ? [] : [neverUsed(allStarts)]),
    ...(templates === undefined ? [] : [knownTemplates(templates)]),
  ]);
  const declared = flows.map(({ flow }) => flow.name);
  return {
    findings: [...inFlows.filter(({ file }) => wanted.has(file)), ...(flows.length === 0 ? [] : findings(declared))],
    texts,
  };
}

function count(written: string): number {
  if (!/^\d{1,9}$/.test(written)) throw new InvalidArgumentError('a whole number is expected');
  return Number(written);
}
