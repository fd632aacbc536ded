import { parentPort, workerData } from 'node:worker_threads';
import { GuestHouse } from './guest.js';
import type { JobMessage, ThreadMessage, ThreadSettings } from './job.js';

/**
 * A thread of the pool: one engine, one job at a time. Whatever the engine throws itself ends the thread, and the pool
 * starts another.
 */
const port = parentPort;
if (port === null) throw new Error('this file is run by the sandbox pool, in a thread');
const { memoryMb }: ThreadSettings = workerData;
const tell = (message: ThreadMessage) => port.postMessage(message);

const house = await GuestHouse.open(memoryMb);
port.on('message', ({ job }: JobMessage) => {
  tell({ message: 'done', outcome: house.run(job) });
  tell({ message: 'ready', worn: house.renew() });
});
tell({ message: 'ready', worn: false });
