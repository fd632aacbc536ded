import { ConversationsAnswer, TranscriptAnswer } from '../api/transcript-wire.js';
import { recordingsOf } from '../rehearsal/from-server.js';
import { givenOf, type Recording } from '../rehearsal/record.js';
import type { JsonObject } from '../shared/json.js';
import { CalledWrongly } from './called-wrongly.js';
import { connect, type ServerOptions } from './server.js';
import type { Terminal } from './terminal.js';

/** A conversation that took place on a server, in the words of tests. */
export interface ServerConversation {
  id: string;
  endpoint: string;
  /** false: the words are missing, and calls */
  kept: boolean;
  flow: string;
  /** `given` of a test */
  given: JsonObject;
  /** one for each session, oldest first */
  recordings: readonly Recording[];
}

/**
 * @param id of the conversation; undefined: the one that was active last
 * @throws what `Server` throws; CalledWrongly when nobody has talked yet
 */
export async function fetchConversation(
  id: string | undefined,
  options: ServerOptions,
  { cwd, env }: Pick<Terminal, 'cwd' | 'env'>,
): Promise<ServerConversation> {
  const server = connect(options, cwd, env);
  const conversation = id ?? (await server.get('/conversations', ConversationsAnswer)).conversations[0]?.conversation;
  if (conversation === undefined) throw new CalledWrongly('Nobody has talked to this server yet.');
  const answer = await server.get(`/conversations/${encodeURIComponent(conversation)}/transcript`, TranscriptAnswer);
  const { endpoint, kept, flow, entries } = answer;
  const nowMs = entries.flatMap((one) => (one.k === 'turn' ? [one.at] : []))[0] ?? Date.now();
  // A timeline does not tell which messages were joined.
  const settings = kept ? answer : { ...answer, collectMs: 0 };
  return {
    id: conversation,
    endpoint,
    kept,
    flow,
    given: givenOf(settings, nowMs),
    recordings: recordingsOf(`as it went on ${new Date(nowMs).toISOString().slice(0, 16).replace('T', ' ')}`, entries),
  };
}
