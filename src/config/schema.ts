import { z } from 'zod';
import { readAllowedHost } from '../calls/allowed-hosts.js';
import { type Endpoint, llmFields } from '../endpoint/endpoint.js';
import {
  checkedText,
  flag,
  graphVersion,
  oneOf,
  redisUrl,
  secret,
  settingFacts,
  text,
  webUrl,
  wholeNumber,
} from './setting.js';

const MINUTE_MS = 60_000;
const MIB = 1_048_576;

const folder = () => text(/\S/, 'a folder; a relative one is meant from the project folder');

/** Names of variables that flows may read: what Parlance itself is told by variables stays out of reach. */
const flowVariable = () =>
  checkedText(
    (name) => /^[A-Z][A-Z0-9_]*$/.test(name) && !/^(PARLANCE|WHATSAPP)_|^REDIS_URL$/.test(name),
    'the name of a variable in capitals; those that configure Parlance itself (PARLANCE_…, WHATSAPP_…, REDIS_URL) cannot be given to flows',
  );

const privateHost = () =>
  checkedText(
    (host) => readAllowedHost(host) !== undefined,
    'a name such as orders.internal, an address, either with a port (localhost:3000), or a range such as 10.1.0.0/16',
  );

/**
 * Every setting: its shape, bounds, default and unit. `config/default.yaml` explains them to operators and a test keeps
 * the two equal; variable names follow from the path (`env-names.ts`).
 */
