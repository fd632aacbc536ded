/** Where a value stands in a settings file: `['outbound', 'pairRate', 'burst']`; numbers are places in a list. */
export type Path = readonly PropertyKey[];

/** As people read it, lists counted from 1: `appSecrets[2]`. */
export function dotted(path: Path): string {
  const parts = path.map((key) => (typeof key === 'number' ? `[${key + 1}]` : `.${String(key)}`));
  return parts.join('').replace(/^\./, '');
}

export function startsWith(path: Path, start: Path): boolean {
  return start.every((key, index) => path[index] === key);
}
