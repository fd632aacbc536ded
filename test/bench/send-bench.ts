import { request } from 'undici';
import { script } from '../../src/redis/script.js';
import { encodeOutboxItem } from '../../src/shared/outbox-item.js';
import { drained } from './events.js';
import { lanePrefix, NUMBERS, type Rig, type Server } from './rig.js';
import { median, steadyRate, worstWindow } from './statistics.js';
import type { Taken } from './turn-bench.js';

let filled = 0;

/** Puts replies into outboxes, `each` to every contact, while the worker is frozen. */
async function fill(rig: Rig, worker: Server, phoneNumberId: string, count: number, each: number): Promise<void> {
  worker.signal('SIGSTOP');
  const requeue = script('requeue');
  const calls: Promise<unknown>[] = [];
  for (let i = 0; i < count; i++) {
    const contactId = `bench${String(filled + Math.floor(i / each)).padStart(11, '0')}`;
    const item = encodeOutboxItem({
      content: { type: 'text', text: `reply ${i}` },
      waId: '351910000000',
      committedMs: Date.now(),
      flow: 'echo',
      step: 'say',
    });
    const args = ['out', `${phoneNumberId}.${contactId}`, item, Date.now(), `${filled + i}:${phoneNumberId}`];
    calls.push(requeue.run(rig.client, lanePrefix(phoneNumberId), args));
    if (calls.length === 500) await Promise.all(calls.splice(0));
  }
  await Promise.all(calls);
  filled += count;
}

/** Sends a second of one worker process that does nothing else, over three numbers. */
export async function benchSends(rig: Rig, worker: Server, taken: Taken, count: number): Promise<number> {
  const numbers = [NUMBERS.echo, NUMBERS.echo2, NUMBERS.echo3];
  for (const number of numbers) await fill(rig, worker, number, Math.ceil(count / numbers.length), 5);
  taken.length = 0;
  worker.signal('SIGCONT');
  for (const number of numbers) await drained(rig.client, number);
  return steadyRate(taken.map(({ atMs }) => atMs));
}

export interface LimitResult {
  /** waits for the number's budget a message sent */
  waitsPerSend: number;
  /** most messages in any second, by the limit */
  worstSecond: number;
}

/** A number with far more to send than it may. */
export async function benchLimit(rig: Rig, worker: Server, taken: Taken, count: number): Promise<LimitResult> {
  await fill(rig, worker, NUMBERS.limited, count, 2);
  taken.length = 0;
  worker.signal('SIGCONT');
  const before = await throughputWaits(worker);
  await drained(rig.client, NUMBERS.limited);
  const waits = (await throughputWaits(worker)) - before;
  const times = taken.map(({ atMs }) => atMs);
  return { waitsPerSend: waits / times.length, worstSecond: worstWindow(times, 1_000) / 200 };
}

async function throughputWaits({ url }: Server): Promise<number> {
  const { body } = await request(`${url}/metrics`);
  const lines = (await body.text()).match(/^parlance_outbound_sends_total\{.*reason="throughput".*\} \d+$/gm) ?? [];
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

/** The middle of several runs of the same. */
export async function medianOf(runs: number, run: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let i = 0; i < runs; i++) values.push(await run());
  return median(values);
}
