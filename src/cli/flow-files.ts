import { readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { FlowFile } from '../flow/load.js';
import type { Finding } from '../flow/reading/finding.js';
import { readManifestOf } from '../flow-versions/own-files.js';
import { flowFileNames } from '../flow-versions/read-folder.js';
import { CalledWrongly } from './called-wrongly.js';

export const DEFAULT_FLOWS = 'config/flows';

export interface FlowFiles {
  /** every flow file of the folders, since flows refer to each other */
  files: readonly FlowFile[];
  /** files that are no text */
  findings: readonly Finding[];
  /** the files that were asked for, by path */
  wanted: ReadonlySet<string>;
  /** where they are, absolute; `isWhole`: the folder was asked for, not only a file in it */
  folders: readonly { path: string; isWhole: boolean }[];
}

/**
 * Reads the flows of folders, or of the folders that single files lie in. Tests beside them are left out.
 *
 * @param paths folders and files, relative to `cwd`
 * @returns paths relative to `cwd`, as a terminal makes them clickable
 * @throws CalledWrongly
 */
export function readFlowFiles(paths: readonly string[], cwd: string): FlowFiles {
  const all = new Set<string>();
  const wanted = new Set<string>();
  const folders = new Map<string, boolean>();
  for (const path of paths) {
    const full = resolve(cwd, path);
    const stats = statSync(full, { throwIfNoEntry: false });
    if (stats === undefined) throw new CalledWrongly(`There is no file or folder ${path}.`);
    const folder = stats.isDirectory() ? full : dirname(full);
    folders.set(folder, stats.isDirectory() || folders.get(folder) === true);
    const siblings = flowsIn(folder);
    for (const file of siblings) all.add(file);
    for (const file of stats.isDirectory() ? siblings : [full]) {
      all.add(file);
      wanted.add(relative(cwd, file));
    }
  }
  const files: FlowFile[] = [];
  const findings: Finding[] = [];
  for (const file of [...all].sort()) {
    const path = relative(cwd, file);
    const text = decode(readFileSync(file));
    if (text === undefined) findings.push(notText(path));
    else files.push({ path, text });
  }
  for (const folder of folders.keys()) {
    for (const { path, text } of readManifestOf(folder)) files.push({ path: relative(cwd, join(folder, path)), text });
  }
  return { files, findings, wanted, folders: [...folders].map(([path, isWhole]) => ({ path, isWhole })) };
}

function flowsIn(folder: string): string[] {
  return flowFileNames(folder).map((name) => join(folder, name));
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function notText(file: string): Finding {
  return {
    severity: 'error',
    code: 'file-encoding',
    file,
    line: 1,
    column: 1,
    message: 'the file is not UTF-8',
    hint: 'save it as UTF-8; in most editors under "Save with encoding"',
  };
}
