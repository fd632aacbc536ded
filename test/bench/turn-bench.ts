import { setTimeout as sleep } from 'node:timers/promises';
import type { TakenMessage } from '../support/graph-double.js';
import { newTexts, portions } from './contacts.js';
import { bookmark, drained, turnsSince } from './events.js';
import { pace, prepare, saturate } from './load.js';
import { lanePrefix, NUMBERS, type Rig, type Server } from './rig.js';
import { median, percentile, steadyRate } from './statistics.js';

export const FSYNCS = ['everysec', 'always'] as const;

/** When Redis brings a write to the disk. */
export type Fsync = (typeof FSYNCS)[number];

export interface Latency {
  fsync: Fsync;
  perSec: number;
  commitP50: number;
  commitP99: number;
  graphP50: number;
  graphP99: number;
}

/** Where the Graph double puts what it took; each measurement empties it first. */
export type Taken = TakenMessage[];

/** One web and one worker at an even rate: accept → commit of a silent flow, and first byte sent → Graph call of an echo. */
export async function benchLatency(
  rig: Rig,
  web: Server,
  taken: Taken,
  { rates, seconds, rounds }: { rates: readonly number[]; seconds: number; rounds: number },
): Promise<Latency[]> {
  const measured = FSYNCS.flatMap((fsync) =>
    rates.map((perSec) => ({ fsync, perSec, runs: [] as Omit<Latency, 'fsync' | 'perSec'>[] })),
  );
  for (let round = -1; round < rounds; round++) {
    for (const { fsync, perSec, runs } of measured) {
      await rig.client.config('SET', 'appendfsync', fsync);
      const commit = await commitLatency(rig, web, perSec, seconds);
      const graph = await graphLatency(rig, web, taken, perSec, seconds);
      // The first round warms everybody up.
      if (round < 0) continue;
      runs.push({
        commitP50: percentile(commit, 0.5),
        commitP99: percentile(commit, 0.99),
        graphP50: percentile(graph, 0.5),
        graphP99: percentile(graph, 0.99),
      });
    }
  }
  await rig.client.config('SET', 'appendfsync', 'always');
  return measured.map(({ fsync, perSec, runs }) => {
    const of = (key: keyof (typeof runs)[number]) => median(runs.map((run) => run[key]));
    return {
      fsync,
      perSec,
      commitP50: of('commitP50'),
      commitP99: of('commitP99'),
      graphP50: of('graphP50'),
      graphP99: of('graphP99'),
    };
  });
}

async function commitLatency(rig: Rig, web: Server, perSec: number, seconds: number): Promise<number[]> {
  const place = await bookmark(rig.client, NUMBERS.silent);
  await sendEvenly(web, NUMBERS.silent, perSec, seconds);
  await drained(rig.client, NUMBERS.silent);
  const turns = await turnsSince(rig.client, NUMBERS.silent, place);
  return turns.map(({ acceptedMs, committedMs }) => committedMs - acceptedMs);
}

async function graphLatency(rig: Rig, web: Server, taken: Taken, perSec: number, seconds: number): Promise<number[]> {
  taken.length = 0;
  const { texts, sentAtMs } = await sendEvenly(web, NUMBERS.echo, perSec, seconds);
  await drained(rig.client, NUMBERS.echo);
  const sentAt = new Map(texts.map(({ text }, i) => [text, sentAtMs[i] ?? Number.NaN]));
  return taken.map(({ text, atMs }) => atMs - (sentAt.get(text) ?? Number.NaN));
}

async function sendEvenly(web: Server, phoneNumberId: string, perSec: number, seconds: number) {
  const texts = newTexts(phoneNumberId, Math.ceil(perSec * seconds));
  const { sentAtMs, refused } = await pace(
    web.port,
    texts.map((text) => prepare([text])),
    perSec,
  );
  if (refused > 0) throw new Error(`${refused} webhooks were refused at ${perSec}/s`);
  return { texts, sentAtMs };
}

/** Puts messages into inboxes while the workers are frozen: what they do afterwards is all theirs. */
async function fill(web: Server, workers: readonly Server[], phoneNumberId: string, count: number, each: number) {
  for (const worker of workers) worker.signal('SIGSTOP');
  const requests = portions(newTexts(phoneNumberId, count, each), 100).map((some) => prepare(some));
  const { refused } = await saturate(web.port, requests, { connections: 4, seconds: 120 });
  if (refused > 0) throw new Error(`${refused} webhooks were refused`);
}

