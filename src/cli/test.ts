import { readFileSync, watch, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { SettingsSchema } from '../config/schema.js';
import type { Finding } from '../flow/reading/finding.js';
import { readSource } from '../flow/reading/read-source.js';
import { Coverage, type FlowCoverage } from '../rehearsal/coverage.js';
import { runTests, type TestResult } from '../rehearsal/run.js';
import { updated } from '../rehearsal/update.js';
import { createSandboxCalls } from '../sandbox/calls.js';
import { createSandboxPool } from '../sandbox/pool.js';
import { DEFAULT_FLOWS } from './flow-files.js';
import { junit } from './junit.js';
import { lcov } from './lcov.js';
import { addServerOptions } from './options.js';
import { type Paints, paints, plural, wantsColor } from './paint.js';
import { recordFromServer } from './record.js';
import type { ServerOptions } from './server.js';
import { oneFinding } from './show-findings.js';
import { processTerminal } from './terminal.js';
import { DEFAULT_TESTS, type ReadTests, readTests } from './test-files.js';
import { coverageTable, failedTest, summary } from './test-report.js';

interface Options {
  flows: string;
  filter?: string;
  trace?: boolean;
  coverage?: boolean;
  coverageFile?: string;
  junit?: string;
  update?: boolean;
  watch?: boolean;
  parallel: number;
  record?: string;
  conversation?: string;
}

/** `parlance test [paths…]`: exit code 1 when a test or a file is wrong. */
export function addTest(program: Command, _projectDir: string): void {
  const command = program
    .command('test')
    .description('play the conversations of *.test.yaml files and compare what the bot says')
    .argument('[paths...]', `folders or files (default: ${DEFAULT_TESTS.join(' and ')})`)
    .option('--flows <folder>', 'the flows of tests that have none in their own folder', DEFAULT_FLOWS)
    .option('--filter <text>', 'only tests with this in their name')
    .option('--trace', 'show each step in the conversations of failed tests')
    .option('--coverage', 'say which steps and branches were never reached')
    .option('--coverage-file <file>', 'write the coverage in lcov form')
    .option('--junit <file>', 'write the results as JUnit XML')
    .option('--update', 'write what came into the test files, in place of what was expected')
    .option('--watch', 'run again when a file changes')
    .option('--parallel <n>', 'tests in flight while others wait for sandboxed code', count, 4)
    .option('--record <file>', 'write a test of a conversation that took place on a server')
    .option('--conversation <id>', 'which one to record (default: the last active one)');
  addServerOptions(command).action(async (paths: string[], options: Options & ServerOptions) => {
    if (options.record !== undefined) {
      return recordFromServer({ ...options, record: options.record }, processTerminal());
    }
    const asked = { paths, options, cwd: process.cwd(), color: wantsColor() };
    const run = async (): Promise<TestRun> => {
      const done = await test(asked);
      process.stdout.write(done.output);
      return done;
    };
    const first = await run();
    if (options.watch === true) watchFolders(first.folders, run);
    else if (first.failed) process.exitCode = 1;
  });
}

export interface TestRun {
  output: string;
  failed: boolean;
  /** what to watch, absolute */
  folders: ReadonlySet<string>;
}

/** @throws CalledWrongly */
export async function test(asked: {
  paths: readonly string[];
  options: Options;
  cwd: string;
  color: boolean;
}): Promise<TestRun> {
  const { paths, options, cwd, color } = asked;
  const paint = paints(color);
  const read = readTests(paths, options.flows, cwd);
  if (read.findings.length > 0) return { output: faults(read, paint), failed: true, folders: read.folders };
  const { filter = '' } = options;
  const startedMs = performance.now();
  const settings = SettingsSchema.parse({});
  const pool = createSandboxPool(settings.sandbox);
  const results = await runTests(read.files, {
    limits: settings.conversation,
    handlers: (http) => ({ ...createSandboxCalls({ run: pool.run, http, limits: settings.sandbox }) }),
    wants: (name) => name.toLowerCase().includes(filter.toLowerCase()),
    parallel: options.parallel,
    clock: () => performance.now(),
  }).finally(() => pool.close());
  const tookMs = performance.now() - startedMs;
  const wrong = results.filter(({ failures }) => failures.length > 0);
  const written = options.update === true ? update(wrong, cwd) : '';
  if (written !== '') {
    // What is left to say is what is still wrong.
    const again = await test({ ...asked, options: { ...options, update: false } });
    return { ...again, output: `${written}${again.output}` };
  }
  const parts = wrong.map((result) => `${failedTest(result, options.trace === true, paint)}\n`);
  if (options.coverage === true || options.coverageFile !== undefined) {
    const { flows, lineOf, placeOf } = covered(results, read);
    // Who names test files does not ask for the flows they never came to.
    const table = paths.length === 0 ? flows : flows.filter(({ steps }) => steps.some(({ hits }) => hits > 0));
    if (options.coverage === true) parts.push(`${coverageTable(table, placeOf, paint)}\n`);
    if (options.coverageFile !== undefined) writeFileSync(resolve(cwd, options.coverageFile), lcov(flows, lineOf));
  }
  if (options.junit !== undefined) {
    const detail = (result: TestResult) => failedTest(result, true, paints(false));
    writeFileSync(resolve(cwd, options.junit), junit(results, detail));
  }
  parts.push(results.length === 0 ? `No test has "${filter}" in its name.\n` : summary(results, tookMs, paint));
  const failed = results.length === 0 || wrong.length > 0;
  return { output: parts.join(''), failed, folders: read.folders };
}

function faults({ findings, texts }: ReadTests, paint: Paints): string {
  const shown = findings.map((finding: Finding) => `${oneFinding(finding, texts.get(finding.file), paint)}\n`);
  return `${shown.join('')}${paint.error(plural(findings.length, 'error'))}: nothing was run\n`;
}

/** @returns what was written, in words; nothing when there was nothing to write */
function update(wrong: readonly TestResult[], cwd: string): string {
  const paths = [...new Set(wrong.map(({ file }) => file.path))];
  return paths
    .map((path) => {
      const full = resolve(cwd, path);
      const own = wrong.filter(({ file }) => file.path === path);
      const { text, changes } = updated(readFileSync(full, 'utf8'), own);
      if (changes === 0) return '';
      writeFileSync(full, text);
      return `${path}: ${plural(changes, 'expectation')} written anew\n`;
    })
    .join('');
}

function covered(results: readonly TestResult[], { texts }: ReadTests) {
  const byVersion = new Map<string, Coverage>();
  for (const { version, played } of results) {
    const coverage = byVersion.get(version.hash) ?? new Coverage(version);
    byVersion.set(version.hash, coverage);
    for (const { trace } of played.turns) coverage.add(trace);
  }
  const flows: FlowCoverage[] = [...byVersion.values()].flatMap((coverage) => coverage.report());
  const sources = new Map(flows.map(({ flow }) => [flow.file, readSource(flow.file, texts.get(flow.file) ?? '')]));
  const place = (flow: FlowCoverage['flow'], step: FlowCoverage['steps'][number]['step']) =>
    sources.get(flow.file)?.place({ path: step.keys, message: '' });
  return {
    flows,
    lineOf: (...[flow, step]: Parameters<typeof place>) => place(flow, step)?.line ?? 1,
    placeOf: (...[flow, step]: Parameters<typeof place>) => {
      const { line = 1, column = 1 } = place(flow, step) ?? {};
      return `${flow.file}:${line}:${column}`;
    },
  };
}

/** Editors save in several writes: a run begins when the files have been still for a moment. */
const STILL_MS = 50;

function watchFolders(folders: ReadonlySet<string>, run: () => Promise<TestRun>): void {
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const again = (): void => {
    running = running.then(async () => {
      process.stdout.write('\n');
      await run().catch((err: unknown) =>
        process.stdout.write(`${err instanceof Error ? err.message : String(err)}\n`),
      );
    });
  };
  for (const folder of folders) {
    watch(folder, () => {
      clearTimeout(timer);
      timer = setTimeout(again, STILL_MS);
    });
  }
  process.stdout.write('Waiting for changes; Ctrl-C ends.\n');
}

function count(written: string): number {
  if (!/^[1-9]\d{0,3}$/.test(written)) throw new InvalidArgumentError('a whole number from 1 is expected');
  return Number(written);
}
