import type { RedisClient } from './connections.js';
import { type Lane, laneNamed, OPS } from './lane.js';
import { asList, asText, script } from './script.js';

const MAX_LANES = 64;

/**
 * The lane of each business number. The first 64 numbers get a lane of their own, later ones share. An assignment is
 * kept for ever: moving a number would leave its queued messages behind.
 *
 * @param phoneNumberIds numbers that must have a lane, in a fixed order
 * @returns every number ever assigned, these among them
 */
export async function assignLanes(client: RedisClient, phoneNumberIds: readonly string[]): Promise<Map<string, Lane>> {
  const reply = await script('assign-lanes').run(client, `${OPS.prefix}lanes`, [MAX_LANES, ...phoneNumberIds]);
  const all = asList(reply).map(asText);
  return new Map(all.flatMap((name, i) => (i % 2 === 1 ? [[all[i - 1] ?? '', laneNamed(name)]] : [])));
}

/** Each lane once, in the order of their names. */
export function distinctLanes(byNumber: ReadonlyMap<string, Lane>): Lane[] {
  const byName = new Map([...byNumber.values()].map((lane) => [lane.name, lane]));
  return [...byName.values()].sort((a, b) => Number(a.name) - Number(b.name));
}
