import { loadFlows } from '../flow/load.js';
import type { Finding } from '../flow/reading/finding.js';
import type { StepsOfVersion } from '../flow/turn/move-session.js';
import type { FlowSource } from './store.js';

/** What has to be known of a version to decide about it, without what runs it. */
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

/** An inspection on its way out of a thread. */
export interface PackedInspection {
  outline:
    | { hash: string; flows: readonly string[]; byName: [flow: string, digest: string, steps: string][] }
    | undefined;
  findings: Finding[];
}

/** Reads and checks flow files. Takes milliseconds for each kilobyte of them: a server has `Inspector` do it. */
export const inspect = (files: readonly FlowSource[]): Inspection => unpack(inspectPacked(files));

/** The steps of a flow are one text: it costs next to nothing to pass on, and few flows' are ever asked for. */
export function inspectPacked(files: readonly FlowSource[]): PackedInspection {
  const { version, findings } = loadFlows(files);
  if (version === undefined) return { outline: undefined, findings };
  const byName = [...version.byName].map(([name, { digest, steps }]): [string, string, string] => {
    const known = Object.fromEntries([...steps].map(([ref, { id, kind }]) => [ref, { id, kind }]));
    return [name, digest, JSON.stringify(known)];
  });
  return { outline: { hash: version.hash, flows: version.flows, byName }, findings };
}

export function unpack({ outline, findings }: PackedInspection): Inspection {
  if (outline === undefined) return { outline, findings };
  const byName = new Map(outline.byName.map(([name, digest, steps]) => [name, { digest, steps: new StepBook(steps) }]));
  return { outline: { ...outline, byName }, findings };
}

/** The steps of a flow, opened when somebody asks. */
class StepBook {
  private known: { readonly [ref: string]: { readonly id?: string; readonly kind: string } } | undefined;

  constructor(private readonly packed: string) {}

  get(ref: string): { readonly id: string | undefined; readonly kind: string } | undefined {
    this.known ??= JSON.parse(this.packed) as NonNullable<StepBook['known']>;
    const step = Object.hasOwn(this.known, ref) ? this.known[ref] : undefined;
    return step === undefined ? undefined : { id: step.id, kind: step.kind };
  }
}
