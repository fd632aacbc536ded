import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { Config } from './config/schema.js';
import { simulatorSetup } from './endpoint/simulated.js';
import { createFleet, type Fleet } from './fleet/fleet.js';
import { createMonitoringServer } from './http.js';
import type { MediaStore } from './media/store.js';
import type { RedisTarget } from './redis/connections.js';
import { startEmbeddedRedis } from './redis/embedded.js';
import { type StartFlowsDeps, startFlows } from './roles/deploy-flows.js';
import { type Flows, openFlows } from './roles/flows.js';
import { openMediaStore } from './roles/media.js';
import { createMonitoring } from './roles/monitoring.js';
import { openPlatform, type Platform } from './roles/platform.js';
import { createReload, type Reload } from './roles/reload.js';
import { watchEndpoints } from './roles/watch-endpoints.js';
import { watchFlows } from './roles/watch-flows.js';
import { startWeb } from './roles/web.js';
import { startWorker } from './roles/worker.js';
import { systemClock } from './shared/clock.js';
import { BotError } from './shared/errors.js';
import { closeServer, listen } from './shared/listen.js';
import { createSimulator } from './simulator/simulator.js';

/** There is nothing to simulate: real numbers are configured, or no endpoint is marked `simulated`. */
class SimulatorOff extends BotError {
  override readonly name = 'SimulatorOff';
  readonly code = 'simulator_off';
  constructor() {
    super('The simulator is off: it starts when simulator.enabled is true, or when no real number is configured.');
  }
}

export type Role = 'all' | 'web' | 'worker' | 'simulator';

export interface RunningApp {
  /** what a person wants to know first */
  facts: { phoneUrl?: string; healthUrl?: string; dataDir?: string; freshOperatorKey?: string; port?: number };
  /** takes on `config/endpoints` as it is on disk, or says why not */
  reload: Reload;
  /** finishes what is under way, in the order in which nothing is lost */
  stop(): Promise<void>;
}

/** Each process looks this often whether an operator asks for something, and an operator waits this long for all. */
const FLEET_POLL_MS = 1_000;
const FLEET_ANSWERS_WITHIN_MS = 20_000;

/**
 * Connects the parts of one role and starts them.
 *
 * @param readConfig the configuration as it is on disk later, for `reload`; throws ConfigError
 * @throws what keeps it from starting; whatever was started by then is stopped again
 */
export async function startApp(
  config: Config,
  role: Role,
  projectDir: string,
  log: Logger,
  readConfig: () => Config,
): Promise<RunningApp> {
  // A moment ago; what a start takes long for is what comes now.
  const readMs = systemClock.nowMs();
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const undo of stops.splice(0).reverse()) await undo();
  };
  const facts: RunningApp['facts'] = {};
  try {
    const configLog = log.child({ component: 'config' });
    const ready = { config, readConfig, log: configLog };
    if (role === 'simulator') {
      const simulator = await runSimulator(config, log, stops, () => config.http.port);
      facts.phoneUrl = simulator.phoneUrl;
      const reload = createReload({
        ...ready,
        prepare: async () => undefined,
        take: async (next) => simulator.take(next),
      });
      return { facts, reload, stop };
    }
    const target = await openRedis(config, log, stops, facts);
    const platform = await openPlatform(config, target, log);
    stops.push(() => platform.close());
    // Stopped in the opposite order: no new webhooks, then turns and sends to their end, then what they talk to.
    const simulator =
      role === 'all' && config.simulatorOn ? await runSimulator(config, log, stops, () => facts.port) : undefined;
    if (simulator !== undefined) facts.phoneUrl = simulator.phoneUrl;
    const mediaStore = await openMediaStore(config);
    const flows = openFlows(platform, mediaStore, role !== 'web');
    stops.push(() => flows.close());
    if (role !== 'web') {
      await runFlows(platform, projectDir, flows, stops);
      const worker = startWorker(platform, mediaStore, flows.cache, [flows.cleaning]);
      stops.push(() => worker.stop());
    }
    const reload = createReload({
      ...ready,
      async prepare({ endpoints }, apply) {
        if (role !== 'web')
          await haveFlows(platform, projectDir, flows, { endpoints, applyAtStart: false, dryRun: !apply });
      },
      async take(next) {
        await platform.takeOn(next.endpoints);
        simulator?.take(next);
      },
    });
    const fleet = createFleet({
      redis: platform.redis,
      facts: { role, host: hostname(), pid: process.pid },
      reload,
      clock: platform.clock,
      log: configLog,
      pollMs: FLEET_POLL_MS,
      answersWithinMs: FLEET_ANSWERS_WITHIN_MS,
      sinceMs: readMs,
    });
    await fleet.start();
    stops.push(() => fleet.stop());
    if (role !== 'web' && config.flows.watch) {
      const watching = watchEndpoints(projectDir, reload, configLog);
      stops.push(async () => watching.stop());
    }
    if (role === 'worker') await runWorkerMonitoring(platform, stops);
    else await runWeb(platform, mediaStore, flows, fleet, stops, facts);
    return { facts, reload, stop };
  } catch (err) {
    await stop().catch((also: unknown) => log.error({ err: also }, 'stopping after a failed start failed'));
    throw err;
  }
}

