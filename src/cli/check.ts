import { type Command, InvalidArgumentError, Option } from 'commander';
import { loadFlows } from '../flow/load.js';
import { DEFAULT_FLOWS, readFlowFiles } from './flow-files.js';
import { wantsColor } from './paint.js';
import { FORMATS, type Format, showFindings } from './show-findings.js';

/** `parlance check [paths…]`: exit code 1 when there is an error, or more warnings than allowed. */
export function addCheck(program: Command, _projectDir: string): void {
  program
    .command('check')
    .description('find what is wrong with flows, and say what to write instead')
    .argument('[paths...]', 'folders or files; a file is checked together with its folder', [DEFAULT_FLOWS])
    .addOption(new Option('--format <format>', 'how to say it').choices(FORMATS).default('text'))
    .option('--max-warnings <n>', 'fail when there are more warnings', count)
    .action((paths: string[], { format, maxWarnings }: { format: Format; maxWarnings?: number }) => {
      const { output, failed } = check({ paths, cwd: process.cwd(), format, color: wantsColor(), maxWarnings });
      process.stdout.write(output);
      if (failed) process.exitCode = 1;
    });
}

/** @throws CalledWrongly */
export function check(asked: {
  paths: readonly string[];
  cwd: string;
  format: Format;
  color: boolean;
  maxWarnings?: number | undefined;
}): { output: string; failed: boolean } {
  const { paths, cwd, format, color, maxWarnings = Number.POSITIVE_INFINITY } = asked;
  const read = readFlowFiles(paths, cwd);
  const texts = new Map(read.files.map(({ path, text }) => [path, text]));
  // A file that is no text was said already; there being none at all is a finding of its own.
  const loaded = read.files.length > 0 || read.findings.length === 0 ? loadFlows(read.files).findings : [];
  const findings = [...read.findings, ...loaded].filter(({ file }) => file === '' || read.wanted.has(file));
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const output = showFindings({ findings, files: read.wanted.size, textOf: (path) => texts.get(path) }, format, color);
  return { output, failed: errors > 0 || findings.length - errors > maxWarnings };
}

function count(written: string): number {
  if (!/^\d{1,9}$/.test(written)) throw new InvalidArgumentError('a whole number is expected');
  return Number(written);
}
