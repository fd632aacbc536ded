import { Redis } from 'ioredis';
import { request } from 'undici';
import { type Deployment, deploy, freePort, type RoleProcess } from '../support/deployment.js';
import { type GraphDouble, startGraphDouble, type TakenMessage } from '../support/graph-double.js';
import { endpointFiles } from '../support/meta-webhooks.js';
import { WHATSAPP_ENV } from '../support/project.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';

/** Hears everything and says nothing. */
export const SILENT_FLOW = 'spec: 1\nflow: bench\nsteps:\n  - set: { context.heard: "{{ input.text }}" }\n';
/** One reply a message. */
export const ECHO_FLOW = 'spec: 1\nflow: bench\nsteps:\n  - say: "You said: {{ input.text }}"\n';

export interface InstallationOptions {
  aof: 'everysec' | 'always';
  flow: string;
  numbers: readonly string[];
  throughputPerSec?: number;
}

/** The product's real processes on a Redis of their own, with the Graph double in this process. */
export interface Installation {
  redis: TestRedis;
  client: Redis;
  start(role: 'web' | 'worker'): Promise<RoleProcess>;
  taken: TakenMessage[];
  /** accept → commit of each turn so far, ms, in the order of the commits, with the epoch ms of the commit */
  turns(): Promise<{ atMs: number; ms: number; conversation: string }[]>;
  stop(): Promise<void>;
}

export async function install({
  aof,
  flow,
  numbers,
  throughputPerSec = 1000,
}: InstallationOptions): Promise<Installation> {
  const redis = await startTestRedis({ aof });
  const client = new Redis(redis.url);
  const taken: TakenMessage[] = [];
  const graph: GraphDouble = await startGraphDouble({ onTaken: (message) => taken.push(message) });
  const deployment: Deployment = deploy({
    ...endpointFiles(numbers, { flow: 'bench', messageDelayMs: 0, throughputPerSec }),
    'config/flows/bench.yaml': flow,
  });
  const running: RoleProcess[] = [];
  return {
    redis,
    client,
    taken,
    async start(role) {
      const started = deployment.start(role, {
        port: await freePort(),
        env: {
          ...WHATSAPP_ENV,
          REDIS_URL: redis.url,
          GRAPH_API_URL: graph.url,
          // As in production, a line a step, into a file.
          LOG_LEVEL: process.env.BENCH_LOG_LEVEL ?? 'info',
          PARLANCE_RETENTION_EVENTS_PER_LANE: '1000000',
        },
      });
      running.push(started);
      await started.ready();
      return started;
    },
    async turns() {
      const lanes = await client.keys('{p:*}:ev');
      const entries = (await Promise.all(lanes.map((key) => client.xrange(key, '-', '+')))).flat();
      return entries.flatMap(([, fields]) => {
        const event: { k: string; at: number; c: string; waitedMs: number; tookMs: number } = JSON.parse(
          fields[1] ?? '{}',
        );
        return event.k === 'turn' ? [{ atMs: event.at, ms: event.waitedMs + event.tookMs, conversation: event.c }] : [];
      });
    },
    async stop() {
      await Promise.all(running.map((it) => it.stop()));
      deployment.remove();
      await graph.stop();
      client.disconnect();
      await redis.stop();
    },
  };
}

/** One counter of a role's `/metrics`, all label sets that match added up. */
export async function counter(role: RoleProcess, pattern: RegExp): Promise<number> {
  const { body } = await request(`${role.url}/metrics`);
  const lines = (await body.text()).split('\n').filter((line) => pattern.test(line));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
