import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a thread. Built, it is the JavaScript file named; run from the sources, as in development, it is the TypeScript
 * beside it, and a thread has to be told how to read that.
 *
 * @param file the built file: `new URL('./thread.js', import.meta.url)`
 */
export function startThread(file: URL, settings: Pick<WorkerOptions, 'workerData' | 'resourceLimits'>): Worker {
  const options: WorkerOptions = {
    ...settings,
    // A thread has no business with the variables of the process, nor with how it was started.
    env: {},
    execArgv: [],
  };
  if (!import.meta.url.endsWith('.ts')) return new Worker(file, options);
  const loader = import.meta.resolve('tsx/esm/api');
  const source = file.href.replace(/\.js$/, '.ts');
  const script = `import('${loader}').then((tsx) => { tsx.register(); return import('${source}'); });`;
  return new Worker(script, { ...options, eval: true });
}
