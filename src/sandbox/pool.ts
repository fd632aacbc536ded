import type { Worker } from 'node:worker_threads';
import { BotError } from '../shared/errors.js';
import { startThread } from '../shared/start-thread.js';
import type { JobMessage, SandboxJob, SandboxOutcome, ThreadMessage, ThreadSettings } from './job.js';
import { STARVED_FACTOR } from './stopwatch.js';

export interface PoolSettings {
  /** threads at most; they are started when there is work */
  threads: number;
  /** of each thread's engine */
  memoryMb: number;
}

/** Threads that run scripts nobody trusts. */
export interface SandboxPool {
  /**
   * Runs a script to its end or its limits. Whatever it does, this thread goes on meanwhile and the next script is not
   * affected.
   *
   * @throws SandboxUnavailable when no thread can be started, or the pool is closed
   */
  run(job: SandboxJob): Promise<SandboxOutcome>;
  close(): Promise<void>;
}

export class SandboxUnavailable extends BotError {
  override readonly name = 'SandboxUnavailable';
  readonly code = 'sandbox_unavailable';
}

/** What a script may take beyond its limit before its thread is ended: loops inside the engine see no limit. */
const GRACE_MS = 250;
const START_MS = 30_000;
/** Of the thread itself; the engine in it has its own limit. */
const THREAD_LIMITS = { maxOldGenerationSizeMb: 96, stackSizeMb: 4 };

interface Waiting {
  job: SandboxJob;
  resolve(outcome: SandboxOutcome): void;
  reject(error: Error): void;
}

interface Thread {
  worker: Worker;
  /** it has been ready once: what it dies of later is no failure to start */
  hasStarted: boolean;
  isReady: boolean;
  task: Waiting | undefined;
  timer: NodeJS.Timeout | undefined;
}

export function createSandboxPool({ threads: most, memoryMb }: PoolSettings): SandboxPool {
  const queue: Waiting[] = [];
  const threads = new Set<Thread>();
  let isClosed = false;

  function start(): void {
    const workerData: ThreadSettings = { memoryMb };
    const worker = startThread(new URL('./thread.js', import.meta.url), { workerData, resourceLimits: THREAD_LIMITS });
    const thread: Thread = { worker, hasStarted: false, isReady: false, task: undefined, timer: undefined };
    threads.add(thread);
    thread.timer = setTimeout(
      () => lose(thread, new SandboxUnavailable('a thread of the sandbox did not start')),
      START_MS,
    );
    worker.on('message', (message: ThreadMessage) => hear(thread, message));
    worker.on('error', (error) => lose(thread, error));
    worker.on('exit', () => lose(thread, undefined));
  }

  function hear(thread: Thread, message: ThreadMessage): void {
    clearTimeout(thread.timer);
    if (message.message === 'done') {
      const { task } = thread;
      thread.task = undefined;
      task?.resolve(message.outcome);
      return;
    }
    if (message.worn) {
      end(thread);
      if (queue.length > 0) start();
      return;
    }
    thread.hasStarted = thread.isReady = true;
    thread.worker.unref();
    dispatch();
  }

  /** The thread is no more, or is no use any more. */
  function lose(thread: Thread, error: Error | undefined): void {
    if (!threads.has(thread)) return;
    const { task, hasStarted } = thread;
    end(thread);
    if (task !== undefined) {
      task.resolve(outcomeOfLoss(task.job, error));
      // Whoever comes next need not wait for a start.
      if (!isClosed) start();
    } else if (!hasStarted && error !== undefined) {
      const reason = new SandboxUnavailable('a thread of the sandbox could not start', { cause: error });
      for (const waiting of queue.splice(0)) waiting.reject(reason);
    } else dispatch();
  }

  function end(thread: Thread): void {
    clearTimeout(thread.timer);
    threads.delete(thread);
    void thread.worker.terminate();
  }

  function dispatch(): void {
    for (const thread of threads) {
      if (!thread.isReady || thread.task !== undefined) continue;
      const task = queue.shift();
      if (task === undefined) return;
      give(thread, task);
    }
    const starting = [...threads].filter(({ isReady, task }) => !isReady && task === undefined).length;
    if (queue.length > starting && threads.size < most) start();
  }

  function give(thread: Thread, task: Waiting): void {
    thread.isReady = false;
    thread.task = task;
    // A thread at work keeps the process alive; one that waits for work does not.
    thread.worker.ref();
    thread.timer = setTimeout(
      () => {
        task.resolve(timedOut(task.job));
        thread.task = undefined;
        lose(thread, undefined);
        if (!isClosed && threads.size < most) start();
      },
      task.job.limits.timeMs * STARVED_FACTOR + GRACE_MS,
    );
    const message: JobMessage = { job: task.job };
    thread.worker.postMessage(message);
  }

  return {
    run(job) {
      if (isClosed) return Promise.reject(new SandboxUnavailable('the sandbox is closed'));
      return new Promise((resolve, reject) => {
        queue.push({ job, resolve, reject });
        dispatch();
      });
    },
    async close() {
      isClosed = true;
      const closed = new SandboxUnavailable('the sandbox is closed');
      for (const waiting of queue.splice(0)) waiting.reject(closed);
      const open = [...threads];
      threads.clear();
      for (const { task, timer } of open) {
        clearTimeout(timer);
        task?.reject(closed);
      }
      await Promise.all(open.map(({ worker }) => worker.terminate()));
    },
  };
}

function timedOut({ kind, limits }: SandboxJob): SandboxOutcome {
  const detail = `${kind === 'code' ? 'the code' : 'the expression'} took more than ${limits.timeMs} ms`;
  return { outcome: 'failed', reason: 'timeout', detail, drawn: 0 };
}

function outcomeOfLoss({ kind }: SandboxJob, error: Error | undefined): SandboxOutcome {
  const it = kind === 'code' ? 'the code' : 'the expression';
  const isMemory = error !== undefined && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return isMemory
    ? { outcome: 'failed', reason: 'memory', detail: `${it} needs more memory than it may have`, drawn: 0 }
    : { outcome: 'failed', reason: 'crashed', detail: `${it} broke the sandbox, which was replaced`, drawn: 0 };
}
