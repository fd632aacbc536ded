import { openAsBlob, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { HandleAnswer } from '../api/handles-wire.js';
import { CalledWrongly } from './called-wrongly.js';
import { addServerOptions } from './options.js';
import { connect, type ServerOptions } from './server.js';
import { processTerminal, type Terminal } from './terminal.js';

export interface UploadOptions extends ServerOptions {
  endpoint?: string;
  profilePicture?: boolean;
  json?: boolean;
}

/** `parlance upload <file>` */
export function addUpload(program: Command, _projectDir: string): void {
  const command = program
    .command('upload')
    .description('give Meta a file: the sample of a template with a picture, video or PDF; or the picture of a profile')
    .argument('<file>', 'JPEG, PNG, MP4 or PDF')
    .option('--endpoint <id>', 'whose app, and whose profile (needed where there are several)')
    .option('--profile-picture', 'show it in the profile of the number')
    .option('--json', 'for programs');
  addServerOptions(command).action(async (file: string, options: UploadOptions) => {
    await upload(file, options, processTerminal());
  });
}

/** @throws what `Server` throws, CalledWrongly */
export async function upload(file: string, options: UploadOptions, terminal: Terminal): Promise<void> {
  const path = resolve(terminal.cwd, file);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    throw new CalledWrongly(`There is no file ${file}.`);
  const { endpoint, profilePicture = false } = options;
  const query = new URLSearchParams({
    as: profilePicture ? 'picture' : 'sample',
    ...(endpoint === undefined ? {} : { endpoint }),
  });
  const server = connect(options, terminal.cwd, terminal.env);
  const where = `/handles/${encodeURIComponent(basename(path))}?${query}`;
  const answer = await server.put(where, await openAsBlob(path), HandleAnswer);
  if (options.json) terminal.write(`${JSON.stringify(answer)}\n`);
  else if (profilePicture) terminal.write(`The profile of ${answer.endpoint} shows ${basename(path)}.\n`);
  else {
    terminal.note('The handle of the file, for `header_handle` in the example of the template:\n');
    terminal.write(`${answer.handle}\n`);
  }
}
