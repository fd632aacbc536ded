import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { type Role, type RunningApp, startApp } from './app.js';
import { loadConfig } from './config/load.js';
import { printConfig } from './config/print.js';
import { createLogger } from './observability/logger.js';
import { BotError } from './shared/errors.js';

const PROJECT_DIR = fileURLToPath(new URL('..', import.meta.url));
const ROLES: readonly string[] = ['all', 'web', 'worker', 'simulator'];
/** A stop that takes longer is ended: everything left is safe in Redis and goes on at the next start. */
const STOP_WITHIN_MS = 10_000;
const ECHO_MS = 500;

const USAGE = `Usage: npm start -- [role] [--print-config]
  role             all (default), web, worker or simulator
  --print-config   shows every setting, where it comes from, and no secrets
`;

async function main(args: readonly string[]): Promise<void> {
  const [role = 'all', ...rest] = args.filter((arg) => arg !== '--print-config');
  if (!isRole(role) || rest.length > 0) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const readConfig = () => loadConfig({ dir: PROJECT_DIR, env: process.env });
  const config = readConfig();
  if (args.includes('--print-config')) {
    process.stdout.write(printConfig(config));
    return;
  }
  const log = createLogger(config.log.level);
  const onStarted = isAtTerminal() ? () => undefined : reloadOnSignal();
  const app = await startApp(config, role, PROJECT_DIR, log, readConfig);
  stopOnSignal(app, log);
  onStarted(app);
  if (role === 'all' || app.facts.freshOperatorKey !== undefined) greet(app);
}

/** The three lines somebody needs who just typed `npm start`; the key once, since only its digest is kept. */
function greet({ facts }: RunningApp): void {
  const lines = [
    facts.phoneUrl === undefined ? undefined : `Talk to the bot   ${facts.phoneUrl}`,
    facts.healthUrl === undefined ? undefined : `Health            ${facts.healthUrl}`,
    facts.dataDir === undefined ? undefined : `Data              ${facts.dataDir}`,
    facts.freshOperatorKey === undefined
      ? undefined
      : `Operator key      ${facts.freshOperatorKey}   (for http://127.0.0.1:${facts.port}/ops/queues; shown only this once)`,
  ];
  process.stderr.write(`\n${lines.filter((line) => line !== undefined).join('\n')}\n\n`);
}

function stopOnSignal(app: RunningApp, log: Logger): void {
  let askedMs: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (askedMs !== undefined) {
      // A second Ctrl-C means now. The first comes twice under `npm start`: from the terminal, and passed on by npm.
      if (performance.now() - askedMs > ECHO_MS) process.exit(1);
      return;
    }
    askedMs = performance.now();
    log.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    app.stop().then(
      () => {
        log.info('stopped');
        process.exit(0);
      },
      (err: unknown) => {
        log.error({ err }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', onSignal);
  if (isAtTerminal()) process.on('SIGHUP', onSignal);
  process.on('SIGTERM', onSignal);
}

/** The system sends SIGHUP when a terminal is closed; where there is none, an operator does, as to any daemon. */
function isAtTerminal(): boolean {
  return process.stdin.isTTY || process.stderr.isTTY;
}

/**
 * What reading the files again came to stands in the log. While the process starts, which takes as long as Redis takes to
 * be there, a signal nobody listens to would end it.
 *
 * @returns to be called when it has started
 */
function reloadOnSignal(): (app: RunningApp) => void {
  let started: RunningApp | undefined;
  let isAsked = false;
  process.on('SIGHUP', () => {
    isAsked = true;
    void started?.reload(true);
  });
  return (app) => {
    started = app;
    if (isAsked) void app.reload(true);
  };
}

function isRole(text: string): text is Role {
  return ROLES.includes(text);
}

main(process.argv.slice(2)).catch((err: unknown) => {
  // What keeps it from starting is for a person to read: our own errors say it, the rest is a bug with its place.
  process.stderr.write(
    `\n${err instanceof BotError ? err.message : String(err instanceof Error ? err.stack : err)}\n\n`,
  );
  process.exit(1);
});
