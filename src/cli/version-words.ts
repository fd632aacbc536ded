import type { Change, FieldChange, FlowsDifference } from '../flow/compare.js';
import type { Affected, DeployAnswer, ListAnswer, Switch, Version } from '../flow-versions/wire.js';

/** What commands about versions say to a designer. */

export function switchWords({ endpoint, from, to, canaryPercent, canaryBefore }: Switch): string {
  if (canaryPercent !== undefined) {
    const until = canaryBefore?.version === to ? ` (${canaryBefore.percent} % until now)` : '';
    return `${endpoint}: ${canaryPercent} % of contacts begin with version ${to}${until}, the others stay on version ${from}${otherCanary(canaryBefore, to)}`;
  }
  if (canaryBefore !== undefined && canaryBefore.version === from) {
    return `${endpoint}: all begin with version ${to}; the canary of ${canaryBefore.percent} % with version ${from} ends`;
  }
  const before = from === undefined || from === to ? '' : `version ${from} → `;
  const until = canaryBefore?.version === to ? `, which ${canaryBefore.percent} % began with until now` : '';
  return `${endpoint}: ${before}version ${to}${until}${otherCanary(canaryBefore, to)}`;
}

function otherCanary(before: Switch['canaryBefore'], to: number): string {
  if (before === undefined || before.version === to) return '';
  return `; the canary of ${before.percent} % with version ${before.version} ends`;
}

/** Endpoints that a deploy leaves as they are, and why. */
export function leftWords({ unchanged, untouched }: Pick<DeployAnswer, 'unchanged' | 'untouched'>): string {
  return [
    ...unchanged.map((one) => `  ${one.endpoint}: unchanged, ${usesWords(one)} already\n`),
    ...untouched.map((one) => {
      const goesOn = one.version === undefined ? 'it has no version yet' : `it ${usesWords(one)} as before`;
      return `  ${one.endpoint}: not touched, its flow "${one.flow}" is not among these; ${goesOn}\n`;
    }),
  ].join('');
}

function usesWords({ version, canary }: DeployAnswer['unchanged'][number]): string {
  return `begins with version ${version}${canary === undefined ? '' : `, ${canary.percent} % with version ${canary.version}`}`;
}

/**
 * Who is under way on versions before, version by version and step by step where a step is gone.
 *
 * @param where they are under way, when it is not on any other version
 */
export function affectedWords(
  { open, versions, gone, looked, complete }: Affected,
  where = 'on another version',
): string {
  const partly = complete ? '' : ` (counted until the time was up: ${looked} were looked at)`;
  if (open === 0) return `No conversation is under way ${where}${partly}.\n`;
  const waiting = gone.reduce((sum, { count }) => sum + count, 0);
  const head = `${conversations(open)} under way ${where}${partly}; `;
  const verb = waiting === 1 ? 'waits at a step that is' : 'wait at steps that are';
  const what =
    waiting === 0
      ? 'all of them wait at steps that are still there.\n'
      : `${waiting} ${verb} gone or, without an id, cannot be found again:\n`;
  const steps = gone.map(
    ({ version, flow, step, count }) => `  ${String(count).padStart(5)}  ${flow}/${step}  (version ${version})\n`,
  );
  return `${head}${what}${steps.join('')}${versions.length > 1 ? byVersion(versions) : ''}`;
}

function byVersion(versions: Affected['versions']): string {
  const rows = versions.map(({ version, count, gone }) => {
    const lost = gone === 0 ? '' : `, ${gone} of them at steps that are gone`;
    return `  ${String(count).padStart(5)}  on version ${version}${lost}\n`;
  });
  return `By version:\n${rows.join('')}`;
}

/** What each choice means for them; nothing when there is nothing to choose. */
export function choiceWords({ open, gone }: Affected): string {
  const lost = gone.reduce((sum, { count }) => sum + count, 0);
  if (lost === 0) return '';
  const others = open === lost ? '' : `${open - lost} go on in the new version; `;
  return [
    `  --keep  all ${open} end on the version they began with\n`,
    `  --move  ${others}${lost} whose step is gone begin${lost === 1 ? 's' : ''} at the top with the next message, context and profile stay\n`,
    `  --end   all ${open} are over, the next message begins anew; whoever is with a person stays there\n`,
  ].join('');
}

function conversations(count: number): string {
  return count === 1 ? '1 conversation is' : `${count} conversations are`;
}

