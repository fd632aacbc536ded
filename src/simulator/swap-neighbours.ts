import type { Timers } from './timers.js';

/** One webhook on its way, and whoever waits for it. */
interface Held<Item, Outcome> {
  items: readonly Item[];
  settle(outcome: Promise<Outcome>): void;
}

export interface NeighbourSwap<Item, Outcome> {
  /** @param key webhooks with the same key are neighbours */
  pass(key: string, items: readonly Item[]): Promise<Outcome>;
  /** Lets go of all that is held. */
  release(): void;
  /** what is under way */
  pending(): Iterable<Promise<Outcome>>;
}

/**
 * The reorder fault: a webhook waits a moment for a neighbour, which then goes first, in a request of its own or in front
 * inside one batch. When none comes it goes alone.
 */
export function createNeighbourSwap<Item, Outcome>(deps: {
  holdMs: number;
  timers: Timers;
  /** in [0, 1) */
  chance(): number;
  enqueue(items: readonly Item[], note?: string): Promise<Outcome>;
}): NeighbourSwap<Item, Outcome> {
  const { enqueue } = deps;
  const waiting = new Map<string, { held: Held<Item, Outcome>; cancel(): void }>();
  const pending = new Set<Promise<Outcome>>();

  function goAlone(key: string): void {
    const alone = waiting.get(key);
    if (alone === undefined) return;
    waiting.delete(key);
    alone.cancel();
    alone.held.settle(enqueue(alone.held.items));
  }

  function swap(first: Held<Item, Outcome>, second: Held<Item, Outcome>): void {
    if (deps.chance() < 0.5) {
      const both = enqueue([...second.items, ...first.items], 'out of order, one batch');
      first.settle(both);
      second.settle(both);
      return;
    }
    second.settle(enqueue(second.items, 'out of order'));
    first.settle(enqueue(first.items, 'out of order'));
  }

  return {
    pass(key, items) {
      const outcome = new Promise<Outcome>((resolve) => {
        const here: Held<Item, Outcome> = { items, settle: (result) => resolve(result) };
        const neighbour = waiting.get(key);
        if (neighbour === undefined) {
          waiting.set(key, { held: here, cancel: deps.timers.after(deps.holdMs, () => goAlone(key)) });
          return;
        }
        waiting.delete(key);
        neighbour.cancel();
        swap(neighbour.held, here);
      });
      pending.add(outcome);
      void outcome.then(() => pending.delete(outcome));
      return outcome;
    },
    release() {
      for (const key of [...waiting.keys()]) goAlone(key);
    },
    pending: () => pending,
  };
}
