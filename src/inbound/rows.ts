/** One update's arguments for the script that stores it. */
export interface Row {
  args: (string | number)[];
}

/** A script that stored more would hold up Redis for milliseconds, and was slower a message when measured. */
export const MAX_PER_CALL = 100;

export function portions<R extends Row>(rows: readonly R[]): R[][] {
  const count = Math.ceil(rows.length / MAX_PER_CALL);
  return Array.from({ length: count }, (_, i) => rows.slice(i * MAX_PER_CALL, (i + 1) * MAX_PER_CALL));
}

export function argsOf(rows: readonly Row[]): (string | number)[] {
  const args: (string | number)[] = [];
  for (const row of rows) args.push(...row.args);
  return args;
}