async function openRedis(
  config: Config,
  log: Logger,
  stops: (() => Promise<void>)[],
  facts: RunningApp['facts'],
): Promise<RedisTarget> {
  if (config.redis.url !== undefined) return { url: config.redis.url };
  const embedded = await startEmbeddedRedis({
    dataDir: config.redis.dataDir,
    fsync: config.redis.fsync,
    log: log.child({ component: 'redis' }),
  });
  stops.push(() => embedded.stop());
  facts.dataDir = config.redis.dataDir;
  return { socketPath: embedded.socketPath };
}

/** @throws FlowsUnfit when an endpoint would have no flow to begin with */
async function haveFlows(
  { config, log }: Pick<Platform, 'config' | 'log'>,
  projectDir: string,
  flows: Flows,
  what: Pick<StartFlowsDeps, 'endpoints' | 'applyAtStart'> & { dryRun: boolean },
): Promise<void> {
  await startFlows({ ...what, dir: config.flows.dir, projectDir, flows, log: log.child({ component: 'flow' }) });
}

async function runFlows(
  { config, log }: Platform,
  projectDir: string,
  flows: Flows,
  stops: (() => Promise<void>)[],
): Promise<void> {
  const { dir, applyAtStart, watch } = config.flows;
  const flowLog = log.child({ component: 'flow' });
  await haveFlows({ config, log }, projectDir, flows, { endpoints: config.endpoints, applyAtStart, dryRun: false });
  flows.cache.start();
  stops.push(() => flows.cache.stop());
  if (!watch) return;
  const watching = watchFlows(dir, projectDir, flows, flowLog);
  stops.push(() => watching.stop());
}

async function runWeb(
  platform: Platform,
  mediaStore: MediaStore,
  flows: Flows,
  fleet: Fleet,
  stops: (() => Promise<void>)[],
  facts: RunningApp['facts'],
): Promise<void> {
  const web = await startWeb(platform, mediaStore, flows, fleet);
  stops.push(() => web.stop());
  facts.port = web.port;
  facts.healthUrl = `http://127.0.0.1:${web.port}/health/ready`;
  if (web.freshOperatorKey !== undefined) facts.freshOperatorKey = web.freshOperatorKey;
}

async function runWorkerMonitoring(platform: Platform, stops: (() => Promise<void>)[]): Promise<void> {
  const { workerPort, host } = platform.config.http;
  if (workerPort === 0) return;
  let stopping = false;
  const server = createMonitoringServer(
    createMonitoring(platform, platform.redis, [], () => stopping),
    platform.log,
  );
  await listen(server, workerPort, host);
  stops.push(() => {
    stopping = true;
    return closeServer(server);
  });
}

interface RunningSimulator {
  phoneUrl: string;
  /** has the numbers of the demo bots there are now */
  take(config: Config): void;
}

async function runSimulator(
  config: Config,
  log: Logger,
  stops: (() => Promise<void>)[],
  webPort: () => number | undefined,
): Promise<RunningSimulator> {
  const setup = simulatorSetup(config.endpoints);
  const [first, ...others] = setup?.numbers ?? [];
  if (setup === undefined || first === undefined) throw new SimulatorOff();
  // Where the bot is: told for a simulator of its own, else this process, once it listens.
  const botUrl = () =>
    config.simulator.botUrl ?? (webPort() === undefined ? undefined : `http://127.0.0.1:${webPort()}`);
  const simulator = createSimulator({
    ...setup,
    numbers: [first, ...others],
    host: config.simulator.host,
    port: config.simulator.port,
    webhookUrl: () => (botUrl() === undefined ? undefined : `${botUrl()}${setup.webhookPath}`),
    webhookVersion: config.cloudApi.graphVersion,
    log: log.child({ component: 'simulator' }),
  });
  const { port } = await simulator.start();
  stops.push(() => simulator.stop());
  return {
    phoneUrl: `http://127.0.0.1:${port}/phone`,
    take: ({ endpoints }) => simulator.setNumbers(simulatorSetup(endpoints)?.numbers ?? []),
  };
}
