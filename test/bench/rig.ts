import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { type Deployment, deploy, type RoleProcess, startProcess } from '../support/deployment.js';
import { endpointFiles } from '../support/meta-webhooks.js';
import { freePort } from '../support/ports.js';
import { WHATSAPP_ENV } from '../support/project.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Numbers of the benchmark, each a lane of its own, named for what their bots do. */
export const NUMBERS = {
  /** counts and says nothing */
  silent: '106540352242900',
  /** says what it hears */
  echo: '106540352242901',
  /** as above, for sends over several lanes */
  echo2: '106540352242902',
  echo3: '106540352242903',
  /** may send 200 a second */
  limited: '106540352242904',
};

/** What the session of an idle conversation holds beside our own words: about 300 bytes in all. */
const SILENT_FLOW = `spec: 1
flow: silent
context: { n: 0, note: "${'x'.repeat(60)}" }
steps:
  - set: { context.n: "{{ context.n + 1 }}" }
`;
const ECHO_FLOW = `spec: 1
flow: echo
steps:
  - say: "{{ input.text }}"
`;

/** The lane of a number: numbers get theirs in the order of their files. */
export function lanePrefix(phoneNumberId: string): string {
  return `{p:${Object.values(NUMBERS).indexOf(phoneNumberId)}}:`;
}

/** A Redis, a deployment on it, and processes of it. */
export interface Rig {
  redis: TestRedis;
  /** for looking only */
  client: Redis;
  deployment: Deployment;
  start(role: 'web' | 'worker', env?: { [name: string]: string }): Promise<Server>;
  /** what the product is compared with: see `floor-server.ts` */
  startFloor(which: 'floor' | 'express-floor' | 'express-web'): Promise<Server>;
  stop(): Promise<void>;
}

export interface Server extends RoleProcess {
  port: number;
}

export async function openRig({
  fsync,
  graphUrl = 'http://127.0.0.1:9',
  env = {},
}: {
  fsync: 'always' | 'everysec';
  graphUrl?: string;
  env?: { [name: string]: string };
}): Promise<Rig> {
  // A rewrite of the file in the middle of a measurement would be measured too.
  const redis = await startTestRedis({ aof: fsync, config: { 'auto-aof-rewrite-percentage': '0' } });
  const number = (phoneNumberId: string, flow: string, throughputPerSec = 1000) => ({
    phoneNumberId,
    flow,
    throughputPerSec,
    messageDelayMs: 0,
  });
  const deployment = deploy({
    'config/flows/silent.yaml': SILENT_FLOW,
    'config/flows/echo.yaml': ECHO_FLOW,
    ...endpointFiles([
      number(NUMBERS.silent, 'silent'),
      number(NUMBERS.echo, 'echo'),
      number(NUMBERS.echo2, 'echo'),
      number(NUMBERS.echo3, 'echo'),
      number(NUMBERS.limited, 'echo', 200),
    ]),
  });
  const client = new Redis(redis.url);
  const running: RoleProcess[] = [];
  const common = {
    ...WHATSAPP_ENV,
    REDIS_URL: redis.url,
    GRAPH_API_URL: graphUrl,
    LOG_LEVEL: 'warn',
    PARLANCE_RETENTION_EVENTS_PER_LANE: '1000000',
    PARLANCE_OUTBOUND_PAIR_RATE_ENABLED: 'false',
    ...env,
  };
  const ready = async (started: RoleProcess, port: number) => {
    running.push(started);
    await started.ready();
    return { ...started, port };
  };
  return {
    redis,
    client,
    deployment,
    async start(role, more = {}) {
      const port = await freePort();
      return ready(deployment.start(role, { port, env: { ...common, ...more } }), port);
    },
    async startFloor(which) {
      const port = await freePort();
      const args = ['--import', 'tsx', 'test/bench/floor-server.ts', which, String(port), deployment.dir];
      const logFile = deployment.logFile;
      return ready(startProcess({ name: which, args, cwd: ROOT, env: common, port, logFile }), port);
    },
    async stop() {
      // The data are thrown away with the server: nobody has to finish.
      for (const it of running) it.signal('SIGKILL');
      await Promise.all(running.map((it) => it.ended));
      client.disconnect();
      await redis.stop();
      deployment.remove();
    },
  };
}

/** CPU time of a process so far, ms: user and system, from /proc (Linux; ticks of 10 ms). */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
