import type { Job, Queue, Worker } from 'bullmq';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  createDeadLetterOffice,
  createDeadLetterReplay,
  isDeadLetter,
} from '../../../src/conversation/dead-letters.js';
import { createParkedQueue, createParkedWorker } from '../../../src/redis/parked-queue.js';
import type { DeadLetter } from '../../../src/shared/dead-letter.js';
import { type Core, LANE, replyOf, silent, startCore, waitingTexts } from '../../support/core.js';
import { person, textFrom } from '../../support/events.js';

let core: Core;
let queue: Queue;
let worker: Worker;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
beforeEach(() => {
  queue = createParkedQueue(core.client, 'dead');
  worker = createParkedWorker({
    connection: core.client,
    name: 'dead',
    keepDays: 14,
    log: silent,
    reasonOf: (data) => (isDeadLetter(data) ? data.reason : 'unreadable'),
    replay: createDeadLetterReplay(core.client, core.clock),
  });
});
afterEach(async () => {
  await worker.close();
  await queue.close();
  await core.client.flushall();
});

const P = LANE.prefix;
const next = (event: 'failed' | 'completed') => new Promise<void>((resolve) => worker.once(event, () => resolve()));

async function letterOf(other: Partial<DeadLetter>): Promise<DeadLetter> {
  const { messages } = await core.accept([textFrom(person(1), 'dead'), textFrom(person(1), 'alive')], 'any');
  const conversationId = messages[0]?.conversationId ?? '';
  const [head = ''] = await core.client.lrange(`${P}i:${conversationId}`, 0, 0);
  await core.client.lpop(`${P}i:${conversationId}`);
  return {
    effect: 'dead',
    queue: 'in',
    lane: '0',
    conversationId,
    place: '1',
    reason: 'turn_failed',
    detail: 'TypeError',
    failures: 6,
    atMs: core.clock.nowMs(),
    payload: head.slice(head.indexOf('|') + 1),
    ...other,
  };
}

/** A letter that lies among the failed jobs, where an operator sees it. */
async function delivered(letter: DeadLetter): Promise<Job> {
  const failed = next('failed');
  await createDeadLetterOffice(queue)(letter);
  await failed;
  const [job] = await queue.getFailed();
  if (job === undefined) throw new Error('the letter is not among the failed jobs');
  return job;
}

it('a letter lies among the failed jobs with its reason; adding it again changes nothing', async () => {
  const letter = await letterOf({});
  const job = await delivered(letter);
  await createDeadLetterOffice(queue)(letter);
  expect([job.id, job.failedReason, job.data]).toEqual(['0-in-1', 'turn_failed', letter]);
  expect(await queue.getJobCounts('failed', 'wait', 'active', 'completed')).toEqual({
    failed: 1,
    wait: 0,
    active: 0,
    completed: 0,
  });
});

it('a retry puts the item at the tail of its conversation, once', async () => {
  const letter = await letterOf({});
  const job = await delivered(letter);
  const completed = next('completed');
  await job.retry();
  await completed;
  expect(await waitingTexts(core.client, letter.conversationId)).toEqual(['alive', 'dead']);
  // The run may be repeated when its worker is killed behind the script.
  await createDeadLetterReplay(core.client, core.clock)(letter, '0-in-1', 1);
  expect(await waitingTexts(core.client, letter.conversationId)).toEqual(['alive', 'dead']);
  expect(await core.client.ttl(`${P}rq:0-in-1-1`)).toBeGreaterThan(0);
});

it('a retry wakes a conversation that has gone to rest', async () => {
  const letter = await letterOf({});
  await core.client.del(`${P}i:${letter.conversationId}`, `${P}pend`);
  const job = await delivered(letter);
  const completed = next('completed');
  await job.retry();
  await completed;
  expect(await core.client.zscore(`${P}pend`, letter.conversationId)).toBe('3');
  expect(await core.client.exists(`${P}in:${letter.conversationId}-3`)).toBe(1);
});

it('a reply that was given up goes back to the outbox', async () => {
  const letter = await letterOf({ queue: 'out', payload: replyOf('sorry') });
  const job = await delivered(letter);
  const completed = next('completed');
  await job.retry();
  await completed;
  expect(await core.client.lrange(`${P}o:${letter.conversationId}`, 0, -1)).toEqual([`1|${replyOf('sorry')}`]);
  expect(await core.client.lrange(`${P}out:wait`, 0, -1)).toEqual([`${letter.conversationId}-1`]);
});

it('an item that is given up again is a new letter, and can be retried again', async () => {
  const letter = await letterOf({});
  const replay = createDeadLetterReplay(core.client, core.clock);
  await replay(letter, '0-in-1', 1);
  await replay({ ...letter, place: '3' }, '0-in-3', 1);
  expect(await waitingTexts(core.client, letter.conversationId)).toEqual(['alive', 'dead', 'dead']);
});

it.each([[null], ['text'], [{ effect: 'dead' }], [{ effect: 'profile', queue: 'in', lane: '0' }]])(
  'what is no letter (%j) is not put anywhere',
  async (data) => {
    await expect(createDeadLetterReplay(core.client, core.clock)(data, 'x', 1)).rejects.toThrow('not a dead letter');
    expect(await core.client.keys(`${P}*`)).toEqual([]);
  },
);
