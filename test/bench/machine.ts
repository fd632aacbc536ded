import { existsSync, readFileSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './statistics.js';

/** What one fdatasync of 4 kB costs where the tests' Redis keeps its file, ms. */
export async function fdatasyncMs(): Promise<number> {
  const path = join(tmpdir(), `parlance-bench-${process.pid}`);
  const file = await open(path, 'w');
  const times: number[] = [];
  try {
    for (let i = 0; i < 100; i++) {
      await file.write(Buffer.alloc(4_096));
      const startedAt = performance.now();
      await file.datasync();
      times.push(performance.now() - startedAt);
    }
  } finally {
    await file.close();
    await rm(path);
  }
  return median(times);
}

/** CPU time of the machine so far, in ticks. */
export interface CpuTicks {
  all: number;
  /** in which a process wanted to run here, and the host ran another guest */
  stolen: number;
}

/** @returns undefined where there is no /proc */
export function cpuTicks(): CpuTicks | undefined {
  if (!existsSync('/proc/stat')) return undefined;
  const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/ +/) ?? [];
  // user, nice, system, idle, iowait, irq, softirq, steal; what follows is counted in user already.
  const ticks = fields.slice(0, 8).map(Number);
  return { all: ticks.reduce((sum, each) => sum + each, 0), stolen: ticks[7] ?? 0 };
}

/** Steal since then, in percent of all CPU time. */
export function stealPercent(since: CpuTicks | undefined): number {
  const now = cpuTicks();
  if (since === undefined || now === undefined) return Number.NaN;
  return (100 * (now.stolen - since.stolen)) / (now.all - since.all);
}
