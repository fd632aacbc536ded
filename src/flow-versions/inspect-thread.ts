import { parentPort, workerData } from 'node:worker_threads';
import { inspectPacked } from './inspection.js';
import type { FlowSource } from './store.js';

/** One inspection in a thread of its own; what it took is given back with the thread. */
const files: readonly FlowSource[] = workerData;
parentPort?.postMessage(inspectPacked(files));
