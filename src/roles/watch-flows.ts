import { existsSync, type FSWatcher, watch } from 'node:fs';
import { relative } from 'node:path';
import type { Logger } from 'pino';
import { ownFilesOf } from '../flow/reading/own-files.js';
import { ownFilesDir } from '../flow-versions/own-files.js';
import { readFlowFolder } from '../flow-versions/read-folder.js';
import { isRefused } from '../flow-versions/service.js';
import { line } from './deploy-flows.js';
import type { Flows } from './flows.js';

/** Editors write a file in several strokes. */
const SETTLED_AFTER_MS = 100;

/**
 * In development: a saved flow file is deployed at once, and conversations go on in it, by step id. What has faults is
 * reported, and the flows before it stay in use.
 *
 * @param dir the flows folder, absolute
 */
export function watchFlows(
  dir: string,
  projectDir: string,
  { service, ownFiles }: Flows,
  log: Logger,
): { stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> | undefined;
  let isAskedAgain = false;
  const watchers: FSWatcher[] = [];

  async function deploy(): Promise<void> {
    const shown = relative(projectDir, dir) || '.';
    try {
      const files = readFlowFolder(dir);
      await ownFiles.takeFrom(ownFilesDir(dir), ownFilesOf(files));
      const request = { files, by: 'watch', message: '', dryRun: false };
      const done = await service.deploy({ ...request, sessions: 'move' }, { folder: true });
      if (!isRefused(done)) {
        log.info({ version: done.version.number, isNew: done.version.isNew }, 'saved flows deployed');
        return;
      }
      const faults = done.findings?.filter(({ severity }) => severity === 'error') ?? [];
      log.error({ faults: faults.map((fault) => line(shown, fault)) }, `saved flows not deployed: ${done.message}`);
    } catch (err) {
      log.error({ err }, 'saved flows could not be deployed');
    }
  }

  function work(): void {
    if (working !== undefined) {
      isAskedAgain = true;
      return;
    }
    working = deploy().finally(() => {
      working = undefined;
      if (isAskedAgain) {
        isAskedAgain = false;
        work();
      }
    });
  }

  try {
    const onChange = () => {
      clearTimeout(timer);
      timer = setTimeout(work, SETTLED_AFTER_MS);
    };
    const folders = [dir, ownFilesDir(dir)].filter((folder) => existsSync(folder));
    for (const folder of folders) {
      const watcher = watch(folder, onChange);
      watcher.on('error', (err) => log.warn({ err }, 'the flows folder is not watched any more'));
      watchers.push(watcher);
    }
  } catch (err) {
    log.warn({ err }, 'the flows folder cannot be watched');
  }
  return {
    async stop() {
      for (const watcher of watchers) watcher.close();
      clearTimeout(timer);
      isAskedAgain = false;
      await working;
    },
  };
}
