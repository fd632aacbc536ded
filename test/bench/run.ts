import { fdatasync, open as openFile, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startGraphDouble } from '../support/graph-double.js';
import { type AcceptResult, benchAccept } from './accept-bench.js';
import { benchBytes, commandsPerWebhook } from './redis-bench.js';
import { markdown, type Target, targetTable, verdictOf } from './report.js';
import { NUMBERS, openRig } from './rig.js';
import { benchLimit, benchSends, medianOf } from './send-bench.js';
import { median, percentile } from './statistics.js';
import { benchDrain, benchFairness, benchLatency, benchRecovery, type Latency, type Taken } from './turn-bench.js';

/**
 * `npm run bench -- [--quick] [--write]`: the real processes on this machine beside the floor of this machine, in one run.
 * `--quick` looks whether everything runs; `--write` writes docs/benchmarks.md. Ends with 1 when a target is missed.
 */
const isQuick = process.argv.includes('--quick');
const ROUNDS = isQuick ? 1 : 5;
const REPEATS = isQuick ? 1 : 3;
const LOCK_MS = 2_000;
const STALLED_CHECK_MS = 1_000;

const say = (text: string) => process.stderr.write(`${text} …\n`);
const whole = (value: number) => Math.round(value).toLocaleString('en');
const two = (value: number) => value.toFixed(2);

async function measureTurns(floor: number): Promise<{ targets: Target[]; latencies: Latency[]; bytes: string }> {
  const taken: Taken = [];
  const graph = await startGraphDouble({ onTaken: (message) => void taken.push(message) });
  const rig = await openRig({
    fsync: 'always',
    graphUrl: graph.url,
    env: {
      PARLANCE_CONVERSATION_LOCK_MS: String(LOCK_MS),
      PARLANCE_CONVERSATION_STALLED_CHECK_MS: String(STALLED_CHECK_MS),
    },
  });
  try {
    const web = await rig.start('web');
    const roundTrips: number[] = [];
    say('commands a webhook');
    for (const each of [1, 10, 100]) roundTrips.push(await commandsPerWebhook(rig, web, each));

    const worker = await rig.start('worker');
    say('latency');
    const rates = isQuick ? [200] : [200, 500, 1_000];
    const latencies = await benchLatency(rig, web, taken, { rates, seconds: isQuick ? 1 : 5, rounds: REPEATS });
    say('sends');
    const sends = await medianOf(REPEATS, () => benchSends(rig, worker, taken, isQuick ? 1_500 : 9_000));
    say('a number at its limit');
    const limit = await benchLimit(rig, worker, taken, isQuick ? 400 : 1_600);

    say('drain');
    const second = await rig.start('worker');
    const both = [worker, second];
    const drain = (each: number) => () => benchDrain(rig, web, both, { count: isQuick ? 2_000 : 20_000, each });
    const single = await medianOf(REPEATS, drain(1));
    const many = await medianOf(REPEATS, drain(10));
    say('recovery');
    const recoveries: number[] = [];
    for (let i = 0; i < (isQuick ? 2 : 5) && recoveries.length < REPEATS; i++) {
      const recovery = await benchRecovery(rig, web, worker, i === 0 ? second : await rig.start('worker'));
      if (recovery !== undefined) recoveries.push(recovery);
    }
    say('memory');
    const bytes = await benchBytes(rig, web, worker, isQuick ? 2_000 : 10_000);

    say('fairness');
    worker.signal('SIGKILL');
    // As many as chatty conversations in the noise are too few for all of them.
    const few = await rig.start('worker', { PARLANCE_CONVERSATION_CONCURRENCY: '20' });
    const noise = isQuick ? 100 : 500;
    const chatty = await benchFairness(rig, web, few, {
      phoneNumberId: NUMBERS.silent,
      count: 40 * noise,
      each: noise,
    });
    const tenant = await benchFairness(rig, web, few, {
      phoneNumberId: NUMBERS.echo,
      count: isQuick ? 2_000 : 10_000,
      each: 1,
    });

    const at = (perSec: number) => latencies.find((it) => it.perSec === perSec);
    const less = (
      id: string,
      what: string,
      measured: number,
      shown: string,
      pass: number,
      stretch?: number,
    ): Target => ({
      id,
      what,
      measured,
      shown,
      better: 'less',
      pass,
      ...(stretch === undefined ? {} : { stretch }),
    });
    const more = (
      id: string,
      what: string,
      measured: number,
      shown: string,
      pass: number,
      stretch: number,
    ): Target => ({
      id,
      what,
      measured,
      shown,
      better: 'more',
      pass,
      stretch,
    });
    const toFloor = (perSec: number) => `${two(perSec / floor)} F (${whole(perSec)}/s)`;
    const ms = (value: number) => `${whole(value)} ms`;
    const targets = [
      less(
        'T4',
        'Redis commands a webhook of up to 100 messages',
        Math.max(...roundTrips),
        roundTrips.map(two).join(' / '),
        1.02,
        1.02,
      ),
      ...[at(500)].flatMap((it) =>
        it === undefined
          ? []
          : [
              less('T6', 'accept → commit at 500 messages/s, p50', it.commitP50, ms(it.commitP50), 3, 3),
              less('T6', 'the same, p99', it.commitP99, ms(it.commitP99), 25, 10),
            ],
      ),
      ...[at(1_000)].flatMap((it) =>
        it === undefined
          ? []
          : [less('T7', 'accept → commit at 1000 messages/s, p99', it.commitP99, ms(it.commitP99), 100, 50)],
      ),
      more('T8', 'two workers draining, 1 message a conversation', single / floor, toFloor(single), 0.22, 0.3),
      more('T9', 'two workers draining, 10 messages a conversation', many / floor, toFloor(many), 0.6, 0.85),
      more('T10', 'sends of one worker process', sends / floor, toFloor(sends), 0.18, 0.25),
      less(
        'T11',
        'quiet contact behind 40 chatty ones, p99',
        percentile(chatty, 0.99),
        ms(percentile(chatty, 0.99)),
        250,
        150,
      ),
      less(
        'T11',
        'quiet contact beside a noisy number, p99',
        percentile(tenant, 0.99),
        ms(percentile(tenant, 0.99)),
        50,
        20,
      ),
      less(
        'T12',
        `recovery after kill -9 (lock ${LOCK_MS} ms, stalled check ${STALLED_CHECK_MS} ms), worst`,
        Math.max(...recoveries, recoveries.length === 0 ? Number.NaN : 0),
        ms(Math.max(...recoveries)),
        LOCK_MS + 2 * STALLED_CHECK_MS,
      ),
      less('T15', 'a dedupe entry', bytes.dedupeEntry, `${two(bytes.dedupeEntry)} B`, 12),
      less(
        'T15',
        `session of an idle conversation (${bytes.sessionJson} B of JSON)`,
        bytes.session,
        `${whole(bytes.session)} B`,
        500,
      ),
      less('T15', 'a lone queued message', bytes.queuedMessage, `${whole(bytes.queuedMessage)} B`, 900),
      less('T16', 'waits a send at a saturated limit of 200/s', limit.waitsPerSend, two(limit.waitsPerSend), 1.1, 1),
      less('T16', 'worst second by the limit', limit.worstSecond, two(limit.worstSecond), 1.15, 1.1),
    ];
    return {
      targets,
      latencies,
      bytes: `All an idle conversation leaves in Redis (session, contact, identities, expiry timer, dedupe entry): ${whole(bytes.idleConversation)} B.`,
    };
  } finally {
    await rig.stop();
    await graph.stop();
  }
}

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

