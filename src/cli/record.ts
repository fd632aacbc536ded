import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { FILL_IN } from '../rehearsal/from-server.js';
import { testFileOf } from '../rehearsal/record.js';
import { CalledWrongly } from './called-wrongly.js';
import type { ServerOptions } from './server.js';
import { fetchConversation } from './server-conversation.js';
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
  const { id, endpoint, kept, flow, given, recordings } = await fetchConversation(
    options.conversation,
    options,
    terminal,
  );
  writeFileSync(path, testFileOf(flow, given, recordings), { flag: 'wx' });
  const turns = recordings.reduce((sum, one) => sum + one.turns.length, 0);
  terminal.write(`${options.record}: ${turns} turn${turns === 1 ? '' : 's'} of ${id}\n`);
  terminal.note(
    kept
      ? 'It holds what a person wrote: look through it before it goes into git.\n'
      : `Endpoint ${endpoint} keeps no transcripts, so the words are missing: replace each "${FILL_IN}", or set transcriptMinutes and talk again.\n`,
  );
}
