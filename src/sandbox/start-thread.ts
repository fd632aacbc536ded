import { Worker, type WorkerOptions } from 'node:worker_threads';
import type { ThreadSettings } from './job.js';

/**
 * Starts a thread of the sandbox: built, it is the file beside this one; run from the sources, as in development, it is
 * TypeScript, and a thread has to be told how to read that.
 */
export function startThread(workerData: ThreadSettings): Worker {
  const options: WorkerOptions = {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: 96, stackSizeMb: 4 },
    // A thread has no business with the variables of the process, nor with how it was started.
    env: {},
    execArgv: [],
  };
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./thread.js', import.meta.url), options);
  const loader = import.meta.resolve('tsx/esm/api');
  const source = new URL('./thread.ts', import.meta.url).href;
  const script = `import('${loader}').then((tsx) => { tsx.register(); return import('${source}'); });`;
  return new Worker(script, { ...options, eval: true });
}
