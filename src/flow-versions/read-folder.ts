import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readManifestOf } from './own-files.js';
import type { FlowSource } from './store.js';

/**
 * The flow files of a folder, by their names in it: wherever the folder lies, the same files are the same version. Tests
 * (`*.test.yaml`), schemas and hidden files are not flows; the bot's own files are there as the list of them.
 *
 * @throws what the file system throws: a folder that does not exist, a file that may not be read
 */
export function readFlowFolder(dir: string): FlowSource[] {
  const flows = flowFileNames(dir).map((name) => ({ path: name, text: readFileSync(join(dir, name), 'utf8') }));
  return [...flows, ...readManifestOf(dir)];
}

/** Sorted. */
export function flowFileNames(dir: string): string[] {
  return readdirSync(dir)
    .filter((name) => /^[^.].*\.(ya?ml|json)$/.test(name) && !/\.(test\.ya?ml|schema\.json)$/.test(name))
    .sort();
}