export const SettingsSchema = z.strictObject({
  http: z
    .strictObject({
      host: text(/^\S+$/, 'an address to listen on, such as 0.0.0.0 or 127.0.0.1').default('0.0.0.0'),
      port: wholeNumber(0, 65_535).default(8080),
      workerPort: wholeNumber(0, 65_535).default(0),
      publicUrl: webUrl('https://bot.example.com').optional(),
    })
    .prefault({}),
  webhook: z
    .strictObject({
      // Meta sends up to 3 MB: 1000 updates.
      maxBodyBytes: wholeNumber(65_536, 64 * MIB, 'bytes').default(4 * MIB),
      acceptTimeoutMs: wholeNumber(100, 10_000, 'ms').default(1500),
    })
    .prefault({}),
  redis: z
    .strictObject({
      url: redisUrl().optional(),
      dataDir: folder().default('./data'),
      fsync: oneOf(['always', 'everysec']).default('always'),
      maxMemoryPercent: wholeNumber(10, 99, 'percent').default(85),
    })
    .prefault({}),
  conversation: z
    .strictObject({
      concurrency: wholeNumber(1, 1000).default(50),
      messagesPerWake: wholeNumber(1, 100).default(10),
      lockMs: wholeNumber(1000, 10 * MINUTE_MS, 'ms').default(15_000),
      stalledCheckMs: wholeNumber(200, MINUTE_MS, 'ms').default(5000),
      maxInfrastructureFailures: wholeNumber(1, 100).default(6),
      poisonAfterCrashes: wholeNumber(1, 100).default(5),
      maxMemoryBytes: wholeNumber(1024, 8 * MIB, 'bytes').default(262_144),
      stepsPerTurn: wholeNumber(10, 10_000).default(100),
      flowDepth: wholeNumber(1, 100).default(20),
    })
    .prefault({}),
  outbound: z
    .strictObject({
      concurrency: wholeNumber(1, 1000).default(50),
      uncertainGraceMs: wholeNumber(0, 10 * MINUTE_MS, 'ms').default(15_000),
      maxAttempts: wholeNumber(1, 50).default(8),
      pausedRetryMs: wholeNumber(500, 10 * MINUTE_MS, 'ms').default(30_000),
      pairRate: z
        .strictObject({
          enabled: flag().default(true),
          burst: wholeNumber(1, 1000, 'messages').default(45),
          intervalMs: wholeNumber(1, MINUTE_MS, 'ms').default(6000),
        })
        .prefault({}),
    })
    .prefault({}),
  cloudApi: z
    .strictObject({
      baseUrl: webUrl('https://graph.facebook.com').default('https://graph.facebook.com'),
      graphVersion: graphVersion().default('v25.0'),
      timeoutMs: wholeNumber(500, 2 * MINUTE_MS, 'ms').default(20_000),
      connections: wholeNumber(1, 1000).default(64),
    })
    .prefault({}),
  calls: z
    .strictObject({
      timeoutMs: wholeNumber(100, 2 * MINUTE_MS, 'ms').default(8000),
      maxResponseBytes: wholeNumber(1024, 64 * MIB, 'bytes').default(MIB),
      connections: wholeNumber(1, 1000).default(32),
      cacheMaxBytes: wholeNumber(0, 1024 * MIB, 'bytes').default(16 * MIB),
      allowedPrivateHosts: z.array(privateHost()).default([]),
    })
    .prefault({}),
  media: z
    .strictObject({
      store: oneOf(['disk', 's3']).default('disk'),
      dir: folder().default('./data/media'),
      s3: z
        .strictObject({
          url: webUrl('https://s3.eu-central-1.amazonaws.com/my-bucket').optional(),
          region: text(/^[a-z0-9-]{1,50}$/, 'the name of a region such as eu-central-1, or auto').default('auto'),
          accessKeyId: secret().optional(),
          secretAccessKey: secret().optional(),
          timeoutMs: wholeNumber(100, 10 * MINUTE_MS, 'ms').default(10_000),
        })
        .prefault({}),
      // Meta's links work for 5 minutes, and a contact waits.
      waitMs: wholeNumber(1000, 4 * MINUTE_MS, 'ms').default(30_000),
      concurrency: wholeNumber(1, 1000).default(16),
      linkHours: wholeNumber(1, 24 * 365, 'hours').default(168),
      scan: z
        .strictObject({
          command: z.array(text(/\S/, 'the program, then each of its arguments')).default([]),
          url: webUrl('http://scanner:8000/scan').optional(),
          timeoutMs: wholeNumber(100, 2 * MINUTE_MS, 'ms').default(20_000),
        })
        .prefault({}),
      uploadTimeoutMs: wholeNumber(1000, 10 * MINUTE_MS, 'ms').default(120_000),
    })
    .prefault({}),
  sandbox: z
    .strictObject({
      threads: wholeNumber(1, 64).default(2),
      memoryMb: wholeNumber(16, 1024, 'MiB').default(64),
      expressionMs: wholeNumber(10, 10_000, 'ms').default(250),
      codeMs: wholeNumber(10, MINUTE_MS, 'ms').default(1000),
      maxResultBytes: wholeNumber(1024, 8 * MIB, 'bytes').default(MIB),
    })
    .prefault({}),
  llm: z
    .strictObject({
      ...llmFields,
      timeoutMs: wholeNumber(100, 2 * MINUTE_MS, 'ms').default(30_000),
      structured: oneOf(['schema', 'object']).default('schema'),
    })
    .prefault({}),
  simulator: z
    .strictObject({
      enabled: z
        .union([z.literal('auto'), z.boolean()])
        .register(settingFacts, { allowed: 'auto, true or false' })
        .default('auto'),
      host: text(/^\S+$/, 'an address to listen on, such as 127.0.0.1 or 0.0.0.0').default('127.0.0.1'),
      port: wholeNumber(0, 65_535).default(8081),
      url: webUrl('http://simulator:8081').optional(),
      botUrl: webUrl('http://web:8080').optional(),
      key: text(/^\S+$/, 'any text without spaces').default('parlance-simulator'),
    })
    .prefault({}),
  ops: z.strictObject({ operatorKey: secret(/^\S{16,}$/, 'at least 16 characters').optional() }).prefault({}),
  log: z
    .strictObject({ level: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info') })
    .prefault({}),
  retention: z
    .strictObject({
      // Meta repeats an unanswered update for up to 7 days.
      dedupeDays: wholeNumber(8, 30, 'days').default(9),
      sessionGcDays: wholeNumber(8, 3650, 'days').default(30),
      statusDays: wholeNumber(1, 3650, 'days').default(30),
      deadLetterDays: wholeNumber(1, 3650, 'days').default(14),
      mediaDays: wholeNumber(1, 3650, 'days').default(30),
      flowFileDays: wholeNumber(1, 3650, 'days').default(90),
      eventsPerLane: wholeNumber(100, 1_000_000).default(10_000),
    })
    .prefault({}),
  flows: z
    .strictObject({
      dir: folder().default('config/flows'),
      applyAtStart: flag().default(true),
      watch: flag().default(false),
      env: z.array(flowVariable()).default([]),
      secrets: z.array(flowVariable()).default([]),
    })
    .prefault({}),
});

export type Settings = z.infer<typeof SettingsSchema>;

/** An endpoint file that was read and left out. */
export interface SkippedEndpoint {
  id: string;
  /** e.g. `config/endpoints/whatsapp.yaml` */
  source: string;
  reason: 'not_configured' | 'simulator_off';
  /** variables that would configure it; empty for `simulator_off` */
  variables: readonly string[];
}

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** All that was set, frozen; folders are absolute. */
export type Config = DeepReadonly<Settings> & {
  /** `simulator.enabled` with `auto` decided: on when no real endpoint is configured */
  readonly simulatorOn: boolean;
  readonly endpoints: readonly Endpoint[];
  readonly skippedEndpoints: readonly SkippedEndpoint[];
  /** by path (`http.port`, `endpoints.whatsapp.appId`): the file with line or the variable a value comes from; else its default */
  readonly origins: { readonly [path: string]: string };
};
