import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Logger } from 'pino';
import { createFlowVersions, type FlowSource, type FlowVersions } from '../conversation/flow-versions.js';
import type { Endpoint } from '../endpoint/endpoint.js';
import type { Finding } from '../flow/finding.js';
import { loadFlows } from '../flow/load.js';
import type { RedisClient } from '../redis/connections.js';
import { BotError } from '../shared/errors.js';

/** The flows on disk cannot be run: each fault with its place, and what to write instead. */
export class FlowsUnfit extends BotError {
  override readonly name = 'FlowsUnfit';
  readonly code = 'flows_unfit';
}

/**
 * Reads the flows folder and makes it the version new sessions take.
 *
 * @throws FlowsUnfit with every fault at once
 */
export async function deployFlows(deps: {
  dir: string;
  projectDir: string;
  redis: RedisClient;
  endpoints: readonly Endpoint[];
  log: Logger;
}): Promise<FlowVersions> {
  const sources = readSources(deps.dir, deps.projectDir);
  const { version, findings } = loadFlows(sources);
  const faults = findings.filter((finding) => finding.severity === 'error').map(line);
  for (const { id, flow, source } of deps.endpoints) {
    if (version !== undefined && !version.flows.includes(flow)) {
      faults.push(
        `${source}: endpoint ${id} begins with the flow "${flow}", and no file declares it (there are: ${version.flows.join(', ')})`,
      );
    }
  }
  if (version === undefined || faults.length > 0)
    throw new FlowsUnfit(`The flows cannot be run:\n  ${faults.join('\n  ')}`);
  for (const finding of findings)
    deps.log.warn({ component: 'flow', at: `${finding.file}:${finding.line}` }, finding.message);
  const versions = createFlowVersions({ redis: deps.redis, compile: (files) => loadFlows([...files]).version });
  const { number, isNew } = await versions.deploy(version, sources);
  deps.log.info({ component: 'flow', version: number, hash: version.hash.slice(0, 12), isNew }, 'flows deployed');
  return versions;
}

function readSources(dir: string, projectDir: string): FlowSource[] {
  const names = readdirSync(dir).filter((name) => /\.(ya?ml|json)$/.test(name) && !/\.test\.ya?ml$/.test(name));
  return names.sort().map((name) => {
    const path = join(dir, name);
    return { path: relative(projectDir, path), text: readFileSync(path, 'utf8') };
  });
}

function line({ file, line: at, column, message, hint }: Finding): string {
  return `${file}:${at}:${column} ${message}${hint === undefined ? '' : ` (${hint})`}`;
}
