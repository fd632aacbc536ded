import { readFileSync } from 'node:fs';

/** A script that is starved by other work on the machine may take this many times its limit by the clock on the wall. */
export const STARVED_FACTOR = 4;

/** How long a script has run: by its thread's processor time, so that a busy machine does not make it fail. */
export class Stopwatch {
  private startedMs = 0;
  private startedCpuMs: number | undefined;
  private limitMs = Number.POSITIVE_INFINITY;
  private lookAgainMs = Number.POSITIVE_INFINITY;

  start(limitMs: number): void {
    this.startedMs = performance.now();
    this.startedCpuMs = threadCpuMs();
    this.limitMs = limitMs;
    this.lookAgainMs = this.startedMs + limitMs;
  }

  stop(): void {
    this.lookAgainMs = Number.POSITIVE_INFINITY;
  }

  /** Asked often: it looks at the clock on the wall, and at the processor time only when that is over the limit. */
  isOver(): boolean {
    const nowMs = performance.now();
    if (nowMs < this.lookAgainMs) return false;
    const cpuMs = threadCpuMs();
    const usedMs = cpuMs === undefined || this.startedCpuMs === undefined ? this.limitMs : cpuMs - this.startedCpuMs;
    if (usedMs >= this.limitMs || nowMs - this.startedMs >= this.limitMs * STARVED_FACTOR) return true;
    this.lookAgainMs = nowMs + (this.limitMs - usedMs);
    return false;
  }
}

/** @returns undefined on systems that do not tell; @see https://docs.kernel.org/scheduler/sched-stats.html */
function threadCpuMs(): number | undefined {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return undefined;
  }
}
