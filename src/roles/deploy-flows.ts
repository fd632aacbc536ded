import { relative } from 'node:path';
import type { Logger } from 'pino';
import type { FlowVersion } from '../flow/definition.js';
import type { Finding } from '../flow/reading/finding.js';
import { ownFilesOf } from '../flow/reading/own-files.js';
import { type FlowOutline, type Inspection, inspect } from '../flow-versions/inspection.js';
import { ownFilesDir } from '../flow-versions/own-files.js';
import { planStart } from '../flow-versions/plan-start.js';
import { readFlowFolder } from '../flow-versions/read-folder.js';
import { type FlowEndpoint, isRefused } from '../flow-versions/service.js';
import type { FlowSource, FlowState } from '../flow-versions/store.js';
import { BotError } from '../shared/errors.js';
import type { Flows } from './flows.js';

/** The flows on disk cannot be run: each fault with its place, and what to write instead. */
export class FlowsUnfit extends BotError {
  override readonly name = 'FlowsUnfit';
  readonly code = 'flows_unfit';
}

export interface StartFlowsDeps {
  /** absolute */
  dir: string;
  /** what messages name the folder from */
  projectDir: string;
  /** false: the folder is looked at only when an endpoint has nothing else */
  applyAtStart: boolean;
  flows: Flows;
  endpoints: readonly (FlowEndpoint & { source: string; handlers?: string | undefined })[];
  log: Logger;
  /** only look whether every endpoint would have a version */
  dryRun?: boolean;
}

/**
 * Sees to it that every endpoint has a version: what was in use before, or the flows folder when it is new.
 *
 * @throws FlowsUnfit with every fault at once
 */
export async function startFlows(deps: StartFlowsDeps): Promise<void> {
  const { flows, endpoints, log } = deps;
  const state = await flows.store.read();
  const canRun = await runnable(flows, state, endpoints);
  const { missing } = planStart(undefined, state, endpoints, canRun);
  if (deps.applyAtStart || missing.length > 0) {
    const { files, version, inspection } = readFolder(deps);
    const plan = planStart(version, state, deps.applyAtStart ? endpoints : missing, canRun);
    if (plan.missing.length > 0) throw new FlowsUnfit(missingFlows(plan.missing, endpoints, version.flows));
    // An endpoint that runs what was deployed from elsewhere has its handlers there, too.
    const unruled = endpoints.filter((one) => version.flows.includes(one.flow) && lacksHandlers(one, version.flows));
    if (unruled.length > 0) throw new FlowsUnfit(missingHandlers(unruled, version.flows));
    if (deps.dryRun) return;
    for (const endpoint of plan.rescued)
      log.warn({ endpoint }, 'the version in use cannot be run any more, the flows folder takes its place');
    if (plan.switch.length > 0) {
      await flows.ownFiles.takeFrom(ownFilesDir(deps.dir), ownFilesOf(files));
      const request = { files, by: 'folder', message: '', endpoints: plan.switch, sessions: 'keep' as const };
      const done = await flows.service.deploy(
        { ...request, dryRun: false },
        { folder: deps.applyAtStart, inspection, among: endpoints },
      );
      if (isRefused(done)) throw new FlowsUnfit(done.message);
      const { number, hash, isNew } = done.version;
      log.info({ version: number, hash: hash.slice(0, 12), isNew, endpoints: plan.switch }, 'flows deployed');
    }
  }
  if (deps.dryRun) return;
  await flows.cache.refresh();
  for (const endpoint of endpoints) {
    const { version } = flows.cache.current(endpoint.id, '');
    if (lacksHandlers(endpoint, version.flows))
      log.warn(
        { endpoint: endpoint.id, handlers: endpoint.handlers },
        'the version in use lacks the flow of its handlers',
      );
  }
}

function lacksHandlers({ handlers }: { handlers?: string | undefined }, flows: readonly string[]): boolean {
  return handlers !== undefined && !flows.includes(handlers);
}

/** What the endpoints' versions have that this program can run. */
async function runnable({ cache }: Flows, { pointers }: FlowState, endpoints: readonly FlowEndpoint[]) {
  const compiled = new Map<string, FlowVersion | undefined>();
  for (const { id } of endpoints) {
    const pointer = pointers.get(id);
    for (const hash of [pointer?.version, pointer?.canary?.version])
      if (hash !== undefined && !compiled.has(hash)) compiled.set(hash, await cache.get(hash));
  }
  return (hash: string, flow: string) => compiled.get(hash)?.flows.includes(flow) ?? false;
}

interface FlowsFolder {
  files: FlowSource[];
  version: FlowOutline;
  inspection: Inspection;
}

function readFolder({ dir, projectDir, log }: StartFlowsDeps): FlowsFolder {
  const shown = relative(projectDir, dir) || '.';
  let files: FlowSource[];
  try {
    files = readFlowFolder(dir);
  } catch (err) {
    const code = err instanceof Error && 'code' in err ? String(err.code) : 'unknown error';
    throw new FlowsUnfit(`The flows folder ${shown} cannot be read (${code}): see flows.dir`, { cause: err });
  }
  const inspection = inspect(files);
  const { outline: version, findings } = inspection;
  for (const finding of findings)
    if (finding.severity === 'warning') log.warn({ at: `${shown}/${finding.file}:${finding.line}` }, finding.message);
  if (version === undefined) {
    const errors = findings.filter(({ severity }) => severity === 'error');
    throw new FlowsUnfit(`The flows cannot be run:\n  ${errors.map((one) => line(shown, one)).join('\n  ')}`);
  }
  return { files, version, inspection };
}

function missingFlows(
  missing: readonly FlowEndpoint[],
  endpoints: StartFlowsDeps['endpoints'],
  flows: readonly string[],
): string {
  const faults = missing.map(({ id, flow }) => {
    const source = endpoints.find((endpoint) => endpoint.id === id)?.source ?? id;
    return `${source}: endpoint ${id} begins with the flow "${flow}", and no file declares it (there are: ${flows.join(', ')})`;
  });
  return `The flows cannot be run:\n  ${faults.join('\n  ')}`;
}

function missingHandlers(unruled: StartFlowsDeps['endpoints'], flows: readonly string[]): string {
  const faults = unruled.map(
    ({ id, handlers, source }) =>
      `${source}: endpoint ${id} has its handlers in the flow "${handlers}", and no file declares it (there are: ${flows.join(', ')})`,
  );
  return `The flows cannot be run:\n  ${faults.join('\n  ')}`;
}

/** One finding, as a line of a terminal or a log. */
export function line(folder: string, { file, line: at, column, message, hint }: Finding): string {
  const path = file === '' ? folder : `${folder}/${file}`;
  return `${path}:${at}:${column} ${message}${hint === undefined ? '' : ` (${hint})`}`;
}
