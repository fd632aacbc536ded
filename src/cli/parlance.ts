#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { BotError } from '../shared/errors.js';
import { CalledWrongly } from './called-wrongly.js';
import { addChat } from './chat.js';
import { addCheck } from './check.js';
import { addDeploy } from './deploy.js';
import { addDiff } from './diff.js';
import { addReload } from './reload.js';
import { addRender } from './render.js';
import { addRollback } from './rollback.js';
import { addTest } from './test.js';
import { addVersions } from './versions.js';
import { addWithdraw } from './withdraw.js';

/** The project this copy of Parlance was cloned into; commands work on the folder one stands in. */
const PROJECT_DIR = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Every command is a file beside this one that adds itself: its arguments, its help, and what it does. It returns the
 * exit code: 0 done, 1 something is wrong with the flows (or the tests failed), 2 it was called wrongly.
 */
const program = new Command('parlance')
  .description('Write WhatsApp flows as text: check, chat, test, deploy, roll back.')
  .showHelpAfterError()
  .configureHelp({ sortSubcommands: false })
  .exitOverride((end) => process.exit(end.exitCode === 0 ? 0 : 2));
for (const add of [
  addCheck,
  addChat,
  addTest,
  addRender,
  addDeploy,
  addVersions,
  addDiff,
  addRollback,
  addWithdraw,
  addReload,
])
  add(program, PROJECT_DIR);

program.parseAsync().catch((err: unknown) => {
  // Our own errors say what to do; anything else is a bug, with its place.
  process.stderr.write(`${err instanceof BotError ? err.message : String(err instanceof Error ? err.stack : err)}\n`);
  process.exitCode = err instanceof CalledWrongly ? 2 : 1;
});
