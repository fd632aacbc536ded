/**
 * A lane: one pair of queues and one Redis Cluster slot for the conversations of one business number (of several, above
 * 64 numbers). Everything a script touches lies in one lane, so a lane is the unit of fairness and of scaling.
 */
export interface Lane {
  /** `0` … `63` */
  name: string;
  /** prefix of our keys, with colon: `{p:0}:` */
  prefix: string;
  /** prefix BullMQ gets, so that its keys share the slot: `{p:0}` */
  bullPrefix: string;
}

export function laneNamed(name: string): Lane {
  return { name, prefix: `{p:${name}}:`, bullPrefix: `{p:${name}}` };
}

/** The slot of what belongs to no lane: quarantine, dead letters, account news, the registry of lanes. */
export const OPS: Lane = laneNamed('ops');
