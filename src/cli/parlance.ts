#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { BotError } from '../shared/errors.js';
import { CalledWrongly } from './called-wrongly.js';

/** The project this copy of Parlance was cloned into; commands work on the folder one stands in. */
const PROJECT_DIR = fileURLToPath(new URL('../..', import.meta.url));

/** One command needs a fraction of what all of them do: the others are read only to be listed. */
const COMMANDS: { readonly [name: string]: () => Promise<(program: Command, projectDir: string) => void> } = {
  check: async () => (await import('./check.js')).addCheck,
  chat: async () => (await import('./chat.js')).addChat,
  test: async () => (await import('./test.js')).addTest,
  render: async () => (await import('./render.js')).addRender,
  deploy: async () => (await import('./deploy.js')).addDeploy,
  versions: async () => (await import('./versions.js')).addVersions,
  diff: async () => (await import('./diff.js')).addDiff,
  rollback: async () => (await import('./rollback.js')).addRollback,
  withdraw: async () => (await import('./withdraw.js')).addWithdraw,
  templates: async () => (await import('./templates.js')).addTemplates,
  upload: async () => (await import('./upload.js')).addUpload,
  reload: async () => (await import('./reload.js')).addReload,
};

/**
 * Every command is a file beside this one that adds itself: its arguments, its help, and what it does. It returns the
 * exit code: 0 done, 1 something is wrong with the flows (or the tests failed), 2 it was called wrongly.
 */
const program = new Command('parlance')
  .description('Write WhatsApp flows as text: check, chat, test, deploy, roll back.')
  .showHelpAfterError()
  .configureHelp({ sortSubcommands: false })
  .exitOverride((end) => process.exit(end.exitCode === 0 ? 0 : 2));
const [asked = ''] = process.argv.slice(2);
const command = Object.hasOwn(COMMANDS, asked) ? COMMANDS[asked] : undefined;
for (const load of command === undefined ? Object.values(COMMANDS) : [command]) (await load())(program, PROJECT_DIR);

program.parseAsync().catch((err: unknown) => {
  // Our own errors say what to do; anything else is a bug, with its place.
  process.stderr.write(`${err instanceof BotError ? err.message : String(err instanceof Error ? err.stack : err)}\n`);
  process.exitCode = err instanceof CalledWrongly ? 2 : 1;
});
