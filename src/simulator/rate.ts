/** A budget of messages: so many at once, and one more each interval. */
export interface Budget {
  burst: number;
  intervalMs: number;
}

/**
 * One contact of one number: a burst of 45, borrowed from a rate of one message in 6 s.
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/about-the-platform
 */
export const PAIR_BUDGET: Budget = { burst: 45, intervalMs: 6_000 };

/**
 * One business number, both directions together: 80 messages a second.
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput
 */
export const NUMBER_BUDGET: Budget = { burst: 80, intervalMs: 12.5 };

/** A number that was upgraded: 1000 a second. */
export const FAST_NUMBER_BUDGET: Budget = { burst: 1_000, intervalMs: 1 };

/**
 * Calls that send nothing: 200 an hour for each account.
 * @see https://developers.facebook.com/docs/graph-api/overview/rate-limiting
 */
export const MANAGEMENT_BUDGET: Budget = { burst: 200, intervalMs: 18_000 };

/** What is left when the throttle faults are on: little enough that any bot with two replies meets the limit. */
export const TIGHT_PAIR_BUDGET: Budget = { burst: 1, intervalMs: 4_000 };
export const TIGHT_NUMBER_BUDGET: Budget = { burst: 1, intervalMs: 1_000 };

/**
 * Spends one message of a budget (GCRA: one number of memory, no windows that reset).
 *
 * @param tatMs what the last call returned: when the bucket is full again, epoch ms; undefined for a fresh budget
 * @returns `allowed`, and the new `tatMs`, which is unchanged when it was not allowed
 */
export function spend(tatMs: number | undefined, nowMs: number, budget: Budget): { allowed: boolean; tatMs: number } {
  const fullAtMs = Math.max(tatMs ?? nowMs, nowMs);
  const allowed = fullAtMs - nowMs <= (budget.burst - 1) * budget.intervalMs;
  return { allowed, tatMs: allowed ? fullAtMs + budget.intervalMs : fullAtMs };
}

/** Budgets by key. */
export interface RateLimiter {
  /** @returns whether the message fits; when it does, it is spent */
  take(key: string, budget: Budget): boolean;
  forget(): void;
}

export function createRateLimiter(nowMs: () => number): RateLimiter {
  const tats = new Map<string, number>();
  return {
    take(key, budget) {
      const { allowed, tatMs } = spend(tats.get(key), nowMs(), budget);
      tats.set(key, tatMs);
      return allowed;
    },
    forget: () => tats.clear(),
  };
}
