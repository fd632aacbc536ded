/** Something that was given up. It goes to the operators' queue, once, under the key of its place. */
export interface DeadLetter {
  effect: 'dead';
  queue: 'in' | 'out';
  lane: string;
  conversationId: string;
  /** seq of the inbox item or oid of the outbox item: unique in its lane and queue */
  place: string;
  /** a fixed word */
  reason: string;
  /** for operators: what happened, without text, numbers or secrets */
  detail: string;
  failures: number;
  /** epoch ms */
  atMs: number;
  /** the item as it was stored */
  payload: string;
}
