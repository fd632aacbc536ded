import type { Logger } from 'pino';
import { configChanges } from '../config/changes.js';
import { ConfigError, describeFaults } from '../config/fault.js';
import type { Config } from '../config/schema.js';
import type { Reloading } from '../fleet/wire.js';
import { createMutex } from '../shared/mutex.js';
import { FlowsUnfit } from './deploy-flows.js';

export interface ReloadDeps {
  /** as the process has it */
  config: Config;
  /** @throws ConfigError */
  readConfig(): Config;
  /**
   * Makes all ready that the endpoints need, and says so by not throwing; nothing is in use yet.
   *
   * @throws FlowsUnfit
   */
  prepare(config: Config, apply: boolean): Promise<void>;
  /** uses the endpoints, all at once */
  take(config: Config): Promise<void>;
  log: Logger;
}

/** Takes on `config/endpoints` as it is on disk, all of it or nothing. */
export type Reload = (apply: boolean) => Promise<Reloading>;

/** One at a time: who asks while one is under way gets what is on disk afterwards. */
export function createReload(deps: ReloadDeps): Reload {
  const { log } = deps;
  const oneAtATime = createMutex();
  let current = deps.config;

  async function reload(apply: boolean): Promise<Reloading> {
    let next: Config;
    try {
      next = deps.readConfig();
      const changes = configChanges(current, next);
      if (next.simulatorOn !== current.simulatorOn) return refuse(simulatorSwitched(next.simulatorOn));
      const isSame = changes.added.length + changes.changed.length + changes.removed.length === 0;
      if (isSame) return { outcome: 'unchanged', ...changes };
      await deps.prepare(next, apply);
      if (!apply) return { outcome: 'possible', ...changes };
      await deps.take(next);
      // What was not taken on still differs from what the process runs with.
      current = { ...current, endpoints: next.endpoints };
      log.info(changes, 'endpoints taken on');
      return { outcome: 'taken', ...changes };
    } catch (err) {
      if (err instanceof ConfigError) return refuse(describeFaults(err.faults, 'before anything is taken on'));
      if (err instanceof FlowsUnfit) return refuse(err.message);
      throw err;
    }
  }

  function refuse(message: string): Reloading {
    log.error({ message }, 'endpoints not taken on, those before stay in use');
    return { outcome: 'refused', message };
  }

  return (apply) =>
    oneAtATime(async () => {
      try {
        return await reload(apply);
      } catch (err) {
        log.error({ err }, 'endpoints could not be taken on');
        return { outcome: 'refused', message: 'Something failed in this process; its log says what.' };
      }
    });
}

function simulatorSwitched(on: boolean): string {
  const what = on ? 'There is no real number any more, so the simulator would start' : 'The simulator would stop';
  return `${what}: that takes a restart. simulator.enabled: ${!on} keeps it as it is.`;
}
