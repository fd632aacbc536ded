import type { FlowVersion } from '../flow/definition.js';
import { moveSession } from '../flow/turn/move-session.js';
import type { TraceEntry, TurnInput } from '../flow/turn/turn.js';
import type { StoredSession } from './conversation.js';
import type { TurnTask } from './turn-task.js';

/** The versions of the flows, as turns need them. Asking costs no round trip but for a version this process never ran. */
export interface TurnVersions {
  /** what a new session of this contact begins with */
  current(endpointId: string, contactId: string): { hash: string; version: FlowVersion };
  /** undefined when nobody has it any more, or this program cannot read it */
  get(hash: string): Promise<FlowVersion | undefined>;
  /** what becomes of sessions that began with a version which is not the current one */
  fate(endpointId: string, hash: string): SessionFate;
}

/** `keep`: it ends on its version; `move`: it goes on in the current one, by step id; `end`: the next message begins anew */
export type SessionFate = 'keep' | 'move' | 'end';

/** The version a turn goes on in. */
export interface ChosenVersion {
  hash: string;
  version: FlowVersion;
  /** moved to that version, or ended */
  session: StoredSession | undefined;
  /** what became of it, for the trace */
  notes: readonly TraceEntry[];
}

/**
 * The version a session began with, unless its time is over; a new session takes the current one.
 *
 * @throws what asking for a version throws
 */
export async function chooseVersion(
  session: StoredSession | undefined,
  input: TurnInput['kind'],
  { conversation, endpoint }: Pick<TurnTask, 'conversation' | 'endpoint'>,
  versions: TurnVersions,
): Promise<ChosenVersion> {
  const current = versions.current(endpoint.id, conversation.contactId);
  if (session === undefined || session.version === current.hash) return { ...current, session, notes: [] };
  const own = await versions.get(session.version);
  // What a person or a call has in hand is not taken away: it goes on as it began, and moves afterwards.
  const isHeld = input === 'callResult' || (session.flow.handover && input !== 'handoverEnded');
  const fate = isHeld ? 'keep' : versions.fate(endpoint.id, session.version);
  if (own !== undefined && fate === 'keep' && (isHeld || own.flows.includes(endpoint.flow))) {
    return { hash: session.version, version: own, session, notes: [] };
  }
  if (fate === 'end') return { ...current, session: undefined, notes: [note('versionEnded')] };
  const moved = moveSession(session.flow, own, current.version);
  return {
    ...current,
    session: { ...session, version: current.hash, flow: moved.session },
    notes: [note('versionMoved'), ...(moved.gone === undefined ? [] : [note('stepGone', moved.gone)])],
  };
}

function note(outcome: string, { flow, step } = { flow: '', step: '' }): TraceEntry {
  return { flow, step, kind: '', outcome };
}
