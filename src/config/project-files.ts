import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ConfigFault } from './fault.js';

export interface ProjectFile {
  /** below the project folder, e.g. `config/endpoints/welcome.yaml` */
  name: string;
  /** without folder and ending: `welcome` */
  stem: string;
  text: string;
}

const YAML_ENDING = /\.ya?ml$/;

/** Reads a file of the project folder; one that does not exist is undefined, one that cannot be read is a fault. */
export function readProjectFile(dir: string, name: string, faults: ConfigFault[]): ProjectFile | undefined {
  try {
    return { name, stem: basename(name).replace(YAML_ENDING, ''), text: readFileSync(join(dir, name), 'utf8') };
  } catch (err) {
    if (errorCode(err) !== 'ENOENT') faults.push(unreadable(name, err));
    return undefined;
  }
}

/** The YAML files of a folder by name; a folder that does not exist has none. */
export function readProjectFolder(dir: string, folder: string, faults: ConfigFault[]): ProjectFile[] {
  let names: string[] = [];
  try {
    names = readdirSync(join(dir, folder)).filter((name) => YAML_ENDING.test(name) && !name.startsWith('.'));
  } catch (err) {
    if (errorCode(err) !== 'ENOENT') faults.push(unreadable(folder, err));
  }
  return names.sort().flatMap((name) => readProjectFile(dir, `${folder}/${name}`, faults) ?? []);
}

function unreadable(name: string, err: unknown): ConfigFault {
  const allowed = 'Give the user that runs Parlance the right to read it';
  return { where: name, message: `it cannot be read (${errorCode(err)})`, allowed };
}

function errorCode(err: unknown): string {
  return err instanceof Error && 'code' in err ? String(err.code) : 'unknown error';
}
