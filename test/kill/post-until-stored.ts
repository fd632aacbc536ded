import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import { signatureOf, WEBHOOK_PATH } from '../support/meta-webhooks.js';

/** Posts webhooks as Meta does: again and again until somebody answers 200. */
export interface Poster {
  post(body: Buffer): Promise<void>;
  counts: { posts: number; stored: number; unavailable: number; broken: number };
  close(): Promise<void>;
}

/** A web process that is frozen, or starting, is given up on after this time. */
const ANSWER_WITHIN_MS = 4_000;
const GIVE_UP_AFTER_MS = 60_000;

/** @throws (from `post`) when an answer is neither 200 nor 503, or when a minute of tries brought no 200 */
export function createPoster(webs: readonly { url: string }[]): Poster {
  const agent = new Agent({
    connections: 64,
    headersTimeout: ANSWER_WITHIN_MS,
    bodyTimeout: ANSWER_WITHIN_MS,
    connect: { timeout: ANSWER_WITHIN_MS },
  });
  const counts = { posts: 0, stored: 0, unavailable: 0, broken: 0 };
  let turn = 0;

  async function tryOnce(body: Buffer, signature: string): Promise<number | undefined> {
    const web = webs[turn++ % webs.length];
    counts.posts += 1;
    try {
      const { statusCode, body: answer } = await agent.request({
        origin: web?.url ?? '',
        path: WEBHOOK_PATH,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-hub-signature-256': signature },
        body,
      });
      await answer.dump();
      return statusCode;
    } catch {
      // Killed before or while it answered: what was stored, nobody knows.
      counts.broken += 1;
      return undefined;
    }
  }

  return {
    counts,
    async post(body) {
      const signature = signatureOf(body);
      const deadlineMs = Date.now() + GIVE_UP_AFTER_MS;
      for (let attempt = 1; ; attempt++) {
        const status = await tryOnce(body, signature);
        if (status === 200) {
          counts.stored += 1;
          return;
        }
        if (status === 503) counts.unavailable += 1;
        else if (status !== undefined) throw new Error(`a webhook was answered with ${status}`);
        if (Date.now() > deadlineMs) throw new Error('a webhook found nobody to store it for a minute');
        await sleep(Math.min(20 * attempt, 300));
      }
    },
    close: () => agent.destroy(),
  };
}
