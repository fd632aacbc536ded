import type { z } from 'zod';
import type { ConfigFault } from './fault.js';
import { nearest } from './nearest.js';
import { dotted, type Path, startsWith } from './path.js';
import type { Env, Reference, Resolved } from './references.js';
import { factsAt } from './setting.js';
import type { YamlFile } from './yaml-file.js';

/** The reference that gives the value at `path`, a part of it, or the whole it is part of. */
export function referenceAt(references: readonly Reference[], path: Path): Reference | undefined {
  return references.find((reference) => startsWith(reference.path, path) || startsWith(path, reference.path));
}

/** A fault for each variable that a file names and nobody has set, with the variable that was set in its place. */
export function missingVariables(file: YamlFile, references: readonly Reference[], env: Env): ConfigFault[] {
  const asked = new Set(references.flatMap((reference) => reference.names));
  const unasked = Object.keys(env).filter((name) => !asked.has(name) && name.includes('_'));
  return references.flatMap(({ path, missing }) =>
    missing.map((name) => {
      const meant = nearest(name, unasked);
      return {
        where: file.at(path),
        message: `\${${name}} is not set`,
        allowed:
          meant === undefined
            ? `Set ${name} in the environment or in .env`
            : `Set ${name} in the environment or in .env; did you mean ${meant}, which is set?`,
      };
    }),
  );
}

/** A fault for each secret that stands in a file; says nothing of its value. */
export function secretsInFile(file: YamlFile, schema: z.core.$ZodType, { literalSecrets }: Resolved): ConfigFault[] {
  return literalSecrets.map((path) => {
    const hasPassword = factsAt(schema, path)?.secret === 'password';
    return {
      where: file.at(path),
      message: `${dotted(path)} ${hasPassword ? 'holds a password' : 'is a secret'}, which must not stand in a file`,
      allowed: `Write \${A_NAME} in its place, and set the variable A_NAME in the environment or in .env`,
    };
  });
}
