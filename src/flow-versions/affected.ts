import type { FlowVersion } from '../flow/definition.js';
import { isSameStep } from '../flow/move-session.js';
import type { LiveSessions } from './live-sessions.js';
import type { Affected } from './wire.js';

/**
 * Who is affected when sessions of some versions would go on in another.
 *
 * @param isLeft whether a session of this number and version is one of them
 * @param numberOf a version's number by its hash
 * @param compiled the versions the sessions began with; one that is missing is compared by step ids alone
 */
export function affectedBy(
  { groups, looked, complete }: LiveSessions,
  to: FlowVersion,
  isLeft: (phoneNumberId: string, version: string) => boolean,
  numberOf: (hash: string) => number,
  compiled: ReadonlyMap<string, FlowVersion | undefined>,
): Affected {
  let open = 0;
  const gone = new Map<string, Affected['gone'][number]>();
  for (const { phoneNumberId, version, at, count } of groups) {
    if (version === to.hash || !isLeft(phoneNumberId, version)) continue;
    open += count;
    const waits = at.at(-1);
    const from = compiled.get(version);
    if (waits === undefined || at.every((place) => isSameStep(place, from, to))) continue;
    const entry = { version: numberOf(version), flow: waits.flow, step: waits.at, count: 0 };
    const known = gone.get(JSON.stringify([version, waits])) ?? entry;
    known.count += count;
    gone.set(JSON.stringify([version, waits]), known);
  }
  return { open, gone: [...gone.values()].sort((a, b) => b.count - a.count), looked, complete };
}
