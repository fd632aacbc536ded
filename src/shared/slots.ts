/** So many at once, the others in the order they come. */
export interface Slots {
  /** @throws the signal's reason when it ends before a slot was free */
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

export function createSlots(most: number): Slots {
  const waiting = new Set<() => void>();
  let taken = 0;

  function turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const take = () => {
        signal.removeEventListener('abort', give);
        resolve();
      };
      const give = () => {
        waiting.delete(take);
        reject(signal.reason);
      };
      waiting.add(take);
      signal.addEventListener('abort', give, { once: true });
    });
  }

  return {
    async run(work, signal) {
      if (taken < most) taken += 1;
      else await turn(signal);
      try {
        return await work();
      } finally {
        // A slot goes from hand to hand: it is free only when nobody waits for it.
        const [next] = waiting;
        if (next === undefined) taken -= 1;
        else {
          waiting.delete(next);
          next();
        }
      }
    },
  };
}
