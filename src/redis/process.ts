import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether a process runs. One that has ended and was not collected by its parent (a zombie) does not. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name before the state is in brackets and may hold anything.
  return !/^ [ZX]/.test(stat.slice(stat.lastIndexOf(')') + 1));
}

/** @returns false when it still runs after `timeoutMs` */
export async function hasEndedWithin(pid: number, timeoutMs: number): Promise<boolean> {
  const deadlineMs = Date.now() + timeoutMs;
  while (await isRunning(pid)) {
    if (Date.now() > deadlineMs) return false;
    await sleep(20);
  }
  return true;
}

/** Sends a signal to a process that may have ended already. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

/** The command line of a process, '' when there is none or nobody can tell. */
export async function commandLine(pid: number): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return run('ps', ['-o', 'command=', '-p', String(pid)], { timeout: 2_000 }).then(
      ({ stdout }) => stdout,
      () => '',
    );
  }
}
