import type { FlowVersion } from '../flow/definition.js';
import { type Failure, judge } from './judge.js';
import { type PlayDeps, type Played, play } from './play.js';
import type { FlowTest, TestFile } from './test-file.js';

/** A test file with the flows it is about. */
export interface TestedFile {
  file: TestFile;
  version: FlowVersion;
}

export interface TestResult {
  file: TestFile;
  version: FlowVersion;
  test: FlowTest;
  /** of the test in its file, e.g. `['tests', 0]` */
  path: readonly PropertyKey[];
  played: Played;
  /** empty: it passed */
  failures: readonly Failure[];
  tookMs: number;
}

export interface RunOptions extends Omit<PlayDeps, 'version'> {
  /** only tests whose name this allows */
  wants(name: string): boolean;
  /** tests in flight; they wait for nothing but sandboxed code */
  parallel: number;
  /** ms from any start, for durations */
  clock(): number;
}

/** Plays all tests. @returns in the order of the files */
export async function runTests(files: readonly TestedFile[], options: RunOptions): Promise<TestResult[]> {
  const all = files.flatMap(({ file, version }) =>
    file.content.tests.map((test, index) => ({ file, version, test, path: ['tests', index] as const })),
  );
  const wanted = all.filter(({ test }) => options.wants(test.name));
  const results = new Array<TestResult>(wanted.length);
  const queue = wanted.entries();
  const work = async (): Promise<void> => {
    for (const [index, task] of queue) {
      const startedMs = options.clock();
      const played = await play(task.file, task.test, { ...options, version: task.version });
      const failures = judge(task.test, played, task.path);
      results[index] = { ...task, played, failures, tookMs: options.clock() - startedMs };
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, options.parallel) }, work));
  return results;
}
