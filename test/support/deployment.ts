import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { request } from 'undici';
import type { Role } from '../../src/app.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SRC = join(ROOT, 'src');
const DIST = join(ROOT, 'dist');
const HOST = '127.0.0.1';
const READY_WITHIN_MS = 30_000;
/** Longer than a role gives itself. */
const STOP_WITHIN_MS = 12_000;

/** A built copy of the product in a folder of its own, with its own config: what an operator would put on a machine. */
export interface Deployment {
  dir: string;
  logFile: string;
  /**
   * A role in a process of its own, which ends when this process ends, however that is. Web and worker listen on
   * `port`, so that both can be asked whether they are ready.
   */
  start(role: Exclude<Role, 'all'>, options: RoleOptions): RoleProcess;
  /** what all its processes wrote so far: JSON lines, and words of dying ones */
  logText(): string;
  remove(): void;
}

export interface RoleOptions {
  port: number;
  env: { [name: string]: string };
  /** e.g. `--cpu-prof` */
  nodeArgs?: readonly string[];
}

export interface ProcessOptions {
  /** for messages */
  name: string;
  args: readonly string[];
  cwd: string;
  env: { [name: string]: string };
  port: number;
  logFile: string;
}

export interface RoleProcess {
  url: string;
  pid: number;
  /** resolves when it answers; rejects when it ended instead */
  ready(): Promise<void>;
  hasEnded(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** resolves when the process is gone */
  ended: Promise<void>;
  /** SIGTERM, and SIGKILL when that does not help. @returns whether it ended by itself and in peace */
  stop(): Promise<boolean>;
}

/** @param files contents by path, e.g. `config/flows/welcome.yaml`; `config/default.yaml` is ours */
export function deploy(files: { [path: string]: string }): Deployment {
  const dir = mkdtempSync(join(tmpdir(), 'parlance-deployed-'));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  process.once('exit', remove);
  build(join(dir, 'dist'));
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  cpSync(join(ROOT, 'package.json'), join(dir, 'package.json'));
  mkdirSync(join(dir, 'config'));
  cpSync(join(ROOT, 'config/default.yaml'), join(dir, 'config/default.yaml'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  const logFile = join(dir, 'log');
  return {
    dir,
    logFile,
    start: (role, options) => startRole(dir, logFile, role, options),
    logText: () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : ''),
    remove() {
      process.off('exit', remove);
      remove();
    },
  };
}

/**
 * What `npm run build` makes: its own result when that is of the sources as they are, else the same without the type
 * check.
 *
 * @throws when a file cannot be translated
 */
function build(outDir: string): void {
  const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(SRC, join(entry.parentPath, entry.name)));
  if (files.every(isBuilt)) {
    cpSync(DIST, outDir, { recursive: true });
    return;
  }
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, ROOT);
  for (const file of files) {
    const target = join(outDir, builtName(file));
    mkdirSync(dirname(target), { recursive: true });
    if (file === builtName(file)) cpSync(join(SRC, file), target);
    else {
      const text = readFileSync(join(SRC, file), 'utf8');
      // File by file the compiler does not see package.json, which says that these are ES modules.
      const compilerOptions = { ...options, noEmit: false, module: ts.ModuleKind.ESNext };
      writeFileSync(target, ts.transpileModule(text, { compilerOptions, fileName: file }).outputText);
    }
  }
}

function isBuilt(file: string): boolean {
  const built = statSync(join(DIST, builtName(file)), { throwIfNoEntry: false });
  return built !== undefined && built.mtimeMs >= statSync(join(SRC, file)).mtimeMs;
}

const builtName = (file: string) => file.replace(/\.ts$/, '.js');

function startRole(dir: string, logFile: string, role: Role, { port, env, nodeArgs = [] }: RoleOptions): RoleProcess {
  const roleEnv = {
    PARLANCE_HTTP_HOST: HOST,
    PORT: String(port),
    PARLANCE_HTTP_WORKER_PORT: String(port),
    ...env,
  };
  return startProcess({ name: role, args: [...nodeArgs, 'dist/main.js', role], cwd: dir, env: roleEnv, port, logFile });
}

/** A Node process that answers `GET /health/live` on `port`, and that ends when this process ends, however that is. */
export function startProcess({ name, args, cwd, env, port, logFile }: ProcessOptions): RoleProcess {
  const log = openSync(logFile, 'a');
  // The watcher in the background waits on a pipe that closes with this process, however it ends, and then ends the
  // role, which has the shell's own process id. So a harness that is killed leaves nothing behind.
  const script = '(cat; kill -9 $$) <&3 >/dev/null 2>&1 & exec 3<&-; exec "$@"';
  const child = spawn('sh', ['-c', script, 'sh', process.execPath, ...args], {
    cwd,
    stdio: ['ignore', log, log, 'pipe'],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
  });
  closeSync(log);
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      // The watcher's pipe goes with the process it watched, whose id may soon be another's.
      closePipes(child);
      resolve();
    });
  });
  const url = `http://${HOST}:${port}`;
  return {
    url,
    pid: child.pid ?? -1,
    hasEnded,
    ended,
    signal: (signal) => void child.kill(signal),
    async ready() {
      const deadlineMs = Date.now() + READY_WITHIN_MS;
      while (!(await isLive(url))) {
        if (hasEnded()) {
          const how = child.signalCode ?? `code ${child.exitCode}`;
          const log = readFileSync(logFile, 'utf8').slice(-2_000);
          throw new Error(`the ${name} process ended (${how}) instead of starting; it said:\n${log}`);
        }
        if (Date.now() > deadlineMs) throw new Error(`the ${name} process is not ready after ${READY_WITHIN_MS} ms`);
        await sleep(20);
      }
    },
    async stop() {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await ended;
      clearTimeout(late);
      return child.exitCode === 0;
    },
  };
}

function closePipes(child: ChildProcess): void {
  for (const pipe of child.stdio) pipe?.destroy();
}

async function isLive(url: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(`${url}/health/live`, { headersTimeout: 2_000 });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}
