import type { Logger } from 'pino';
import type { Recipient } from '../flow/elsewhere.js';
import type { Ids } from '../inbound/ids.js';
import { encodeFromFlow } from '../inbound/item.js';
import type { RedisClient } from '../redis/connections.js';
import type { Lane } from '../redis/lane.js';
import { script } from '../redis/script.js';
import type { Clock } from '../shared/clock.js';
import type { DeadLetter } from '../shared/dead-letter.js';
import { isJsonObject, type JsonObject } from '../shared/json.js';
import type { ConversationId } from './conversation.js';
import type { StartedElsewhere } from './elsewhere.js';

/**
 * What a commit starts outside its lane. It is part of the commit (a list of the lane), and a mover carries it out
 * afterwards: again after a crash, so each kind must be harmless when repeated.
 */
export type LaneEffect = DeadLetter | ProfilePatch | ElsewhereEffect;

/** Something for the inbox of another conversation of the lane, or of the same: `elsewhere.ts`. */
export interface ElsewhereEffect {
  effect: 'elsewhere';
  phoneNumberId: string;
  /** of the contact whose flow it was */
  contactId: string;
  to?: Recipient;
  atMs?: number;
  token: string;
  /** encoded inbox item; absent: what is scheduled under the token is taken back */
  item?: string;
}

/** A contact's profile, known to several numbers, changed in one lane. */
export interface ProfilePatch {
  effect: 'profile';
  contactId: string;
  /** stored field and JSON text */
  set: [string, string][];
  unset: string[];
  /** stored field and JSON texts to put behind its list */
  append: [string, string][];
}

export interface MoverDeps {
  redis: RedisClient;
  /** every lane there is */
  lanes(): readonly Lane[];
  addDeadLetter(letter: DeadLetter): Promise<void>;
  ids: Ids;
  clock: Clock;
  log: Logger;
}

const BATCH = 100;

/** Carries out what waits in a lane's list, in order. @returns how many */
export function createMover(deps: MoverDeps): (lane: Lane) => Promise<number> {
  const { redis, lanes, addDeadLetter } = deps;
  const patch = script('patch-profile');
  const elsewhere = script('elsewhere');

  async function patchProfile(
    lane: Lane,
    number: string,
    { contactId, set, unset, append }: ProfilePatch,
  ): Promise<void> {
    const args = (create: '0' | '1') => [
      lane.name,
      number,
      create,
      set.length * 2,
      ...set.flat(),
      append.length * 2,
      ...append.flat(),
      ...unset,
    ];
    await patch.run(redis, hubKey(contactId), args('1'));
    for (const other of lanes()) {
      if (other.name !== lane.name) await patch.run(redis, `${other.prefix}c:${contactId}`, args('0'));
    }
  }

  async function startElsewhere(lane: Lane, number: string, it: ElsewhereEffect): Promise<void> {
    const { to = { contactId: it.contactId }, phoneNumberId } = it;
    const nowMs = deps.clock.nowMs();
    const who = 'contactId' in to ? undefined : deps.ids.identity(to);
    const done = await elsewhere.run(redis, lane.prefix, [
      number,
      nowMs,
      phoneNumberId,
      'contactId' in to ? to.contactId : '',
      who?.primary ?? '',
      who?.hasBsuid ? 'b' : '',
      it.item === undefined ? '' : Math.ceil(it.atMs ?? nowMs),
      it.token,
      it.item ?? '',
    ]);
    if (done !== 'unknown') return;
    const conversationId = `${phoneNumberId}.${it.contactId}`;
    deps.log.warn({ conversationId }, 'flow meant a contact that is not known here, nothing was sent');
  }

  return async function move(lane) {
    const key = `${lane.prefix}fx`;
    const entries = await redis.lrange(key, 0, BATCH - 1);
    for (const entry of entries) {
      const bar = entry.indexOf('|');
      const effect: unknown = JSON.parse(entry.slice(bar + 1));
      if (isDeadLetter(effect)) await addDeadLetter(effect);
      else if (isElsewhere(effect)) await startElsewhere(lane, entry.slice(0, bar), effect);
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

function isElsewhere(value: unknown): value is ElsewhereEffect & JsonObject {
  return isJsonObject(value) && value.effect === 'elsewhere';
}

function isProfilePatch(value: unknown): value is ProfilePatch & JsonObject {
  return isJsonObject(value) && value.effect === 'profile';
}

export function encodeEffect(effect: LaneEffect): string {
  return JSON.stringify(effect);
}

/** What a turn starts elsewhere, ready for its commit. */
export function elsewhereEffects(
  { phoneNumberId, contactId }: ConversationId,
  elsewhere: readonly StartedElsewhere[],
): string[] {
  return elsewhere.map(({ to, atMs, token, item }) =>
    encodeEffect({
      effect: 'elsewhere',
      phoneNumberId,
      contactId,
      ...(to === undefined ? {} : { to }),
      ...(atMs === undefined ? {} : { atMs }),
      token,
      ...(item === undefined ? {} : { item: encodeFromFlow(item) }),
    }),
  );
}
