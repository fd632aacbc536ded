import { isSameStep } from '../flow/turn/move-session.js';
import type { FlowOutline } from './inspection.js';
import type { LiveSessions } from './live-sessions.js';
import type { Affected } from './wire.js';

/**
 * Who is affected when sessions of some versions would go on in another.
 *
 * @param isLeft whether a session of this number and version is one of them
 * @param numberOf a version's number by its hash
 * @param began the versions the sessions began with; one that is missing is compared by step ids alone
 */
export function affectedBy(
  { groups, looked, complete }: LiveSessions,
  to: FlowOutline,
  isLeft: (phoneNumberId: string, version: string) => boolean,
  numberOf: (hash: string) => number,
  began: ReadonlyMap<string, FlowOutline | undefined>,
): Affected {
  let open = 0;
  const byVersion = new Map<number, Affected['versions'][number]>();
  const gone = new Map<string, Affected['gone'][number]>();
  for (const { phoneNumberId, version, at, count } of groups) {
    if (version === to.hash || !isLeft(phoneNumberId, version)) continue;
    open += count;
    const number = numberOf(version);
    const own = byVersion.get(number) ?? { version: number, count: 0, gone: 0 };
    own.count += count;
    byVersion.set(number, own);
    const waits = at.at(-1);
    const from = began.get(version);
    if (waits === undefined || at.every((place) => isSameStep(place, from, to))) continue;
    own.gone += count;
    const entry = { version: number, flow: waits.flow, step: waits.at, count: 0 };
    const known = gone.get(JSON.stringify([version, waits])) ?? entry;
    known.count += count;
    gone.set(JSON.stringify([version, waits]), known);
  }
  const most = (a: { count: number }, b: { count: number }) => b.count - a.count;
  return { open, versions: [...byVersion.values()].sort(most), gone: [...gone.values()].sort(most), looked, complete };
}
