import { Redis } from 'ioredis';
import { laneNamed } from '../../src/redis/lane.js';
import { createWakeWorker } from '../../src/redis/wake-worker.js';
import { silent } from './core.js';

/** A worker process that takes wake-ups, says so, and never finishes one. Arguments: Redis URL, lock ms, stalled check ms. */
const [url = '', lockMs, stalledCheckMs] = process.argv.slice(2);

const worker = createWakeWorker({
  connection: new Redis(url, { maxRetriesPerRequest: null }),
  lane: laneNamed('0'),
  queue: 'in',
  concurrency: 1,
  lockMs: Number(lockMs),
  stalledCheckMs: Number(stalledCheckMs),
  log: silent,
  handle({ crashedBefore }) {
    process.stdout.write(`taken ${crashedBefore}\n`);
    return new Promise(() => undefined);
  },
});
await worker.waitUntilReady();
process.stdout.write('ready\n');
