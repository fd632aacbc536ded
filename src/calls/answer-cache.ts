import type { Json } from '../shared/json.js';

/** Answers that may be used again, in this process only. */
export interface AnswerCache {
  /** @returns undefined when there is none, or none that is still good */
  get(key: string, nowMs: number): Json | undefined;
  set(key: string, answer: Json, untilMs: number): void;
}

interface Kept {
  answer: Json;
  bytes: number;
  untilMs: number;
}

/**
 * The last used answers, as many as fit.
 *
 * Each process has its own: an answer that is asked for once in a while may as well be asked for by each worker, and a
 * shared store would make every answer of every shop pass through Redis.
 */
export function createAnswerCache(maxBytes: number): AnswerCache {
  const kept = new Map<string, Kept>();
  let total = 0;

  function drop(key: string): void {
    total -= kept.get(key)?.bytes ?? 0;
    kept.delete(key);
  }

  return {
    get(key, nowMs) {
      const found = kept.get(key);
      if (found === undefined) return undefined;
      if (found.untilMs <= nowMs) return void drop(key);
      // To the end: the first is the one not asked for the longest.
      kept.delete(key);
      kept.set(key, found);
      return found.answer;
    },
    set(key, answer, untilMs) {
      drop(key);
      const bytes = key.length + Buffer.byteLength(JSON.stringify(answer));
      if (bytes > maxBytes) return;
      kept.set(key, { answer, bytes, untilMs });
      total += bytes;
      for (const oldest of kept.keys()) {
        if (total <= maxBytes) return;
        drop(oldest);
      }
    },
  };
}