/** What one fdatasync of 4 kB costs where the tests' Redis keeps its file, ms. */
async function fdatasyncMs(): Promise<number> {
  const path = join(tmpdir(), `parlance-bench-${process.pid}`);
  const fd = await promisify(openFile)(path, 'w');
  const { write } = await import('node:fs');
  const times: number[] = [];
  for (let i = 0; i < 100; i++) {
    await promisify(write)(fd, Buffer.alloc(4_096));
    const startedAt = performance.now();
    await promisify(fdatasync)(fd);
    times.push(performance.now() - startedAt);
  }
  await rm(path);
  return median(times);
}

async function main(): Promise<void> {
  say('accept');
  const accept = await benchAccept({ rounds: ROUNDS, seconds: isQuick ? 0.5 : 2 });
  const { targets: turnTargets, latencies, bytes } = await measureTurns(accept.floorPerSec);
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
    ['messages/s', 'accept → commit p50 / p99', 'webhook sent → Graph called p50 / p99'],
    latencies.map((it) => [
      whole(it.perSec),
      `${whole(it.commitP50)} / ${whole(it.commitP99)} ms`,
      `${whole(it.graphP50)} / ${whole(it.graphP99)} ms`,
    ]),
  );
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.versions.node}, fdatasync ${(await fdatasyncMs()).toFixed(2)} ms; load generator, Graph double, Redis and all processes on it together`;
  const report = `Measured on ${machine}.

F is the floor: what any such service must do at least, in a process of its own on the same Redis: read the body, verify the
signature, push it on a list. Ratios are medians over ${ROUNDS} rounds in which everybody is measured once; logs at level
\`warn\` into a file where nothing else is said; accepting measured on \`appendfsync everysec\`, everything behind it on
\`always\`; 64 connections (8 where a webhook
holds a hundred messages), one request in flight on each.

${targetTable(targets)}

${acceptTable}

${latencyTable}

${bytes}
`;
  process.stdout.write(`\n${report}`);
  if (process.argv.includes('--write'))
    writeFileSync(
      new URL('../../docs/benchmarks.md', import.meta.url),
      `# Benchmarks\n\n\`npm run bench -- --write\` makes this page. Machines differ and are noisy: the ratios count.\n\n${report}`,
    );
  process.exitCode = targets.some((target) => verdictOf(target) === 'miss') ? 1 : 0;
}

await main();
