import { watch } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Reload } from './reload.js';

/** Editors write a file in several strokes. */
const SETTLED_AFTER_MS = 100;

/** In development: an endpoint file that is saved, added or removed is taken on at once; `reload` says what is wrong with it. */
export function watchEndpoints(projectDir: string, reload: Reload, log: Logger): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const reloadSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void reload(true), SETTLED_AFTER_MS);
  };
  try {
    const watcher = watch(join(projectDir, 'config/endpoints'), reloadSoon);
    watcher.on('error', (err) => log.warn({ err }, 'the endpoints folder is not watched any more'));
    return {
      stop() {
        watcher.close();
        clearTimeout(timer);
      },
    };
  } catch (err) {
    log.warn({ err }, 'the endpoints folder cannot be watched');
    return { stop: () => undefined };
  }
}
