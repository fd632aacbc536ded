import { cpus } from 'node:os';
import { type AcceptResult, benchAccept } from './accept-bench.js';
import { measureTurns } from './behind-the-webhook.js';
import { cpuTicks, fdatasyncMs, stealPercent } from './machine.js';
import { writePart } from './page.js';
import { markdown, say, type Target, targetTable, two, verdictOf, whole } from './report.js';

/**
 * `npm run bench -- [--quick] [--write]`: the real processes on this machine beside the floor of this machine, in one run.
 * `--quick` looks whether everything runs; `--write` writes docs/benchmarks.md. Ends with 1 when a target is missed.
 */
const isQuick = process.argv.includes('--quick');
const ROUNDS = isQuick ? 1 : 5;

function acceptTargets(it: AcceptResult): Target[] {
  const target = (id: string, what: string, measured: number, unit: string, pass: number, stretch: number): Target => ({
    id,
    what,
    measured,
    shown: `${two(measured)} ${unit}`,
    better: 'more',
    pass,
    stretch,
  });
  return [
    target('T1', 'accept, 1 new message of a new contact a webhook', it.node1ToFloor, 'F', 0.5, 0.7),
    target('T1', 'the same handler in Express, by the floor of Express', it.express1ToExpressFloor, 'F', 0.5, 0.7),
    target('T2', 'messages/s with 10 a webhook', it.node10ToFloor, 'F', 1.2, 1.6),
    target('T3', 'node:http by the same handler in Express', it.nodeToExpress, '×', 2, 2.5),
    target('T5', 'appendfsync always by everysec, 64 in flight', it.alwaysToEverysec, '×', 0.85, 0.95),
  ];
}

async function main(): Promise<void> {
  const before = cpuTicks();
  say('accept');
  const accept = await benchAccept({ rounds: ROUNDS, seconds: isQuick ? 0.5 : 2 });
  const { targets: turnTargets, latencies, bytes } = await measureTurns(accept.floorPerSec, isQuick);
  const order = (id: string) => Number(id.slice(1));
  const targets = [...acceptTargets(accept), ...turnTargets].sort((a, b) => order(a.id) - order(b.id));
  const acceptTable = markdown(
    ['webhooks', 'POSTs/s', 'messages/s', 'server CPU a POST', 'messages/s by F', 'by F in Express'],
    accept.rows.map((row) => [
      row.what,
      whole(row.perSec),
      whole(row.messagesPerSec),
      `${whole(row.cpuUsPerRequest)} µs`,
      two(row.toFloor),
      two(row.toExpressFloor),
    ]),
  );
  const latencyTable = markdown(
    ['messages/s', 'appendfsync', 'accept → commit p50 / p99', 'webhook sent → Graph called p50 / p99'],
    latencies.map((it) => [
      whole(it.perSec),
      it.fsync,
      `${whole(it.commitP50)} / ${whole(it.commitP99)} ms`,
      `${whole(it.graphP50)} / ${whole(it.graphP99)} ms`,
    ]),
  );
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.versions.node}, fdatasync ${(await fdatasyncMs()).toFixed(2)} ms, steal ${whole(stealPercent(before))} %; load generator, Graph double, Redis and all processes on it together`;
  const report = `Measured on ${machine}.

F is the floor: what any such service must do at least, in a process of its own on the same Redis: read the body, verify the
signature, push it on a list. Ratios are medians over ${ROUNDS} rounds in which everybody is measured once; logs at level
\`warn\` into a file where nothing else is said; F and accepting measured on \`appendfsync everysec\`, everything behind it on
\`always\` where nothing else is said; 64 connections (8 where a webhook
holds a hundred messages), one request in flight on each. Steal is time in which the machine's host ran others: what waits for it
shows in the latencies, not in the ratios.

${targetTable(targets)}

${acceptTable}

${latencyTable}

${bytes}
`;
  process.stdout.write(`\n${report}`);
  if (process.argv.includes('--write'))
    writePart({
      whole: `# Benchmarks\n\n\`npm run bench -- --write\` makes this page. Machines differ and are noisy: the ratios count.\n\n${report}`,
    });
  process.exitCode = targets.some((target) => verdictOf(target) === 'miss') ? 1 : 0;
}

await main();
