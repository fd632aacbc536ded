import { z } from 'zod';
import type { Json } from '../shared/json.js';

/** What `parlance test --record` and `parlance chat --conversation` ask a server for, and what it
 * answers; under `/ops/conversations`, with the operator key. */
const json: z.ZodType<Json> = z.json();
const map = z.record(z.string(), json);

const Turn = z.object({
  k: z.literal('turn'),
  seq: z.string(),
  at: z.number(),
  item: z.object({
    kind: z.string(),
    /** missing when it was not kept; `type` then says what it was */
    message: map.optional(),
    burst: z.array(map).optional(),
    collectMs: z.number().optional(),
    paused: z.boolean().optional(),
    type: z.string().optional(),
    token: z.string().optional(),
    step: z.string().optional(),
  }),
  began: z.boolean(),
  said: z.array(json),
  /** replies that were not kept */
  unkept: z.number().optional(),
  where: z.string(),
  timers: z.array(z.tuple([z.string(), z.number()])),
  blind: z.boolean().optional(),
});
const Call = z.object({ k: z.literal('call'), seq: z.string(), kind: z.string(), request: map, result: json });

export const TranscriptAnswer = z.object({
  conversation: z.string(),
  endpoint: z.string(),
  flow: z.string(),
  locale: z.string(),
  timeZone: z.string(),
  env: z.record(z.string(), z.string()),
  /** settings of the endpoint that tell how its bot hears a contact; a server of an older release tells none */
  handlers: z.string().optional(),
  duringSleep: z.enum(['interrupt', 'queue', 'drop']).optional(),
  collectMs: z.number().optional(),
  sessionExpirationMinutes: z.number().optional(),
  /** false: what was said is not there, only the timeline */
  kept: z.boolean(),
  entries: z.array(z.discriminatedUnion('k', [Turn, Call])),
});
export type TranscriptAnswer = z.output<typeof TranscriptAnswer>;

export const ConversationsAnswer = z.object({
  /** the last active first */
  conversations: z.array(
    z.object({ conversation: z.string(), endpoint: z.string(), lastMs: z.number(), turns: z.number() }),
  ),
});
export type ConversationsAnswer = z.output<typeof ConversationsAnswer>;
