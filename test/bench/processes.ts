import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/deployment.js';
import { WHATSAPP_ENV } from '../support/project.js';

/** A server that is measured. */
export interface Server {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

const FLOOR = fileURLToPath(new URL('./floor-server.ts', import.meta.url));

/** The floor in a process of its own; `verify` leaves Redis out. */
export async function startFloor(
  layer: 'http' | 'express',
  redisUrl: string,
  work: 'push' | 'verify' = 'push',
): Promise<Server> {
  const port = await freePort();
  const args = ['--import', 'tsx', FLOOR, layer, String(port), redisUrl, WHATSAPP_ENV.WHATSAPP_APP_SECRET, work];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  await untilListening(port, child);
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? -1,
    async stop() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function untilListening(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isOpen) return;
    await sleep(50);
  }
  throw new Error('the floor server ended instead of starting');
}

const TICKS_PER_SEC = 100;

/** CPU seconds a process has used, by the kernel's accounts (Linux). */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SEC;
}
