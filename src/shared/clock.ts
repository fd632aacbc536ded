/** Where time comes from: the system's clock, or a test's. */
export interface Clock {
  /** epoch ms */
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };
