import { isJsonObject } from '../shared/json.js';
import type { Path } from './path.js';

/** Values by name, groups within groups. */
export type Tree = { [key: string]: unknown };

/** What stands at `path`, or undefined. Own names only: `constructor` is not a setting. */
export function valueAt(tree: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return value[Number(key)];
    return isJsonObject(value) && Object.hasOwn(value, key) ? value[String(key)] : undefined;
  }, tree);
}

/** A copy of `tree` with `value` at `path`, the groups on the way made where they are missing. */
export function withValue(tree: Tree, path: readonly string[], value: unknown): Tree {
  const [key, ...rest] = path;
  if (key === undefined) return tree;
  const below = tree[key];
  return { ...tree, [key]: rest.length === 0 ? value : withValue(isJsonObject(below) ? below : {}, rest, value) };
}

/** The same value, frozen to its leaves. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