function thaw(workers: readonly Server[]): void {
  for (const worker of workers) worker.signal('SIGCONT');
}

/** Turns a second of the workers on a full lane, each conversation with `each` messages. */
export async function benchDrain(
  rig: Rig,
  web: Server,
  workers: readonly Server[],
  { count, each }: { count: number; each: number },
): Promise<number> {
  await fill(web, workers, NUMBERS.silent, count, each);
  const place = await bookmark(rig.client, NUMBERS.silent);
  thaw(workers);
  await drained(rig.client, NUMBERS.silent);
  const turns = await turnsSince(rig.client, NUMBERS.silent, place);
  return steadyRate(turns.map(({ committedMs }) => committedMs));
}

/** Accept → commit, ms, of contacts who write now and then while others have a lot waiting. */
export async function benchFairness(
  rig: Rig,
  web: Server,
  worker: Server,
  noise: { phoneNumberId: string; count: number; each: number },
): Promise<number[]> {
  await fill(web, [worker], noise.phoneNumberId, noise.count, noise.each);
  const quiet = newTexts(NUMBERS.silent, 400);
  const place = await bookmark(rig.client, NUMBERS.silent);
  thaw([worker]);
  // As long as the noise lasts, and not longer: what comes behind it finds an empty house.
  const noisyUntil = drained(rig.client, noise.phoneNumberId).then(() => performance.now());
  let isNoisy = true;
  void noisyUntil.finally(() => {
    isNoisy = false;
  });
  const asked: Promise<unknown>[] = [];
  let written = 0;
  for (; isNoisy && written < quiet.length; written++) {
    const text = quiet[written];
    if (text !== undefined) asked.push(saturate(web.port, [prepare([text])], { connections: 1, seconds: 5 }));
    await sleep(25);
    // The noise may be on the same number, which is then never empty.
    if (noise.phoneNumberId === NUMBERS.silent && (await waiting(rig)) < 5) isNoisy = false;
  }
  await Promise.all(asked);
  await noisyUntil;
  await drained(rig.client, NUMBERS.silent);
  const noisy = noise.phoneNumberId === NUMBERS.silent ? noise.count : 0;
  const turns = await turnsSince(rig.client, NUMBERS.silent, place);
  // The quiet ones have one turn each.
  const turnsOf = new Map<string, number>();
  for (const { conversationId } of turns) turnsOf.set(conversationId, (turnsOf.get(conversationId) ?? 0) + 1);
  const calm = turns.filter(({ conversationId }) => turnsOf.get(conversationId) === 1);
  if (turns.length < noisy + calm.length || calm.length < 20)
    throw new Error(`only ${calm.length} quiet messages met the noise: make it longer`);
  return calm.map(({ acceptedMs, committedMs }) => committedMs - acceptedMs);
}

async function waiting({ client }: Rig): Promise<number> {
  return client.zcard(`${lanePrefix(NUMBERS.silent)}pend`);
}

/**
 * From `kill -9` of a worker in the middle of its work to the commit of the last turn it had begun, ms.
 *
 * @returns undefined when it held nothing at that moment
 */
export async function benchRecovery(rig: Rig, web: Server, survivor: Server, victim: Server) {
  await fill(web, [survivor, victim], NUMBERS.silent, 2_000, 1);
  const place = await bookmark(rig.client, NUMBERS.silent);
  thaw([victim]);
  while ((await waiting(rig)) > 1_500) await sleep(2);
  victim.signal('SIGKILL');
  const killedAtMs = Date.now();
  await victim.ended;
  // The survivor was frozen, so all of these are the victim's; a job is called <conversation>-<epoch>.
  const jobs = await rig.client.lrange(`${lanePrefix(NUMBERS.silent)}in:active`, 0, -1);
  const held = new Set(jobs.map((job) => job.slice(0, job.lastIndexOf('-'))));
  thaw([survivor]);
  await drained(rig.client, NUMBERS.silent);
  const turns = await turnsSince(rig.client, NUMBERS.silent, place);
  const late = turns.filter((it) => held.has(it.conversationId) && it.committedMs > killedAtMs);
  return late.length === 0 ? undefined : Math.max(...late.map((it) => it.committedMs)) - killedAtMs;
}
