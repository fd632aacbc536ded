import { checkWith, type LoadedFlow } from '../flow/checks/check.js';
import { knownTemplates } from '../flow/checks/known-templates.js';
import { unusedFlows } from '../flow/checks/starts.js';
import { surveyOf } from '../flow/checks/survey.js';
import { byPlace } from '../flow/load.js';
import type { ListAnswer } from '../flow-versions/wire.js';
import { templatesOf } from './account-templates.js';
import { type Server, ServerTooOld, ServerUnreachable } from './server.js';
import { type Checked, showFindings } from './show-findings.js';

/**
 * What is wrong with messages that use templates, in words; empty when nothing is. A template may be approved later, so this
 * keeps no flows from being deployed.
 *
 * @throws what `Server` throws
 */
export async function templateWarnings(
  server: Server,
  flows: readonly LoadedFlow[],
  shown: Checked,
  color: boolean,
): Promise<string> {
  try {
    const { known, gaps } = await templatesOf(server);
    const found = checkWith(flows, () => [knownTemplates(known)]).sort(byPlace);
    const findings = found.map((one) => ({ ...one, severity: 'warning' as const }));
    return findings.length === 0 ? gaps : `${gaps}${showFindings({ ...shown, findings }, 'text', color)}`;
  } catch (err) {
    // A release before this one: it refuses when the message is sent.
    if (err instanceof ServerTooOld) return '';
    if (err instanceof ServerUnreachable) return `Messages were not checked against templates: ${err.message}\n`;
    throw err;
  }
}

/** New flows that no conversation will come to: an endpoint for them is still to be written, or was forgotten. */
export function strayWords(flows: readonly LoadedFlow[], { endpoints, versions }: ListAnswer): string {
  const inUse = new Set(endpoints.flatMap(({ version }) => version ?? []));
  const known = new Set(versions.flatMap(({ number, flows: names }) => (inUse.has(number) ? names : [])));
  return unusedFlows(endpoints, surveyOf(flows.map(({ flow }) => flow)))
    .filter(({ name }) => !known.has(name))
    .map(({ name }) => `  No endpoint begins with the new flow "${name}", and no flow runs it.\n`)
    .join('');
}
