import { z } from 'zod';

/** What `parlance reload` says to a server, and what it answers: `POST /ops/reload`, behind the operator key. */
export const ReloadRequest = z.strictObject({
  /** only tell what would happen */
  dryRun: z.boolean().default(false),
});

const changes = {
  added: z.array(z.string()),
  changed: z.array(z.string()),
  removed: z.array(z.string()),
  /** settings that differ as well and are read at a start only, e.g. `http.port` */
  later: z.array(z.string()),
};

/** What reading the configuration again came to in one process. */
const Reloading = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.enum(['unchanged', 'taken', 'possible']), ...changes }),
  z.object({ outcome: z.literal('refused'), message: z.string() }),
]);
export type Reloading = z.output<typeof Reloading>;

const ProcessFacts = z.object({ role: z.string(), host: z.string(), pid: z.number() });
export type ProcessFacts = z.output<typeof ProcessFacts>;

export const ReloadAnswer = z.object({
  /** `reloading` is missing when a process did not answer in time */
  processes: z.array(ProcessFacts.extend({ reloading: Reloading.optional() })),
});
export type ReloadAnswer = z.output<typeof ReloadAnswer>;

const Asked = z.object({ id: z.string(), apply: z.boolean(), atMs: z.number() });
/** What one process asks of all, as it stands in Redis; `atMs`: epoch ms of its clock. */
export type Asked = z.output<typeof Asked>;

export function readAsked(text: string): Asked | undefined {
  return Asked.safeParse(JSON.parse(text)).data;
}

/** @returns undefined for what is none: another release wrote it */
export function readReloading(text: string | undefined): Reloading | undefined {
  return text === undefined ? undefined : Reloading.safeParse(JSON.parse(text)).data;
}

export function readFacts(text: string): (ProcessFacts & { seenMs: number }) | undefined {
  return ProcessFacts.extend({ seenMs: z.number() }).safeParse(JSON.parse(text)).data;
}
