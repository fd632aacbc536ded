import type { RequestHandler } from 'express';
import type { RedisClient } from '../redis/connections.js';
import type { Lane } from '../redis/lane.js';
import { script } from '../redis/script.js';
import type { Clock } from '../shared/clock.js';

const CONVERSATION = /^(\d{5,20})\.[\w-]{16}$/;

/**
 * `POST /ops/conversations/:conversationId/end-handover`: a person has finished, the flow goes on behind its `handover`
 * step, and a pause because somebody wrote from the phone app (`staffPauseMinutes`) is over. 202 when it is queued behind
 * what waits in the conversation (a conversation without a handover ignores it), 404 for a conversation of no number of
 * ours.
 */
export function createEndHandoverHandler(
  redis: RedisClient,
  laneOf: ReadonlyMap<string, Lane>,
  clock: Clock,
): RequestHandler {
  const endHandover = script('end-handover');
  return async (req, res) => {
    const conversationId = String(req.params.conversationId);
    const lane = laneOf.get(CONVERSATION.exec(conversationId)?.[1] ?? '');
    if (lane === undefined) return void res.status(404).json({ error: 'no conversation of a number of ours' });
    const nowMs = clock.nowMs();
    const item = JSON.stringify({ k: 'handoverEnded', at: nowMs });
    // Asked twice within a second, it ends once.
    const key = `handover-${conversationId}-${Math.floor(nowMs / 1000)}`;
    await endHandover.run(redis, lane.prefix, [conversationId, item, nowMs, key]);
    res.status(202).json({ status: 'queued' });
  };
}
