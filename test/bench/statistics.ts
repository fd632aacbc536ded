/** The middle value; of an even number the mean of the two in the middle. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper;
}

/** The smallest value that `share` of all values do not exceed, e.g. 0.99. NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** Events per second between the 10th and the 90th of a hundred: neither the start nor the last stragglers. */
export function steadyRate(timesMs: readonly number[]): number {
  const sorted = [...timesMs].sort((a, b) => a - b);
  const [from, to] = [Math.floor(sorted.length * 0.1), Math.floor(sorted.length * 0.9)];
  const ms = (sorted[to] ?? Number.NaN) - (sorted[from] ?? Number.NaN);
  return ((to - from) * 1000) / ms;
}

/** The most events in any window of this length (half open). */
export function worstWindow(timesMs: readonly number[], windowMs: number): number {
  const sorted = [...timesMs].sort((a, b) => a - b);
  let worst = 0;
  let from = 0;
  sorted.forEach((time, to) => {
    while ((sorted[from] ?? time) <= time - windowMs) from += 1;
    worst = Math.max(worst, to - from + 1);
  });
  return worst;
}
