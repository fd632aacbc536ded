import { setTimeout as sleep } from 'node:timers/promises';
import type { TakenMessage } from '../support/graph-double.js';
import { type OutsideStatus, webhookBody } from '../support/meta-webhooks.js';
import type { Poster } from './post-until-stored.js';
import type { Random } from './random.js';

export interface StatusReporter {
  onTaken(message: TakenMessage): void;
  /** resolves when every status is stored */
  settled(): Promise<void>;
  count(): number;
  /** the longest time from a message's taking to the 200 for its first status, ms */
  slowestMs(): number;
  /** `performance.now()` when a status of this message was answered with 200 */
  storedAtMs(phoneNumberId: string, callbackData: string): number | undefined;
}

/** Tells what became of messages, as Meta does: `sent` and `delivered` soon after, in batches, now and then swapped or twice. */
export function createStatusReporter(poster: Poster, random: Random): StatusReporter {
  const waiting: OutsideStatus[] = [];
  const underWay = new Set<Promise<void>>();
  const stored = new Map<string, number>();
  const takenAtMs = new Map<string, number>();
  let slowestMs = 0;
  let told = 0;
  let telling: Promise<void> | undefined;

  async function tell(): Promise<void> {
    while (waiting.length > 0) {
      await sleep(random.int(20, 150));
      const batch = waiting.splice(0, random.int(20, 200));
      told += batch.length;
      const body = webhookBody([], batch);
      const posting = report(body, batch).finally(() => underWay.delete(posting));
      underWay.add(posting);
      if (random.chance(0.1)) await poster.post(body);
    }
    telling = undefined;
  }

  async function report(body: Buffer, batch: readonly OutsideStatus[]): Promise<void> {
    await poster.post(body);
    const atMs = performance.now();
    for (const status of batch) {
      const message = nameOf(status);
      if (stored.has(message)) continue;
      stored.set(message, atMs);
      slowestMs = Math.max(slowestMs, atMs - (takenAtMs.get(message) ?? atMs));
    }
  }

  return {
    onTaken({ phoneNumberId, to, wamid, callbackData, atMs }) {
      const message = nameOf({ phoneNumberId, callbackData });
      if (!takenAtMs.has(message)) takenAtMs.set(message, atMs);
      const status = (word: OutsideStatus['status']) => ({
        phoneNumberId,
        wamid,
        status: word,
        recipient: to,
        callbackData,
      });
      const pair = [status('sent'), status('delivered')];
      waiting.push(...(random.chance(0.2) ? pair.reverse() : pair));
      telling ??= tell();
    },
    async settled() {
      while (telling !== undefined || underWay.size > 0) {
        await telling;
        await Promise.all(underWay);
      }
    },
    count: () => told,
    slowestMs: () => slowestMs,
    storedAtMs: (phoneNumberId, callbackData) => stored.get(nameOf({ phoneNumberId, callbackData })),
  };
}

/** Outbox ids, and so callback data, are counted by number. */
function nameOf({ phoneNumberId, callbackData }: Pick<OutsideStatus, 'phoneNumberId' | 'callbackData'>): string {
  return `${phoneNumberId} ${callbackData}`;
}
