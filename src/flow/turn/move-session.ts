import type { FlowVersion } from '../definition.js';
import { emptyState, type Frame, readState, toStored } from './state.js';
import type { FlowSession } from './turn.js';

export interface MovedSession {
  session: FlowSession;
  /** where it waited, when the new version has no such place: it then begins at the top */
  gone: { flow: string; step: string } | undefined;
}

/**
 * A session that began in one version, made to go on in another. A step is the same one when it has the same id and is
 * of the same kind; a step without an id only when its whole flow is unchanged, since its path may now be another's.
 *
 * Context stays as it is. A session that waits at a step that is gone keeps its context and begins at the top; its
 * timers are closed.
 *
 * @param from the version it began in; undefined when nobody can read that any more, and then only ids count
 */
export function moveSession(session: FlowSession, from: FlowVersion | undefined, to: FlowVersion): MovedSession {
  const state = readState(session.state) ?? emptyState();
  const gone = state.frames.find((frame) => !isSameStep(frame, from, to));
  const notes = Object.entries(state.notes).filter(([place]) => {
    const slash = place.indexOf('/');
    return isSameStep({ flow: place.slice(0, slash), at: place.slice(slash + 1) }, from, to);
  });
  const moved = { ...state, notes: Object.fromEntries(notes), turn: null };
  if (gone === undefined) return { session: { ...session, state: toStored(moved) }, gone: undefined };
  const waited = state.frames.at(-1) ?? gone;
  const { arrival: _none, ...kept } = session;
  return {
    session: { ...kept, state: toStored({ ...moved, frames: [] }), timers: [], handover: false },
    gone: { flow: waited.flow, step: waited.at },
  };
}

/** Where a session waits: outermost first, so the last one is the step a designer thinks of. Empty at the top. */
export function positionsOf({ state }: Pick<FlowSession, 'state'>): { flow: string; at: string }[] {
  return (readState(state)?.frames ?? []).map(({ flow, at }) => ({ flow, at }));
}

/** The steps of a version, as far as it takes to find one again in another version. */
export interface StepsOfVersion {
  readonly byName: ReadonlyMap<
    string,
    {
      readonly digest: string;
      readonly steps: { get(ref: string): { readonly id: string | undefined; readonly kind: string } | undefined };
    }
  >;
}

export function isSameStep(
  { flow, at }: Pick<Frame, 'flow' | 'at'>,
  from: StepsOfVersion | undefined,
  to: StepsOfVersion,
): boolean {
  const [before, after] = [from?.byName.get(flow), to.byName.get(flow)];
  const step = after?.steps.get(at);
  if (step === undefined) return false;
  if (before !== undefined && before.digest === after?.digest) return true;
  return step.id === at && (before === undefined || before.steps.get(at)?.kind === step.kind);
}
