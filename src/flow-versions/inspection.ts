import type { Finding } from '../flow/finding.js';
import { loadFlows } from '../flow/load.js';
import type { StepsOfVersion } from '../flow/move-session.js';
import type { FlowSource } from './store.js';

/** What has to be known of a version to decide about it, without what runs it: plain data, a thread can send it. */
export interface FlowOutline extends StepsOfVersion {
  hash: string;
  /** names, sorted */
  flows: readonly string[];
}

export interface Inspection {
  /** missing when a finding is an error */
  outline: FlowOutline | undefined;
  findings: Finding[];
}

/** Reads and checks flow files. Takes milliseconds for each kilobyte of them: a server has `Inspector` do it. */
export function inspect(files: readonly FlowSource[]): Inspection {
  const { version, findings } = loadFlows(files);
  if (version === undefined) return { outline: undefined, findings };
  const byName = new Map(
    [...version.byName].map(([name, { digest, steps }]) => {
      const known = new Map([...steps].map(([ref, { id, kind }]) => [ref, { id, kind }]));
      return [name, { digest, steps: known }];
    }),
  );
  return { outline: { hash: version.hash, flows: version.flows, byName }, findings };
}
