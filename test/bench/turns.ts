import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { WEBHOOK_PATH } from '../support/meta-webhooks.js';
import { counter, ECHO_FLOW, type Installation, install, SILENT_FLOW } from './installation.js';
import { makeBodies, percentile, postAll, type SignedBody } from './load.js';

const NUMBER = '106540352242922';
const NUMBERS = [NUMBER, '106540352242933', '106540352242944', '106540352242955'];

export interface Latency {
  rate: number;
  commitP50: number;
  commitP99: number;
  graphP50: number;
  graphP99: number;
}

/** One web, one worker: messages at an even rate, each to another conversation, from its POST to commit and to Meta. */
export async function measureLatency(rate: number, seconds: number): Promise<Latency> {
  const it = await install({ aof: 'always', flow: ECHO_FLOW, numbers: NUMBERS });
  const [web] = [await it.start('web'), await it.start('worker')];
  const pool = new Pool(web.url, { connections: 64 });
  await atRate(pool, 100, 1);
  await drained(it);
  await it.client.del(...(await it.client.keys('{p:*}:ev')));
  it.taken.length = 0;
  const sentAt = await atRate(pool, rate, seconds);
  await drained(it);
  const commits = (await it.turns()).map((turn) => turn.ms);
  const graph = it.taken.map((message) => message.atMs - (sentAt.get(message.to) ?? message.atMs));
  await pool.close();
  await it.stop();
  return {
    rate,
    commitP50: percentile(commits, 50),
    commitP99: percentile(commits, 99),
    graphP50: percentile(graph, 50),
    graphP99: percentile(graph, 99),
  };
}

/** @returns when each contact's message was posted, by its number */
async function atRate(pool: Pool, rate: number, seconds: number): Promise<Map<string, number>> {
  const sentAt = new Map<string, number>();
  const bodies = NUMBERS.map((number) => makeBodies(Math.ceil((rate * seconds) / NUMBERS.length), 1, number));
  const all = bodies[0]?.flatMap((_, i) => bodies.flatMap((list) => list[i] ?? [])) ?? [];
  const startedAt = performance.now();
  const posts: Promise<void>[] = [];
  for (const [i, signed] of all.entries()) {
    const dueAt = startedAt + (i * 1000) / rate;
    if (dueAt > performance.now()) await sleep(dueAt - performance.now());
    sentAt.set(/"wa_id":"(\d+)"/.exec(signed.body.toString('utf8'))?.[1] ?? '', performance.now());
    posts.push(post(pool, signed));
  }
  await Promise.all(posts);
  return sentAt;
}

async function post(pool: Pool, { body, signature }: SignedBody): Promise<void> {
  const headers = { 'content-type': 'application/json', 'x-hub-signature-256': signature };
  const answer = await pool.request({ method: 'POST', path: WEBHOOK_PATH, headers, body });
  await answer.body.dump();
  if (answer.statusCode !== 200) throw new Error(`a webhook was answered with ${answer.statusCode}`);
}

async function drained({ client }: Installation): Promise<void> {
  const deadlineMs = Date.now() + 180_000;
  for (;;) {
    const sets = [...(await client.keys('{p:*}:pend')), ...(await client.keys('{p:*}:opend'))];
    if (sets.length === 0) return;
    if (Date.now() > deadlineMs) throw new Error('what was posted is not handled after three minutes');
    await sleep(25);
  }
}

/** Turns a second of two workers on a full lane, no replies. */
export async function measureDrain(messages: number, perConversation: number): Promise<number> {
  const it = await install({ aof: 'everysec', flow: SILENT_FLOW, numbers: [NUMBER] });
  const web = await it.start('web');
  const bodies = makeBodies(messages / 50, 50, NUMBER, messages / perConversation);
  await postAll({ ...web, stop: async () => undefined }, bodies, 8);
  await Promise.all([it.start('worker'), it.start('worker')]);
  await drained(it);
  const at = (await it.turns()).map((turn) => turn.atMs);
  await it.stop();
  return messages / ((Math.max(...at) - Math.min(...at)) / 1000);
}

/** Replies a second that one worker process sends, turns and all, to four numbers. */
export async function measureSends(messages: number): Promise<number> {
  const it = await install({ aof: 'everysec', flow: ECHO_FLOW, numbers: NUMBERS });
  const web = await it.start('web');
  for (const number of NUMBERS) {
    await postAll({ ...web, stop: async () => undefined }, makeBodies(messages / NUMBERS.length / 50, 50, number), 8);
  }
  await it.start('worker');
  await drained(it);
  const at = it.taken.map((message) => message.atMs);
  await it.stop();
  return messages / ((Math.max(...at) - Math.min(...at)) / 1000);
}

export interface LimitFigures {
  limit: number;
  worstSecond: number;
  delaysPerSend: number;
}

/** A number at its throughput limit with ten times that waiting. */
export async function measureLimit(limit: number): Promise<LimitFigures> {
  const it = await install({ aof: 'everysec', flow: ECHO_FLOW, numbers: [NUMBER], throughputPerSec: limit });
  const web = await it.start('web');
  const messages = limit * 10;
  await postAll({ ...web, stop: async () => undefined }, makeBodies(messages / 10, 10, NUMBER), 8);
  const worker = await it.start('worker');
  await drained(it);
  const delays = await counter(worker, /^parlance_outbound_sends_total\{.*outcome="waited",reason="throughput"/);
  const at = it.taken.map((message) => message.atMs).sort((a, b) => a - b);
  let [worstSecond, from] = [0, 0];
  for (const [to, time] of at.entries()) {
    while (time - (at[from] ?? 0) >= 1000) from += 1;
    worstSecond = Math.max(worstSecond, to - from + 1);
  }
  await it.stop();
  return { limit, worstSecond, delaysPerSend: delays / messages };
}

export interface Fairness {
  behindChatty: number;
  behindTenant: number;
}

/** p99 of accept → commit of quiet contacts, while 40 others have hundreds of messages waiting, or another number thousands. */
export async function measureFairness(): Promise<Fairness> {
  return {
    behindChatty: await quietBehind(makeBodies(200, 50, NUMBER, 40)),
    behindTenant: await quietBehind(makeBodies(200, 50, NUMBERS[1] ?? '')),
  };
}

async function quietBehind(noise: readonly SignedBody[]): Promise<number> {
  const it = await install({ aof: 'everysec', flow: SILENT_FLOW, numbers: NUMBERS.slice(0, 2) });
  const web = await it.start('web');
  await postAll({ ...web, stop: async () => undefined }, noise, 8);
  const noisy = new Set((await it.client.keys('{p:*}:i:*')).map((key) => key.replace(/^.*:i:/, '')));
  const worker = it.start('worker');
  const pool = new Pool(web.url, { connections: 4 });
  await worker;
  for (const signed of makeBodies(20, 1, NUMBER)) {
    await post(pool, signed);
    await sleep(50);
  }
  await drained(it);
  const quiet = (await it.turns()).filter((turn) => !noisy.has(turn.conversation)).map((turn) => turn.ms);
  await pool.close();
  await it.stop();
  return percentile(quiet, 99);
}
