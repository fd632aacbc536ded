import type { RedisClient } from '../redis/connections.js';
import type { Lane } from '../redis/lane.js';
import { script } from '../redis/script.js';
import type { DeadLetter } from '../shared/dead-letter.js';
import { isJsonObject, type JsonObject } from '../shared/json.js';

/**
 * What a commit starts outside its lane. It is part of the commit (a list of the lane), and a mover carries it out
 * afterwards: again after a crash, so each kind must be harmless when repeated.
 */
export type LaneEffect = DeadLetter | ProfilePatch;

/** A contact's profile, known to several numbers, changed in one lane. */
export interface ProfilePatch {
  effect: 'profile';
  contactId: string;
  /** stored field and JSON text */
  set: [string, string][];
  unset: string[];
}

export interface MoverDeps {
  redis: RedisClient;
  /** every lane there is */
  lanes(): readonly Lane[];
  addDeadLetter(letter: DeadLetter): Promise<void>;
}

const BATCH = 100;

/** Carries out what waits in a lane's list, in order. @returns how many */
export function createMover({ redis, lanes, addDeadLetter }: MoverDeps): (lane: Lane) => Promise<number> {
  const patch = script('patch-profile');

  async function patchProfile(lane: Lane, number: string, { contactId, set, unset }: ProfilePatch): Promise<void> {
    const args = (create: '0' | '1') => [lane.name, number, create, set.length * 2, ...set.flat(), ...unset];
    await patch.run(redis, hubKey(contactId), args('1'));
    for (const other of lanes()) {
      if (other.name !== lane.name) await patch.run(redis, `${other.prefix}c:${contactId}`, args('0'));
    }
  }

  return async function move(lane) {
    const key = `${lane.prefix}fx`;
    const entries = await redis.lrange(key, 0, BATCH - 1);
    for (const entry of entries) {
      const bar = entry.indexOf('|');
      const effect: unknown = JSON.parse(entry.slice(bar + 1));
      if (isDeadLetter(effect)) await addDeadLetter(effect);
      else if (isProfilePatch(effect)) await patchProfile(lane, entry.slice(0, bar), effect);
      // By value and from the head: another mover may have taken it meanwhile.
      await redis.lrem(key, 1, entry);
    }
    return entries.length;
  };
}

/** What a contact's profile is when all lanes have told: read when the contact first appears in another lane. */
export function hubKey(contactId: string): string {
  return `{p:c:${contactId}}:profile`;
}

function isDeadLetter(value: unknown): value is DeadLetter {
  return isJsonObject(value) && value.effect === 'dead';
}

function isProfilePatch(value: unknown): value is ProfilePatch & JsonObject {
  return isJsonObject(value) && value.effect === 'profile';
}
