import type { Clock } from '../../src/shared/clock.js';

/** A test's clock: it stands still until it is told to go on. */
export class FakeClock implements Clock {
  constructor(private ms: number = Date.UTC(2026, 5, 1, 12)) {}

  nowMs(): number {
    return this.ms;
  }

  advance(ms: number): void {
    this.ms += ms;
  }
}
