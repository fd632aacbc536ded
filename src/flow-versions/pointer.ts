import { hash } from 'node:crypto';
import type { SessionFate } from '../conversation/session-version.js';
import { isJsonObject, type Json } from '../shared/json.js';

/** Which version the new sessions of an endpoint begin with, and what became of the versions before. */
export interface Pointer {
  /** grows by one with every change, so that whoever decided on an older state is told */
  revision: number;
  /** hash of the version */
  version: string;
  /** a part of the contacts begins with another version */
  canary: Canary | undefined;
  /** the versions before, the latest last: where a rollback leads */
  earlier: readonly string[];
  /** what becomes of running sessions of versions that are not in use any more; `keep` unless it stands here */
  fates: { readonly [hash: string]: Exclude<SessionFate, 'keep'> };
  changedMs: number;
}

export interface Canary {
  version: string;
  /** above 0, below 100 */
  percent: number;
}

/** How many steps back can be taken. */
const MOST_EARLIER = 50;
/** Who began before that stays on its version: a day of saving files in development makes no endless list. */
const MOST_FATES = 500;

/** What a new session of this contact begins with. A contact stays on its side, also when the share grows. */
export function versionFor({ version, canary }: Pointer, contactId: string): string {
  return canary !== undefined && shareOf(canary.version, contactId) < canary.percent / 100 ? canary.version : version;
}

/**
 * Where a contact lies between all others, in [0, 1). Each canary deals anew, so that it is not always the same people
 * who meet what is new.
 */
function shareOf(version: string, contactId: string): number {
  return Number.parseInt(hash('sha256', `${version}:${contactId}`, 'hex').slice(0, 12), 16) / 16 ** 12;
}

/** What becomes of a running session of a version. One that new sessions still begin with keeps its own. */
export function fateOf({ version, canary, fates }: Pointer, began: string): SessionFate {
  if (began === version || began === canary?.version) return 'keep';
  return Object.hasOwn(fates, began) ? (fates[began] ?? 'keep') : 'keep';
}

/** Makes a version the one of all new sessions. @param sessions what becomes of those of every version before */
export function switched(
  before: Pointer | undefined,
  version: string,
  nowMs: number,
  sessions: SessionFate = 'keep',
): Pointer {
  if (before === undefined)
    return { revision: 1, version, canary: undefined, earlier: [], fates: {}, changedMs: nowMs };
  const earlier = before.version === version ? before.earlier : [...before.earlier, before.version];
  const left = [...before.earlier, before.version, ...(before.canary === undefined ? [] : [before.canary.version])];
  const others = left.filter((one) => one !== version);
  return {
    revision: before.revision + 1,
    version,
    canary: undefined,
    earlier: earlier.slice(-MOST_EARLIER),
    fates: withFates(before, sessions === 'keep' ? [] : others, sessions, version),
    changedMs: nowMs,
  };
}

/** Gives a share of the contacts another version to begin with; all others stay where they are. */
export function withCanary(before: Pointer, canary: Canary, nowMs: number): Pointer {
  const fates = withFates(before, [], 'keep', canary.version);
  return { ...before, revision: before.revision + 1, canary, fates, changedMs: nowMs };
}

/**
 * One step back: a canary ends, else the version before the current one that may still be used.
 *
 * @param to where to go instead
 * @returns undefined when there is nothing to go back to
 */
export function rolledBack(
  before: Pointer,
  nowMs: number,
  isWithdrawn: (version: string) => boolean,
  to?: string,
): Pointer | undefined {
  if (before.canary !== undefined && (to === undefined || to === before.version)) {
    return { ...before, revision: before.revision + 1, canary: undefined, changedMs: nowMs };
  }
  const target = to ?? before.earlier.findLast((one) => one !== before.version && !isWithdrawn(one));
  if (target === undefined || target === before.version) return undefined;
  const at = before.earlier.lastIndexOf(target);
  // Going back to a version forgets what came after it: the next rollback leads to the one before.
  const earlier = at === -1 ? [...before.earlier, before.version].slice(-MOST_EARLIER) : before.earlier.slice(0, at);
  return {
    revision: before.revision + 1,
    version: target,
    canary: undefined,
    earlier,
    fates: withFates(before, [], 'keep', target),
    changedMs: nowMs,
  };
}

/**
 * Takes a version out of use for good: nobody begins with it, and its sessions meet their fate at their next message or
 * timer.
 *
 * @returns undefined when new sessions begin with it and there is no other version to put in its place
 */
export function withdrawn(
  before: Pointer,
  version: string,
  sessions: SessionFate,
  nowMs: number,
  isWithdrawn: (version: string) => boolean,
): Pointer | undefined {
  const isOut = (one: string) => one === version || isWithdrawn(one);
  const uses = before.version === version || before.canary?.version === version;
  // As its canary, the version leaves by the first step back; as the version in use, the canary has to go as well.
  const base = before.version === version ? { ...before, canary: undefined } : before;
  const after = uses ? rolledBack(base, nowMs, isOut) : { ...before, revision: before.revision + 1, changedMs: nowMs };
  if (after === undefined) return undefined;
  const kept = Object.entries(after.fates).filter(([one]) => one !== version);
  const fates = Object.fromEntries(sessions === 'keep' ? kept : [...kept, [version, sessions] as const]);
  return { ...after, earlier: after.earlier.filter((one) => one !== version), fates };
}

/** The fates after a change: those of `versions` are decided anew, and a version in use has none. */
function withFates(
  { fates }: Pointer,
  versions: readonly string[],
  fate: SessionFate,
  inUse: string,
): Pointer['fates'] {
  const all = new Map(Object.entries(fates));
  // Who was to end is not saved by a later move: a withdrawn version stays withdrawn.
  if (fate !== 'keep') for (const one of versions) if (all.get(one) !== 'end') all.set(one, fate);
  all.delete(inUse);
  return Object.fromEntries([...all].slice(-MOST_FATES));
}

/** Always the same text for the same pointer: changes compare it. */
export function encodePointer({ revision, version, canary, earlier, fates, changedMs }: Pointer): string {
  return JSON.stringify({ revision, version, canary, earlier, fates, changedMs });
}

/** @throws TypeError for what is none */
export function decodePointer(text: string): Pointer {
  const value: Json = JSON.parse(text);
  if (!isJsonObject(value)) throw new TypeError('a flow pointer is stored in a form nobody knows');
  const { revision, version, canary, earlier, fates, changedMs } = value;
  if (typeof revision !== 'number' || typeof version !== 'string' || typeof changedMs !== 'number') {
    throw new TypeError('a flow pointer is stored in a form nobody knows');
  }
  const share =
    isJsonObject(canary) && typeof canary.version === 'string' && typeof canary.percent === 'number'
      ? { version: canary.version, percent: canary.percent }
      : undefined;
  const ends = Object.entries(isJsonObject(fates) ? fates : {}).flatMap(([one, fate]) =>
    fate === 'move' || fate === 'end' ? [[one, fate] as const] : [],
  );
  return {
    revision,
    version,
    canary: share,
    earlier: Array.isArray(earlier) ? earlier.filter((one) => typeof one === 'string') : [],
    fates: Object.fromEntries(ends),
    changedMs,
  };
}
