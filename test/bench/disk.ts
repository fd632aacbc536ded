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
