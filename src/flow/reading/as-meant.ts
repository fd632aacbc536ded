import type { Problem } from './finding.js';
import { isRawMap, type Raw, type RawMap } from './source.js';

/** A file with its misspelt keys under the names they were meant to have. */
export interface Meant {
  raw: Raw;
  /** where something of `raw` is in the file as written */
  written(path: readonly PropertyKey[]): readonly PropertyKey[];
}

/**
 * What was probably meant, so that a misspelt key does not hide what else is wrong with a file.
 *
 * @returns undefined when something else than misspelt keys is among the problems: then nobody knows
 */
export function asMeant(raw: Raw, problems: readonly Problem[]): Meant | undefined {
  const renamed = problems.flatMap(({ path, meant }) => (meant === undefined ? [] : [{ path, meant }]));
  if (renamed.length < problems.length) return undefined;
  const nameAt = new Map(renamed.map(({ path, meant }) => [JSON.stringify(path), meant]));
  return {
    raw: copied(raw, [], (path) => nameAt.get(JSON.stringify(path))),
    written(path) {
      // What is below a misspelt key was not read before, so no path leads through two of them.
      const key = renamed.find(
        (one) =>
          path[one.path.length - 1] === one.meant && one.path.slice(0, -1).every((part, index) => part === path[index]),
      );
      return key === undefined ? path : [...key.path, ...path.slice(key.path.length)];
    },
  };
}

function copied(
  raw: Raw,
  path: readonly PropertyKey[],
  nameOf: (path: readonly PropertyKey[]) => string | undefined,
): Raw {
  if (Array.isArray(raw)) return raw.map((item, index) => copied(item, [...path, index], nameOf));
  if (!isRawMap(raw)) return raw;
  const map: RawMap = Object.create(null);
  for (const [key, value] of Object.entries(raw)) {
    const at = [...path, key];
    map[nameOf(at) ?? key] = copied(value, at, nameOf);
  }
  return map;
}
