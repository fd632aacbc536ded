import type { RedisClient } from '../redis/connections.js';
import { type Contact, decodeContact } from './conversation.js';
import { hubKey } from './effects.js';
import type { Ownership } from './store.js';

/**
 * What other business numbers know of a contact that is new to this one. Stored in this lane too, but never over what
 * stands there: a change that was moved here meanwhile is the newer one, and since the load there is a record for it.
 */
export function createAdopter(redis: RedisClient): (owner: Ownership, contactId: string) => Promise<Contact> {
  return async function adopt({ lane }, contactId) {
    const known = await redis.hgetall(hubKey(contactId));
    // Nearly always: who is new here is new everywhere.
    if (Object.keys(known).length === 0) return decodeContact([]);
    const key = `${lane.prefix}c:${contactId}`;
    for (const [field, value] of Object.entries(known)) await redis.hsetnx(key, field, value);
    return decodeContact(Object.entries(await redis.hgetall(key)).flat());
  };
}
