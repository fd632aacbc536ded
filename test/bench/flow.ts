import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { FlowVersion } from '../../src/flow/definition.js';
import { type FlowFile, loadFlows } from '../../src/flow/load.js';
import { advance } from '../../src/flow/turn/advance.js';
import type { TurnRequest, TurnResult } from '../../src/flow/turn/turn.js';
import { compile } from '../../src/flow-versions/compile.js';
import { createSandboxCalls } from '../../src/sandbox/calls.js';
import { createSandboxPool } from '../../src/sandbox/pool.js';
import type { Json } from '../../src/shared/json.js';
import { say, type Target, targetTable, two, verdictOf } from './report.js';
import { median, percentile } from './statistics.js';

/**
 * `npm run bench:flow`: how long a turn takes in the engine alone, with an expression in the sandbox, and how long it takes
 * to load many flows. Without Redis and without a network. Ends with 1 when a target is missed.
 */
const STEPS = 200;
const ROUNDS = 2000;

/** The end of a flow, with five expressions. */
const PLAIN = [
  "- if: context.order.total > 20 && profile.name != ''\n  then: [{ set: { context.big: true } }]",
  '- set: { context.sum: "{{ context.order.total * 1.2 }}" }',
  '- say: "Hello {{ profile.name ?? \'there\' }}, you have {{ context.order.items.length }} items."',
  '- lookup: "{{ context.order.status }}"\n  cases: { shipped: [{ set: { context.seen: true } }] }',
];
const CONTEXT =
  '{ order: { total: 40, status: shipped, items: [{ name: bread, price: 4 }, { name: cake, price: 12 }] } }';

function flowOf(name: string, special: readonly string[], steps = STEPS, first = '- set: { context.n: 0 }'): FlowFile {
  const plain = Array.from({ length: steps - special.length - 2 }, (_, index) => `- set: { context.n: ${index} }`);
  plain.unshift(first);
  const text = `spec: 1\nflow: ${name}\ncontext: ${CONTEXT}\nsteps:\n${[...plain, ...special].join('\n')}\n- id: end\n  wait: true\n`;
  return { path: `${name}.yaml`, text };
}

function load(files: readonly FlowFile[]): FlowVersion {
  const { version, findings } = loadFlows(files);
  if (version === undefined) throw new Error(JSON.stringify(findings.slice(0, 3)));
  return version;
}

function requestFor(version: FlowVersion): TurnRequest {
  const message = {
    messageId: 'm',
    type: 'text',
    text: 'Hi',
    data: {},
    attachments: [],
    supported: true,
    whatsapp: {},
  };
  return {
    version,
    flow: version.flows[0] ?? '',
    session: undefined,
    profile: { name: 'Ana' },
    input: { kind: 'message', message },
    nowMs: Date.UTC(2026, 0, 6, 9),
    seed: 'conversation:1',
    sessionId: 's',
    locale: 'en-GB',
    env: {},
    fallback: undefined,
    limits: { stepsPerTurn: 10_000, flowDepth: 20, maxMemoryBytes: 262_144 },
  };
}

function timesOf(run: () => unknown): number[] {
  for (let warm = 0; warm < ROUNDS / 2; warm++) run();
  return Array.from({ length: ROUNDS }, () => {
    const startedMs = performance.now();
    run();
    return performance.now() - startedMs;
  });
}

