import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { script } from '../../../src/redis/script.js';
import { createWakeWorker, type Wake } from '../../../src/redis/wake-worker.js';
import { systemClock } from '../../../src/shared/clock.js';
import { acceptorOn, type Core, LANE, quietDraft, silent, startCore, wakeRig } from '../../support/core.js';
import { person, textFrom } from '../../support/events.js';
import { createSignal } from '../../support/signal.js';

let core: Core;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());

const LOCK_MS = 1_000;
const STALLED_CHECK_MS = 400;
const CHILD = fileURLToPath(new URL('../../support/wake-worker-child.ts', import.meta.url));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Lines a child has written, as they come. */
async function startChild(onTaken: (child: ChildProcess, line: string) => void): Promise<void> {
  const args = ['--import', 'tsx', CHILD, core.redis.url, String(LOCK_MS), String(STALLED_CHECK_MS)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const ready = createSignal();
  child.stdout?.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().trim().split('\n')) {
      if (line === 'ready') ready.reach();
      else onTaken(child, line);
    }
  });
  await Promise.race([ready.reached, once(child, 'exit')]);
}

it('a conversation outlives three workers killed with it in their hands, each time within the promised time', async () => {
  const KILLS = 3;
  const takenBy: string[] = [];
  const recoveriesMs: number[] = [];
  let killedAtMs = 0;
  const enough = createSignal();
  await Promise.all(
    Array.from({ length: KILLS }, () =>
      startChild((child, line) => {
        if (killedAtMs > 0) recoveriesMs.push(performance.now() - killedAtMs);
        takenBy.push(line);
        child.kill('SIGKILL');
        killedAtMs = performance.now();
        if (takenBy.length === KILLS) enough.reach();
      }),
    ),
  );
  const accept = acceptorOn(core.client, { clock: systemClock });
  const { messages } = await accept([textFrom(person(1), 'one'), textFrom(person(1), 'two')], 'any');
  await enough.reached;

  const wakes: Wake[] = [];
  let turns = 0;
  const done = createSignal();
  const { handleWake } = wakeRig(core.store, systemClock, async ({ contact }) => {
    turns += 1;
    return quietDraft(contact);
  });
  const worker = createWakeWorker({
    connection: core.client,
    lane: LANE,
    queue: 'in',
    concurrency: 1,
    lockMs: LOCK_MS,
    stalledCheckMs: STALLED_CHECK_MS,
    log: silent,
    async handle(wake) {
      recoveriesMs.push(performance.now() - killedAtMs);
      wakes.push(wake);
      await handleWake(wake, wake.crashedBefore);
      done.reach();
    },
  });
  await done.reached;
  await worker.close();

  expect(takenBy).toEqual(['taken false', 'taken true', 'taken true']);
  expect(wakes).toMatchObject([{ conversationId: messages[0]?.conversationId, crashedBefore: true }]);
  expect(turns).toBe(2);
  expect(await core.client.exists(`${LANE.prefix}pend`, `${LANE.prefix}in:failed`)).toBe(0);
  const promisedMs = LOCK_MS + 2 * STALLED_CHECK_MS;
  console.log(`recovery after kill -9: ${recoveriesMs.map(Math.round).join(', ')} ms, promised ${promisedMs} ms`);
  // What a busy machine adds to two timers.
  for (const ms of recoveriesMs) expect(ms).toBeLessThan(promisedMs + 500);
});

it('a wake-up that failed is run again and is not taken for one that crashed', async () => {
  await core.client.flushall();
  const accept = acceptorOn(core.client, { clock: systemClock });
  await accept([textFrom(person(2), 'hi')], 'any');
  const seen: boolean[] = [];
  const done = createSignal();
  const worker = createWakeWorker({
    connection: core.client,
    lane: LANE,
    queue: 'in',
    concurrency: 1,
    lockMs: LOCK_MS,
    stalledCheckMs: STALLED_CHECK_MS,
    log: silent,
    async handle({ crashedBefore }) {
      seen.push(crashedBefore);
      if (seen.length === 1) throw new Error('redis away');
      done.reach();
    },
  });
  await done.reached;
  await worker.close();
  expect(seen).toEqual([false, false]);
});

it('of wake-ups that are done one after the other, one that fails is named and repeated, and no other is', async () => {
  await core.client.flushall();
  const handled: string[] = [];
  const failed: unknown[] = [];
  const [held, done] = [createSignal(), createSignal()];
  const log = pino({}, { write: (line) => void failed.push(JSON.parse(line).conversationId) });
  const wake = (id: string) => script('requeue').run(core.client, LANE.prefix, ['in', id, '{}', Date.now(), id]);
  const worker = createWakeWorker({
    connection: core.client,
    lane: LANE,
    queue: 'in',
    concurrency: 2,
    lockMs: LOCK_MS,
    stalledCheckMs: STALLED_CHECK_MS,
    log,
    async handle({ conversationId }) {
      handled.push(conversationId);
      if (conversationId === '1.slow') return held.reached;
      // Then it is there when the first one is done, and is the next to be taken.
      if (conversationId === '1.fine') await wake('1.failing');
      if (conversationId !== '1.failing') return;
      if (handled.filter((one) => one === '1.failing').length < 3) throw new Error('out of memory');
      done.reach();
    },
  });
  await wake('1.slow');
  await wake('1.fine');
  await done.reached;
  held.reach();
  await worker.close();
  expect(handled.filter((one) => one !== '1.failing')).toEqual(['1.slow', '1.fine']);
  expect(new Set(failed)).toEqual(new Set(['1.failing']));
});
