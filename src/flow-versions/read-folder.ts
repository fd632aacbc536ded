import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FlowSource } from './store.js';

/**
 * The flow files of a folder, by their names in it: wherever the folder lies, the same files are the same version. Tests
 * (`*.test.yaml`), schemas and hidden files are not flows.
 *
 * @throws what the file system throws: a folder that does not exist, a file that may not be read
 */
export function readFlowFolder(dir: string): FlowSource[] {
  return flowFileNames(dir).map((name) => ({ path: name, text: readFileSync(join(dir, name), 'utf8') }));
}

/** Sorted. */
export function flowFileNames(dir: string): string[] {
  return readdirSync(dir)
    .filter((name) => /^[^.].*\.(ya?ml|json)$/.test(name) && !/\.(test\.ya?ml|schema\.json)$/.test(name))
    .sort();
}
