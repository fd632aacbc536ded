import type { Exchanged } from './exchange.js';

/** Methods a server must not mind getting twice. */
const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
/** The server says that it has not done it. */
const NOT_DONE = new Set([429, 503]);
/** Something between us and the server says that it does not know. */
const UNKNOWN = new Set([408, 425, 500, 502, 504]);

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** Whether asking once more may help, and cannot make anything happen twice. */
export function isWorthRepeating(method: string, exchanged: Exchanged): boolean {
  const repeatable = REPEATABLE.has(method);
  if (exchanged.ended === 'answered') {
    const { status } = exchanged.answer;
    return NOT_DONE.has(status) || (repeatable && UNKNOWN.has(status));
  }
  switch (exchanged.fault) {
    case 'refused':
    case 'hostNotFound':
    case 'network':
    case 'timeout':
      return repeatable || !exchanged.written;
    default:
      return false;
  }
}

/**
 * How long to wait before the next try.
 *
 * @param tried how often it was tried, from 1
 * @param random in [0, 1): spreads those who failed together
 * @param retryAfter the header: seconds, or a date
 * @returns ms
 */
export function pauseMs(tried: number, random: number, retryAfter: string | undefined, nowMs: number): number {
  const asked = askedPauseMs(retryAfter, nowMs);
  if (asked !== undefined) return asked;
  const backoff = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tried - 1));
  return Math.round(backoff * (0.5 + random / 2));
}

function askedPauseMs(retryAfter: string | undefined, nowMs: number): number | undefined {
  if (retryAfter === undefined) return undefined;
  if (/^\d{1,9}$/.test(retryAfter.trim())) return Number(retryAfter) * 1000;
  const atMs = Date.parse(retryAfter);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
