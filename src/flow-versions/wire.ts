import { z } from 'zod';

/**
 * What `parlance deploy` and its siblings say to a server, and what it answers. Under `/ops/flows`, behind the operator
 * key; every answer is JSON, every refusal `{ error, message, … }`.
 */

/** Larger uploads are refused before they are read. */
export const MOST_UPLOAD_BYTES = 16 * 1_048_576;
const MOST_FILES = 2_000;

const name = z.string().min(1).max(100);
const by = z.string().max(100).default('');
const message = z.string().max(500).default('');
const endpoints = z.array(name).min(1).max(1_000).optional();
/** what the caller has seen: an endpoint that has changed since is a conflict */
const expect = z.record(name, z.int().min(0)).optional();
const fate = z.enum(['keep', 'move', 'end']);

export const DeployRequest = z.strictObject({
  files: z
    .array(
      z.strictObject({
        path: z
          .string()
          .regex(/^[\w][\w .-]*(\/[\w][\w .-]*)*$/)
          .max(200),
        text: z.string(),
      }),
    )
    .min(1)
    .max(MOST_FILES),
  by,
  message,
  endpoints,
  canaryPercent: z.number().gt(0).lt(100).optional(),
  /** what becomes of the running sessions of the versions before */
  sessions: fate.default('keep'),
  expect,
  dryRun: z.boolean().default(false),
});
export type DeployRequest = z.output<typeof DeployRequest>;

export const RollbackRequest = z.strictObject({ to: z.int().min(1).optional(), by, message, endpoints, expect });
export type RollbackRequest = z.output<typeof RollbackRequest>;

export const WithdrawRequest = z.strictObject({ sessions: fate, by, message, dryRun: z.boolean().default(false) });
export type WithdrawRequest = z.output<typeof WithdrawRequest>;

const Finding = z.object({
  severity: z.enum(['error', 'warning']),
  code: z.string(),
  file: z.string(),
  line: z.number(),
  column: z.number(),
  message: z.string(),
  hint: z.string().optional(),
});

/** Running sessions a change may touch. */
const Affected = z.object({
  /** of versions that new sessions will not begin with any more */
  open: z.number(),
  /** the same by version, the most first; `gone`: how many of them wait at steps the new version does not have */
  versions: z.array(z.object({ version: z.number(), count: z.number(), gone: z.number() })),
  /** of these, the ones that wait at steps the new version does not have */
  gone: z.array(z.object({ version: z.number(), flow: z.string(), step: z.string(), count: z.number() })),
  looked: z.number(),
  complete: z.boolean(),
});
export type Affected = z.output<typeof Affected>;

const Share = z.object({ version: z.number(), percent: z.number() });
export type Share = z.output<typeof Share>;

/** One endpoint's way from version to version; `from` is missing for the first one it gets. */
const Switch = z.object({
  endpoint: z.string(),
  from: z.number().optional(),
  to: z.number(),
  canaryPercent: z.number().optional(),
  /** the canary there was until now: its share is another one, or it ends */
  canaryBefore: Share.optional(),
});
export type Switch = z.output<typeof Switch>;

/** what new sessions of an endpoint begin with; nothing while it has no version */
const uses = { version: z.number().optional(), canary: Share.optional() };

export const DeployAnswer = z.object({
  version: z.object({ number: z.number(), hash: z.string(), isNew: z.boolean() }),
  switched: z.array(Switch),
  /** endpoints that begin there already */
  unchanged: z.array(z.object({ endpoint: z.string(), ...uses })),
  /** endpoints whose flow is not among the files */
  untouched: z.array(z.object({ endpoint: z.string(), flow: z.string(), ...uses })),
  warnings: z.array(Finding),
  /** only of a dry run: hashes of the bot's own files that have to be sent before */
  missingFiles: z.array(z.string()).optional(),
  /** only of a dry run */
  affected: Affected.optional(),
  /** revisions to expect in the deploy that follows a dry run */
  revisions: z.record(z.string(), z.number()),
});
export type DeployAnswer = z.output<typeof DeployAnswer>;

/** Of `PUT /files/:sha256`. */
export const FileAnswer = z.object({ taken: z.literal(true) });

const Version = z.object({
  number: z.number(),
  hash: z.string(),
  createdMs: z.number(),
  by: z.string(),
  message: z.string(),
  flows: z.array(z.string()),
  files: z.number(),
  bytes: z.number(),
  withdrawn: z.boolean(),
  /** running sessions that began with it; only when asked for */
  sessions: z.number().optional(),
});
export type Version = z.output<typeof Version>;

const EndpointState = z.object({
  endpoint: z.string(),
  flow: z.string(),
  handlers: z.string().optional(),
  ...uses,
  changedMs: z.number().optional(),
  revision: z.number(),
});

export const ListAnswer = z.object({
  /** newest first */
  versions: z.array(Version),
  endpoints: z.array(EndpointState),
  history: z.array(
    z.object({
      atMs: z.number(),
      by: z.string(),
      did: z.string(),
      version: z.number(),
      endpoints: z.array(z.string()),
      message: z.string(),
    }),
  ),
  /** false: sessions were counted until the time was up */
  complete: z.boolean().optional(),
});
export type ListAnswer = z.output<typeof ListAnswer>;

export const SourcesAnswer = z.object({
  version: Version,
  files: z.array(z.object({ path: z.string(), text: z.string() })),
});
export type SourcesAnswer = z.output<typeof SourcesAnswer>;

export const RollbackAnswer = z.object({ switched: z.array(Switch) });
export type RollbackAnswer = z.output<typeof RollbackAnswer>;

export const WithdrawAnswer = z.object({ version: z.number(), switched: z.array(Switch), affected: Affected });
export type WithdrawAnswer = z.output<typeof WithdrawAnswer>;

export const ErrorAnswer = z.object({
  error: z.string(),
  message: z.string(),
  findings: z.array(Finding).optional(),
});
