import { setImmediate as otherWork } from 'node:timers/promises';
import type { FlowVersion } from '../flow/definition.js';
import { compileFlows } from '../flow/load.js';
import type { FlowSource } from './store.js';

/**
 * Makes a stored version ready to run; between one file and the next everything else of the process has its turn.
 *
 * @returns undefined when this program cannot run it
 */
export async function compile(files: readonly FlowSource[]): Promise<FlowVersion | undefined> {
  const parts = compileFlows(files);
  for (;;) {
    const { done, value } = parts.next();
    if (done) return value;
    await otherWork();
  }
}
