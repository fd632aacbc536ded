import type { InboxItem } from '../inbound/item.js';
import type { TurnDraft } from './turn-task.js';

/** What metrics are told of a turn, or of an item that got none. */
export interface ObservedTurn {
  endpoint: string;
  kind: InboxItem['kind'];
  outcome: TurnDraft['outcome'] | 'dead_lettered' | 'postponed';
  /** from acceptance to the start of the turn */
  waitedMs: number;
  tookMs: number;
  flowFailed: boolean;
}
