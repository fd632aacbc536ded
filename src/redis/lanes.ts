import type { RedisClient } from './connections.js';
import { type Lane, laneNamed, OPS } from './lane.js';

const MAX_LANES = 64;

/**
 * The lane of each business number. The first 64 numbers get a lane of their own, later ones share. An assignment is
 * kept for ever: moving a number would leave its queued messages behind.
 *
 * @param phoneNumberIds numbers that must have a lane, in a fixed order
 * @returns every number ever assigned, these among them
 */
export async function assignLanes(client: RedisClient, phoneNumberIds: readonly string[]): Promise<Map<string, Lane>> {
  const key = `${OPS.prefix}lanes`;
  for (const id of phoneNumberIds) {
    if ((await client.hexists(key, id)) === 1) continue;
    const next = await client.incr(`${OPS.prefix}lane-count`);
    // Two processes may start at once: the first assignment stands, a number drawn in vain is skipped.
    await client.hsetnx(key, id, String((next - 1) % MAX_LANES));
  }
  const all = await client.hgetall(key);
  return new Map(Object.entries(all).map(([id, name]) => [id, laneNamed(name)]));
}

/** Each lane once, in the order of their names. */
export function distinctLanes(byNumber: ReadonlyMap<string, Lane>): Lane[] {
  const byName = new Map([...byNumber.values()].map((lane) => [lane.name, lane]));
  return [...byName.values()].sort((a, b) => Number(a.name) - Number(b.name));
}
