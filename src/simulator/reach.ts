const DAY_MS = 24 * 3_600_000;

/** How many people the business wrote to first within 24 h. */
export interface Reach {
  /** @returns whether this person is among so many; when so, it is counted from now on */
  take(contactId: string, limit: number): boolean;
  clear(): void;
}

export function createReach(nowMs: () => number): Reach {
  const sinceMs = new Map<string, number>();
  return {
    take(contactId, limit) {
      for (const [id, atMs] of sinceMs) if (nowMs() - atMs >= DAY_MS) sinceMs.delete(id);
      if (!sinceMs.has(contactId) && sinceMs.size >= limit) return false;
      if (!sinceMs.has(contactId)) sinceMs.set(contactId, nowMs());
      return true;
    },
    clear: () => sinceMs.clear(),
  };
}
