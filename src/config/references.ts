import type { z } from 'zod';
import { isJsonObject } from '../shared/json.js';
import { fromTextAt } from './env-names.js';
import type { Path } from './path.js';
import { factsAt, type SettingFacts, schemaAt } from './setting.js';
import type { Tree } from './tree.js';
import type { YamlFile } from './yaml-file.js';

/** Environment variables by name; '' counts as unset, as docker compose hands unset ones on. */
export type Env = Readonly<Record<string, string | undefined>>;

/** A value of a file that names variables. */
export interface Reference {
  path: Path;
  /** all it names */
  names: readonly string[];
  /** those that are unset */
  missing: readonly string[];
}

export interface Resolved {
  /** the file's values with variables put in; what names an unset one is left out */
  values: Tree;
  references: Reference[];
  /** secrets that stand in the file themselves */
  literalSecrets: Path[];
}

const REFERENCE = /\$(\$?)\{([^}]*)\}/g;
const ONLY_A_REFERENCE = /^\$\{[^}]*\}$/;

/**
 * Puts variables in place of `${NAME}` anywhere in a file's values; `$${` gives a plain `${`. A value that comes from
 * a variable becomes the type its setting wants; a number written where text belongs keeps its characters; `null`
 * counts as not given.
 */
export function resolveReferences(file: YamlFile, schema: z.core.$ZodType, env: Env): Resolved {
  const references: Reference[] = [];
  const literalSecrets: Path[] = [];

  function visit(value: unknown, path: Path): unknown {
    if (Array.isArray(value)) return value.map((entry, index) => visit(entry, [...path, index]));
    if (isJsonObject(value)) {
      const entries = Object.entries(value).map(([key, child]) => [key, visit(child, [...path, key])] as const);
      return Object.fromEntries(entries.filter(([, child]) => isGiven(child)));
    }
    const setting = schemaAt(schema, path);
    const written = typeof value === 'string' ? value : file.sourceText(path);
    if (isGiven(value) && isLiteralSecret(factsAt(schema, path), written)) literalSecrets.push(path);
    if (typeof value === 'string') return fromVariables(value, path);
    return setting?._zod.def.type === 'string' && isGiven(value) ? (written ?? value) : value;
  }

  function fromVariables(template: string, path: Path): unknown {
    const names: string[] = [];
    const filled = template.replace(REFERENCE, (whole, escaped: string, name: string) => {
      if (escaped !== '') return whole.slice(1);
      names.push(name);
      return env[name] ?? '';
    });
    if (names.length === 0) return filled;
    const missing = names.filter((name) => (env[name] ?? '') === '');
    references.push({ path, names, missing });
    return missing.length > 0 ? undefined : fromTextAt(schema, path, filled);
  }

  const values = visit(file.values, []);
  return { values: isJsonObject(values) ? values : {}, references, literalSecrets };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isLiteralSecret(facts: SettingFacts | undefined, written: string | undefined): boolean {
  if (written === undefined || ONLY_A_REFERENCE.test(written)) return false;
  if (facts?.secret === 'password') return /\/\/[^/@]*:[^/@]+@/.test(written.replace(REFERENCE, ''));
  return facts?.secret === 'all';
}
