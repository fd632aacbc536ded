import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { measureAccept } from './accept.js';
import { measureDrain, measureFairness, measureLatency, measureLimit, measureSends } from './turns.js';

/**
 * `npm run bench`: the real processes on this machine, beside the floor of this machine. Absolute figures mean little
 * elsewhere; the ratios do. `-- --quick` for a first look, `-- --write` writes docs/benchmarks.md.
 */
const isQuick = process.argv.includes('--quick');
const scale = isQuick ? 0.2 : 1;

interface Row {
  what: string;
  figure: string;
  pass: string;
  stretch: string;
  verdict: 'stretch' | 'pass' | 'miss' | '';
}
const rows: Row[] = [];

function atLeast(what: string, value: number, figure: string, pass: number, stretch: number): void {
  const verdict = value >= stretch ? 'stretch' : value >= pass ? 'pass' : 'miss';
  rows.push({ what, figure, pass: `≥ ${pass}`, stretch: `≥ ${stretch}`, verdict });
}

function atMost(what: string, value: number, figure: string, pass: number, stretch: number): void {
  const verdict = value <= stretch ? 'stretch' : value <= pass ? 'pass' : 'miss';
  rows.push({ what, figure, pass: `≤ ${pass}`, stretch: `≤ ${stretch}`, verdict });
}

const plain = (what: string, figure: string) => rows.push({ what, figure, pass: '', stretch: '', verdict: '' });
const perSec = (value: number) => `${Math.round(value).toLocaleString('en')}/s`;
const ratio = (value: number) => value.toFixed(2);

const accept = await measureAccept({ rounds: isQuick ? 1 : 3, posts: Math.round(20_000 * scale) });
const floor = accept.floor.postsPerSec;
const cpu = (us: number) => `${Math.round(us)} µs CPU a POST`;
plain('floor F: node:http, body, HMAC, one RPUSH', `${perSec(floor)}, ${cpu(accept.floor.cpuUsPerPost)}`);
plain('the floor inside Express', `${perSec(accept.express.postsPerSec)}, ${cpu(accept.express.cpuUsPerPost)}`);
for (const [updates, { postsPerSec, cpuUsPerPost }] of accept.web) {
  const figure = `${ratio((postsPerSec * updates) / floor)} F (${perSec(postsPerSec * updates)}, ${cpu(cpuUsPerPost)})`;
  const value = (postsPerSec * updates) / floor;
  if (updates === 1) atLeast('T1 messages stored, 1 a webhook', value, figure, 0.5, 0.7);
  else if (updates === 10) atLeast('T2 messages stored, 10 a webhook', value, figure, 1.2, 1.6);
  else plain(`messages stored, ${updates} a webhook`, figure);
}
const layers = floor / accept.express.postsPerSec;
atLeast('T3 the same handler: node:http over Express', layers, `${ratio(layers)} ×`, 2, 2.5);
atLeast(
  'T5 fsync always over everysec, 64 in flight',
  accept.alwaysToEverysec,
  ratio(accept.alwaysToEverysec),
  0.85,
  0.95,
);

for (const [rate, pass, stretch] of [
  [200, 25, 10],
  [500, 25, 10],
  [1000, 100, 50],
] as const) {
  const { commitP50, commitP99, graphP50, graphP99 } = await measureLatency(rate, isQuick ? 3 : 10);
  const name = rate === 500 ? 'T6 ' : rate === 1000 ? 'T7 ' : '';
  atMost(
    `${name}accept → commit at ${rate} messages/s, p50 / p99`,
    commitP99,
    `${commitP50} / ${commitP99} ms`,
    pass,
    stretch,
  );
  plain(
    `webhook sent → Graph called at ${rate} messages/s, p50 / p99`,
    `${graphP50.toFixed(0)} / ${graphP99.toFixed(0)} ms`,
  );
}

const single = await measureDrain(Math.round(20_000 * scale), 1);
atLeast(
  'T8 turns of two workers, 1 message a conversation',
  single / floor,
  `${ratio(single / floor)} F (${perSec(single)})`,
  0.22,
  0.3,
);
const many = await measureDrain(Math.round(20_000 * scale), 10);
atLeast(
  'T9 the same, 10 messages a conversation',
  many / floor,
  `${ratio(many / floor)} F (${perSec(many)})`,
  0.6,
  0.85,
);
const sends = await measureSends(Math.round(8_000 * scale));
atLeast(
  'T10 turns and sends of one worker process',
  sends / floor,
  `${ratio(sends / floor)} F (${perSec(sends)})`,
  0.18,
  0.25,
);

const { behindChatty, behindTenant } = await measureFairness();
atMost('T11 quiet contact behind 40 chatty ones, p99', behindChatty, `${behindChatty} ms`, 250, 150);
atMost('T11 quiet contact beside a busy number, p99', behindTenant, `${behindTenant} ms`, 50, 20);

const { limit, worstSecond, delaysPerSend } = await measureLimit(80);
atMost(
  'T16 worst second at a limit of 80/s, over the limit',
  worstSecond / limit,
  ratio(worstSecond / limit),
  1.15,
  1.1,
);
atMost('T16 waits a message at that limit', delaysPerSend, ratio(delaysPerSend), 1.1, 1);

const table = [
  '| what | figure | pass | stretch | |',
  '|---|---|---|---|---|',
  ...rows.map((row) => `| ${row.what} | ${row.figure} | ${row.pass} | ${row.stretch} | ${row.verdict} |`),
].join('\n');
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}, load generator, Redis and all processes on the same machine`;
process.stdout.write(`\n${machine}\n\n${table}\n`);
if (process.argv.includes('--write')) {
  const text = `# Benchmarks

\`npm run bench\` measures the real processes beside the floor of the same machine, in one run: F is what any such service
must do at least (read the body, verify the signature, push it on a list of Redis). Machines differ and are noisy, so the
ratios count. Measured on ${machine}; logs at level info, as in production.

${table}
`;
  writeFileSync(new URL('../../docs/benchmarks.md', import.meta.url), text);
}
process.exit(rows.some((row) => row.verdict === 'miss') ? 1 : 0);
