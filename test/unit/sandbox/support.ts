import type { SandboxJob } from '../../../src/sandbox/job.js';
import { NOW_MS } from '../flow/talk.js';

export function job(code: string, more: Partial<SandboxJob> = {}): SandboxJob {
  return {
    kind: 'expression',
    code,
    memory: '{"context":{"list":[3,1,2]},"profile":{},"input":{"text":"Hi"}}',
    nowMs: NOW_MS,
    locale: 'de-DE',
    timeZone: 'Europe/Berlin',
    seed: 'conversation:1',
    drawn: 0,
    answers: [],
    limits: { timeMs: 250, maxResultLength: 100_000 },
    ...more,
  };
}