/** The turn's whole cost, with the sandbox, and the same without the expression's call. */
async function benchSandboxed(): Promise<number[]> {
  const filter = '- say: "{{ context.order.items.filter(item => item.price > 5).map(item => item.name).join() }}"';
  const request = requestFor(load([flowOf('sandboxed', [filter], 10)]));
  const pool = createSandboxPool({ threads: 1, memoryMb: 64 });
  const { expression } = createSandboxCalls({
    run: pool.run,
    http: () => Promise.reject(new Error('nobody calls')),
    limits: { expressionMs: 250, codeMs: 1000, maxResultBytes: 1_048_576 },
  });
  const around = { key: 'c:1:0', endpoint: { id: 'bench', secrets: {}, llm: {} }, nowMs: request.nowMs };
  const turn = async (): Promise<TurnResult> => {
    let result = advance(request);
    while (result.outcome === 'call' && result.call !== undefined) {
      const answer: Json = await expression(result.call.request, around);
      const input = { kind: 'callResult' as const, ordinal: result.call.ordinal, result: answer };
      result = advance({ ...request, session: result.session, input });
    }
    return result;
  };
  const times: number[] = [];
  for (let round = -200; round < 500; round++) {
    // The thread makes its next guest ready while nobody waits; expressions do not come in a row.
    await pause(5);
    const startedMs = performance.now();
    const { trace } = await turn();
    if (round >= 0) times.push(performance.now() - startedMs);
    if (trace.some(({ outcome }) => outcome === 'failed' || outcome === 'warning')) throw new Error('a turn failed');
  }
  await pool.close();
  return times;
}

interface Loaded {
  ms: number;
  cpuMs: number;
  mb: number;
}

/** @param prefix of the flows' names: a file some version in memory has is not read again */
async function benchLoad(
  prefix: string,
  read: (files: readonly FlowFile[]) => FlowVersion | undefined | Promise<FlowVersion | undefined>,
): Promise<Loaded> {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const files = Array.from({ length: 100 }, (_, index) => flowOf(`${prefix}-${index}`, PLAIN));
  collect();
  const before = process.memoryUsage().heapUsed;
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  const version = await read(files);
  const ms = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpu);
  collect();
  const mb = (process.memoryUsage().heapUsed - before) / 1_000_000;
  if (version?.flows.length !== files.length) throw new Error('not all flows were loaded');
  return { ms, cpuMs: (user + system) / 1000, mb };
}

async function main(): Promise<void> {
  say('a turn in the engine');
  const plain = timesOf(() => advance(requestFor(jumpVersion)));
  const whole = timesOf(() => advance(requestFor(wholeVersion)));
  say('an expression in the sandbox');
  const sandboxed = await benchSandboxed();
  say('loading');
  const folder = await benchLoad('folder', load);
  const deployed = await benchLoad('deployed', compile);
  const target = (id: string, what: string, measured: number, unit: string, pass: number): Target => ({
    ...{ id, what, measured, pass, better: 'less' },
    shown: `${measured < 1 ? measured.toFixed(3) : two(measured)} ${unit}`,
  });
  const targets = [
    target('F1', `advance, 5 plain expressions in a flow of ${STEPS} steps, p50`, median(plain), 'ms', 0.2),
    target('F2', 'a turn with one sandboxed expression, p50', median(sandboxed), 'ms', 2),
    target('F3', 'load a deployed version, 100 flows × 200 steps', deployed.ms, 'ms', 1000),
    target('F4', 'its memory', deployed.mb, 'MB', 50),
  ];
  const tails = `p99: engine ${percentile(plain, 0.99).toFixed(3)} ms, sandbox ${two(percentile(sandboxed, 0.99))} ms; a turn through all ${STEPS} steps: p50 ${median(whole).toFixed(3)} ms; a folder of as many flows, checked: ${two(folder.ms)} ms; CPU: deployed ${two(deployed.cpuMs)} ms, folder ${two(folder.cpuMs)} ms`;
  process.stdout.write(`\n${targetTable(targets)}\n\n${tails}\n`);
  process.exitCode = targets.some((one) => verdictOf(one) === 'miss') ? 1 : 0;
}

/** The same flow begun at its first step, or at its end by a jump. */
const wholeVersion = load([flowOf('plain', PLAIN)]);
const jumpVersion = load([
  flowOf('plain', ['- id: last\n  set: { context.n: 0 }', ...PLAIN], STEPS - 1, '- goTo: last'),
]);
await main();
