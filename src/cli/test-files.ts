import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { FlowVersion } from '../flow/definition.js';
import { loadFlows } from '../flow/load.js';
import type { Finding } from '../flow/reading/finding.js';
import type { TestedFile } from '../rehearsal/run.js';
import { readTestFile } from '../rehearsal/test-file.js';
import { CalledWrongly } from './called-wrongly.js';
import { DEFAULT_FLOWS, readFlowFiles } from './flow-files.js';

/** Where tests are looked for when nobody says where. */
export const DEFAULT_TESTS = [DEFAULT_FLOWS, 'test/flows'];

export interface ReadTests {
  files: readonly TestedFile[];
  /** of tests and of the flows they are about; with an error among them nothing is run */
  findings: readonly Finding[];
  /** texts by path, for the lines that are shown */
  texts: ReadonlyMap<string, string>;
  /** folders whose files the tests depend on, absolute */
  folders: ReadonlySet<string>;
}

/**
 * Reads test files and the flows they are about: those in the folder of the test, or, when it has none, in `flows`.
 *
 * @param paths folders (searched deep) and files; empty: `DEFAULT_TESTS`
 * @returns paths relative to `cwd`
 * @throws CalledWrongly
 */
export function readTests(paths: readonly string[], flows: string, cwd: string): ReadTests {
  const findings: Finding[] = [];
  const texts = new Map<string, string>();
  const folders = new Set<string>();
  const versions = new Map<string, FlowVersion | undefined>();

  function versionIn(folder: string): FlowVersion | undefined {
    if (versions.has(folder)) return versions.get(folder);
    folders.add(folder);
    const read = readFlowFiles([folder], cwd);
    for (const { path, text } of read.files) texts.set(path, text);
    const loaded = loadFlows(read.files);
    const faults = [...read.findings, ...loaded.findings].filter(({ severity }) => severity === 'error');
    findings.push(...faults);
    const version = read.findings.length > 0 ? undefined : loaded.version;
    versions.set(folder, version);
    return version;
  }

  const files = findTests(paths, cwd).flatMap((full): TestedFile[] => {
    const path = relative(cwd, full);
    const text = readFileSync(full, 'utf8');
    texts.set(path, text);
    folders.add(dirname(full));
    const read = readTestFile(path, text);
    findings.push(...read.findings);
    if (read.file === undefined) return [];
    const version = versionIn(hasFlows(dirname(full)) ? dirname(full) : resolve(cwd, flows));
    const { file } = read;
    if (version !== undefined && !version.flows.includes(file.content.flow)) {
      const hint = `there are ${version.flows.join(', ')}`;
      findings.push(
        file.place({
          code: 'unknown-flow',
          path: ['flow'],
          message: `there is no flow \`${file.content.flow}\``,
          hint,
        }),
      );
    }
    return version === undefined ? [] : [{ file, version }];
  });
  return { files, findings, texts, folders };
}

function findTests(paths: readonly string[], cwd: string): string[] {
  const asked = paths.length > 0 ? paths : DEFAULT_TESTS.filter((path) => existsSync(resolve(cwd, path)));
  const found = new Set<string>();
  for (const path of asked) {
    const full = resolve(cwd, path);
    const stats = statSync(full, { throwIfNoEntry: false });
    if (stats === undefined) throw new CalledWrongly(`There is no file or folder ${path}.`);
    if (!stats.isDirectory()) {
      found.add(full);
      continue;
    }
    for (const name of readdirSync(full, { recursive: true, encoding: 'utf8' })) {
      if (isTest(name) && !name.includes('node_modules')) found.add(join(full, name));
    }
  }
  if (found.size === 0) {
    const where = asked.length === 0 ? DEFAULT_TESTS.join(' or ') : asked.join(', ');
    throw new CalledWrongly(`There are no *.test.yaml files in ${where}.`);
  }
  return [...found].sort();
}

function isTest(name: string): boolean {
  return /\.test\.ya?ml$/.test(basename(name));
}

function hasFlows(folder: string): boolean {
  return readdirSync(folder).some((name) => /\.ya?ml$/.test(name) && !isTest(name));
}
