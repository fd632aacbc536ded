import { isDeepStrictEqual } from 'node:util';
import { envNames, fromTextAt, unknownVariable } from './env-names.js';
import { byLine, type ConfigFault } from './fault.js';
import { check } from './issues.js';
import { type Path, startsWith } from './path.js';
import { missingVariables, referenceAt, secretsInFile } from './reference-faults.js';
import { type Env, resolveReferences } from './references.js';
import { type Settings, SettingsSchema } from './schema.js';
import { valueAt, withValue } from './tree.js';
import type { YamlFile } from './yaml-file.js';

export interface SettingsReading {
  /** with faults: the defaults, so that reading can go on and find the other faults */
  settings: Settings;
  /** by dotted path, the line or variable of each setting that is not at its default */
  origins: { [path: string]: string };
  faults: ConfigFault[];
}

/** Variables over the file over the schema's defaults. */
export function readSettings(file: YamlFile, env: Env, describeVariable: (name: string) => string): SettingsReading {
  const names = envNames(SettingsSchema);
  const set = [...names].filter(([name]) => (env[name] ?? '') !== '');
  const variableAt = (path: Path) => set.find(([, ofVariable]) => startsWith(path, ofVariable))?.[0];

  const resolved = resolveReferences(file, SettingsSchema, env);
  const values = set.reduce(
    (tree, [name, path]) => withValue(tree, path, fromTextAt(SettingsSchema, path, env[name] ?? '')),
    resolved.values,
  );
  const references = resolved.references.filter(({ path }) => variableAt(path) === undefined);

  const checked = check<Settings>({
    schema: SettingsSchema,
    values,
    where: (path) => {
      const name = variableAt(path);
      return name === undefined ? file.at(path) : describeVariable(name);
    },
    variables: (path) => (variableAt(path) === undefined ? (referenceAt(references, path)?.names ?? []) : []),
    isSaid: (path) =>
      (referenceAt(references, path)?.missing.length ?? 0) > 0 ||
      resolved.literalSecrets.some((literal) => startsWith(literal, path)),
  });
  const faults = byLine([
    ...unknownVariables(env, names, describeVariable),
    ...secretsInFile(file, SettingsSchema, resolved),
    ...missingVariables(file, references, env),
    ...('faults' in checked ? checked.faults : []),
  ]);
  const defaults = SettingsSchema.parse({});
  if (faults.length > 0 || 'faults' in checked) return { settings: defaults, origins: {}, faults };

  const origins: { [path: string]: string } = {};
  for (const path of names.values()) {
    const name = variableAt(path);
    if (name !== undefined) origins[path.join('.')] = describeVariable(name);
    else if (!isDeepStrictEqual(valueAt(checked.settings, path), valueAt(defaults, path))) {
      origins[path.join('.')] = [file.at(path), ...(referenceAt(references, path)?.names ?? [])].join(', ');
    }
  }
  return { settings: checked.settings, origins, faults };
}

function unknownVariables(env: Env, names: Map<string, string[]>, describeVariable: (name: string) => string) {
  return Object.keys(env).flatMap((name) => {
    const allowed = unknownVariable(name, names);
    return allowed === undefined
      ? []
      : [{ where: describeVariable(name), message: 'no setting has this name', allowed }];
  });
}
