const UNIT_MS: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A year: what waits longer is a mistake. */
const MAX_MS = 366 * 86_400_000;

/** What a duration looks like, for editors too. */
export const DURATION_PATTERN = '^\\s*\\d{1,9}(ms|[smhd])(\\s*\\d{1,9}(ms|[smhd]))*\\s*$';
const DURATION = new RegExp(DURATION_PATTERN);

/**
 * `1500ms`, `2s`, `10m`, `24h`, `7d`, also in parts: `1h 30m`.
 *
 * @returns ms, or undefined for what is no duration or longer than a year
 */
export function readDuration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit = ''] of text.matchAll(/(\d+)(ms|[smhd])/g))
    total += Number(amount) * (UNIT_MS[unit] ?? 0);
  return total <= MAX_MS ? total : undefined;
}
