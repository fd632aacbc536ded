import { resolve } from 'node:path';
import type { Endpoint } from '../endpoint/endpoint.js';
import { endpointConflicts } from '../endpoint/endpoints.js';
import { readEndpoint } from '../endpoint/from-file.js';
import { readDotEnv } from './dot-env.js';
import { envName } from './env-names.js';
import { ConfigError, type ConfigFault } from './fault.js';
import { readProjectFile, readProjectFolder } from './project-files.js';
import { readSettings } from './read-settings.js';
import type { Env } from './references.js';
import type { Config, Settings, SkippedEndpoint } from './schema.js';
import { deepFreeze } from './tree.js';
import { readYamlFile } from './yaml-file.js';

const SETTINGS_FILE = 'config/default.yaml';
const ENDPOINTS_FOLDER = 'config/endpoints';
const DOT_ENV = '.env';

/**
 * Reads the whole configuration: `config/default.yaml`, `config/endpoints/*.yaml` and `.env` of the project folder, and
 * over all of them the environment.
 *
 * @param dir the project folder; relative folders in settings start here
 * @param env the environment; only this function is given it
 * @returns frozen to its leaves; holds secrets
 * @throws ConfigError with every fault at once
 */
export function loadConfig({ dir, env: realEnv }: { dir: string; env: Env }): Config {
  const faults: ConfigFault[] = [];
  const { env, describeVariable } = readEnvironment(dir, realEnv, faults);

  const settingsText = readProjectFile(dir, SETTINGS_FILE, faults)?.text ?? '';
  const settingsYaml = readYamlFile(SETTINGS_FILE, settingsText);
  const { settings, origins, faults: settingsFaults } = readSettings(settingsYaml.file, env, describeVariable);
  faults.push(...settingsYaml.faults, ...settingsFaults);

  const read = readEndpoints(dir, env, settings, faults);
  const simulatorOn = isSimulatorOn(settings, read.endpoints);
  faults.push(...portConflict(settings, simulatorOn, origins), ...storeFaults(settings, origins));
  if (faults.length > 0) throw new ConfigError(faults);

  const isLeftOut = (endpoint: Endpoint) => endpoint.simulated && !simulatorOn;
  const simulatorOff = read.endpoints
    .filter(isLeftOut)
    .map(({ id, source }) => ({ id, source, reason: 'simulator_off' as const, variables: [] }));
  return deepFreeze({
    ...settings,
    redis: { ...settings.redis, dataDir: resolve(dir, settings.redis.dataDir) },
    media: { ...settings.media, dir: resolve(dir, settings.media.dir) },
    flows: { ...settings.flows, dir: resolve(dir, settings.flows.dir) },
    simulatorOn,
    endpoints: read.endpoints.filter((endpoint) => !isLeftOut(endpoint)),
    skippedEndpoints: [...read.notConfigured, ...simulatorOff],
    origins: { ...origins, ...read.origins },
  });
}

/** The environment over `.env`. A variable that is set but empty does not hide one in `.env`. */
function readEnvironment(dir: string, realEnv: Env, faults: ConfigFault[]) {
  const dotEnv = readDotEnv(DOT_ENV, readProjectFile(dir, DOT_ENV, faults)?.text ?? '');
  faults.push(...dotEnv.faults);
  const isReal = (name: string) => (realEnv[name] ?? '') !== '';
  const fromFile = Object.entries(dotEnv.values).filter(([name]) => !isReal(name));
  const env: Env = { ...realEnv, ...Object.fromEntries(fromFile) };
  const describeVariable = (name: string) =>
    isReal(name) || dotEnv.values[name] === undefined ? name : `${name} (${DOT_ENV})`;
  return { env, describeVariable };
}

function readEndpoints(dir: string, env: Env, settings: Settings, faults: ConfigFault[]) {
  const flowMemory = {
    env: readFlowVariables('env', settings, env, faults),
    secrets: readFlowVariables('secrets', settings, env, faults),
  };
  const endpoints: Endpoint[] = [];
  const notConfigured: SkippedEndpoint[] = [];
  const origins: { [path: string]: string } = {};
  for (const { name, stem, text } of readProjectFolder(dir, ENDPOINTS_FOLDER, faults)) {
    const yaml = readYamlFile(name, text);
    faults.push(...yaml.faults);
    const reading = readEndpoint(yaml.file, stem, env, settings, flowMemory);
    if (reading.outcome === 'wrong') faults.push(...reading.faults);
    if (reading.outcome === 'not_configured') {
      const { id, variables } = reading;
      notConfigured.push({ id, source: name, reason: 'not_configured', variables });
    }
    if (reading.outcome === 'read') {
      endpoints.push(reading.endpoint);
      for (const [field, origin] of Object.entries(reading.origins)) {
        origins[`endpoints.${reading.endpoint.id}.${field}`] = origin;
      }
    }
  }
  for (const { field, first, second } of endpointConflicts(endpoints)) {
    const message = `it has the same ${field} as ${first.source}`;
    faults.push({ where: second.source, message, allowed: `Every endpoint needs its own ${field}` });
  }
  return { endpoints, notConfigured, origins };
}

/** The variables `flows.env` or `flows.secrets` names, with their values. */
function readFlowVariables(list: 'env' | 'secrets', settings: Settings, env: Env, faults: ConfigFault[]) {
  const values: { [name: string]: string } = {};
  for (const name of settings.flows[list]) {
    const value = env[name] ?? '';
    if (value !== '') values[name] = value;
    else {
      const allowed = `Set ${name} in the environment or in ${DOT_ENV}, or take it out of flows.${list}`;
      faults.push({ where: name, message: `flows.${list} names this variable, and it is not set`, allowed });
    }
  }
  return values;
}

function isSimulatorOn({ simulator }: Settings, endpoints: readonly Endpoint[]): boolean {
  return simulator.enabled === 'auto' ? endpoints.every((endpoint) => endpoint.simulated) : simulator.enabled;
}

function portConflict({ http, simulator }: Settings, simulatorOn: boolean, origins: { [path: string]: string }) {
  if (!simulatorOn || http.port !== simulator.port || http.port === 0) return [];
  const where = origins['simulator.port'] ?? origins['http.port'] ?? SETTINGS_FILE;
  const message = `http.port and simulator.port are both ${http.port}`;
  return [{ where, message, allowed: 'Give each its own port: PORT and PARLANCE_SIMULATOR_PORT' }];
}

function storeFaults({ media }: Settings, origins: { [path: string]: string }): ConfigFault[] {
  if (media.store !== 's3') return [];
  const where = origins['media.store'] ?? SETTINGS_FILE;
  return (['url', 'accessKeyId', 'secretAccessKey'] as const).flatMap((name) =>
    media.s3[name] === undefined
      ? [
          {
            where,
            message: `media.store is s3, and media.s3.${name} is not set`,
            allowed: `Set ${envName(['media', 's3', name])}, or media.store to disk`,
          },
        ]
      : [],
  );
}
