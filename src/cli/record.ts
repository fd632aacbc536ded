import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConversationsAnswer, TranscriptAnswer } from '../api/transcript-wire.js';
import { FILL_IN, recordingsOf } from '../rehearsal/from-server.js';
import { testFileOf } from '../rehearsal/record.js';
import { CalledWrongly } from './called-wrongly.js';
import { connect, type ServerOptions } from './server.js';
import type { Terminal } from './terminal.js';

export interface RecordOptions extends ServerOptions {
  /** the test file to write */
  record: string;
  conversation?: string;
}

/**
 * Writes a test of a conversation that took place on a server.
 *
 * @throws what `Server` throws; CalledWrongly when the file is there already, or nobody has talked yet
 */
export async function recordFromServer(options: RecordOptions, terminal: Terminal): Promise<void> {
  const path = resolve(terminal.cwd, options.record);
  if (!/\.test\.ya?ml$/.test(path)) throw new CalledWrongly('--record wants the name of a test file: bot.test.yaml.');
  if (existsSync(path)) throw new CalledWrongly(`${options.record} is there already: choose another name.`);
  const server = connect(options, terminal.cwd, terminal.env);
  const conversation =
    options.conversation ?? (await server.get('/conversations', ConversationsAnswer)).conversations[0]?.conversation;
  if (conversation === undefined) throw new CalledWrongly('Nobody has talked to this server yet.');
  const answer = await server.get(`/conversations/${encodeURIComponent(conversation)}/transcript`, TranscriptAnswer);
  const { flow, locale, timeZone, env, entries, kept, endpoint } = answer;
  const now = new Date(entries.flatMap((one) => (one.k === 'turn' ? [one.at] : []))[0] ?? Date.now()).toISOString();
  const given = { locale, timeZone, now, ...(Object.keys(env).length === 0 ? {} : { env }) };
  const recordings = recordingsOf(`as it went on ${now.slice(0, 16).replace('T', ' ')}`, entries);
  writeFileSync(path, testFileOf(flow, given, recordings), { flag: 'wx' });
  const turns = recordings.reduce((sum, one) => sum + one.turns.length, 0);
  terminal.write(`${options.record}: ${turns} turn${turns === 1 ? '' : 's'} of ${conversation}\n`);
  terminal.note(
    kept
      ? 'It holds what a person wrote: look through it before it goes into git.\n'
      : `Endpoint ${endpoint} keeps no transcripts, so the words are missing: replace each "${FILL_IN}", or set transcriptMinutes and talk again.\n`,
  );
}