export function listWords({ versions, endpoints, history, complete }: ListAnswer, nowMs: number): string {
  if (versions.length === 0) return 'Nothing has been deployed yet.\n';
  const width = Math.max(...endpoints.map(({ endpoint }) => endpoint.length));
  const uses = endpoints.map(({ endpoint, version, canary }) => {
    const share = canary === undefined ? '' : `, ${canary.percent} % of contacts begin with version ${canary.version}`;
    return `  ${endpoint.padEnd(width)}  ${version === undefined ? 'no version yet' : `version ${version}`}${share}\n`;
  });
  const rows = versions.map((version) => versionRow(version, endpoints, nowMs));
  const partly = complete === false ? 'Sessions were counted until the time was up; there are more.\n' : '';
  const past = history
    .slice(0, 5)
    .map(
      ({ atMs, by, did, version, endpoints: at }) =>
        `  ${ago(atMs, nowMs).padEnd(12)}  ${did === 'rolled back' ? `back to version ${version}` : `version ${version} ${did}`}${whoWords(by)}${at.length > 0 ? ` (${at.join(', ')})` : ''}\n`,
    );
  const happened = past.length === 0 ? '' : `\nWhat happened last\n${past.join('')}`;
  return `In use\n${uses.join('')}\nVersions\n${table(rows)}${partly}${happened}`;
}

/** What a server deploys by itself, by the word it keeps in place of a name. */
const SERVERS_OWN = new Map([
  ['folder', { name: '(start)', words: ' from the flows folder, when the server started' }],
  ['watch', { name: '(saved)', words: ' from the flows folder, when a file was saved' }],
]);

function whoWords(by: string): string {
  return SERVERS_OWN.get(by)?.words ?? (by === '' ? '' : ` by ${by}`);
}

function versionRow(version: Version, endpoints: ListAnswer['endpoints'], nowMs: number): string[] {
  const { number, createdMs, by, message, flows, withdrawn, sessions } = version;
  const users = endpoints.flatMap(({ endpoint, version: used, canary }) => {
    if (used === number) return endpoint;
    return canary?.version === number ? `${endpoint} ${canary.percent} %` : [];
  });
  return [
    `  ${number}`,
    ago(createdMs, nowMs),
    SERVERS_OWN.get(by)?.name ?? (by || '–'),
    `${flows.length} flow${flows.length === 1 ? '' : 's'}`,
    sessions === undefined ? '' : `${sessions} session${sessions === 1 ? '' : 's'}`,
    [withdrawn ? 'withdrawn' : users.length > 0 ? `in use: ${users.join(', ')}` : '', message]
      .filter(Boolean)
      .join('  '),
  ];
}

function table(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const;

/** `3 h ago`; within a minute `just now`. */
function ago(atMs: number, nowMs: number): string {
  for (const [ms, unit] of UNITS) if (nowMs - atMs >= ms) return `${Math.floor((nowMs - atMs) / ms)} ${unit} ago`;
  return 'just now';
}

/** What changed, flow by flow. Names only what a designer wrote. */
export function differenceWords({ added, removed, changed }: FlowsDifference): string {
  const steps = (count: number) => `${count} step${count === 1 ? '' : 's'}`;
  const flows = [
    ...added.map(({ flow, steps: count }) => [flow, `+ flow ${flow}, ${steps(count)}\n`] as const),
    ...removed.map(({ flow, steps: count }) => [flow, `- flow ${flow}, ${steps(count)}\n`] as const),
    ...changed.map(({ flow, changes }) => [flow, `~ flow ${flow}\n${changes.map(changeWords).join('')}`] as const),
  ].sort(([a], [b]) => (a < b ? -1 : 1));
  return flows.length === 0 ? 'No difference.\n' : flows.map(([, words]) => words).join('');
}

function changeWords(change: Change): string {
  switch (change.what) {
    case 'flow':
      return change.fields.map((field) => `  ~ ${fieldWords(field)}\n`).join('');
    case 'added':
    case 'removed': {
      const says = change.says === undefined ? '' : ` ${quoted(change.says)}`;
      return `  ${change.what === 'added' ? '+' : '-'} ${change.step} (${change.kind})${says}\n`;
    }
    case 'moved':
      return `  > ${change.step} (${change.kind}) moved from ${change.from} to ${change.to}\n`;
    case 'changed': {
      const kind = change.was === undefined ? change.kind : `${change.kind}, was ${change.was}`;
      const fields = change.fields.map((field) => `      ${fieldWords(field)}\n`);
      return `  ~ ${change.step} (${kind})\n${fields.join('')}`;
    }
  }
}

function fieldWords({ field, before, after }: FieldChange): string {
  if (before === undefined) return `${field}: ${quoted(after ?? '')} is new`;
  if (after === undefined) return `${field}: ${quoted(before)} is gone`;
  return `${field}: ${quoted(before)} → ${quoted(after)}`;
}

const LONGEST = 70;

function quoted(text: string): string {
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);
}
