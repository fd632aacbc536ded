const WHOLE_SECONDS = /^\d{1,13}$/;
/** The last instant a JavaScript date can name. */
const MAX_EPOCH_MS = 8.64e15;

/**
 * Meta's timestamp: a string of epoch seconds in messages and statuses, an integer with account fields.
 *
 * @returns epoch ms, however far in the past or the future
 */
export function timestampMsOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && WHOLE_SECONDS.test(value) ? Number(value) : value;
  if (typeof seconds !== 'number' || !(seconds >= 0)) return undefined;
  const ms = Math.floor(seconds) * 1000;
  return ms <= MAX_EPOCH_MS ? ms : undefined;
}
